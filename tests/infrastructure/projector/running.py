"""A projector at work beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from infrastructure.projector.projector import Projector


@contextmanager
def projecting(url: str) -> Iterator[Projector]:
    """A projector at work on the database at *url* during the block."""
    projector = Projector(url)
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        yield projector
    finally:
        projector.stop()
        thread.join()
