"""Views filled at once, by one process or by several: what they would have come to step by step."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import psycopg
import pytest

import infrastructure.projector.rebuild
from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector import projector
from infrastructure.projector import workers as fill_processes
from infrastructure.projector.build import BuildStoppedError
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from infrastructure.projector.workers import ENTRIES_A_PROCESS_MIN, FillFailedError, processes_for
from projections.progress.fold import Progress
from projections.registry import VIEWS
from projections.view import Table
from tests.infrastructure.projector.running import require_lead
from tests.infrastructure.projector.test_projector import Stumbling, project_all, send_story

FORMER = Table("project_former", (("project", "uuid"), ("n", "integer NOT NULL")), key=1)
PROJECTS = 6  # so many that none of two shares is empty: one time in thirty-two they all would be in one


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


async def send_stories(url: str) -> None:
    async with Approvals(url) as approvals:
        for _ in range(PROJECTS // 2):
            await send_story(approvals)
            register = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
            await approvals.handle(uuid4(), register, MANAGER, uuid4())


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%'")}


@pytest.mark.long
async def test_what_two_processes_fold_is_what_one_folds(database_url: str) -> None:
    await send_stories(database_url)
    project_all(database_url)
    progress: list[tuple[int, int]] = []

    result = rebuild(database_url, processes=2, progress=lambda *so_far: progress.append(so_far))

    alone = rebuild(database_url, processes=1)
    assert result.differences == alone.differences == ()
    assert (result.entries, result.projects, result.rows) == (alone.entries, alone.projects, alone.rows)
    assert result.projects == PROJECTS
    assert progress[-1] == (result.position, result.position)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_rebuild_that_fails_leaves_the_views_as_they_were(
    database_url: str, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    await send_stories(database_url)
    project_all(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM ledger.event WHERE seq = 3")
    dying = [sys.executable, "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(
        fill_processes, "_started", lambda: subprocess.Popen(dying, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )

    with pytest.raises((FillFailedError, LedgerGapError), match=r"ended with status 3|some are missing"):
        rebuild(database_url, processes=processes)

    assert schemas(database_url) == {"views"}
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM views.project").fetchone() == (PROJECTS,)


async def test_a_rebuild_that_was_killed_is_in_no_ones_way(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infrastructure.projector.rebuild, "LEFTOVER_SECONDS_MAX", 0.01)
    await send_stories(database_url)
    project_all(database_url)
    names: list[set[str]] = []
    with psycopg.connect(database_url) as frozen:  # as a process of it that was stopped, in the middle of its share
        frozen.execute("CREATE SCHEMA views_fresh_killed CREATE TABLE project (id uuid)")
        frozen.commit()
        frozen.execute("LOCK TABLE views_fresh_killed.project IN ROW EXCLUSIVE MODE")

        for _ in range(2):
            result = rebuild(database_url, processes=1, progress=lambda *_: names.append(schemas(database_url)))
            assert result.differences == ()

        assert schemas(database_url) == {"views", "views_fresh_killed"}
    assert len(names[0] ^ names[-1]) == 2, "one must not find the other's tables"
    project_all(database_url)
    assert schemas(database_url) == {"views"}


def test_a_view_of_another_calendar_is_not_filled_by_a_child_that_has_not_heard_of_it(database_url: str) -> None:
    class Newer(Progress):
        version = -1

    with pytest.raises(FillFailedError, match="was changed just now: try again"):
        fill_processes.fill_parallel(database_url, [Newer()], 0, "views", processes=1)


def test_as_many_processes_as_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert processes_for(VIEWS, ENTRIES_A_PROCESS_MIN - 1) == 1
    assert processes_for(VIEWS, ENTRIES_A_PROCESS_MIN * 3) == 3
    assert processes_for(VIEWS, ENTRIES_A_PROCESS_MIN * 9) == 4
    assert processes_for((Stumbling(),), ENTRIES_A_PROCESS_MIN * 9) == 1


@pytest.mark.long
async def test_empty_views_of_a_long_ledger_are_filled_at_once(
    bare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "FILL_ENTRIES_MIN", 5)
    await send_stories(bare_database_url)

    taken = project_all(bare_database_url)

    with psycopg.connect(bare_database_url) as connection:
        rows = connection.execute("SELECT DISTINCT seq, rebuilt, error FROM views.position").fetchall()
    assert rows == [(taken, 1, None)]
    await send_stories(bare_database_url)
    project_all(bare_database_url)
    assert rebuild(bare_database_url, swap=False).differences == ()


@pytest.mark.usefixtures("plain_tracebacks")
async def test_what_stumbles_when_filled_at_once_says_where_step_by_step(
    bare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "FILL_ENTRIES_MIN", 5)
    await send_stories(bare_database_url)

    project_all(bare_database_url, Projector(bare_database_url, (Stumbling(), VIEWS[1])))

    async with Approvals(bare_database_url) as approvals:
        stopped, other = await Views(approvals.store).positions()
        assert (stopped.position, stopped.error) == (1, "position 2: ValueError: no idea what this is")
        assert (other.position, other.error) == (await approvals.store.head(), None)


async def test_a_stopping_worker_leaves_the_filling(bare_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "FILL_ENTRIES_MIN", 5)
    await send_stories(bare_database_url)
    stopping = Projector(bare_database_url)
    stopping.stop()

    with psycopg.connect(bare_database_url, autocommit=True) as connection:
        require_lead(stopping, connection)
        with pytest.raises(BuildStoppedError):
            stopping.step(connection)

    assert schemas(bare_database_url) == {"views"}


class ProgressOfOldVersion(Progress):
    """The progress view as an earlier version had it, with a table more."""

    version = Progress.version - 1
    tables = (*Progress.tables, FORMER)


@pytest.mark.parametrize("online", [True, False])
async def test_a_table_that_a_view_no_longer_has_is_dropped(database_url: str, *, online: bool) -> None:
    await send_stories(database_url)
    rebuild(database_url, [ProgressOfOldVersion()], compare=False)
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert tables_in(connection) >= {"project", FORMER.name}
        connection.execute("CREATE TABLE views.notes_of_an_operator ()")

        rebuild(database_url, [Progress()], compare=False, online=online)

        assert FORMER.name not in tables_in(connection)
        assert tables_in(connection) >= {table.name for view in VIEWS for table in view.tables}
        assert "notes_of_an_operator" in tables_in(connection)


def tables_in(connection: psycopg.Connection[tuple[str]]) -> set[str]:
    """The names of all tables of views."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'views'"
    return {str(name) for (name,) in connection.execute(query).fetchall()}
