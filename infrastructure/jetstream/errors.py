"""What keeps the publisher from publishing: a server that is away, and a stream that it must not write to."""

from __future__ import annotations

from infrastructure.errors import OperatorError


class StreamAwayError(Exception):
    """The server does not answer, or not as it should; it is tried again. The message says what happened."""


class StreamRefusedError(OperatorError):
    """Nothing is published to this stream as it is. The message says why, and what helps; *code* is stable."""

    code = "stream-refused"


class NatsUnavailableError(OperatorError):
    """The package that speaks with NATS is not installed."""

    code = "nats-unavailable"
