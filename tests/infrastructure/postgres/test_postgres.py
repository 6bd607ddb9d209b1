"""The embedded PostgreSQL: durable, private, one for all processes, back after kill -9, clear where it cannot start."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from infrastructure.postgres import cluster
from infrastructure.postgres.binaries import PostgresUnavailableError, account_for
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from tests.effort import chosen
from tests.infrastructure.postgres.servers import PROCESS_SECONDS_MAX, START, changed, fetch_value, pid_of, python

STARTERS = chosen(3, 6)


def test_a_new_folder_gets_a_durable_private_server(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    server = EmbeddedPostgres(folder / "new" / "data")
    assert server.status() is ServerStatus.ABSENT

    began = time.perf_counter()
    url = server.start()
    record_property("cold_start_seconds", round(time.perf_counter() - began, 3))

    names = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses", "TimeZone")
    assert [fetch_value(url, f"SHOW {name}") for name in names] == ["on", "on", "on", "on", "", "UTC"]
    assert (
        fetch_value(url, "SELECT pg_encoding_to_char(encoding) || datlocale FROM pg_database LIMIT 1") == "UTF8C.UTF-8"
    )
    assert (server.data / "run").stat().st_mode & 0o077 == 0
    assert (server.data / "postgres").stat().st_uid != 0, "PostgreSQL's files never belong to root"


@pytest.mark.parametrize(
    ("mib", "buffers", "cached"),
    [
        (128, "32MB", "64MB"),
        (4096, "512MB", "2048MB"),
        (24_000, "3000MB", "12000MB"),
        (1_000_000, "8192MB", "500000MB"),
    ],
)
def test_memory_for_pages_grows_with_the_machine(mib: int, buffers: str, cached: str) -> None:
    assert cluster.memory_settings(mib) == {"shared_buffers": buffers, "effective_cache_size": cached}


def test_memory_of_another_machine_is_lowered_to_what_is_here(data: Path) -> None:
    EmbeddedPostgres(data).start()
    EmbeddedPostgres(data).stop()
    with (data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 4TB\n")

    url = EmbeddedPostgres(data).start()

    assert fetch_value(url, "SELECT pg_size_bytes(current_setting('shared_buffers')) < 16 * 1024^3") is True


def test_a_running_server_is_used_as_it_is(data: Path) -> None:
    server = EmbeddedPostgres(data, throw_away=True)
    url, pid = server.start(), pid_of(data)

    assert EmbeddedPostgres(data, throw_away=True).start() == url
    assert pid_of(data) == pid
    assert server.status() is ServerStatus.RUNNING


def test_stopping_keeps_the_data(data: Path) -> None:
    server = EmbeddedPostgres(data)
    with psycopg.connect(server.start()) as connection:
        connection.execute("INSERT INTO kept VALUES (7)")

    server.stop()
    assert server.status() is ServerStatus.STOPPED
    server.stop()

    assert fetch_value(server.start(), "SELECT count(*) FROM kept WHERE number = 7") == 1


@pytest.mark.long
@pytest.mark.slow
def test_several_processes_make_and_start_one_server(folder: Path) -> None:
    starters = [python(START.format(str(folder / "data"))) for _ in range(STARTERS)]
    answers = [starter.communicate(timeout=PROCESS_SECONDS_MAX) for starter in starters]

    assert [starter.returncode for starter in starters] == [0] * STARTERS, answers
    last_lines = {printed.splitlines()[-1] for printed, _ in answers}  # those before say that others are starting it
    assert last_lines == {EmbeddedPostgres(folder / "data").url()}
    started = (folder / "data" / "postgres-log" / "start.log").read_text()
    assert "FATAL" not in started


@pytest.mark.long
def test_a_starter_killed_halfway_leaves_nothing_half_made(folder: Path) -> None:
    data = folder / "data"
    with python(START.format(str(data))) as starter:
        while not (data / "postgres.new" / "PG_VERSION").exists():
            assert starter.poll() is None
            time.sleep(0.01)
        starter.kill()

    assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
    assert not (data / "postgres.new").exists()


def test_the_server_belongs_to_no_terminal_and_no_parent(data: Path) -> None:
    with python(START.format(str(data))) as starter:
        starter.communicate(timeout=PROCESS_SECONDS_MAX)  # ends only when no process holds its pipes

    assert os.getsid(pid_of(data)) != os.getsid(0)
    assert EmbeddedPostgres(data).status() is ServerStatus.RUNNING


def test_a_killed_server_comes_back_with_what_was_committed(data: Path) -> None:
    server = EmbeddedPostgres(data)
    with psycopg.connect(server.start()) as connection:
        connection.execute("INSERT INTO kept VALUES (9)")
    killed = pid_of(data)

    os.kill(killed, signal.SIGKILL)

    assert fetch_value(server.start(), "SELECT count(*) FROM kept WHERE number = 9") == 1
    assert pid_of(data) != killed


def test_a_kept_server_comes_back_by_itself_unless_it_was_stopped(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.postgres.embedded.WATCH_SECONDS", 0.02)
    server, until = EmbeddedPostgres(data, throw_away=True), Event()
    server.start()
    keeper = Thread(target=server.keep, args=[until])
    keeper.start()
    try:
        for blow in (signal.SIGKILL, signal.SIGQUIT):  # the second takes its pid file along, as when a disk is full
            os.kill(killed := pid_of(data), blow)
            while not runs_again(server, killed):
                time.sleep(0.01)
        server.stop()
        time.sleep(0.1)
        assert server.status() is ServerStatus.STOPPED
    finally:
        until.set()
        keeper.join()
    require_stopped_before_it_has_recovered(server)


def runs_again(server: EmbeddedPostgres, killed: int) -> bool:
    """Whether *server* runs in another process than *killed*; a server that dies takes its pid file along late."""
    running = cluster.postmaster(server.data / "postgres") if server.status() is ServerStatus.RUNNING else None
    return running is not None and running.pid != killed


def require_stopped_before_it_has_recovered(server: EmbeddedPostgres) -> None:
    """Where a server was killed, nothing that it wrote asks for it to be stopped."""
    server.start()
    os.kill(pid_of(server.data), signal.SIGKILL)
    server.stop()
    assert not cluster.shut_down_in_order(server.folder)

    until = Event()
    keeper = Thread(target=server.keep, args=[until])
    keeper.start()
    time.sleep(0.1)
    until.set()
    keeper.join()

    assert server.status() is ServerStatus.STOPPED
    server.start()
    assert server.status() is ServerStatus.RUNNING


def test_what_a_killed_server_left_running_is_ended(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.postgres.embedded.ORPHAN_SECONDS", 0.2)
    server = EmbeddedPostgres(data, throw_away=True)
    with psycopg.connect(server.start()) as busy:
        busy.pgconn.send_query(b"DO 'BEGIN LOOP END LOOP; END'")
        while fetch_value(server.url(), "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") != 1:
            time.sleep(0.01)
        os.kill(pid_of(data), signal.SIGKILL)
        time.sleep(0.1)
        assert server.status() is ServerStatus.STARTING, "the endless loop still holds the folder"

        assert fetch_value(server.start(), "SELECT 1") == 1
        busy.close()


def test_a_number_that_another_program_has_now_is_not_our_server(data: Path) -> None:
    account = account_for(data / "postgres")
    with subprocess.Popen(["sleep", "60"], **account.options()) as other:
        lines = [str(other.pid), str(data / "postgres"), "1", "5432", "/nowhere", "", "1 1", "ready"]
        (data / "postgres" / "postmaster.pid").write_text("\n".join(lines))
        (data / "run" / ".s.PGSQL.5432.lock").write_text("\n".join(lines))

        assert EmbeddedPostgres(data).status() is ServerStatus.STOPPED
        assert fetch_value(EmbeddedPostgres(data, throw_away=True).start(), "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_a_path_too_long_for_a_socket_gets_one_elsewhere(data: Path) -> None:
    deep = data.parent / ("deep" * 30) / "数据, folder"
    deep.parent.mkdir(exist_ok=True)
    data.rename(deep)
    server = EmbeddedPostgres(deep, throw_away=True)
    sockets = server._socket_folder()
    try:
        assert fetch_value(server.start(), "SELECT 1") == 1
        assert sockets.parent == Path("/tmp")
        assert sockets.stat().st_mode & 0o077 == 0
    finally:
        server.stop()
        deep.rename(data)
        sockets.rmdir()


def test_a_socket_folder_open_to_others_is_refused(data: Path) -> None:
    (data / "run").mkdir(exist_ok=True)
    (data / "run").chmod(0o755)
    try:
        with pytest.raises(PostgresUnavailableError, match="with mode 0700") as refusal:
            EmbeddedPostgres(data).start()
    finally:
        (data / "run").chmod(0o700)
    assert refusal.value.code == "private_folder"


def test_another_major_version_is_named(data: Path) -> None:
    with (
        changed(data / "postgres" / "PG_VERSION", "15\n"),
        pytest.raises(PostgresUnavailableError, match=r"PostgreSQL 15; .*pg_dump") as refusal,
    ):
        EmbeddedPostgres(data).start()
    assert refusal.value.code == "postgres_version"


@pytest.mark.parametrize("part", ["PG_VERSION", "global/pg_control", "pg_hba.conf", "postgresql.auto.conf"])
def test_a_folder_copied_in_part_is_named_and_left_as_it_is(data: Path, part: str) -> None:
    server, lost = EmbeddedPostgres(data), data / "postgres" / part
    lost.rename(data / "lost")
    try:
        with pytest.raises(PostgresUnavailableError, match=rf"not whole: it lacks {part}\. Copy") as refusal:
            server.start()
        server.stop()
        assert not (data / "postgres.new").exists(), "no new database was made beside it"
    finally:
        (data / "lost").rename(lost)
    assert refusal.value.code == "postgres_incomplete"


def test_an_empty_file_of_the_version_is_no_version(data: Path) -> None:
    with (
        changed(data / "postgres" / "PG_VERSION", ""),
        pytest.raises(PostgresUnavailableError, match="lacks the text of PG_VERSION"),
    ):
        EmbeddedPostgres(data).start()


def test_a_folder_moved_while_its_server_runs_is_said_at_once(folder: Path) -> None:
    was, moved = folder / "was", folder / "moved"
    EmbeddedPostgres(was, throw_away=True).start()
    was.rename(moved)
    server = EmbeddedPostgres(moved, throw_away=True, patience=5)
    with pytest.raises(PostgresUnavailableError, match=r"the data folder was moved.*countersign stop") as refusal:
        server.start()
    server.stop()
    assert fetch_value(server.start(), "SELECT 1") == 1
    server.stop()
    assert refusal.value.code == "postgres_moved"


def test_a_server_that_ends_while_starting_says_why(data: Path) -> None:
    with (
        changed(data / "postgres" / "postgresql.conf", "work_mem = 'plenty'\n"),
        pytest.raises(PostgresUnavailableError, match='invalid value for parameter "work_mem"') as refusal,
    ):
        EmbeddedPostgres(data).start()
    assert refusal.value.code == "postgres_start"


def test_losing_shared_memory_files_does_no_harm(data: Path) -> None:
    """As systemd-logind does with RemoveIPC when an ordinary user logs out."""
    url = EmbeddedPostgres(data, throw_away=True).start()
    used = Path(f"/proc/{pid_of(data)}/maps").read_text()
    for segment in Path("/dev/shm").glob("PostgreSQL.*"):
        if str(segment) in used:
            segment.unlink()

    with psycopg.connect(url) as connection:
        connection.execute("SET debug_parallel_query = on")
        assert connection.execute("SELECT count(*) FROM generate_series(1, 1000)").fetchone() == (1000,)


def test_a_file_in_the_way_is_named(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(PostgresUnavailableError, match=r"data folder .*/file/data can't be used") as refusal:
        EmbeddedPostgres(folder / "file" / "data").start()
    assert refusal.value.code == "data_folder"
