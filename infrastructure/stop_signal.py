"""Being told to stop, in the middle of waiting for news from the database: heard at once, not at the next look."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Any
from weakref import finalize

import psycopg


class StopSignal:
    """Whether it is time to stop. May be told from any thread, and from a signal's handler."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._ear, self._bell = socket.socketpair()
        for end in (self._ear, self._bell):
            finalize(self, end.close)

    def tell(self) -> None:
        if not self._told.is_set():
            self._told.set()
            self._bell.send(b"!")

    def is_told(self) -> bool:
        return self._told.is_set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is time to stop."""
        self._told.wait(seconds)

    def wait_for_news(self, connection: psycopg.Connection[Any], seconds: float) -> None:
        """Wait until *connection* was notified, so long at most, or until it is time to stop.

        Raises psycopg.OperationalError when the connection is lost.
        """
        if _news(connection):  # it came along with an answer
            return
        with selectors.DefaultSelector() as selector:
            selector.register(connection.pgconn.socket, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            selector.select(seconds)
        _news(connection)


def _news(connection: psycopg.Connection[Any]) -> bool:
    """Whether the connection was notified since it was last asked."""
    return bool(list(connection.notifies(timeout=0)))
