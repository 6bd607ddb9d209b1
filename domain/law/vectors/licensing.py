"""Golden vectors: worked histories with the expected reading at several instants, checked line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.moment import Instant
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline


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
    """One value that is not as expected: in which vector, when (None: the line itself is faulty), and where.

    *path* is dotted, such as "clocks.decision.due".
    """

    vector: str
    t: datetime | None
    path: str
    expected: Any
    got: Any


_decoder = msgspec.json.Decoder(Vector)


def check_vectors(lines: Iterable[str | bytes], books: Mapping[str, CalendarBook]) -> list[Mismatch]:
    """Evaluate each vector (one JSON object a line) and list every difference, in order; empty lines are skipped.

    A line that cannot be read, names an unknown calendar or expects nothing is itself a mismatch, and so is a file
    without a vector: nothing passes silently.
    """
    mismatches: list[Mismatch] = []
    seen = False
    for number, line in enumerate(lines, start=1):
        if line.strip():
            seen = True
            mismatches += _check(f"line {number}", line, books)
    return mismatches if seen else [Mismatch("line 1", None, "", "a vector", "nothing")]


def _check(place: str, line: str | bytes, books: Mapping[str, CalendarBook]) -> list[Mismatch]:
    try:
        vector = _decoder.decode(line)
    except ValueError as fault:  # no JSON, no vector, no UTF-8
        return [Mismatch(place, None, "", "a vector", str(fault))]
    if vector.calendar not in books:
        return [Mismatch(f"{place} ({vector.id})", None, "calendar", sorted(books), vector.calendar)]
    if not vector.as_of:
        return [Mismatch(f"{place} ({vector.id})", None, "as_of", "a question", "nothing")]
    timeline = Timeline(vector.rule.zone, vector.events)
    mismatches: list[Mismatch] = []
    for question in vector.as_of:
        if not question.expect:
            mismatches.append(Mismatch(vector.id, question.t, "expect", "an answer", "nothing"))
        evaluation = msgspec.to_builtins(
            evaluate(vector.rule, timeline, books[vector.calendar], question.t, question.known)
        )
        differences = _differences("", question.expect, evaluation)
        mismatches += [Mismatch(vector.id, question.t, path, expected, got) for path, expected, got in differences]
    return mismatches


def _differences(path: str, expected: Any, got: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every leaf of *expected* that differs; a clock too many differs as well, other additions are our own."""
    if not isinstance(expected, dict) or not isinstance(got, dict):
        if not _same(expected, got):
            yield path, expected, got
        return
    extra = got.keys() if path == "clocks" else ()
    for key in [*expected, *(key for key in extra if key not in expected)]:
        below = f"{path}.{key}".lstrip(".")
        if key not in got and path != "clocks":  # an answer to a question we do not know, even where it is null
            yield below, expected[key], "nothing of that name"
        else:
            yield from _differences(below, expected.get(key), got.get(key))


def _same(expected: Any, got: Any) -> bool:
    """Whether two JSON values are equal; false is not 0, as it is to Python."""
    if isinstance(got, tuple):
        return bool(expected == list(got))
    return bool(expected == got) and isinstance(expected, bool) == isinstance(got, bool)
