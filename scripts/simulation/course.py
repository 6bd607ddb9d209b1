"""Runs one simulated project: acts in the order of time, and the deadline watcher after each of them.

Projects that run side by side may take turns, so that all are recorded in the order of time, as in a real ledger.
"""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from heapq import heappop, heappush
from typing import Protocol
from uuid import UUID, uuid5

from api.guard.judging import DENIED, PROJECT_UNKNOWN, command_allowed
from domain.core.ledger import CommandOrigin, Refused
from domain.messages import tag_of
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watcher import PASSES_MAX, WATCHER
from projections.reader import Laws
from projections.watch.fold import watch, watch_on
from projections.watch.state import WatchState
from scripts.simulation.acts import Act, Done, Life
from scripts.simulation.chance import Chance
from scripts.simulation.people import officer
from scripts.simulation.principals import caller_of
from scripts.simulation.project_life import ProjectLife

SIMULATED_NOW: ContextVar[datetime] = ContextVar("simulated_now")  # the simulated time of each project
SLIP, TWICE = 0.012, 0.005  # shares of acts that a wrong officer tries first, and of those that are sent twice
ELSEWHERE = ("fire", "transport", "landscape", "water")
BY_ACCESS = frozenset({DENIED, PROJECT_UNKNOWN})  # the codes by which the table of access refuses


class Tally:
    """Counts of a simulation: commands, facts, refusals, by name.

    *denied*: acts that the table of access refused to those whose work they are, by command. There should be none.
    """

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.denied: Counter[str] = Counter()
        self.repeated = 0

    def add(self, other: Tally) -> None:
        """Add the counts of *other*."""
        self.commands += other.commands
        self.facts += other.facts
        self.refused += other.refused
        self.denied += other.denied
        self.repeated += other.repeated

    def count(self, act: Act, done: Done, *, slip: bool) -> None:
        """Count one act and its result; a *slip* is meant to be refused."""
        self.commands[type(act.command).__name__] += 1
        if done.refused:
            self.refused[done.refused] += 1
            self.denied[tag_of(act.command)] += done.refused in BY_ACCESS and not slip
        elif done.repeated:
            self.repeated += 1
        else:
            self.facts.update(done.facts)


class ActSender(Protocol):
    """Where acts go: into a ledger, or to a server."""

    async def send(self, project: UUID, act: Act, key: UUID) -> Done:
        """Send *act*, once under this *key*; its result."""


class LedgerSender:
    """Sends acts into the ledger at their simulated time, where the table of access lets those who act do them."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    async def send(self, project: UUID, act: Act, key: UUID) -> Done:
        """Carry out the command of *act*."""
        SIMULATED_NOW.set(act.at)
        allowed = command_allowed(caller_of(act.by), act.command)
        try:
            answer = await self._approvals.handle(project, act.command, act.by, key, allowed=allowed)
        except Refused as no:
            return Done(act.at, self._seen(project), refused=no.code)
        return Done(act.at, self._seen(project), answer.receipt.facts, repeated=answer.repeated)

    def _seen(self, project: UUID) -> Project:
        return self._approvals.seen(project) or Project(project)


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
    """The acts of one project that are still to come, in the order of time, and what follows from each."""

    def __init__(self, life: ProjectLife, chance: Chance, tally: Tally, sender: ActSender) -> None:
        self._life, self._chance, self._tally, self._sender = life, chance, tally, sender
        self._pushed = self._sent = 0
        self._coming: list[tuple[datetime, int, Act, Life]] = []

    @property
    def project(self) -> UUID:
        return self._life.id

    @property
    def next_at(self) -> datetime | None:
        """When the next act is due; None if none is."""
        return self._coming[0][0] if self._coming else None

    def begin(self, at: datetime) -> None:
        """Add the first act of the project."""
        self._add(self._life.begin(at))

    def note_cards(self, project: Project, at: datetime) -> None:
        """Add what follows from cards issued since the last call."""
        for life in self._life.carded(project, at):
            self._add(life)

    async def perform(self) -> bool:
        """The next act, sometimes preceded by a mistake or repeated; adds what follows. Whether it recorded facts."""
        _, _, act, life = heappop(self._coming)
        recorded = False
        if self._chance.happens(SLIP):
            wrong = officer(self._chance.choice(ELSEWHERE), self._chance)
            slip = await self._send(Act(act.at, wrong, act.command), slip=True)
            recorded = bool(slip.facts)
        done = await self._send(act)
        if self._chance.happens(TWICE):
            await self._send(act, again=True)
        with suppress(StopIteration):
            self._push(life.send(done), life)
        for follows in self._life.react(act, done):
            self._add(follows)
        return recorded or bool(done.facts)

    def _add(self, life: Life) -> None:
        with suppress(StopIteration):
            self._push(next(life), life)

    def _push(self, act: Act, life: Life) -> None:
        self._pushed += 1  # keeps the order of acts at the same instant
        heappush(self._coming, (act.at, self._pushed, act, life))

    async def _send(self, act: Act, *, slip: bool = False, again: bool = False) -> Done:
        self._sent += 0 if again else 1
        done = await self._sender.send(self.project, act, uuid5(self.project, f"act {self._sent}"))
        self._tally.count(act, done, slip=slip)
        return done


class Turns:
    """The projects under way that wait for their turn, by the time of their next act."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Future[None]]] = []
        self._acting = self._queued = 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """A project is under way: the others wait while it acts."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1
            self._pass_on()

    async def wait(self, at: datetime) -> None:
        """Wait until no other project has an act that comes before *at*."""
        self._queued += 1  # keeps the order of acts at the same instant
        turn: Future[None] = get_running_loop().create_future()
        heappush(self._waiting, (at, self._queued, turn))
        self._acting -= 1
        self._pass_on()
        try:
            await turn
        finally:
            self._acting += turn.cancelled()  # it ends while it waits, and counts as acting until it leaves

    def _pass_on(self) -> None:
        """Give the turn to the first waiting project, once no project is acting."""
        while self._waiting and not self._acting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                self._acting += 1
                turn.set_result(None)


class LedgerCourse:
    """The run of one project in a ledger, from its registration to the end of the simulated time."""

    def __init__(
        self,
        approvals: Approvals,
        life: ProjectLife,
        laws: Laws,
        chance: Chance,
        tally: Tally,
        turns: Turns | None = None,
    ) -> None:
        self._approvals, self._turns = approvals, turns
        self._course = Course(life, chance, tally, LedgerSender(approvals))
        self._watcher = SimulatedWatcher(approvals, life.id, laws, tally)

    async def run(self, begin: datetime, until: datetime) -> None:
        """Perform all acts in the order of time; check deadlines after each and when they pass, as a server does."""
        course, watcher, last = self._course, self._watcher, begin
        course.begin(begin)
        while True:
            coming = min(course.next_at or until, until)
            if self._turns:
                await self._turns.wait(last if watcher.behind else min(watcher.next or coming, coming))
            if watcher.behind:
                await self._check_deadlines(last)
            elif watcher.next is not None and watcher.next <= coming:
                last = watcher.next
                await self._check_deadlines(last)
            elif coming == until:
                return
            else:
                last = coming
                watcher.behind = await course.perform()

    async def _check_deadlines(self, at: datetime) -> None:
        if await self._watcher.check(at) and (project := self._approvals.seen(self._course.project)):
            self._course.note_cards(project, at)
