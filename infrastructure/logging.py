"""Configures logging: to standard error, readable on a terminal and as JSON elsewhere, with the id of the request."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from infrastructure.settings import LogFormat, Settings

NOISY = ("uvicorn.access", "uvicorn.error", "httpx", "httpx2")  # lines that ours make redundant; warnings stay
TRACEBACK_FRAMES_MAX = 20  # the ten innermost and the ten outermost


class LossyStream:
    """A stream that loses what can't be written, to a closed pipe or a full disk: work goes on without its log lines.

    A line that raises would end the loop that stores commands, and every command would wait without end.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """How many characters were taken."""
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send log lines, also those of libraries, to *stream* (default: standard error). Call it once, at startup."""
    stream = stream or sys.stderr
    as_json = settings.log is LogFormat.JSON or (settings.log is LogFormat.AUTO and not stream.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*_facts(), *_form(stream, as_json=as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", LossyStream(stream))),
        cache_logger_on_first_use=False,  # loggers are made when modules are imported: before this is called
    )
    handler = logging.StreamHandler(stream)
    handler.setLevel(level)  # a library that sets the level of its logger would bypass that of the root
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_facts(), structlog.stdlib.ExtraAdder(), _uncoloured],
            processors=[remove, *_form(stream, as_json=as_json)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def request(request_id: str, **facts: Any) -> Iterator[None]:
    """Add *request_id* and *facts* to every line logged in the block, also by tasks and threads started in it."""
    with structlog.contextvars.bound_contextvars(request_id=request_id, **facts):
        yield


def _facts() -> list[Processor]:
    """Processors that add the fields which every line has."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _form(stream: TextIO, *, as_json: bool) -> list[Processor]:
    """Processors that render a line. Tracebacks omit local variables, which hold passwords and people's names."""
    if not as_json:
        plain = structlog.dev.plain_traceback
        return [
            structlog.dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="at", exception_formatter=plain),
        ]
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=TRACEBACK_FRAMES_MAX)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer(serializer=_json)]


def _uncoloured(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Without the second spelling, for terminals, that uvicorn gives some lines."""
    line.pop("color_message", None)
    return line


def _json(line: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=repr).decode()
