"""Given these facts, when this command, then those facts, or a refusal with its code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeGuard, cast
from uuid import UUID

import pytest

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Refused, Role
from domain.core.refusals import REFUSAL_CODES
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.packs.pack import Pack
from domain.messages import AnyCommand, AnyFact, Entry, decide, follow, replay
from domain.privacy.erasure import ErasePerson
from domain.project.messages import SystemCommand
from domain.project.state.project import Project
from tests.examples import LAW

NOW = datetime.fromisoformat("2026-03-16T09:00:00+08:00")
PROJECT = UUID(int=1)
KEYED_IN = Actor("chen", "zone-office", Role.PROJECT_MANAGER)


def entry(version: int, fact: AnyFact, by: Actor = KEYED_IN, at: datetime = NOW, now: datetime | None = None) -> Entry:
    """One line of the test project's ledger."""
    return Entry(PROJECT, version, at, now or at, fact, Recorded(by, UUID(int=version), LAW.name))


def has_actor(fact: object) -> TypeGuard[tuple[Actor, AnyFact]]:
    """Whether *fact* is given with who recorded it. A plain isinstance costs mypy a subclass of every fact."""
    return isinstance(fact, tuple)


class Spec:
    """One example: `given(facts).when(command, by=...).then(facts)` or `.refused(code, part of the sentence)`.

    A fact given as `(actor, fact)` was recorded by that actor.
    """

    def __init__(self, *facts: AnyFact | tuple[Actor, AnyFact]) -> None:
        self.entries: list[Entry] = []
        for fact in facts:
            by, given_fact = fact if has_actor(fact) else (KEYED_IN, cast("AnyFact", fact))
            self.entries.append(entry(len(self.entries) + 1, given_fact, by))

    @property
    def project(self) -> Project:
        """The state these facts lead to."""
        return replay(PROJECT, self.entries)

    def when(
        self,
        command: AnyCommand | SystemCommand | ErasePerson,
        by: Actor,
        at: datetime = NOW,
        now: datetime | None = None,
        law: Pack = LAW,
        calendar: WorkingCalendar | None = None,
    ) -> Spec:
        """Ask for *command*; *at* is when it took effect, *now* when the system learned of it."""
        self.command, self.context = command, Context(by, at, now or at, law, calendar=calendar)
        return self

    def then(self, *expected: AnyFact) -> Spec:
        """The facts decided are *expected*; a live state follows them to where a replay leads."""
        project = self.project
        assert expected == decide(self.command, project, self.context)
        for fact in expected:
            version = len(self.entries) + 1
            new = entry(version, fact, self.context.by, self.context.at, self.context.now)
            self.entries.append(new)
            if not follow(project, new):
                project = self.project
        assert project == self.project
        return self

    def decided(self) -> Sequence[AnyFact]:
        """The facts decided, for a test that looks at some of them."""
        return decide(self.command, self.project, self.context)

    def state(self) -> Project:
        """The state after what was decided."""
        return self.project

    def refused(self, code: str, part: str = "", **details: Any) -> Refused:
        """The command is refused with *code*, in a sentence that says *part*; the refusal, for a closer look."""
        with pytest.raises(Refused) as caught:
            decide(self.command, self.project, self.context)
        refusal = caught.value
        assert (refusal.code, part in refusal.sentence) == (code, True), refusal.sentence
        assert code in REFUSAL_CODES
        assert details.items() <= dict(refusal.details).items()
        return refusal


given = Spec
