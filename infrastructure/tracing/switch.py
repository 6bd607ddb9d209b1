"""Whether this process traces, decided before anything else; and what turns it on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from infrastructure.errors import OperatorError
from infrastructure.settings import Settings

SPANS = "infrastructure.tracing.spans"  # imported once tracing is on: it takes a third of a second


class TracingUnavailableError(OperatorError):
    """Traces are asked for, and the packages that send them are not installed."""


class TracingSwitch:
    """*spans* is the module `infrastructure.tracing.spans` while it *is_on*."""

    def __init__(self) -> None:
        self.is_on = False
        self.spans: Any = None

    def turn_on(self) -> None:
        """Trace from now on."""
        self.spans, self.is_on = import_module(SPANS), True

    def turn_off(self) -> None:
        """Trace no more."""
        self.is_on = False


SWITCH = TracingSwitch()


def configure(settings: Settings, process: str) -> None:
    """Send the spans of this *process* to the collector in COUNTERSIGN_TRACES. Raises TracingUnavailableError."""
    if not settings.traces:
        return
    try:
        sending = import_module("infrastructure.tracing.sending")
    except ImportError as missing:
        raise TracingUnavailableError(
            "COUNTERSIGN_TRACES is set, and OpenTelemetry is not installed: pip install 'countersign[otel]'."
        ) from missing
    sending.send_spans(settings.traces, settings.traces_share, process)
    SWITCH.turn_on()
