"""Countersign over three PostgreSQL servers under Patroni: the leader is killed, and nothing acknowledged is lost.

Needs etcd (Debian: etcd-server) and fetches Patroni from the Python index into an environment of its own. Countersign
runs unchanged, as a user starts it: two servers of it, by the address of all three databases.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from msgspec import Struct, json
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from infrastructure.ledger.sent_command import command_id_of
from infrastructure.postgres.binaries import Account, account_for, programs_for
from infrastructure.postgres.cluster import postmaster
from infrastructure.verifier.verify import verify

PATRONI = "patroni[etcd3,psycopg3]==4.1.5"
NODES = 3
CLIENTS = 12
SECONDS_BEFORE, SECONDS_AFTER = 8, 12  # of load, around the blow
PATIENCE_SECONDS = 180  # for a cluster to come up, or to come back, on a machine that does other things
OWNER = "countersign"
PASSWORD = "proof"
CHECKOUT = Path(__file__).parents[3]
# What keeps every acknowledged commit through the loss of a node: docs/how-to/run-on-several-machines.md.
DCS = {
    "ttl": 20,
    "loop_wait": 2,
    "retry_timeout": 5,
    "maximum_lag_on_failover": 0,
    "synchronous_mode": "quorum",
    "synchronous_mode_strict": True,
    "synchronous_node_count": 1,
    "postgresql": {
        "use_pg_rewind": True,
        "parameters": {"synchronous_commit": "on", "wal_log_hints": "on", "max_connections": 100},
    },
}


class Outcome(Struct, frozen=True, kw_only=True):
    """What was seen; *skipped* says what was missing for a proof."""

    skipped: str = ""
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    faults: int = 0
    longest_pause_seconds: float = 0.0
    killed: str = ""
    leads_now: str = ""

    @property
    def holds(self) -> bool:
        return not self.skipped and bool(self.acknowledged) and not (self.lost or self.doubled or self.faults)


class MissingToolError(Exception):
    """What the proof needs is not to be had here."""


class Acknowledged(Struct, frozen=True):
    """A command of *principal*, sent under *key*, that was answered with 200 and the *position* of its last fact."""

    principal: str
    key: UUID
    position: int

    @property
    def id(self) -> UUID:
        """Under which the ledger has it: a key is its sender's own."""
        return command_id_of(self.principal, self.key)


def run() -> Outcome:
    """Bring up the cluster and two servers, kill the leader under load, and compare what was answered with what is."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-patroni-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            cluster = stack.enter_context(Cluster.started(folder))
            servers = [stack.enter_context(served(cluster.url, folder / f"server-{nth}.log")) for nth in range(2)]
            return asyncio.run(prove(cluster, servers))
    except MissingToolError as missing:
        return Outcome(skipped=str(missing))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def prove(cluster: Cluster, servers: list[str]) -> Outcome:
    """The load, the blow, and what is left."""
    load = Load(servers)
    working = asyncio.create_task(load.run())
    await asyncio.sleep(SECONDS_BEFORE)
    early = tuple(load.acknowledged)
    if missed := await asyncio.to_thread(lost, cluster.url, early):
        raise AssertionError(f"{missed} of {len(early)} acknowledged commands are missing before anything was killed")
    killed = await asyncio.to_thread(cluster.kill_leader)
    report(f"{killed} was killed after {len(load.acknowledged):,} acknowledged commands")
    leads = await asyncio.to_thread(cluster.await_leader, killed)
    report(f"{leads} leads")
    before = len(load.acknowledged)
    await asyncio.to_thread(wait_until, lambda: len(load.acknowledged) > before + CLIENTS, "commands are taken again")
    await asyncio.sleep(SECONDS_AFTER)
    load.stop()
    await working
    url = cluster.url_of(leads)
    await asyncio.to_thread(wait_until, lambda: views_follow(url), "the views follow on the new leader")
    return outcome(url, load, killed, leads)


def outcome(url: str, load: Load, killed: str, leads: str) -> Outcome:
    """What is in the database of the server that leads now, against all that was acknowledged."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT convert_from(meta, 'UTF8')::jsonb ->> 'command_id' AS command"
            " FROM ledger.event GROUP BY 1 HAVING count(DISTINCT version) > 1) AS twice"
        ).fetchone()
    verified, _ = verify(url, lambda _done, _of: None)
    for fault in verified.faults:
        report(f"fault at {fault.seq}: {fault.what}")
    return Outcome(
        acknowledged=len(load.acknowledged),
        lost=lost(url, load.acknowledged),
        doubled=row[0] if row else 0,
        faults=verified.fault_count,
        longest_pause_seconds=round(load.longest_pause, 1),
        killed=killed,
        leads_now=leads,
    )


def lost(url: str, acknowledged: Sequence[Acknowledged]) -> int:
    """How many of the *acknowledged* commands the ledger does not have with the position that was answered."""
    with psycopg.connect(url) as connection:
        stored: dict[UUID, int] = dict(connection.execute("SELECT id, seq FROM ledger.command").fetchall())
    return sum(stored.get(command.id) != command.position for command in acknowledged)


def views_follow(url: str) -> bool:
    """Whether every view has come to the end of the ledger: a server projects again."""
    query = "SELECT (SELECT seq FROM ledger.head) = ALL (SELECT seq FROM views.position) FROM views.position LIMIT 1"
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone() == (True,)


class Load:
    """Clients that post commands, each on a project of its own, and send again what was not answered."""

    def __init__(self, servers: list[str]) -> None:
        self._servers = servers
        self._until = False
        self._last = monotonic()
        self.acknowledged: list[Acknowledged] = []
        self.longest_pause = 0.0

    def stop(self) -> None:
        self._until = True

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            self._last = monotonic()
            await asyncio.gather(*(self._work(client, nth) for nth in range(CLIENTS)))

    async def _work(self, client: httpx.AsyncClient, nth: int) -> None:
        project = uuid4()
        register = {"command": "register_project", "name": f"Fab {nth}", "enterprise": {"name": "Hengxin"}}
        await self._insist(client, project, register | {"manager": "wang"})
        while not self._until:
            await self._insist(client, project, {"command": "note_step", "activity": "proof"})

    async def _insist(self, client: httpx.AsyncClient, project: UUID, command: dict[str, Any]) -> None:
        """Send it, to either server, until it is acknowledged: with one key, as an integrator does."""
        key, tries = uuid4(), 0
        while True:
            server = self._servers[(project.int + tries) % len(self._servers)]
            tries += 1
            with suppress(httpx.TransportError):
                headers = IDENTITY | {"Idempotency-Key": str(key)}
                answer = await client.post(f"{server}/v1/projects/{project}/commands", json=command, headers=headers)
                if answer.status_code == httpx.codes.OK:
                    self._note(Acknowledged(ACTOR, key, answer.json()["position"]))
                    return
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    raise AssertionError(f"{answer.status_code}: {answer.text}")
            await asyncio.sleep(0.2)

    def _note(self, command: Acknowledged) -> None:
        self.longest_pause = max(self.longest_pause, monotonic() - self._last)
        self._last = monotonic()
        self.acknowledged.append(command)


ACTOR = "wang"
SECRET = "the-gateway-of-this-proof-and-no-other"
IDENTITY = {
    "Content-Type": "application/json",
    "X-Gateway-Secret": SECRET,
    "X-Actor": ACTOR,
    "X-Department": "zone-office",
    "X-Role": "project_manager",
}


class Node(Struct, frozen=True):
    """One PostgreSQL server with its Patroni."""

    name: str
    folder: Path
    port: int
    rest: int

    @property
    def data(self) -> Path:
        return self.folder / "data"


class Cluster:
    """Three nodes, and the etcd in which they agree who leads."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder, self.account = folder, account
        self.nodes = [Node(f"node{nth}", folder / f"node{nth}", free_port(), free_port()) for nth in range(NODES)]
        self._etcd_port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Cluster]:
        """A cluster with a leader and a follower, with a database for Countersign."""
        etcd = shutil.which("etcd")
        if etcd is None:
            raise MissingToolError("etcd is not installed (Debian: apt-get install etcd-server)")
        account = account_for()
        cluster = cls(folder, account)
        patroni = environment(folder / "patroni", account)
        programs = programs_for(account, folder)
        try:
            cluster._start_etcd(etcd)
            for node in cluster.nodes:
                cluster._start_node(node, patroni, programs)
            leads = cluster.await_leader("")
            wait_until(cluster._is_protected, "a standby confirms every commit")
            cluster._make_database(leads)
            report(f"{leads} leads {NODES} nodes")
            yield cluster
        finally:
            cluster._end()

    @property
    def url(self) -> str:
        """The address of whichever server takes changes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        address = f"postgresql://{OWNER}:{PASSWORD}@{hosts}/{OWNER}"
        return f"{address}?target_session_attrs=read-write&connect_timeout=2"

    def url_of(self, name: str) -> str:
        """The address of one node."""
        node = self._node(name)
        return f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{node.port}/{OWNER}"

    def _node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def await_leader(self, not_this: str) -> str:
        """The name of the node that takes changes, once another than *not_this* does."""
        leader = ""

        def leads() -> bool:
            nonlocal leader
            leader = next((node.name for node in self.nodes if node.name != not_this and self._leads(node)), "")
            return bool(leader)

        wait_until(leads, "a node leads")
        return leader

    def _leads(self, node: Node) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{node.rest}/primary", timeout=2).status_code == httpx.codes.OK
        return False

    def _admin(self, name: str) -> psycopg.Connection[Any]:
        port = self._node(name).port
        return psycopg.connect(
            make_conninfo(host="127.0.0.1", port=port, user="postgres", password=PASSWORD, dbname="postgres"),
            autocommit=True,
        )

    def _is_protected(self) -> bool:
        """Whether a commit waits for a standby, and there is one."""
        with self._admin(self.await_leader("")) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('quorum', 'sync')"
            ).fetchone()
        return bool(row and row[0])

    def _make_database(self, name: str) -> None:
        with self._admin(name) as connection:
            owner, password = Identifier(OWNER), Literal(PASSWORD)
            connection.execute(SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(owner, password))
            connection.execute(SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0 ENCODING 'UTF8'").format(owner))

    def kill_leader(self) -> str:
        """Kill -9 the node that leads, Patroni first: as a machine does that loses its power."""
        name = self.await_leader("")
        server = postmaster(self._node(name).data)
        assert server, f"no server runs for {name}"
        self._processes.pop(name).kill()
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        for pid in (server.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return name

    def _start(self, name: str, command: list[str], **options: Any) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        self._processes[name] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
        )

    def _start_etcd(self, etcd: str) -> None:
        peer, client = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{self._etcd_port}"
        words = {
            "--data-dir": str(self.folder / "etcd"),
            "--listen-client-urls": client,
            "--advertise-client-urls": client,
            "--listen-peer-urls": peer,
            "--initial-advertise-peer-urls": peer,
            "--initial-cluster": f"default={peer}",
        }
        self._start("etcd", [etcd, *(part for pair in words.items() for part in pair)])

    def _start_node(self, node: Node, patroni: Path, programs: Path) -> None:
        node.folder.mkdir()
        if os.geteuid() == 0:
            os.chown(node.folder, self.account.uid, self.account.gid)
        settings = self.folder / f"{node.name}.json"  # JSON is YAML, too
        settings.write_bytes(json.format(json.encode(self._settings(node, programs))))
        options = self.account.options(node.folder)
        options["env"] |= {"PATH": f"{programs}:{os.defpath}", "HOME": str(node.folder)}
        self._start(node.name, [str(patroni), str(settings)], **options)

    def _settings(self, node: Node, programs: Path) -> dict[str, Any]:
        roles = {
            "superuser": {"username": "postgres", "password": PASSWORD},
            "replication": {"username": "replicator", "password": PASSWORD},
            "rewind": {"username": "rewinder", "password": PASSWORD},
        }
        return {
            "scope": "countersign-proof",
            "name": node.name,
            "restapi": {"listen": f"127.0.0.1:{node.rest}", "connect_address": f"127.0.0.1:{node.rest}"},
            "etcd3": {"host": f"127.0.0.1:{self._etcd_port}"},
            "bootstrap": {"dcs": DCS, "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C"}]},
            "postgresql": {
                "listen": f"127.0.0.1:{node.port}",
                "connect_address": f"127.0.0.1:{node.port}",
                "data_dir": str(node.data),
                "bin_dir": str(programs),
                "pgpass": str(node.folder / "pgpass"),
                "authentication": roles,
                "parameters": {"unix_socket_directories": str(node.folder)},
                "pg_hba": [
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication all 127.0.0.1/32 scram-sha-256",
                ],
            },
        }

    def _end(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
        for node in self.nodes:
            if node.data.exists() and (server := postmaster(node.data)):
                os.kill(server.pid, signal.SIGQUIT)


def environment(folder: Path, account: Account) -> Path:
    """Patroni in an environment of its own, by an interpreter that *account* may run. Raises MissingToolError."""
    for python in (sys.executable, "/usr/bin/python3"):
        if account.run(python, "-c", "import venv, ensurepip").returncode == 0:
            break
    else:
        raise MissingToolError(f"the account {account} can run no Python that has the module venv")
    for command in (
        [python, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PATRONI],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise MissingToolError(f"{PATRONI} could not be installed: {done.stderr.strip()[-300:]}")
    return folder / "bin" / "patroni"


@contextmanager
def served(url: str, log: Path) -> Iterator[str]:
    """The address of a server of ours on the database at *url*."""
    port = free_port()
    settings = {"DATABASE_URL": url, "COUNTERSIGN_PORT": str(port), "COUNTERSIGN_DATA": str(log.parent / "unused")}
    settings |= {"COUNTERSIGN_GATEWAY": "secret", "COUNTERSIGN_GATEWAY_SECRET": SECRET}
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", "serve"],
            cwd=CHECKOUT,
            env={**os.environ, **settings},
            stdout=out,
            stderr=out,
        ) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: is_ready(address, process), f"a server answers at {address}")
            yield address
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


def free_port() -> int:
    """A port that is free at the moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def is_ready(address: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the server ended"
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/readyz", timeout=5).status_code == httpx.codes.OK
    return False


def wait_until(happened: Callable[[], object], what: str) -> None:
    """Look again and again; a look that fails because something is away is no more than a "not yet"."""
    limit = monotonic() + PATIENCE_SECONDS
    while monotonic() < limit:
        with suppress(psycopg.OperationalError):
            if happened():
                return
        sleep(0.2)
    raise AssertionError(f"not in {PATIENCE_SECONDS} seconds: {what}")


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
