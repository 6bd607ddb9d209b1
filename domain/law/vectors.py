"""Golden vectors: worked histories with the expected reading at several instants, checked line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from domain.law.calendar import CalendarBook
from domain.law.evaluation import evaluate
from domain.law.event import LawEvent
from domain.law.moment import Instant
from domain.law.rule import Rule
from domain.law.timeline import Timeline


class AsOf(Struct, frozen=True):
    """One question and its expected answer, as plain JSON values."""

    t: Instant
    expect: dict[str, Any]
    known: Instant | None = None


class Vector(Struct, frozen=True):
    """One worked history: events in recording order under a fully expanded rule and a named calendar."""

    id: str
    calendar: str
    rule: Rule
    events: list[LawEvent]
    as_of: list[AsOf]
    title: str = ""
    tags: list[str] = field(default_factory=list)
    why: str = ""


class Mismatch(Struct, frozen=True):
    """One value that is not as expected: in which vector, asked when (None: the line itself is faulty), and where.

    *path* is dotted, such as "clocks.decision.due".
    """

    vector: str
    t: datetime | None
    path: str
    expected: Any
    got: Any


_decoder = msgspec.json.Decoder(Vector)


def check_vectors(lines: Iterable[str], books: Mapping[str, CalendarBook]) -> list[Mismatch]:
    """Evaluate each vector (one JSON object a line) and list every difference, in order; empty lines are skipped.

    A line that cannot be read, or names an unknown calendar, is itself a mismatch: nothing passes silently.
    """
    found: list[Mismatch] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found += _check(f"line {number}", line, books)
    return found


def _check(place: str, line: str, books: Mapping[str, CalendarBook]) -> list[Mismatch]:
    try:
        vector = _decoder.decode(line)
    except msgspec.DecodeError as fault:
        return [Mismatch(place, None, "", "a vector", str(fault))]
    if vector.calendar not in books:
        return [Mismatch(vector.id, None, "calendar", sorted(books), vector.calendar)]
    timeline = Timeline(vector.rule.zone, vector.events)
    found: list[Mismatch] = []
    for asked in vector.as_of:
        said = msgspec.to_builtins(evaluate(vector.rule, timeline, books[vector.calendar], asked.t, asked.known))
        differences = _differences("", asked.expect, said)
        found += [Mismatch(vector.id, asked.t, path, expected, got) for path, expected, got in differences]
    return found


def _differences(path: str, expected: Any, got: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every leaf of *expected* that differs; a clock too many differs as well, other additions are our own."""
    if not isinstance(expected, dict) or not isinstance(got, dict):
        same = list(got) == expected if isinstance(got, tuple) else got == expected
        if not same:
            yield path, expected, got
        return
    extra = got.keys() if path == "clocks" else ()
    for key in [*expected, *(key for key in extra if key not in expected)]:
        yield from _differences(f"{path}.{key}".lstrip("."), expected.get(key), got.get(key))
