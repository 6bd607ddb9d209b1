"""The publisher to JetStream while it and NATS are killed: nothing is lost, doubled or out of order.

NATS is one server, or a cluster of three, of which the one that leads the stream is killed.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import nats.errors
from msgspec import Struct, field

from scripts.client import CountersignClient
from tests.api.client import REGISTER
from tests.conftest import reachable_folder
from tests.infrastructure.jetstream.nats_server import NatsServer, stored
from tests.proofs.operating.installation import Installation
from tests.proofs.operating.nats_cluster import NatsCluster
from tests.proofs.proof import ROOT, Budget, Proof, RefutedError, SkippedError
from tests.proofs.webhooks import ATTEMPTS, feed_of, key_of

ROUNDS, CLUSTER_ROUNDS = 20, 10
PROJECTS, COMMANDS = 5, 25  # commands a round, while things are killed
PUBLISH_SECONDS_MAX = 120
STREAM, SUBJECTS = "countersign-BDA", "countersign.BDA.>"
DEBIAN = "nats-server"


class Streaming(Struct):
    """A served zone, a NATS server or a cluster, and the publisher between them."""

    zone: Installation
    server: NatsServer | NatsCluster
    environment: dict[str, str]
    publishers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def publish(self) -> None:
        """Start another publisher; the ones before it were killed."""
        command = [str(Path(sys.executable).with_name("countersign")), "publish"]
        self.publishers.append(subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=subprocess.DEVNULL))

    def kill_publisher(self) -> None:
        """Kill -9."""
        if self.publishers:
            process = self.publishers.pop()
            process.kill()
            process.wait()

    def messages(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every message of the stream; none while the server does not answer."""
        with suppress(nats.errors.Error, OSError):
            return asyncio.run(stored(self.server, STREAM))
        return []


@contextmanager
def streaming(make: Callable[[Path, str], NatsServer | NatsCluster]) -> Iterator[Streaming]:
    """All three, thrown away afterwards. Raises SkippedError."""
    program = shutil.which(DEBIAN, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        raise SkippedError("no nats-server: on Debian, apt-get install nats-server")
    with reachable_folder() as folder, ExitStack() as ends:
        zone = Installation(folder)
        ends.callback(zone.end)
        zone.start_server()
        server = make(folder, program)
        ends.callback(server.end)
        server.start()
        if isinstance(server, NatsCluster):
            server.make_stream()
        ours = Streaming(zone, server, zone.environment | {"COUNTERSIGN_NATS_URL": server.url})
        ends.callback(ours.kill_publisher)
        ours.publish()
        yield ours


def killed(budget: Budget) -> str:
    """Kill the publisher and the NATS server in every round, while commands are sent."""
    with streaming(NatsServer) as ours:
        return rounds_of(ours, budget, ROUNDS)


def leaders_killed(budget: Budget) -> str:
    """Kill the publisher and the leader of the stream in every round, while commands are sent."""
    with streaming(lambda folder, program: NatsCluster(folder, program, STREAM, SUBJECTS)) as ours:
        done = rounds_of(ours, budget, CLUSTER_ROUNDS)
        assert isinstance(ours.server, NatsCluster)
        return f"{done}; killed as leaders: {', '.join(ours.server.killed)}"


def rounds_of(ours: Streaming, budget: Budget, count: int) -> str:
    """Rounds of commands and kills, and what the stream holds after them. Raises RefutedError."""
    chance, rounds = random.Random(budget.seed), budget.rounds(count)
    manager = key_of(ours.zone, "wang", "project_manager", "office", "commands:*")
    follower = key_of(ours.zone, "erp", "leader", "", "feed")
    projects = [uuid4() for _ in range(PROJECTS)]
    with CountersignClient(ours.zone.address, manager, attempts=ATTEMPTS) as client:
        last = max(client.command(project, REGISTER).position for project in projects)
        for _ in rounds:
            last = kill_both(ours, client, projects, chance)
    events = feed_of(ours.zone, follower, last)
    wait_for(ours, len(events))
    return judged(events, ours.messages(), rounds.done)


def kill_both(ours: Streaming, client: CountersignClient, projects: list[UUID], chance: random.Random) -> int:
    """One round: commands, and both processes killed at random moments among them; the last position."""
    kills = {name: chance.randrange(COMMANDS) for name in ("publisher", "server")}
    returns = {name: number + chance.randint(1, COMMANDS) for name, number in kills.items()}
    position = 0
    for number in range(2 * COMMANDS):
        for name in (name for name, at in kills.items() if at == number):
            sleep(chance.uniform(0, 0.5))  # it may be in the midst of publishing
            ours.kill_publisher() if name == "publisher" else ours.server.kill()
        for name in (name for name, at in returns.items() if at == number):
            ours.publish() if name == "publisher" else ours.server.start()
        if number < COMMANDS:
            plan = {"command": "plan_item", "item": {"item": f"i{uuid4().hex[:8]}", "department": "land"}}
            position = client.command(projects[number % len(projects)], plan).position
    return position


def wait_for(ours: Streaming, count: int) -> None:
    """Return once the stream holds as many messages as there are events. Raises RefutedError."""
    end = monotonic() + PUBLISH_SECONDS_MAX
    while (held := len(ours.messages())) < count:
        if monotonic() > end:
            raise RefutedError(f"the stream holds {held} of {count} events")
        sleep(0.5)


def judged(events: list[dict[str, Any]], messages: list[tuple[str, str, dict[str, Any]]], rounds: int) -> str:
    """What the stream holds, against the feed. Raises RefutedError."""
    expected = [f"BDA:{event['id']}" for event in events]
    held = [id_ for _, id_, _ in messages]
    if held != expected:
        lost, doubled = set(expected) - set(held), len(held) - len(set(held))
        raise RefutedError(
            f"of {len(expected)} events {len(lost)} are lost, {doubled} doubled, or the order is another"
        )
    if [event for _, _, event in messages] != events:
        raise RefutedError("an event was published with another content than the feed has")
    return f"{rounds} rounds, {len(events)} events, 0 lost, 0 doubled, in the order of the ledger"


PROOFS = (
    Proof("nats", "JetStream holds every event once and in order, whatever is killed", killed, share=2),
    Proof(
        "nats-cluster",
        "JetStream in a cluster of three holds every event once and in order while its leader is killed",
        leaders_killed,
    ),
)
