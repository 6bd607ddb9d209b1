"""A small zone for tests of queries across projects: clocks of every kind, recorded as they happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from uuid import UUID, uuid5

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome
from domain.examples.story import STORY
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement
from domain.project.application.suspension import SuspendClock
from domain.project.countersignature.request import AskCountersignature
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, FIRE, LAND, MANAGER, USCC, WATER, project_id_of
from tests.law.questions import at

NAMESPACE = UUID("00000000-0000-4000-8000-000000000001")
REGISTER = RegisterProject(
    name="Fab 3",
    enterprise=Enterprise("Hengxin", USCC),
    manager="wang",
    items=(
        PlannedItem(item="land", department="land", promise_days=10),
        PlannedItem(item="water", department="water", mode=Mode.JOINT),
        PlannedItem(item="build", department="fire", special="construction_permit"),
        PlannedItem(item="tax", department="tax", mode=Mode.ON_THE_SPOT, live=False),
    ),
)

DUTCH = RegisterProject(
    name="Hal 4",
    enterprise=Enterprise("De Vries", USCC),
    manager="wang",
    law="nl-omgevingswet",
    items=(PlannedItem(item="permit", department="city"), PlannedItem(item="felling", department="city", live=False)),
)
CITY = Actor("bakker", "city")

TimedCommand = tuple[str, Actor, AnyCommand]


def project_id(name: str) -> UUID:
    """The project called *name* here."""
    return project_id_of(NAMESPACE, name)


def projects() -> Iterator[tuple[UUID, list[TimedCommand]]]:
    """Every project's commands, with the day and hour at which each was given."""
    applied: list[TimedCommand] = [
        ("04-01 09:00", MANAGER, REGISTER),
        ("04-01 10:00", APPLICANT, SubmitItem(item="land")),
    ]
    taken: list[TimedCommand] = [*applied, ("04-02 09:00", LAND, AcceptItem(item="land"))]
    yield project_id("silent"), applied
    yield project_id("running"), taken
    decided: TimedCommand = ("05-08 09:00", LAND, CompleteItem(item="land", outcome=Outcome.GRANTED))
    yield project_id("late"), [*taken, decided]
    paused: TimedCommand = ("04-13 09:00", LAND, SuspendClock(item="land", ground="testing"))
    yield project_id("paused"), [*taken, paused]
    yield (
        project_id("joint"),
        [
            applied[0],
            ("04-01 10:00", APPLICANT, SubmitItem(item="water")),
            ("04-02 09:00", WATER, AcceptItem(item="water")),
            ("04-03 09:00", WATER, AskCountersignature(item="water", departments=("fire", "land"), within_days=3)),
            ("04-03 11:00", APPLICANT, SubmitItem(item="build")),
            ("04-07 11:00", FIRE, AcceptItem(item="build")),
            ("04-07 12:00", APPLICANT, SubmitItem(item="tax")),
        ],
    )


def unanswered() -> tuple[UUID, list[TimedCommand]]:
    """A Dutch project whose applicant never answers: its clocks run again once the term set for that is over."""
    return (
        project_id("unanswered"),
        [
            ("04-01 15:00", MANAGER, DUTCH),
            ("04-02 15:00", APPLICANT, SubmitItem(item="permit")),
            ("04-02 15:00", APPLICANT, SubmitItem(item="felling")),
            ("04-03 15:00", CITY, AcceptItem(item="felling")),
            (
                "04-10 15:00",
                CITY,
                RequestSupplement(item="permit", missing=("tekening",), respond_by=date(2026, 5, 25)),
            ),
            (
                "05-06 15:00",
                CITY,
                SuspendClock(item="felling", ground="supplement", planned_until=date(2026, 5, 29)),
            ),
        ],
    )


async def tell(approvals: Approvals, hands: list[datetime], what: Iterable[tuple[UUID, list[TimedCommand]]]) -> None:
    """Give the commands one after the other; *hands* is the clock that *approvals* looks at."""
    for project, commands in what:
        for number, (day, by, command) in enumerate(commands):
            hands[0] = at(day)
            await approvals.handle(project, command, by, uuid5(project, str(number)))


async def tell_zone(approvals: Approvals, hands: list[datetime]) -> None:
    """Every project above, and the example story."""
    await tell(approvals, hands, projects())
    story = project_id("story")
    for number, step in enumerate(STORY):
        hands[0] = step.at
        await approvals.handle(story, step.dated, step.by, uuid5(story, str(number)))


async def record_zone(url: str) -> None:
    """Record the zone in the ledger at *url*, on the days on which it happened."""
    hands = [at("03-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await tell_zone(approvals, hands)


@asynccontextmanager
async def zone_looked_at(url: str, hands: list[datetime], on: str) -> AsyncIterator[Approvals]:
    """The zone in the database at *url*, with its views, at the moment *on*; *hands* is the clock on the wall."""
    async with Approvals(url, clock=lambda: hands[0]) as opened:
        await tell_zone(opened, hands)
        hands[0] = at(on)
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened
