"""How one simulated project runs: its people's acts in the order of time, and the deadline watcher between them."""

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

HANDS: ContextVar[datetime] = ContextVar("hands")  # the simulated time, of each project its own
SLIP, TWICE = 0.012, 0.005  # shares of acts that a wrong officer tries first, and that are sent a second time
ELSEWHERE = ("fire", "transport", "landscape", "water")


class Tally:
    """What was done in a simulation, by name."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.repeated = 0

    def add(self, other: Tally) -> None:
        """Count what was done elsewhere too."""
        self.commands += other.commands
        self.facts += other.facts
        self.refused += other.refused
        self.repeated += other.repeated


class Watchman:
    """The deadline watcher, as far as one project needs it: it looks when it has to, at the simulated time."""

    def __init__(self, approvals: Approvals, project: UUID, laws: Laws, tally: Tally) -> None:
        self._approvals, self._project, self._laws, self._tally = approvals, project, laws, tally
        self._dossier: WatchState | None = None
        self.next: datetime | None = None  # when there is something to tell, if nothing else happens
        self.behind = False  # whether something happened since the last look

    async def look(self, now: datetime) -> bool:
        """Tell what is due at *now*; whether anything was."""
        HANDS.set(now)
        told = self.behind = False
        for _ in range(PASSES_MAX):
            dossier = await self._current()
            found = watch_on(dossier, self._laws, now)
            if found is None:
                found = watch(await self._approvals.history(self._project), self._laws, now)
            self.next = found.next if found.next is None or found.next > now else None
            if not found.due:
                return told
            for one in found.due:
                answer = await self._approvals.handle(
                    self._project, one.command, WATCHER, one.id, origin=CommandOrigin(causation=one.cause)
                )
                self._tally.commands["watcher"] += 1
                self._tally.facts.update(answer.receipt.facts)
                told = True
        return told

    async def _current(self) -> WatchState:
        dossier = self._dossier
        news = await self._approvals.history(self._project, after=dossier.version if dossier else 0)
        if dossier is None or not dossier.follow(news):
            dossier = WatchState.of(news if dossier is None else await self._approvals.history(self._project))
        self._dossier = dossier
        return dossier


class Course:
    """One project from its registration to the end of the simulated time, *until*."""

    def __init__(
        self, approvals: Approvals, life: ProjectLife, laws: Laws, chance: Chance, time: OfficeTime, tally: Tally
    ) -> None:
        self._approvals, self._life, self._chance, self._time = approvals, life, chance, time
        self._tally, self._pushed, self._sent = tally, 0, 0
        self._watchman = Watchman(approvals, life.id, laws, tally)
        self._coming: list[tuple[datetime, int, Act, Life]] = []

    async def run(self, begin: datetime, until: datetime) -> None:
        """Everybody acts in their turn, and what time alone brings about is told at its instant."""
        self._add(self._life.begin(begin))
        watchman, last = self._watchman, begin
        while True:
            coming = self._coming[0][0] if self._coming and self._coming[0][0] <= until else until
            if watchman.behind and (coming == until or self._time.day_of(coming) != self._time.day_of(last)):
                await self._look(last)
            elif watchman.next is not None and watchman.next <= coming:
                last = watchman.next
                await self._look(last)
            elif coming == until:
                return
            else:
                last = coming
                await self._perform()

    async def _look(self, at: datetime) -> None:
        if await self._watchman.look(at) and (project := self._approvals.seen(self._life.id)):
            for life in self._life.carded(project, at):
                self._add(life)

    def _add(self, life: Life) -> None:
        with suppress(StopIteration):
            self._push(next(life), life)

    def _push(self, act: Act, life: Life) -> None:
        self._pushed += 1  # acts of one instant keep their order
        heappush(self._coming, (act.at, self._pushed, act, life))

    async def _perform(self) -> None:
        """The next act, with the slips that people make; and what it brings about."""
        _, _, act, life = heappop(self._coming)
        if self._chance.happens(SLIP):
            await self._send(act.at, officer(self._chance.one_of(ELSEWHERE), self._chance), act.command)
        done = await self._send(act.at, act.by, act.command)
        if self._chance.happens(TWICE):
            await self._send(act.at, act.by, act.command, again=True)
        self._watchman.behind = self._watchman.behind or bool(done.facts)
        with suppress(StopIteration):
            self._push(life.send(done), life)
        for follows in self._life.react(act, done):
            self._add(follows)

    async def _send(self, at: datetime, by: Actor, command: EveryCommand, *, again: bool = False) -> Done:
        HANDS.set(at)
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
