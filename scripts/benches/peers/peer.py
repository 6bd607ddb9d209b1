"""What a peer is, and the task that every one of them is given."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct, field, json

from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers.package import Package
from scripts.benches.stock import COMMANDS_A_PROJECT

# One event as the stock library's: about the bytes of a row of pgbench, less than an entry of ours.
EVENT = {"item": "item-12", "activity": "accepted on presentation of all papers"}
EVENT_TYPE = "Stepped"
STREAM_EVENTS = COMMANDS_A_PROJECT  # as many as a project of ours has; then the client begins another stream
DRIVERS = Path(__file__).parent / "drivers"
PATIENCE_SECONDS = 60  # beyond the seconds of a figure, for a driver to connect and to end

Append = Callable[[int, int], Figure]  # the figure of that many clients, for that many seconds


class Peer(Struct, frozen=True):
    """An event store of another maker.

    :param differs: what it does other than ours, for a reader of the ratios.
    :param opened: makes its store, given the folder of its *package* and the server of the run.
    """

    name: str
    version: str
    differs: str
    package: Package
    opened: Callable[[Path, BenchDatabase], AbstractContextManager[Append]]


class Task(Struct, frozen=True):
    """What a driver in another process does: see the folder drivers."""

    address: str
    clients: int
    seconds: float
    event: dict[str, str] = field(default_factory=EVENT.copy)
    type: str = EVENT_TYPE
    stream_events: int = STREAM_EVENTS


class Measured(Struct, frozen=True):
    """What a driver prints: how long it took, and each append's latency, in seconds."""

    seconds: float
    latencies: list[float]


def driven(subject: str, command: list[str], task: Task) -> Figure:
    """The figure of *task*, which the driver *command* is given as JSON.

    Raises subprocess.SubprocessError if the driver fails or hangs.
    """
    words = [*command, json.encode(task).decode()]
    ended = subprocess.run(words, check=True, capture_output=True, text=True, timeout=task.seconds + PATIENCE_SECONDS)
    measured = json.decode(ended.stdout, type=Measured)
    return Figure.of(subject, task.clients, measured.seconds, measured.latencies)
