"""Scrubs settings and log lines for the support bundle: only values known not to be a person's text are let through.

An allow list: an unknown field is left out.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from msgspec import DecodeError, Struct, json, structs

from infrastructure.settings import Settings, variable
from projections.histories import EVERY_VIEW

LINES_MAX = 2000  # of the end of a log
SET = "set"  # in place of any text
# Of log lines: fields with a number or a switch, and fields with a word of the program, by what that may be.
NUMBERS = frozenset(
    {
        *(
            "attempts",
            "batch",
            "bytes",
            "commands",
            "commands_refused",
            "count",
            "entries",
            "exit_code",
            "facts",
            "items",
        ),
        *(
            "known",
            "last",
            "limit",
            "lines",
            "ms",
            "position",
            "positions",
            "published",
            "rows",
            "seconds",
            "seq",
            "size",
        ),
        *("status", "tries", "version", "waiting"),
    }
)
WORDS = {
    "event": re.compile(r"[a-z]+(_[a-z0-9]+){1,8}"),  # ours are snake case; sentences of libraries are not
    "level": re.compile(r"debug|info|warning|error|critical"),
    "at": re.compile(r"[0-9T:.Z+-]{10,40}"),
    "work": re.compile(r"[a-z_]+_while"),
    "method": re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"),
    "sender": re.compile(r"person|program|gateway|nobody"),
    "route": re.compile(r"-|/[a-z0-9_/{}.-]{0,120}"),
    "file": re.compile(r"[0-9]{4}_[a-z0-9_]{1,40}\.sql"),
    "view": re.compile("|".join(view.name for view in EVERY_VIEW)),
}
SENTENCE = "(a sentence)"
INSIDE = re.compile(r".*?/((?:site-packages|domain|projections|infrastructure|api|scripts)/.*)")


class LogTail(Struct):
    """The end of a log: *lines* that could be scrubbed, and how many were *left_out*."""

    lines: list[dict[str, Any]]
    left_out: int = 0


def scrubbed_settings(settings: Settings) -> dict[str, Any]:
    """Every setting by its variable: numbers, choices and switches as they are, of texts whether they are set."""
    return {
        variable(field.name): _shown(getattr(settings, field.name), field.default)
        for field in structs.fields(type(settings))
    }


def _shown(value: Any, default: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | float):
        return value
    return "" if not value or value == default else SET


def scrubbed_log(lines: Iterable[str]) -> LogTail:
    """The last of *lines* that are JSON, with those fields alone that hold no text of a person's."""
    tail, left_out = deque[dict[str, Any]](maxlen=LINES_MAX), 0
    for line in lines:
        try:
            fields = json.decode(line)
        except (DecodeError, UnicodeError):
            fields = None
        if isinstance(fields, dict):
            tail.append(dict(_allowed_fields(fields)))
        else:
            left_out += bool(line.strip())
    return LogTail(list(tail), left_out)


def _allowed_fields(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if name in WORDS and isinstance(value, str):
            if WORDS[name].fullmatch(value):
                yield name, value
            elif name == "event":
                yield name, SENTENCE
        elif name in NUMBERS and isinstance(value, bool | int | float):
            yield name, value
        elif name == "exception" and isinstance(value, list):
            yield name, [_exception(part) for part in value if isinstance(part, dict)]


def _exception(part: dict[str, Any]) -> dict[str, Any]:
    """Its type and the places it went through; its message may quote anything."""
    frames = part.get("frames")
    kind = part.get("exc_type")
    return {
        "exc_type": kind if isinstance(kind, str) and kind.isidentifier() else "",
        "frames": [_frame(frame) for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else [],
    }


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    """A place in the program; the path before the package may name a person's home."""
    inside = INSIDE.fullmatch(str(frame.get("filename", "")))
    line, name = frame.get("lineno"), frame.get("name")
    return {
        "filename": inside[1] if inside else "",
        "lineno": line if isinstance(line, int) else 0,
        "name": name if isinstance(name, str) and inside and name.isidentifier() else "",
    }
