"""A stop signal that interrupts a wait for NOTIFY at once (self-pipe)."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import Any
from weakref import finalize

import psycopg


class StopSignal:
    """Like threading.Event, but also ends `wait_for_notify`. May be set from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._read_end, self._write_end = socket.socketpair()
        for end in (self._read_end, self._write_end):
            finalize(self, end.close)

    def set(self) -> None:
        if not self._event.is_set():
            self._event.set()
            self._write_end.send(b"!")

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until the signal is set, for at most *seconds*."""
        self._event.wait(seconds)

    def wait_for_notify(self, connection: psycopg.Connection[Any], seconds: float) -> None:
        """Wait until *connection* receives a NOTIFY or the signal is set, for at most *seconds*.

        Raises psycopg.OperationalError when the connection is lost.
        """
        if _has_notifies(connection):  # received along with the result of a query
            return
        with selectors.DefaultSelector() as selector:
            selector.register(connection.pgconn.socket, selectors.EVENT_READ)
            selector.register(self._read_end, selectors.EVENT_READ)
            selector.select(seconds)
        _has_notifies(connection)


def _has_notifies(connection: psycopg.Connection[Any]) -> bool:
    """Whether notifications arrived since the last call; consumes them."""
    return bool(list(connection.notifies(timeout=0)))
