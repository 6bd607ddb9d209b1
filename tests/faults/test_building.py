"""While a view is rebuilt its old rows answer: after a raised version, after a notice, after a kill in the middle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

from domain.calendar.state import stream_of
from domain.examples.calendar import CALENDAR, CALENDAR_STORY
from domain.examples.story import MANAGER, STORY
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector import build as building
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import Rebuilt, rebuild
from projections.progress.fold import Progress
from projections.registry import VIEWS
from tests.effort import PATIENCE_SECONDS
from tests.faults.processes import wait_until
from tests.infrastructure.projector.test_projector import project_all, send_story

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


class Raised(Progress):
    """The same view in the next release."""

    version = Progress.version + 1


class Held(NamedTuple):
    """Builds that have begun, and are held until *released*."""

    begun: threading.Semaphore
    released: threading.Event


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    hold = Held(threading.Semaphore(0), threading.Event())

    def build(*args: Any, **settings: Any) -> Rebuilt:
        hold.begun.release()
        assert hold.released.wait(PATIENCE_SECONDS)
        return rebuild(*args, **settings)

    monkeypatch.setattr(building, "rebuild", build)
    monkeypatch.setattr(building, "END_SECONDS_MAX", 0.1)  # what is held ends no sooner for being waited for
    yield hold
    hold.released.set()


@contextmanager
def projecting(projector: Projector) -> Iterator[None]:
    thread = threading.Thread(target=projector.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        projector.stop()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def standing(url: str) -> dict[str, tuple[int, int]]:
    """The version and the position of every view."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT view, version, seq FROM views.position").fetchall()
    return {view: (version, seq) for view, version, seq in rows}


def projects_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM views.project").fetchone()
    return int(row[0]) if row else 0


async def test_the_rows_of_a_release_before_stay_until_those_of_this_one_are_there(
    database_url: str, held: Held
) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        before = standing(database_url)
        raised = (Raised(), *VIEWS[1:])
        for _ in range(2):  # the second leads after the first was killed in the middle
            with projecting(Projector(database_url, raised)):
                assert held.begun.acquire(timeout=PATIENCE_SECONDS)
                await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
                head = await approvals.store.head()
                wait_until(lambda: standing(database_url)["voices"][1] == head, "the other views follow")  # noqa: B023 called at once
                assert (standing(database_url)["progress"], projects_in(database_url)) == (before["progress"], 1)
        with projecting(Projector(database_url, raised)):
            held.released.set()
            wait_until(lambda: standing(database_url)["progress"] == (Raised.version, head), "it is made anew")
    assert projects_in(database_url) == 3
    assert rebuild(database_url, raised, swap=False).differences == ()


async def test_clocks_are_followed_by_the_old_calendar_while_they_are_recounted(database_url: str, held: Held) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        before = standing(database_url)["clocks"]
        with projecting(Projector(database_url)):
            first = (await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())).receipt.position
            wait_until(lambda: standing(database_url)["clocks"][1] == first, "it leads")
            for notice_step in CALENDAR_STORY:
                await approvals.handle(stream_of(CALENDAR), notice_step.dated, notice_step.by, uuid4())
            assert held.begun.acquire(timeout=PATIENCE_SECONDS)
            other = uuid4()
            for step in STORY[:12]:
                await approvals.handle(other, step.dated, step.by, uuid4())
            head = await approvals.store.head()
            wait_until(lambda: standing(database_url)["clocks"] == (before[0], head), "the old version follows")
            held.released.set()
            wait_until(
                lambda: (
                    standing(database_url)["clocks"][0] != before[0]
                    and {seq for _, seq in standing(database_url).values()} == {head}
                ),
                "all are at the end, by the new calendar",
            )
    assert rebuild(database_url, swap=False).differences == ()


async def test_a_version_that_cannot_be_built_leaves_the_old_rows_and_says_why(database_url: str) -> None:
    class Broken(Raised):
        def start(self) -> Any:
            raise ValueError("no idea how to begin")

    async with Approvals(database_url) as approvals:
        await send_story(approvals)
    project_all(database_url)
    before = standing(database_url)
    broken = Projector(database_url, (Broken(), *VIEWS[1:]))
    with psycopg.connect(database_url, autocommit=True) as connection:
        wait_until(lambda: broken.take_lead(connection), "the leader before has hung up")
        while broken.step(connection):
            pass
        row = connection.execute("SELECT error FROM views.position WHERE view = 'progress'").fetchone()

    assert row
    assert row[0].endswith("can't be built: ValueError: no idea how to begin")
    assert standing(database_url) == before
    assert projects_in(database_url) == 1
