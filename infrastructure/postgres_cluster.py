"""A database folder as PostgreSQL lays it out: making it, its settings, and whose processes live in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from infrastructure.postgres_programs import Account, PostgresUnavailable

OWNER = "countersign"  # the role that owns the database and runs migrations
DATABASE = "countersign"
MIB = 1024 * 1024
SHARED_BUFFERS_MIB_MIN, SHARED_BUFFERS_MIB_MAX = 32, 256  # modest: the machine is shared with the application

# Given on the command line at every start, so that no edited file can take them away.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ALWAYS = {
    "listen_addresses": "",  # the Unix socket is the only way in, and its folder is private
    "unix_socket_permissions": "0700",
    "cluster_name": "countersign",  # shows in ps
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",  # one file a weekday, overwritten a week later
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}
# Written into postgresql.conf once, where whoever runs the machine may change them.
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


class Postmaster(Struct, frozen=True):
    """What `postmaster.pid` says about the server."""

    pid: int
    socket_folder: str
    ready: bool


def create(programs: Path, account: Account, folder: Path, *, durable: bool) -> None:
    """Make a database folder with an empty database; it appears complete or not at all."""
    staging = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    private_folder(staging, account)
    tuned = [part for name, value in (TUNED | _memory()).items() for part in ("--set", f"{name}={value}")]
    command: list[str | Path] = [programs / "initdb", "-D", staging, "-U", OWNER, "--no-instructions", *tuned]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--data-checksums", *([] if durable else ["--no-sync"])]
    _run(command, account)
    settings = as_options(DURABLE if durable else THROW_AWAY)
    _run(
        [programs / "postgres", "--single", *settings, "-D", staging, "postgres"],
        account,
        f"CREATE DATABASE {DATABASE}",
    )
    staging.rename(folder)


def private_folder(path: Path, account: Account) -> None:
    """Make *path*, which only *account* may enter."""
    if not path.exists():
        path.mkdir(mode=0o700)
        if account.uid != os.geteuid():
            os.chown(path, account.uid, account.gid)


def check_version(programs: Path, folder: Path) -> None:
    """Refuse a folder of another major version: PostgreSQL would only say so in its log."""
    made_by = (folder / "PG_VERSION").read_text().strip()
    answer = subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, text=True)
    ours = answer.stdout.split()[-1].partition(".")[0]
    if made_by != ours:
        raise PostgresUnavailable(
            "postgres_version",
            f"The database in {folder} was made by PostgreSQL {made_by}; this installation brings PostgreSQL {ours}.",
            "Dump it with the release that made it (pg_dump), then restore the dump into a new COUNTERSIGN_DATA.",
        )


def as_options(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def postmaster_file(folder: Path) -> Postmaster | None:
    """What `postmaster.pid` says, true or left over; None if it is absent or still being written."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), lines[4], lines[7].strip() == "ready")
    except (FileNotFoundError, IndexError, ValueError):
        return None


def postmaster(folder: Path) -> Postmaster | None:
    """The living server of *folder*; None also where the file was left over and its number is another program's."""
    server = postmaster_file(folder)
    return server if server and _lives_in(server.pid, folder) else None


def forget_leftover(folder: Path) -> None:
    """Remove a `postmaster.pid` nobody stands behind: PostgreSQL takes any process of that number for its own."""
    if postmaster(folder) is None:
        (folder / "postmaster.pid").unlink(missing_ok=True)


def quit_orphans(folder: Path) -> None:
    """Tell the processes that a killed server left behind to quit at once: nobody waits for their answer."""
    for process in Path("/proc").glob("[0-9]*"):
        if _lives_in(int(process.name), folder):
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGQUIT)


def _lives_in(pid: int, folder: Path) -> bool:
    """Whether process *pid* is alive and works in *folder*, as every process of a server does."""
    if Path("/proc/self/cwd").exists():
        with suppress(OSError):  # gone, a zombie, or another account's: not our server
            return Path(f"/proc/{pid}/cwd").samefile(folder)
        return False
    answer = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return Path(answer.stdout.strip()).name == "postgres"


def _memory() -> dict[str, str]:
    """Settings that follow the memory this machine, or this container, has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # absent, or "max": no limit of a container's
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    mib = memory // MIB
    buffers = min(max(mib // 16, SHARED_BUFFERS_MIB_MIN), SHARED_BUFFERS_MIB_MAX)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(mib // 2, buffers)}MB"}


def _run(command: list[str | Path], account: Account, text: str = "") -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, input=text, cwd="/", **account.options()
    )
    if done.returncode != 0:
        name = Path(command[0]).name
        raise PostgresUnavailable("postgres_create", f"{name} could not make the database: {done.stderr.strip()}")
