"""The golden vectors hold unchanged, and the checker notices whatever is not as they say."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from domain.law.vectors import Mismatch, check_vectors
from tests.law.books import shipped

VECTORS = Path(__file__).parent / "data" / "vectors.jsonl.gz"
VECTORS_MIN = 377  # a lost line must not pass for a passed one


def lines() -> list[str]:
    with gzip.open(VECTORS, "rt", encoding="utf-8") as file:
        return file.readlines()


def first() -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(lines()[0])
    return vector


def check(vector: dict[str, Any]) -> list[Mismatch]:
    return check_vectors([json.dumps(vector)], shipped())


def test_every_golden_vector_holds() -> None:
    golden = lines()

    assert len(golden) >= VECTORS_MIN
    assert check_vectors(golden, shipped()) == []


def test_a_wrong_value_is_found_at_its_path() -> None:
    vector = first()
    asked = vector["as_of"][0]
    asked["expect"]["clocks"]["decision"]["due"] = "2026-03-29"

    (found,) = check(vector)

    assert (found.vector, found.path, found.expected, found.got) == (
        "H01",
        "clocks.decision.due",
        "2026-03-29",
        "2026-03-30",
    )
    assert found.t is not None
    assert found.t.isoformat() == asked["t"]


def test_a_clock_too_many_or_too_few_is_found() -> None:
    vector = first()
    vector["as_of"] = vector["as_of"][:1]
    clocks = vector["as_of"][0]["expect"]["clocks"]
    clocks["delivery"] = clocks.pop("intake#1")

    assert [found.path for found in check(vector)] == ["clocks.delivery", "clocks.intake#1"]


def test_a_wrong_flag_is_found() -> None:
    vector = first()
    vector["as_of"] = vector["as_of"][:1]
    vector["as_of"][0]["expect"]["flags"] = ["duplicate_receipt"]

    (found,) = check(vector)

    assert (found.path, found.expected, found.got) == ("flags", ["duplicate_receipt"], ())


@pytest.mark.parametrize("line", ["{", '{"id": "X"}', "[]"])
def test_an_unreadable_line_is_a_mismatch(line: str) -> None:
    (found,) = check_vectors(["\n", line], shipped())
    assert (found.vector, found.t, found.expected) == ("line 2", None, "a vector")


def test_an_unknown_calendar_is_a_mismatch() -> None:
    (found,) = check(first() | {"calendar": "XX"})
    assert (found.path, found.got) == ("calendar", "XX")
