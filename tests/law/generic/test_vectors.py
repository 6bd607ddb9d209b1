"""The golden vectors of other laws run unchanged, and a wrong one is reported."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from domain.law.vectors.generic import check_pack_vectors

VECTORS = Path(__file__).parents[1] / "data" / "vectors_packs.jsonl.gz"
TERMS = (
    Path(__file__).parents[1] / "data" / "vectors_terms.jsonl"
)  # suspension_ends, term, stops_max, extension.max_ratio


def lines() -> list[str]:
    return gzip.decompress(VECTORS.read_bytes()).decode().splitlines()


def test_every_golden_vector_is_reproduced() -> None:
    assert len(lines()) >= 34
    assert check_pack_vectors(lines()) == []


def test_terms_stops_and_parts_of_a_period_end_where_they_were_counted_by_hand() -> None:
    assert check_pack_vectors(TERMS.read_text("utf-8").splitlines()) == []


def test_a_wrong_vector_and_an_unreadable_one_are_reported() -> None:
    wrong = json.loads(lines()[0])
    wrong["expect"]["due"] = "2026-03-09"
    result = check_pack_vectors([json.dumps(wrong), "", "{}", "no json"])
    assert [(m.id, m.expected) for m in result] == [(wrong["id"], "2026-03-09"), ("line 3", ""), ("line 4", "")]
    assert result[0].computed == "2026-03-09T14:20:00+09:00"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "extend", "at": "2026-03-10T10:00:00+01:00", "n": 6}, "2026-06-09"),
        ({"type": "extend", "at": "2026-03-10T10:00:00+01:00", "weeks": 6}, "2026-06-09"),
        ({"type": "extend", "at": "2026-03-10T10:00:00+01:00", "days": 42}, "2026-06-09"),
        ({"type": "extend", "at": "2026-03-10T10:00:00+01:00", "n": 42, "unit": "calendar_day"}, "2026-06-09"),
        ({"type": "agree_until", "at": "2026-03-10T10:00:00+01:00", "until": "2026-07-01"}, "2026-07-01"),
        ({"type": "agree_until", "at": "2026-03-10T10:00:00+01:00", "date": "2026-07-01"}, "2026-07-01"),
        ({"type": "reset", "at": "2026-03-10T10:00:00+01:00"}, "2026-05-05"),
        ({"type": "reset", "at": "2026-03-10T10:00:00+01:00", "n": 2}, "2026-03-24"),
    ],
)
def test_a_vector_may_say_what_happened_in_its_own_words(event: dict[str, object], expected: str) -> None:
    """Eight weeks from Mar 3; May 5 was a plain Tuesday in that vector's calendar."""
    vector = json.loads(next(line for line in lines() if '"NL-04"' in line))
    vector["events"] = [vector["events"][0], event]
    vector["expect"]["due"] = expected
    assert check_pack_vectors([json.dumps(vector)]) == []


@pytest.mark.parametrize(
    ("at", "changed", "sentence"),
    [
        ("rule", {"zone": "Mars/Base"}, "No time zone found with key Mars/Base"),
        ("rule", {"calendar": "KR"}, "Expected `object`, got `str`"),
        ("rule", {"n": -1}, "Expected `int` >= 0 - at `$.n`"),
        ("rule", {"n": 10**12}, "a number in it is beyond any calendar"),
        ("rule", {"calendar": {}}, "a period in working hours needs a calendar that says from when to when"),
        ("expect", {"due": 3}, "due is 3: neither a date nor an instant nor null"),
        ("events", [{"type": "start", "at": "2026-03-04T14:20:00"}], "with a timezone component"),
        ("events", [{"type": "agree_until", "at": "2026-03-04T14:20:00Z"}], "the field 'until' is missing"),
    ],
)
def test_a_faulty_line_says_where_and_what(at: str, changed: object, sentence: str) -> None:
    vector = json.loads(lines()[0])
    vector[at] = vector[at] | changed if isinstance(changed, dict) else changed
    (result,) = check_pack_vectors([json.dumps(vector)])
    assert result.id == "line 1 (KR-01)"
    assert sentence in result.computed


def test_a_file_without_a_vector_proves_nothing() -> None:
    assert [(m.id, m.computed) for m in check_pack_vectors([])] == [("line 1", "nothing")]
