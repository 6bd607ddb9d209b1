"""A PostgreSQL data directory: creates it, its settings, its pid file, and the processes that run in it."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from infrastructure.durable_files import sync_folder
from infrastructure.postgres.binaries import ELSEWHERE, HERE, Account, PostgresUnavailableError

OWNER = "countersign"  # the role that owns the database and runs migrations
DATABASE = "countersign"
MIB = 1024 * 1024
# An eighth of the memory, as the machine is shared with the application, but no less than commands need: each looks its
# id up in a random page, and takes twice as long where the pages of that index are not in memory (ADR 0073).
MEMORY_SHARE = 8
SHARED_BUFFERS_MIB_MIN, SHARED_BUFFERS_MIB_MAX = 32, 8192
MIB_A_PAGE = 8 / 1024  # of shared_buffers

# Passed on the command line at every start, so that configuration files can't override them.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# The archive of the write-ahead log is configured by `countersign backup`; that must not need a restart.
ARCHIVABLE = {"archive_mode": "on", "summarize_wal": "on"}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ALWAYS = {
    "listen_addresses": "",  # the Unix socket is the only way in, and its folder is private
    "unix_socket_permissions": "0700",
    "cluster_name": "countersign",  # shows in ps
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",  # one file per weekday, overwritten a week later
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}
# Written to postgresql.conf once, where the operator may change them. Left at their defaults, as changing them gained
# nothing above noise for appends of 1 and of 100 rows: wal_sync_method, wal_compression, wal_buffers, io_method.
TUNED = {
    "max_connections": "100",
    "max_wal_size": "2GB",  # with the next: checkpoints by time, not by volume, under a steady import
    "checkpoint_timeout": "15min",
    "min_dynamic_shared_memory": "64MB",  # independent of a container's small /dev/shm, and of logind's RemoveIPC
    "jit": "off",  # compiling costs more than our short queries take
    "random_page_cost": "1.1",  # solid-state disks
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%a ",
    "log_lock_waits": "on",
}
# Of any data directory. Where one is missing it was copied or removed in part.
PARTS = (
    "PG_VERSION", "global/pg_control", "base", "pg_wal", "pg_xact",
    "postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf",
)  # fmt: skip
# In pg_control, since PostgreSQL 8: one number of 8 bytes and two of 4 precede the state of the database.
STATE_OFFSET = 16
SHUT_DOWN_STATES = (1, 2)  # DB_SHUTDOWNED, DB_SHUTDOWNED_IN_RECOVERY


class Postmaster(Struct, frozen=True):
    """The server as described by `postmaster.pid`."""

    pid: int
    socket_folder: str
    ready: bool


def create(programs: Path, account: Account, folder: Path, *, durable: bool, turn: int) -> None:
    """Create a data directory with an empty database, renamed into place once complete. *turn* is the lock we hold.

    The programs run with it as working directory, so that they need no access to its parents.
    """
    if not account.name:
        raise PostgresUnavailableError(
            "postgres_account",
            f"PostgreSQL's initdb wants to know the name of the account {account}, and this machine has none for it.",
            f"Add a line for it to /etc/passwd. {ELSEWHERE}",
        )
    staging = folder.with_name(f"{folder.name}.new")
    if staging.exists():
        shutil.rmtree(staging)
    private_folder(staging, account)
    here = name_for(account, staging)
    tuned = [
        part
        for name, value in (TUNED | memory_settings(_memory_mib())).items()
        for part in ("--set", f"{name}={value}")
    ]
    layout = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    layout += ["--auth-local=peer", "--auth-host=reject", "--data-checksums", *([] if durable else ["--no-sync"])]
    initdb = [str(programs / "initdb"), "-D", str(here), "-U", OWNER, "--no-instructions"]
    _made(account.run(*initdb, *layout, *tuned, lock=turn, at=staging))
    settings = as_options(DURABLE if durable else THROW_AWAY)
    single = [str(programs / "postgres"), "--single", *settings, "-D", str(here), "postgres"]
    _made(account.run(*single, text=f"CREATE DATABASE {DATABASE}", lock=turn, at=staging))
    staging.rename(folder)
    sync_folder(folder.parent)  # or a power cut could bring back the old name, after facts were committed


def name_for(account: Account, folder: Path) -> Path:
    """The path by which a program of *account* can name its working directory *folder*: HERE if it can't enter it."""
    return folder if account.may_enter(folder) else HERE


def _made(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise PostgresUnavailableError("postgres_create", f"The database could not be created: {done.stderr.strip()}")


def make_folder(path: Path, mode: int) -> None:
    """Create *path* and its missing parents durably (fsync). An existing folder is left as it is."""
    if not path.exists():
        make_folder(path.parent, 0o755)
        with suppress(FileExistsError):  # another process was faster
            path.mkdir()
            path.chmod(mode)  # whatever the umask
            sync_folder(path.parent)


def private_folder(path: Path, account: Account) -> None:
    """Create *path*, accessible to *account* alone. Raises PostgresUnavailableError if it exists and is not private."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.geteuid() == 0 == os.fstat(descriptor).st_uid:
            os.fchown(descriptor, account.uid, account.gid)
        status = os.fstat(descriptor)
        if status.st_uid != account.uid or stat.S_IMODE(status.st_mode) & 0o077:
            raise PostgresUnavailableError(
                "private_folder",
                f"The folder {path} must belong to the account {account}, with mode 0700.",
                "Change its owner and mode, or remove the folder if you don't know it.",
            )
    finally:
        os.close(descriptor)


def require_whole(folder: Path) -> None:
    """Refuse a data directory that was copied in part: none may be made in its place, and a start would fail later."""
    present = any(folder.iterdir()) if folder.exists() else False
    missing = [part for part in PARTS if not (folder / part).exists()] if present else []
    if present and not missing and not (folder / "PG_VERSION").read_text().strip():
        missing = ["the text of PG_VERSION"]
    if missing:
        raise PostgresUnavailableError(
            "postgres_incomplete",
            f"The database in {folder} is not whole: it lacks {', '.join(missing)}.",
            "Copy the data folder again, all of it and while no server runs there, or restore a backup into it.",
        )


def check_version(programs: Path, account: Account, folder: Path) -> None:
    """Refuse a data directory of another major version, which PostgreSQL would report only in its log."""
    made_by = (folder / "PG_VERSION").read_text().strip()
    ours = account.run(programs / "postgres", "--version").stdout.split()[-1].partition(".")[0]
    if made_by != ours:
        raise PostgresUnavailableError(
            "postgres_version",
            f"The database in {folder} was created by PostgreSQL {made_by}; this installation has PostgreSQL {ours}.",
            "Dump it with the release that created it (pg_dump), and restore the dump into a new COUNTERSIGN_DATA.",
        )


def as_options(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def postmaster_file(folder: Path) -> Postmaster | None:
    """The contents of `postmaster.pid`, possibly stale; None if it is absent or incomplete."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), lines[4], lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def postmaster(folder: Path) -> Postmaster | None:
    """The running server of *folder*; None also if the pid file is stale and its pid belongs to another program."""
    server = postmaster_file(folder)
    return server if server and _lives_in(server.pid, folder) else None


def shut_down_in_order(folder: Path) -> bool:
    """Whether the last server of *folder* was shut down; False if it was killed or crashed, or that is not on record.

    Raises OSError if the folder can't be read.
    """
    try:
        with (folder / "global" / "pg_control").open("rb") as control:
            control.seek(STATE_OFFSET)
            return int.from_bytes(control.read(4), sys.byteorder) in SHUT_DOWN_STATES
    except FileNotFoundError:
        return False


def forget_leftovers(folder: Path, sockets: Path) -> None:
    """Remove the pid files of a server that no longer runs.

    PostgreSQL takes any process with that pid for a running server: another program after a reboot, or the dead server
    itself, as a zombie, in a container whose init process does not reap.
    """
    if postmaster(folder) is None:
        for leftover in (folder / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            leftover.unlink(missing_ok=True)


def quit_orphans(folder: Path) -> None:
    """Send SIGQUIT to the processes that a killed server left behind."""
    for process in Path("/proc").glob("[0-9]*"):
        if _lives_in(int(process.name), folder):
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGQUIT)


def _lives_in(pid: int, folder: Path) -> bool:
    """Whether *pid* is a running PostgreSQL process of the folder's owner, with *folder* as working directory."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self/cwd").exists():  # not Linux
        answer = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], check=False, capture_output=True, text=True)
        return Path(answer.stdout.strip()).name == "postgres"
    try:
        program = (process / "exe").readlink().name  # ends in " (deleted)" after an upgrade of the programs
        here = (process / "cwd").samefile(folder) and process.stat().st_uid == folder.stat().st_uid
    except OSError:  # gone, a zombie, or another account's
        return False
    return here and program.startswith("postgres")


def memory_settings(mib: int) -> dict[str, str]:
    """Settings of a server on a machine, or in a container, with so many MiB of memory."""
    buffers = min(max(mib // MEMORY_SHARE, SHARED_BUFFERS_MIB_MIN), SHARED_BUFFERS_MIB_MAX)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(mib // 2, buffers)}MB"}


def memory_that_fits(programs: Path, account: Account, folder: Path) -> dict[str, str]:
    """Settings in the place of those in *folder*, where these are beyond half of the memory; else none.

    They are those of another machine where the directory was copied from there, or restored from its backup.
    """
    name, mib = name_for(account, folder), _memory_mib()
    pages = account.run(programs / "postgres", "-D", name, "-C", "shared_buffers", at=folder).stdout.strip()
    if not pages.isdecimal() or int(pages) * MIB_A_PAGE <= mib / 2:  # what can't be read, the start itself reports
        return {}
    return memory_settings(mib)


def _memory_mib() -> int:
    """The memory of this machine or container."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # absent, or "max": no container limit
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory // MIB
