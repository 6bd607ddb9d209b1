"""Runs one simulated project: acts in the order of time, and the deadline watcher in between."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from heapq import heappop, heappush
from uuid import UUID, uuid5

from domain.core.ledger import Actor, CommandOrigin, Refused
from domain.project.state.project import Project
from domain.streams import EveryCommand
from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watcher import PASSES_MAX, WATCHER
from projections.reader import Laws
from projections.watch.fold import watch, watch_on
from projections.watch.state import WatchState
from scripts.simulation.acts import Act, Done, Life
from scripts.simulation.chance import Chance
from scripts.simulation.office_time import OfficeTime
from scripts.simulation.people import officer
from scripts.simulation.project_life import ProjectLife

SIMULATED_NOW: ContextVar[datetime] = ContextVar("simulated_now")  # the simulated time of each project
SLIP, TWICE = 0.012, 0.005  # shares of acts that a wrong officer tries first, and of those that are sent twice
ELSEWHERE = ("fire", "transport", "landscape", "water")


class Tally:
    """Counts of a simulation: commands, facts, refusals, by name."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.repeated = 0

    def add(self, other: Tally) -> None:
        """Add the counts of *other*."""
        self.commands += other.commands
        self.facts += other.facts
        self.refused += other.refused
        self.repeated += other.repeated


class SimulatedWatcher:
    """A deadline watcher for one project, which runs at the simulated time."""

    def __init__(self, approvals: Approvals, project: UUID, laws: Laws, tally: Tally) -> None:
        self._approvals, self._project, self._laws, self._tally = approvals, project, laws, tally
        self._state: WatchState | None = None
        self.next: datetime | None = None  # when the next deadline passes, if nothing else happens
        self.behind = False  # whether there are new facts since the last check

    async def check(self, now: datetime) -> bool:
        """Record what is due at *now*; returns whether anything was."""
        SIMULATED_NOW.set(now)
        recorded = self.behind = False
        for _ in range(PASSES_MAX):
            state = await self._current()
            watched = watch_on(state, self._laws, now)
            if watched is None:
                watched = watch(await self._approvals.history(self._project), self._laws, now)
            self.next = watched.next if watched.next is None or watched.next > now else None
            if not watched.due:
                return recorded
            for due in watched.due:
                origin = CommandOrigin(causation=due.cause)
                answer = await self._approvals.handle(self._project, due.command, WATCHER, due.id, origin=origin)
                self._tally.commands["watcher"] += 1
                self._tally.facts.update(answer.receipt.facts)
                recorded = True
        return recorded

    async def _current(self) -> WatchState:
        state = self._state
        entries = await self._approvals.history(self._project, after=state.version if state else 0)
        if state is None or not state.follow(entries):
            state = WatchState.of(entries if state is None else await self._approvals.history(self._project))
        self._state = state
        return state


class Course:
    """The run of one project from its registration to the end of the simulated time."""

    def __init__(
        self, approvals: Approvals, life: ProjectLife, laws: Laws, chance: Chance, time: OfficeTime, tally: Tally
    ) -> None:
        self._approvals, self._life, self._chance, self._time = approvals, life, chance, time
        self._tally, self._pushed, self._sent = tally, 0, 0
        self._watcher = SimulatedWatcher(approvals, life.id, laws, tally)
        self._coming: list[tuple[datetime, int, Act, Life]] = []

    async def run(self, begin: datetime, until: datetime) -> None:
        """Perform all acts in the order of time, and check deadlines when they pass."""
        self._add(self._life.begin(begin))
        watcher, last = self._watcher, begin
        while True:
            coming = self._coming[0][0] if self._coming and self._coming[0][0] <= until else until
            if watcher.behind and (coming == until or self._time.day_of(coming) != self._time.day_of(last)):
                await self._check_deadlines(last)
            elif watcher.next is not None and watcher.next <= coming:
                last = watcher.next
                await self._check_deadlines(last)
            elif coming == until:
                return
            else:
                last = coming
                await self._perform()

    async def _check_deadlines(self, at: datetime) -> None:
        if await self._watcher.check(at) and (project := self._approvals.seen(self._life.id)):
            for life in self._life.carded(project, at):
                self._add(life)

    def _add(self, life: Life) -> None:
        with suppress(StopIteration):
            self._push(next(life), life)

    def _push(self, act: Act, life: Life) -> None:
        self._pushed += 1  # keeps the order of acts at the same instant
        heappush(self._coming, (act.at, self._pushed, act, life))

    async def _perform(self) -> None:
        """The next act, sometimes preceded by a mistake or repeated; then the acts that follow from it."""
        _, _, act, life = heappop(self._coming)
        if self._chance.happens(SLIP):
            await self._send(act.at, officer(self._chance.choice(ELSEWHERE), self._chance), act.command)
        done = await self._send(act.at, act.by, act.command)
        if self._chance.happens(TWICE):
            await self._send(act.at, act.by, act.command, again=True)
        self._watcher.behind = self._watcher.behind or bool(done.facts)
        with suppress(StopIteration):
            self._push(life.send(done), life)
        for follows in self._life.react(act, done):
            self._add(follows)

    async def _send(self, at: datetime, by: Actor, command: EveryCommand, *, again: bool = False) -> Done:
        SIMULATED_NOW.set(at)
        self._sent += 0 if again else 1
        self._tally.commands[type(command).__name__] += 1
        key = uuid5(self._life.id, f"act {self._sent}")
        facts: tuple[str, ...] = ()
        refused = ""
        try:
            answer = await self._approvals.handle(self._life.id, command, by, key)
        except Refused as no:
            self._tally.refused[no.code] += 1
            refused = no.code
        else:
            facts = answer.receipt.facts
            if answer.repeated:
                self._tally.repeated += 1
            else:
                self._tally.facts.update(facts)
        return Done(at, self._approvals.seen(self._life.id) or Project(self._life.id), facts, refused)
