"""Figures of complaints and evaluations: opinions of few people can't be worked out from the figures."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from projections.feedback.summary import (
    HIDDEN,
    OPINIONS_MIN,
    FeedbackSummary,
    Name,
    discreet,
    figures_of,
    lines_of,
    share,
    withheld,
)

COUNTS = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), st.integers(0, 12))
LINE = FeedbackSummary(
    department="land",
    item="a",
    complaints=9,
    open=1,
    overdue=1,
    late=2,
    declined=0,
    withdrawn=0,
    upheld=share(1, 8),
    on_time=share(7, 8),
    satisfied=share(5, 6),
    evaluations=20,
    void=1,
    bad_rate=share(5, 20),
    rectified=share(5, 5),
    rectified_on_time=share(4, 5),
    called_back=share(5, 5),
    content=share(4, 5),
)


@given(COUNTS, st.integers(1, 8))
@example({"a": 4, "b": 9}, 5)
@example({"a": 4, "b": 0}, 5)
@example({"a": 1, "b": 1, "c": 30}, 5)
def test_no_count_of_few_follows_from_the_others_and_their_sum(counts: dict[Name, int], least: int) -> None:
    hidden = withheld(counts, least)

    assert {name for name, count in counts.items() if 0 < count < least} <= hidden
    if hidden and hidden != {name for name, count in counts.items() if count}:
        assert len(hidden) > 1
        assert sum(counts[name] for name in hidden) >= least
    assert all(counts[name] for name in hidden)  # nothing was said: no one can be identified


def test_nothing_is_withheld_where_enough_people_spoke() -> None:
    assert withheld({"a": 5, "b": 6}, 5) == set()
    assert withheld({"a": 5, "b": 6, "c": 7}, 5, {"b"}) == {"a", "b"}
    assert withheld({"a": 3, "b": 6, "c": 7}, 0) == set()


def test_a_line_of_few_keeps_its_plain_numbers() -> None:
    few = structs.replace(
        LINE, item="b", evaluations=3, bad_rate=share(1, 3), content=share(1, 1), satisfied=share(1, 1)
    )
    lines = {line.item: line for line in discreet([LINE, few, structs.replace(LINE, item="c")], OPINIONS_MIN)}

    assert lines["b"].bad_rate == lines["b"].rectified == lines["b"].content == lines["b"].satisfied == HIDDEN
    assert (lines["b"].void, lines["b"].evaluations, lines["b"].complaints) == (None, 3, 9)
    assert (lines["b"].on_time, lines["b"].late, lines["b"].upheld) == (LINE.on_time, 2, LINE.upheld)
    assert lines["a"].bad_rate == HIDDEN  # else b's would follow from the department's
    assert lines["a"].satisfied == HIDDEN
    assert lines["c"] == structs.replace(LINE, item="c")
    assert discreet([LINE, few], 0) == [LINE, few]


def test_a_share_of_nothing_has_no_rate() -> None:
    assert (share(0, 0).rate, share(1, 3).rate, share(0, 4).rate) == (None, 0.3333, 0.0)


def test_nothing_said_is_no_line() -> None:
    assert lines_of(figures_of([]), opinions_min=OPINIONS_MIN) == []
