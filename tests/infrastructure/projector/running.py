"""A projector at work beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import psycopg

from infrastructure.projector.projector import Projector
from tests.effort import PATIENCE_SECONDS

PAUSE_SECONDS = 0.02


def require_lead(projector: Projector, connection: psycopg.Connection[Any]) -> None:
    """Have *projector* lead: the server ends the session of a leader before when it gets round to it."""
    patience = monotonic() + PATIENCE_SECONDS
    while not projector.take_lead(connection):
        assert monotonic() < patience, "another projector leads"
        sleep(PAUSE_SECONDS)


@contextmanager
def projecting(url: str) -> Iterator[Projector]:
    """A projector at work on the database at *url* during the block; its views exist at the start, though empty."""
    with psycopg.connect(url, autocommit=True) as connection:
        require_lead(Projector(url), connection)
        connection.execute("SELECT pg_advisory_unlock_all()")  # or the next leader waits for the session to end
    projector = Projector(url)
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        yield projector
    finally:
        projector.stop()
        thread.join()
