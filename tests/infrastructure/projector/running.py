"""A projector at work beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from infrastructure.projector.projector import Projector


@contextmanager
def projecting(url: str) -> Iterator[Projector]:
    """A projector at work on the database at *url* during the block; its views exist at the start, though empty."""
    with psycopg.connect(url, autocommit=True) as connection:
        assert Projector(url).take_lead(connection)
        connection.execute("SELECT pg_advisory_unlock_all()")  # or the next leader waits for the session to end
    projector = Projector(url)
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        yield projector
    finally:
        projector.stop()
        thread.join()
