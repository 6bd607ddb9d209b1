"""One project's ledger with a watcher beside it, by a clock that the test sets: everything but the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Refused
from domain.examples.people import WATCHER
from domain.messages import AnyCommand, Entry, decide, replay
from domain.project.messages import SystemCommand
from domain.project.state.project import Project
from domain.project.state.signals import Signal
from infrastructure.law.lawbook import law_book
from projections.watch.fold import Due, Watch, watch, watch_on
from projections.watch.state import Courses, WatchState, courses_of, signals_in
from tests.examples import LAW
from tests.spec import PROJECT

PASSES_MAX = 5  # a rescission, what takes its place, and a look that finds nothing more


class Zone:
    """*now* only moves on; people and the watcher are recorded by it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.entries: list[Entry] = []
        self.dossier: WatchState | None = None
        self.warning_ids: list[UUID] = []  # of every warning of the watcher

    @property
    def project(self) -> Project:
        return replay(PROJECT, self.entries)

    @property
    def signals(self) -> dict[str, Signal]:
        return self.project.signals

    def at(self, local: str) -> Zone:
        """Let time pass, to a local time such as "2026-05-12 09:00"."""
        self.now = max(self.now, datetime.fromisoformat(f"{local}+08:00"))
        return self

    def wait(self, **length: int) -> Zone:
        self.now += timedelta(**length)
        return self

    def say(self, by: Actor, *commands: AnyCommand | SystemCommand, command_id: UUID | None = None) -> Zone:
        """Carry out commands, which the domain must grant."""
        for command in commands:
            at = command.occurred_at or self.now
            for fact in decide(command, self.project, Context(by, at, self.now, LAW)):
                version = len(self.entries) + 1
                recorded = Recorded(by, command_id or UUID(int=version), LAW.name)
                self.entries.append(Entry(PROJECT, version, at, self.now, fact, recorded))
        return self

    def try_to_say(self, by: Actor, command: AnyCommand) -> bool:
        """Whether the domain grants it; then it is carried out."""
        try:
            self.say(by, command)
        except Refused:
            return False
        return True

    def due(self) -> tuple[Due, ...]:
        """What is due, asked of a dossier that only takes in what is new, and of all entries: both say the same."""
        result = watch(self.entries, law_book(), self.now)
        known = self.dossier.version if self.dossier else 0
        if self.dossier is None or not self.dossier.follow(self.entries[known:]):
            self.dossier = WatchState.of(self.entries)
        quick = watch_on(self.dossier, law_book(), self.now)
        assert (quick or self.whole(self.dossier)) == result
        return result.due

    def whole(self, dossier: WatchState) -> Watch:
        return watch(self.entries, law_book(), self.now, state=dossier)

    def watch(self) -> Zone:
        """Let the watcher record everything that is due."""
        for _ in range(PASSES_MAX):
            due = self.due()
            if not due:
                return self
            for due_item in due:
                self.say(WATCHER, due_item.command, command_id=due_item.id)
                self.warning_ids.append(due_item.id)
        raise AssertionError(f"the watcher does not come to an end: {self.due()}")

    def courses(self) -> Courses:
        return courses_of(self.entries, law_book(), self.now)

    def standing(self) -> set[tuple[str, object, datetime]]:
        """Item, rung and instant of all signals in force; not those that people have acted on."""
        return {
            (signal.item, signal.proof.key, signal.at)
            for signal in signals_in(self.entries)
            if not signal.rescinded and not signal.final
        }

    def passed(self) -> set[tuple[str, object, datetime]]:
        """Item, rung and instant of all that the clocks have passed, read from scratch; likewise."""
        last = {(signal.item, signal.proof.key): signal for signal in signals_in(self.entries)}
        settled = {key for key, row in last.items() if row.final}
        return {
            (item, key, passing.at)
            for (item, application), course in self.courses().items()
            for passing in course.passed
            if (item, key := (application, *passing.key)) not in settled
        }
