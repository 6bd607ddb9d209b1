"""The peers in one run of the bench: opened on its server, measured in turn, or skipped with a reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg
from msgspec import DecodeError

from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers.emmett import EMMETT
from scripts.benches.peers.message_db import MESSAGE_DB
from scripts.benches.peers.package import PeerSkippedError, reason
from scripts.benches.peers.peer import Append, Peer
from scripts.benches.peers.report import PeerOutcome
from scripts.benches.peers.umadb import UMADB_SERVER

PEERS = (MESSAGE_DB, EMMETT, UMADB_SERVER)
# What another maker's program can do to us. A peer that fails is skipped: the bench is about ours.
FAILURES = (PeerSkippedError, OSError, subprocess.SubprocessError, psycopg.Error, DecodeError)


class OpenPeer:
    """A *peer* in a run. *skipped* says why it has no figures, or no more."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.skipped = ""
        self._append: Append | None = None

    def open(self, stack: ExitStack, server: BenchDatabase, *, fetch: bool) -> None:
        """Make its store, until *stack* is closed."""
        try:
            folder = self.peer.package.ready(fetch=fetch)
            self._append = stack.enter_context(self.peer.opened(folder, server))
        except FAILURES as failure:
            self._skip(failure)

    def append(self, clients: int, seconds: int) -> Figure | None:
        """Its figure; None if it is skipped."""
        if self.skipped or self._append is None:
            return None
        try:
            return self._append(clients, seconds)
        except FAILURES as failure:
            self._skip(failure)
            return None

    def outcome(self) -> PeerOutcome:
        """What the report says of it."""
        return PeerOutcome(self.peer.name, self.peer.version, self.peer.differs, self.skipped)

    def _skip(self, failure: Exception) -> None:
        self.skipped = reason(failure)
        print(f"skipped: {self.peer.name} {self.peer.version}: {self.skipped}", file=sys.stderr, flush=True)


@contextmanager
def open_peers(server: BenchDatabase, peers: Sequence[Peer] = PEERS, *, fetch: bool) -> Iterator[list[OpenPeer]]:
    """Open *peers* on *server*; fetch those that are absent only if *fetch*."""
    with ExitStack() as stack:
        opened = [OpenPeer(peer) for peer in peers]
        for peer in opened:
            peer.open(stack, server, fetch=fetch)
        yield opened
