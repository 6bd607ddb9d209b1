"""An event log as a file, in either format."""

from __future__ import annotations

import io
from collections.abc import Callable
from enum import StrEnum
from typing import IO

from infrastructure.event_log.cases import LogCounts, cases_of
from infrastructure.event_log.ocel import write_ocel
from infrastructure.event_log.xes import write_xes

ZONE = "zone"  # the name of the log of the zone's own projects


class EventLogFormat(StrEnum):
    """The formats of event logs."""

    XES = "xes"
    OCEL = "ocel"


def write_event_log(
    url: str,
    file: IO[bytes],
    log_format: EventLogFormat,
    register: str = "",
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> LogCounts:
    """Write the log of *register*, or of the zone where it is empty, to *file*, which stays open; what was written."""
    text = io.TextIOWrapper(file, "utf-8", newline="\n")
    try:
        cases = cases_of(url, register, progress)
        if log_format is EventLogFormat.XES:
            return write_xes(cases, text, register or ZONE)
        return write_ocel(cases, text)
    finally:
        text.detach()  # flushes
