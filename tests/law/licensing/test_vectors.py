"""The golden vectors hold unchanged, and the checker notices whatever is not as they say."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from domain.law.vectors.licensing import Mismatch, check_vectors
from tests.law.packs.books import shipped

VECTORS = Path(__file__).parents[1] / "data" / "vectors.jsonl.gz"
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
    question = vector["as_of"][0]
    question["expect"]["clocks"]["decision"]["due"] = "2026-03-29"

    (result,) = check(vector)

    assert (result.vector, result.path, result.expected, result.got) == (
        "H01",
        "clocks.decision.due",
        "2026-03-29",
        "2026-03-30",
    )
    assert result.t is not None
    assert result.t.isoformat() == question["t"]


def test_a_clock_too_many_or_too_few_is_found() -> None:
    vector = first()
    vector["as_of"] = vector["as_of"][:1]
    clocks = vector["as_of"][0]["expect"]["clocks"]
    clocks["delivery"] = clocks.pop("intake#1")

    assert [result.path for result in check(vector)] == ["clocks.delivery", "clocks.intake#1"]


def test_a_wrong_flag_is_found() -> None:
    vector = first()
    vector["as_of"] = vector["as_of"][:1]
    vector["as_of"][0]["expect"]["flags"] = ["duplicate_receipt"]

    (result,) = check(vector)

    assert (result.path, result.expected, result.got) == ("flags", ["duplicate_receipt"], ())


@pytest.mark.parametrize("line", ["{", '{"id": "X"}', "[]"])
def test_an_unreadable_line_is_a_mismatch(line: str) -> None:
    (result,) = check_vectors(["\n", line], shipped())
    assert (result.vector, result.t, result.expected) == ("line 2", None, "a vector")


def test_an_unknown_calendar_is_a_mismatch() -> None:
    (result,) = check(first() | {"calendar": "XX"})
    assert (result.vector, result.path, result.got) == ("line 1 (H01)", "calendar", "XX")


@pytest.mark.parametrize("nothing", [[], ["", "\n"]])
def test_a_file_without_a_vector_proves_nothing(nothing: list[str]) -> None:
    assert [(result.vector, result.got) for result in check_vectors(nothing, shipped())] == [("line 1", "nothing")]


def test_a_vector_that_asks_or_expects_nothing_is_a_mismatch() -> None:
    silent = first()
    silent["as_of"][0]["expect"] = {}

    assert [result.path for result in check(first() | {"as_of": []})] == ["as_of"]
    assert [result.path for result in check(silent)] == ["expect"]


@pytest.mark.parametrize("number", range(3))
def test_no_value_of_a_golden_vector_can_be_changed_unnoticed(number: int) -> None:
    vector = json.loads(lines()[number])
    vector["as_of"] = vector["as_of"][:1]
    for leaf in leaves(vector["as_of"][0]["expect"]):
        for wrong in ("other", 99, True, False, None, 0):
            right = leaf[0][leaf[1]]
            if (wrong, type(wrong)) != (right, type(right)):
                leaf[0][leaf[1]] = wrong
                assert len(check(vector)) == 1, (leaf[1], wrong)
                leaf[0][leaf[1]] = right


def leaves(tree: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every value that is no object, as the object it is in and its name there."""
    own = [(tree, name) for name, value in tree.items() if not isinstance(value, dict)]
    return own + [leaf for value in tree.values() if isinstance(value, dict) for leaf in leaves(value)]


def test_a_field_we_do_not_know_is_a_mismatch_even_where_it_is_null() -> None:
    vector = first()
    vector["as_of"] = vector["as_of"][:1]
    vector["as_of"][0]["expect"]["clocks"]["decision"]["due_by"] = None

    assert [result.path for result in check(vector)] == ["clocks.decision.due_by"]
