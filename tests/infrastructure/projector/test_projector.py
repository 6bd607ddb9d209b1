"""The views follow the ledger, in order and without a gap; a rebuild is what they already were."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.examples.story import ENTERPRISE, MANAGER, STORY
from domain.messages import Entry
from domain.project.application.correction import RetractEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.lru_cache import WeightedLruCache
from infrastructure.projector import catch_up as following
from infrastructure.projector import fold_cache
from infrastructure.projector.catch_up import FollowedView
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.progress.fold import Progress, ProgressState
from projections.progress.query import ProgressList, ProjectFilter
from projections.registry import VIEWS
from tests.effort import PATIENCE_SECONDS
from tests.infrastructure.projector.running import require_lead

REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(
        PlannedItem(item="land", department="natural-resources"),
        PlannedItem(item="site-plan", department="planning", requires=("land",)),
    ),
)

STEPS_A_BATCH = 7
NEVER_SECONDS, STOP_SECONDS_MAX = 3600, 30


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


def project_all(url: str, projector: Projector | None = None) -> int:
    """Take every view to the end of the ledger; how many entries that were."""
    projector = projector or Projector(url)
    with psycopg.connect(url, autocommit=True) as connection:
        require_lead(projector, connection)
        steps = 0
        while taken := projector.step(connection):
            steps += taken
    return steps


async def send_story(approvals: Approvals) -> UUID:
    project = uuid4()
    for step in STORY:
        await approvals.handle(project, step.dated, step.by, uuid4())
    return project


async def test_rows_show_who_holds_what_and_what_is_unmet(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        project = uuid4()
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        answer = await approvals.handle(project, SubmitItem(item="land"), ENTERPRISE, uuid4())
        project_all(database_url)
        views = Views(approvals.store)
        await views.catch_up(answer.receipt.position)

        land, plan = await views.items(project)

        assert (land.stage, land.holder, land.unmet) == ("submitted", "natural-resources", [])
        assert (plan.stage, plan.holder, plan.unmet) == ("not_started", "", ["land"])
        table, now = ProgressList(approvals.store), approvals.clock()
        (row,) = await table.page(ProjectFilter(t=now, holder="natural-resources"))
        assert (row.name, row.items_total, row.items_open, row.items_done) == ("Fab 2", 2, 1, 0)
        assert await table.page(ProjectFilter(t=now, holder="planning")) == []
        assert await table.page(ProjectFilter(t=now, text="100%")) == []


async def test_live_views_equal_a_rebuild(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        for _ in range(3):
            await send_story(approvals)
            project_all(database_url)

    result = rebuild(database_url)

    assert result.differences == ()
    assert result.projects == 3
    assert result.entries == result.position > 0
    assert rebuild(database_url, swap=False).differences == ()


async def test_views_that_follow_every_single_step_equal_a_rebuild(database_url: str) -> None:
    projector = Projector(database_url)
    async with Approvals(database_url) as approvals:
        project = uuid4()
        with psycopg.connect(database_url, autocommit=True) as connection:
            require_lead(projector, connection)
            for step in STORY:
                await approvals.handle(project, step.dated, step.by, uuid4())
                projector.step(connection)

    assert rebuild(database_url, swap=False).differences == ()


async def test_states_that_are_forgotten_at_once_make_no_difference(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold_cache, "FACTS_MAX", 1)
    projector, projects = Projector(database_url), (uuid4(), uuid4())
    async with Approvals(database_url) as approvals:
        approvals._cache = WeightedLruCache(1)
        with psycopg.connect(database_url, autocommit=True) as connection:
            require_lead(projector, connection)
            for nth, step in enumerate(STORY):
                for project in projects:
                    await approvals.handle(project, step.dated, step.by, uuid4())
                if nth % STEPS_A_BATCH == 0:
                    projector.step(connection)
            projector.step(connection)
        assert len(approvals._cache) == 1

    assert rebuild(database_url, swap=False).differences == ()


async def test_a_damaged_view_is_reported_and_replaced(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
    project_all(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE views.item SET stage = 'delivered'")

    damaged = rebuild(database_url)

    assert [difference.table for difference in damaged.differences] == ["item"]
    assert rebuild(database_url, swap=False).differences == ()


async def test_what_is_retracted_is_as_if_it_had_never_been(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        project = uuid4()
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        await approvals.handle(project, SubmitItem(item="land"), ENTERPRISE, uuid4())
        project_all(database_url)
        bureau = Actor("gao", "supervision", Role.SUPERVISOR)
        await approvals.handle(project, RetractEntry(version=2, reasons="wrong project"), bureau, uuid4())
        project_all(database_url)

        land, _ = await Views(approvals.store).items(project)

    assert (land.stage, land.submitted_at) == ("not_started", None)
    assert rebuild(database_url, swap=False).differences == ()


class Stumbling(Progress):
    """A view that cannot fold a submission."""

    def fold(self, state: ProgressState, entry: Entry, project: Project) -> None:
        if entry.version == 2:
            raise ValueError("no idea what this is")
        super().fold(state, entry, project)


@pytest.mark.usefixtures("plain_tracebacks")
async def test_a_view_that_stumbles_stops_alone_and_says_where(bare_database_url: str) -> None:
    async with Approvals(bare_database_url) as approvals:
        project = uuid4()
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        for item in ("land", "site-plan"):
            await approvals.handle(project, SubmitItem(item=item), ENTERPRISE, uuid4())
        project_all(bare_database_url, Projector(bare_database_url, (Stumbling(), VIEWS[1])))
        stopped, other = await Views(approvals.store).positions()

    assert (stopped.view, stopped.position) == ("progress", 1)
    assert stopped.error == "position 2: ValueError: no idea what this is"
    assert (other.view, other.position, other.error) == ("voices", 3, None)


class Mended(Progress):
    """A view that can't fold a submission until it is *mended*."""

    mended = False

    def fold(self, state: ProgressState, entry: Entry, project: Project) -> None:
        if entry.version == 2 and not self.mended:
            raise ValueError("no room")
        super().fold(state, entry, project)


@pytest.mark.usefixtures("plain_tracebacks")
async def test_a_view_that_stopped_is_tried_again_by_the_same_leader(
    bare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RETRY_SECONDS_FIRST", 0.0)
    view = Mended()
    projector = Projector(bare_database_url, (view,))
    async with Approvals(bare_database_url) as approvals:
        project = uuid4()
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        await approvals.handle(project, SubmitItem(item="land"), ENTERPRISE, uuid4())
        with psycopg.connect(bare_database_url, autocommit=True) as connection:
            require_lead(projector, connection)
            for _ in range(3):
                projector.step(connection)
            (stopped,) = await Views(approvals.store).positions()
            view.mended = True
            projector.step(connection)
        (mended,) = await Views(approvals.store).positions()

    assert (stopped.position, stopped.error) == (1, "position 2: ValueError: no room")
    assert (mended.position, mended.error) == (2, None)


async def test_a_view_that_stopped_rests_longer_after_every_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "monotonic", lambda: 0.0)
    followed = FollowedView(Progress(), 7)
    assert [followed.halt("x") for _ in range(6)] == [True] + [False] * 5
    assert followed.retry_at == following.RETRY_SECONDS_MAX
    assert followed.stopped
    assert followed.halt("y"), "another failure is logged again"
    assert followed.retry_at == following.RETRY_SECONDS_FIRST


async def test_an_entry_that_stops_several_views_is_logged_once(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await approvals.handle(uuid4(), REGISTER, MANAGER, uuid4())
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute("UPDATE ledger.event SET data = '{}'")
    with capture_logs() as lines:
        project_all(database_url)

    (line,) = [line for line in lines if line["log_level"] in ("warning", "error", "critical")]
    assert line["event"] == "views_stopped"
    assert set(line["views"]) == {view.name for view in VIEWS}
    assert "position 1: ValidationError" in line["error"]


async def test_a_gap_in_the_ledger_is_not_passed_by(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM ledger.event WHERE seq = 3")
    with pytest.raises(Exception, match="position 3 is missing"):
        project_all(database_url)


async def test_a_running_projector_hears_of_a_write_and_that_it_is_to_stop(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.projector.projector.POLL_SECONDS", NEVER_SECONDS)
    projector = Projector(database_url)
    thread = threading.Thread(target=projector.run, daemon=True)
    thread.start()
    try:
        async with Approvals(database_url) as approvals:
            project = uuid4()
            answer = await approvals.handle(project, REGISTER, MANAGER, uuid4())
            views = Views(approvals.store)
            await views.catch_up(answer.receipt.position, patience=PATIENCE_SECONDS)
            assert len(await views.items(project)) == 2
    finally:
        projector.stop()
        thread.join(STOP_SECONDS_MAX)
    assert not thread.is_alive()
