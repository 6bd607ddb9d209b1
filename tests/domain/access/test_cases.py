"""What a command is about: the people of the stories may do what they do there, and others may not."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from msgspec import structs

from domain.access.cases import command_cases
from domain.access.decision import may_all
from domain.access.principal import Caller, PrincipalKind
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Recorded, Role
from domain.examples.story import ENTERPRISE, PROJECT, STORIES, STORY
from domain.examples.zone import shelf_from, zone_entries
from domain.messages import Entry, decide, replay, tag_of
from domain.project.application.registration import RegisterProject
from domain.project.state.project import Project
from tests.examples import LAW

EVERY_STORY = ((PROJECT, STORY), *STORIES)


def steps(project: UUID, story: tuple[object, ...]) -> Iterator[tuple[Project, Actor, Command]]:
    """Each command of a story, with the project as it was before."""
    shelf = shelf_from(zone_entries(LAW))
    entries: list[Entry] = []
    for number, step in enumerate(story, start=1):
        at = step.command.occurred_at or step.at  # type: ignore[attr-defined]  # steps of all stories are alike
        by, command = step.by, step.command  # type: ignore[attr-defined]
        before = replay(project, entries)
        before.uscc = ENTERPRISE.department if entries else ""  # some stories register no code
        yield before, by, command
        recorded = Recorded(by, UUID(int=number), LAW.name)
        for fact in decide(command, before, Context(by, at, step.at, LAW, shelf)):  # type: ignore[attr-defined]
            entries.append(Entry(project, len(entries) + 1, at, at, fact, recorded))


def caller(by: Actor) -> Caller:
    return Caller(by.id, by.id, PrincipalKind.PERSON, by.role, by.department)


EVERY_STEP = [
    (before, by, command)
    for project, story in EVERY_STORY
    for before, by, command in steps(project, story)
    if by.role is not Role.SYSTEM
]
# The bureau and leaders act in the whole zone, and a new project has no stranger.
OF_PARTIES = [
    (before, by, command)
    for before, by, command in EVERY_STEP
    if by.role not in (Role.SUPERVISOR, Role.LEADER) and not isinstance(command, RegisterProject)
]


def test_the_people_of_the_stories_may_do_what_they_do() -> None:
    for before, by, command in EVERY_STEP:
        judged = may_all(caller(by), tag_of(command), command_cases(before, command))
        assert judged.allowed, (by, command, judged)


def test_the_same_role_elsewhere_may_do_and_see_nothing() -> None:
    """The same role elsewhere: another department, enterprise or manager sees nothing of the project."""
    for before, by, command in OF_PARTIES:
        stranger = structs.replace(caller(by), id="stranger", over="elsewhere")
        judged = may_all(stranger, tag_of(command), command_cases(before, command))
        assert (judged.allowed, judged.visible) == (False, False), (by, command, judged)
