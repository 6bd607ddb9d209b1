"""One throw-away PostgreSQL per test run, and a fresh, migrated database for each test that asks for one."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import structlog
from hypothesis import settings
from psycopg.sql import SQL, Identifier

from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.projector import Projector
from tests.effort import chosen, tried
from tests.scheduling import FolderScheduling, begins, scope_of

# Data and keys of personal data: folders for the run, also of the processes it starts. The usual folder may hold the
# log of another ledger, on which no test may write.
FOLDERS = tempfile.TemporaryDirectory(prefix="countersign-test-folders-")
os.environ["COUNTERSIGN_DATA"] = f"{FOLDERS.name}/data"
os.environ["COUNTERSIGN_KEYS"] = f"{FOLDERS.name}/keys"
Path(os.environ["COUNTERSIGN_KEYS"]).mkdir(mode=0o700)
# No test reaches a server on the internet: a client trusts no one, and does not read all there are for each client.
os.environ["SSL_CERT_DIR"] = f"{FOLDERS.name}/certificates"
Path(os.environ["SSL_CERT_DIR"]).mkdir()

SERVER_VARIABLE = "COUNTERSIGN_TEST_DATABASE_URL"  # a server to use instead of a throw-away one
PREFIX = "countersign-test-"
COMPILED_VARIABLE = "COUNTERSIGN_TEST_COMPILED"  # where the workers of one run keep the templates they have compiled
os.environ.setdefault(COMPILED_VARIABLE, f"{FOLDERS.name}/compiled")  # the first process of the run says where
Path(os.environ[COMPILED_VARIABLE]).mkdir(parents=True, exist_ok=True)
# A database of four hundred small files is made and dropped for most tests: in memory that takes a tenth of the time.
IN_MEMORY, IN_MEMORY_BYTES_MIN = Path("/dev/shm"), 2 * 1024**3
# No database is there for long enough to be vacuumed, and a launcher would look into each all the same. To drop one,
# the server looks through all of its memory for pages.
SERVER_SETTINGS = {"autovacuum": "off", "shared_buffers": "128MB"}
# The shell draws no window around a page, and opens one in a fifth of the time that the whole browser takes.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
INSTALL = "no Chromium on PATH: on Debian, apt-get install chromium-headless-shell fonts-noto-cjk"

# The folder in which Python keeps what it compiled of the tests that are collected last.
LAST_COMPILED = Path(__file__).parent / "verify_page" / "__pycache__"

# How many new objects, and collections of younger ones, bring about a collection; seven hundred by default.
GARBAGE = (20_000, 20, 20)

# A busy machine makes a correct example slow: no example has a time limit of its own.
settings.register_profile("countersign", deadline=None, print_blob=True, max_examples=tried(25))
settings.load_profile("countersign")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: some always waits for a server to start, to stop or to come back."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FolderScheduling | None:
    """With `--dist loadfile`, a folder whose files share what is dear to make goes to one worker."""
    return FolderScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while tests are collected, and never look again at what stays until the end of the run.

    Thousands of tests and their modules are half a million objects: to walk them all takes half a second each time,
    also to free the little that is garbage by then.
    """
    gc.disable()
    try:
        with first_alone():
            return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


@contextmanager
def first_alone() -> Iterator[None]:
    """In a checkout whose tests were never collected one worker goes first, and the others find everything compiled.

    Each would compile a thousand modules of ours and two thousand of others for itself, for seven seconds of a core.
    """
    if sys.dont_write_bytecode or LAST_COMPILED.exists():
        yield
        return
    with Path(__file__).open("rb") as turn:
        try:
            flock(turn, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            flock(turn, LOCK_SH)
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first; tests marked `long` run in proofs, or where they are named."""
    is_named = config.option.markexpr or any("::" in word for word in config.args)
    if chosen(suite=True, proof=False) and not is_named:
        left = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left)
    slow = {scope_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: begins(item, slow))


def folder_for_servers() -> Path:
    """Where servers that are thrown away work: in memory where there is room and programs may run, else on disk."""
    usual = Path(tempfile.gettempdir())
    if not os.access(IN_MEMORY, os.W_OK | os.X_OK):
        return usual
    memory = os.statvfs(IN_MEMORY)
    has_room = memory.f_bavail * memory.f_frsize >= IN_MEMORY_BYTES_MIN
    return IN_MEMORY if has_room and not memory.f_flag & os.ST_NOEXEC else usual


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that also the account which runs the server for root may enter (pytest's own is private)."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder_for_servers()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        _stop_servers_in(folder)
        shutil.rmtree(folder)


@contextmanager
def database_in(server: str, template: str = "template1") -> Iterator[str]:
    """A new database, copied from *template*; yields its address and drops it afterwards."""
    name = f"test_{uuid4().hex}"
    made = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")  # by way of the log it takes half as long again
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(made.format(Identifier(name), Identifier(template)))
        try:
            yield _named(server, name)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _named(server: str, database: str) -> str:
    """The address of *database* on the same server."""
    address, _, query = server.partition("?")
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{database}" + (f"?{query}" if query else "")


def name_of(url: str) -> str:
    """The database's name in its address: what has no connections can be copied by it."""
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a server where tests may create databases."""
    if url_in_use := os.environ.get(SERVER_VARIABLE):
        yield url_in_use
        return
    _clear_away_what_killed_runs_left()
    with reachable_folder() as folder:
        yield EmbeddedPostgres(folder / "server", throw_away=True, settings=SERVER_SETTINGS).start()


@pytest.fixture(scope="session")
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database with all migrations applied, to be copied."""
    with database_in(server_url) as url:
        migrate(url)
        yield name_of(url)


@pytest.fixture(scope="session")
def projected_template(server_url: str, migrated_template: str) -> Iterator[str]:
    """The name of a database in which the views have their tables as well: to make them takes ten times as long."""
    with database_in(server_url, migrated_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            assert Projector(url).take_lead(connection)
        yield name_of(url)


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """The address of a fresh database without any table."""
    with database_in(server_url) as url:
        yield url


@pytest.fixture
def database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a fresh database with all migrations applied, for one test alone."""
    with database_in(server_url, migrated_template) as url:
        yield url


@pytest.fixture
def bare_database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """A fresh database whose views the first projector has to make, for a test in whose file others find them made."""
    with database_in(server_url, migrated_template) as url:
        yield url


@pytest.fixture
def projected_database_url(server_url: str, projected_template: str) -> Iterator[str]:
    """The same with empty views, for one test alone, whose projector would make them first."""
    with database_in(server_url, projected_template) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(server_url: str, projected_template: str) -> Iterator[str]:
    """A database, with empty views, for all tests of a file: each uses projects of its own, or they all only read."""
    with database_in(server_url, projected_template) as url:
        yield url


def chromium_path() -> str | None:
    """The path of Chromium; None where there is none on PATH."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def program() -> str:
    """The machine's own Chromium; without one there is nothing to see, and what needs it is skipped."""
    path = chromium_path()
    if path is None:
        pytest.skip(INSTALL)
    return path


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Leave the log as it was: verbs of the command line configure it, and the stream of one test ends with it."""
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, root.manager.disable
    structlog.reset_defaults()  # a fixture of the file may have configured it
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.disable(disabled)


@pytest.fixture
def plain_tracebacks(_log_as_before: None) -> None:
    """For tests whose faults are logged: a traceback that shows every variable takes up to half a minute."""
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


def _clear_away_what_killed_runs_left() -> None:
    """Stop the servers of test runs that died without cleaning up: their process number is in the folder's name."""
    places = {Path(tempfile.gettempdir()), IN_MEMORY}
    for folder in (folder for place in places for folder in place.glob(f"{PREFIX}*-*")):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        with suppress(PostgresUnavailableError, FileNotFoundError):  # another test run clears the same folder away
            if folder.stat().st_uid == os.geteuid() and pid.isdigit() and not Path(f"/proc/{pid}").exists():
                _stop_servers_in(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _stop_servers_in(folder: Path) -> None:
    for lock in folder.rglob("postgres.alive"):
        EmbeddedPostgres(lock.parent).stop()
