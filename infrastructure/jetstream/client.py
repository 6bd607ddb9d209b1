"""Loads the NATS client on demand: an optional extra, which few installations have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any

from infrastructure.jetstream.errors import NatsUnavailableError
from infrastructure.jetstream.publisher import StreamConnection
from infrastructure.jetstream.target import StreamTarget

OpenStream = Callable[[StreamTarget], AbstractAsyncContextManager[StreamConnection]]
"""Opens a connection to a stream."""

CONNECTION = "infrastructure.jetstream.connection"


def opening() -> OpenStream:
    """The function that opens a connection to a stream. Raises NatsUnavailableError where nats-py is not installed."""
    try:
        connection: Any = import_module(CONNECTION)
    except ImportError as missing:
        raise NatsUnavailableError("The NATS client is not installed: pip install 'countersign[nats]'.") from missing
    opened: OpenStream = connection.opened
    return opened
