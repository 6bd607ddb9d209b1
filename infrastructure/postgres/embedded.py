"""The embedded PostgreSQL of a data folder: shared by all processes, durable, and restarted when it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from threading import Event
from urllib.parse import quote

import psycopg
import structlog

from infrastructure.postgres import cluster
from infrastructure.postgres.access import restrict_access
from infrastructure.postgres.archiving import require_archive_command
from infrastructure.postgres.binaries import (
    ELSEWHERE,
    HERE,
    Account,
    PostgresUnavailableError,
    account_for,
    programs_for,
)
from infrastructure.postgres.exchange import exchange, finish_exchange
from infrastructure.postgres.lock import PAUSE_SECONDS, holding, is_held

START_SECONDS_MAX = 300  # replaying max_wal_size of WAL after a crash takes minutes on a slow disk
ENDING_SECONDS = 1.0  # from removing its socket to being gone, which takes milliseconds
STOP_SECONDS_MAX = 60  # a fast shutdown writes one checkpoint
ORPHAN_SECONDS = 5  # how long processes of a killed server may take to end before they get a SIGQUIT
ORPHAN_SECONDS_MAX = 30
PROGRESS_SECONDS = 5  # how often a long wait is reported
WATCH_SECONDS = 0.5  # how soon a killed server is noticed
AGAIN_SECONDS_MAX = 10.0  # between two restarts of a server that keeps failing, as on a full disk
LOG_LINES_SHOWN = 5
SPAWNS_MAX = 3  # it may be killed again while it recovers; a wrong setting fails three times at once
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 103  # sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero

NO_SETTINGS: Mapping[str, str] = {}

log = structlog.get_logger()


class ServerStatus(StrEnum):
    """The state of a data folder's server."""

    ABSENT = "absent"  # no database yet
    STOPPED = "stopped"
    STARTING = "starting"  # also: stopping, or processes of a killed server still ending
    RUNNING = "running"


class EmbeddedPostgres:
    """The server of one data folder. It outlives the process that started it; any process may start or stop it.

    *data* has `postgres/` (the database, private), `run/` (its socket), `postgres-log/`, and lock files.
    If root starts the server and the server's account can't enter *data* (in a private temporary folder, say), the log
    is in the database's folder, and the socket in a private folder in /tmp.
    *throw_away* trades durability for speed, for tests. *settings* are further ones of the server, and *patience* the
    seconds that its start may take, both for recoveries. Raises PostgresUnavailableError, with a remedy.
    """

    def __init__(
        self,
        data: Path,
        *,
        throw_away: bool = False,
        settings: Mapping[str, str] = NO_SETTINGS,
        patience: float = START_SECONDS_MAX,
    ) -> None:
        self.data = Path(os.path.abspath(data.expanduser()))  # noqa: PTH100  resolve() would need every parent readable
        self.folder = self.data / "postgres"
        self.throw_away = throw_away
        self._settings, self._patience = dict(settings), patience
        self._turn = self.data / "postgres.lock"  # held while a process starts or stops the server
        self._stopped = self.data / "postgres.stopped"  # exists if the server was stopped but pg_control can't show it
        self._is_closed = False  # whether the server's account can't enter the data folder
        self._alive = self.data / "postgres.alive"  # locked by the server's processes as long as one of them runs

    def start(self) -> str:
        """Start the server unless it runs already; return the address of its database as a URL."""
        if sys.platform == "win32":
            raise PostgresUnavailableError("postgres_platform", "The embedded PostgreSQL does not run on Windows.")
        with self._our_turn() as turn:
            if not self._running():
                self._start(turn)
            else:  # perhaps since before an upgrade, or by another account
                restrict_access(self.folder, account_for(self.folder, self.data))
            return self.url()

    def _start(self, turn: int) -> None:
        finish_exchange(self.data)
        account = self._account()
        cluster.require_whole(self.folder)
        programs = programs_for(account, self.data)
        if not (self.folder / "PG_VERSION").exists():
            cluster.create(programs, account, self.folder, durable=not self.throw_away, turn=turn)
        cluster.check_version(programs, account, self.folder)
        restrict_access(self.folder, account)
        require_archive_command(self.folder, account)
        self._stopped.unlink(missing_ok=True)
        self._spawn(programs, account)

    def stop(self) -> None:
        """Stop the server, rolling back running transactions. Does nothing if it does not run.

        It stays stopped until the next `start`, also if it had been killed or was recovering.
        """
        if self.status() is ServerStatus.ABSENT:
            return
        with self._our_turn():
            if self._at_rest():
                return
            if server := cluster.postmaster(self.folder):
                os.kill(server.pid, signal.SIGINT)
            else:
                cluster.quit_orphans(self.folder)
            self._wait_until_ended()
            if not self._at_rest():  # it was stopped during recovery, without a shutdown checkpoint
                self._stopped.touch()

    def replace(self, fresh: Path, former: str) -> None:
        """Put the data directory *fresh* in the place of the present one, which is called *former* from then on.

        Both are in the data folder, and shut down. A killed process leaves the one or the other.
        """
        with self._our_turn():
            if self.status() not in (ServerStatus.ABSENT, ServerStatus.STOPPED):
                raise PostgresUnavailableError(
                    "postgres_busy", f"A server runs in {self.folder}.", "End what uses it, and try again."
                )
            exchange(self.data, fresh, former)

    def account(self) -> Account:
        """The account that runs the server. Raises PostgresUnavailableError if it can't use the data folder."""
        return self._account()

    def last_words(self) -> str:
        """The end of the server's log, which says why it ended."""
        return _last_words(self._logs)

    def has_logged(self, text: str) -> bool:
        """Whether the server has logged *text* since its last start."""
        return text in _newest_log(self._logs)[1]

    def keep(self, until: Event) -> None:
        """Supervise the server until *until* is set: restart it when it was killed or has crashed. Run in a thread.

        A server that was stopped stays stopped. On a full disk the server crashes, and restarts fail until there is
        space again.
        """
        pause = WATCH_SECONDS
        while not until.wait(pause):
            try:
                if self.status() is ServerStatus.STOPPED and not self._at_rest():
                    log.warning("postgres_killed", folder=str(self.folder))
                    self._bring_back()
                pause = WATCH_SECONDS
            except (PostgresUnavailableError, OSError) as failure:
                pause = min(pause * 2, AGAIN_SECONDS_MAX)
                log.error("postgres_unavailable", error=str(failure), retry_seconds=pause)  # noqa: TRY400 said in full

    def _bring_back(self) -> None:
        """As `start`, unless another process has stopped or started the server while we waited for the lock."""
        with self._our_turn() as turn:
            if not self._at_rest() and not self._running():
                self._start(turn)

    def _at_rest(self) -> bool:
        """Whether the server is down because it was stopped, and not killed."""
        if self.status() is not ServerStatus.STOPPED:
            return False
        return self._stopped.exists() or cluster.shut_down_in_order(self.folder)

    def status(self) -> ServerStatus:
        try:
            if not (self.folder / "PG_VERSION").exists():
                return ServerStatus.ABSENT
            server = cluster.postmaster(self.folder)
            if server and server.ready:
                return ServerStatus.RUNNING
            return ServerStatus.STARTING if server or is_held(self._alive) else ServerStatus.STOPPED
        except PermissionError as failure:
            raise self._unusable(f"can't be looked into: {failure}") from failure

    def url(self, database: str = cluster.DATABASE, role: str = cluster.OWNER) -> str:
        """The URL of *database* in the running server, for *role*."""
        server = cluster.postmaster_file(self.folder)
        folder = server.socket_folder if server else self._socket_folder()
        return f"postgresql://{role}@/{database}?host={quote(str(folder), safe='')}"

    @contextmanager
    def _our_turn(self) -> Iterator[int]:
        """Hold the lock for starting and stopping; file system errors are raised as PostgresUnavailableError."""
        try:
            # root's folder can be entered by the server's account; the folders in it are private
            cluster.make_folder(self.data, 0o711 if os.geteuid() == 0 else 0o700)
            waiting = _report("another process is starting or stopping the server")
            with holding(self._turn, self._patience, waiting) as turn:
                yield turn
        except TimeoutError as failure:
            raise PostgresUnavailableError(
                "postgres_busy", f"Another process is busy with the server: {failure}."
            ) from failure
        except OSError as failure:
            raise self._unusable(f"can't be used: {failure}") from failure

    def _account(self) -> Account:
        """The account that runs the server. Raises PostgresUnavailableError if it can't use the data folder."""
        account = account_for(self.folder, self.data)
        if self.folder.exists() and (owner := self.folder.stat().st_uid) != account.uid:
            raise self._unusable(f"holds a database of the account {Account(owner, owner)}, and this is {account}")
        self._is_closed = not account.may_enter(self.data)
        if self._is_closed and not (os.geteuid() == 0 and HERE.exists()):
            closed = next(
                folder for folder in (*reversed(self.data.parents), self.data) if not account.may_enter(folder)
            )
            who = (
                f"{account}, which runs the server because PostgreSQL refuses to run as root"
                if os.geteuid() == 0
                else account
            )
            raise self._unusable(f"is out of reach for the account {who}: it may not enter {closed}")
        return account

    def _unusable(self, why: str) -> PostgresUnavailableError:
        remedy = f"Set COUNTERSIGN_DATA to a folder on a local disk that this account may use. {ELSEWHERE}"
        return PostgresUnavailableError("data_folder", f"The data folder {self.data} {why}.", remedy)

    def _socket_folder(self) -> Path:
        """`run/` in the data folder; a private folder in /tmp if that is inaccessible, too long or oddly named."""
        usual = self.data / "run"
        address = str(usual / SOCKET)
        is_plain = address.isascii() and not set(address) & set(',"\\')
        if is_plain and not self._is_closed and len(address) <= SOCKET_PATH_BYTES_MAX:
            return usual
        return Path("/tmp", f"countersign-{sha256(bytes(self.data)).hexdigest()[:16]}")  # noqa: S108  checked on use

    @property
    def _logs(self) -> Path:
        return self.folder / "postgres-log" if self._is_closed else self.data / "postgres-log"

    def _spawn(self, programs: Path, account: Account) -> None:
        """Start the server detached, in its own session, so that it holds no pipe or terminal of ours open."""
        logs, sockets = self._logs, self._socket_folder()
        for folder in (logs, sockets):
            cluster.private_folder(folder, account)
        settings = cluster.ALWAYS | (cluster.THROW_AWAY if self.throw_away else cluster.DURABLE | cluster.ARCHIVABLE)
        name = cluster.name_for(account, self.folder)
        seen = Path(logs.name) if self._is_closed else logs  # relative to the server's working directory
        if smaller := cluster.memory_that_fits(programs, account, self.folder):
            log.warning("postgres_memory_lowered", folder=str(self.folder), **smaller)
        settings |= {"unix_socket_directories": f'"{sockets}"', "log_directory": str(seen)} | smaller | self._settings
        server = [str(programs / "postgres"), "-D", str(name), *cluster.as_options(settings)]
        script = 'log="$1"; shift; "$@" </dev/null >"$log" 2>&1 &'
        for _ in range(SPAWNS_MAX):
            cluster.forget_leftovers(self.folder, sockets)
            with holding(self._alive, ORPHAN_SECONDS, _report("claiming the data folder")) as alive:
                subprocess.run(
                    ["/bin/sh", "-c", script, "sh", str(seen / "start.log"), *server],
                    check=True, start_new_session=True, pass_fds=(alive,), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account.options(self.folder),
                )  # fmt: skip
            if self._running():
                return
        raise PostgresUnavailableError("postgres_start", f"PostgreSQL ended while starting. {_last_words(logs)}")

    def _running(self) -> bool:
        """Whether the server answers. Waits while it starts, and while processes of a killed one end."""
        began, report = time.monotonic(), _report("waiting for the server to answer")
        while is_held(self._alive) or cluster.postmaster(self.folder):
            server = cluster.postmaster_file(self.folder)
            if server and server.ready and _answers(self.url()):
                return True
            self._require_socket(server)
            waited = time.monotonic() - began
            orphaned = not cluster.postmaster(self.folder)
            if orphaned and waited > ORPHAN_SECONDS:
                cluster.quit_orphans(self.folder)
            if waited > (ORPHAN_SECONDS_MAX if orphaned else self._patience):
                raise PostgresUnavailableError(
                    "postgres_busy",
                    f"Processes of another server hold {self.folder}, but do not answer after {waited:.0f} seconds.",
                    f"Look for them with ps (perhaps in another container) and end them. {ELSEWHERE}",
                )
            report(waited)
            time.sleep(PAUSE_SECONDS)
        return False

    def _require_socket(self, server: cluster.Postmaster | None) -> None:
        """Refuse a *server* that is ready, but whose socket is gone: no wait would bring it back."""
        if not server or not server.ready or (Path(server.socket_folder) / SOCKET).exists():
            return
        time.sleep(ENDING_SECONDS)  # one that ends, as at the target of a recovery, removes its socket first
        if cluster.postmaster(self.folder) == server:  # neither stale, nor just ending
            raise PostgresUnavailableError(
                "postgres_moved",
                f"The server of {self.folder} runs, but its socket is no longer in {server.socket_folder}: the data"
                " folder was moved, or that folder was removed.",
                "Stop it by `countersign stop`, and try again.",
            )

    def _wait_until_ended(self) -> None:
        began, report = time.monotonic(), _report("waiting for the server to end")
        while is_held(self._alive) or cluster.postmaster(self.folder):
            if (waited := time.monotonic() - began) > STOP_SECONDS_MAX:
                sentence = f"The server in {self.folder} did not end within {STOP_SECONDS_MAX} seconds."
                raise PostgresUnavailableError("postgres_stop", sentence, f"Its log is in {self._logs}.")
            report(waited)
            time.sleep(PAUSE_SECONDS)


def _answers(url: str) -> bool:
    return psycopg.pq.PGconn.ping(f"{url}&connect_timeout=2".encode()) == psycopg.pq.Ping.OK


def _report(action: str) -> Callable[[float], None]:
    """A callback for waits that logs *action* every few seconds."""
    reports = 0

    def report(waited: float) -> None:
        nonlocal reports
        if waited // PROGRESS_SECONDS > reports:
            reports += 1
            log.info("postgres_waiting", action=action, seconds=round(waited))

    return report


def _newest_log(logs: Path) -> tuple[Path, str]:
    """The newest log file, and what it says since the server's last start."""
    newest = max(logs.glob("*.log"), key=lambda file: file.stat().st_mtime)
    return newest, newest.read_text(errors="replace").rpartition("starting PostgreSQL")[2]


def _last_words(logs: Path) -> str:
    """The end of the newest log file, which shows why the server did not start."""
    newest, this_start = _newest_log(logs)
    return f"{newest} says: {' | '.join(this_start.splitlines()[-LOG_LINES_SHOWN:])}."
