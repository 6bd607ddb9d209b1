"""The clocks of complaints and evaluations count working days of the calendar, and take extensions made in time."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from msgspec import structs

from domain.law.feedback.clock import FeedbackClock, FeedbackClockState, FeedbackRun, feedback_clock
from domain.law.feedback.terms import FeedbackStep, terms_of, terms_on
from domain.law.packs.parse import PackInvalidError, parse_feedback_terms
from infrastructure.law.lawbook import LawBook, law_book
from projections.law.shipped import shipped_law
from tests.examples import LAW, PACKS, ZONE_2020

CALENDAR = shipped_law().calendar(LAW, date(2025, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


RUN = FeedbackRun(FeedbackStep.ACCEPTANCE, "land", at("2025-09-26T17:00"))


def clock_of(run: FeedbackRun, t: str) -> FeedbackClock | None:
    return feedback_clock(run, ZONE_2020, CALENDAR, LAW.zone, at(t))


def test_national_day_and_its_make_up_days_are_counted() -> None:
    clock = clock_of(RUN, "2025-09-28T09:00")

    assert clock is not None
    assert (clock.due_on, clock.days, clock.state) == (date(2025, 10, 10), 5, FeedbackClockState.RUNNING)
    assert clock.over_at == at("2025-10-11T00:00")
    assert clock.remaining_days == 4  # Sunday the 28th worked and is gone; 29, 30, 9 and 10 are left


@pytest.mark.parametrize(
    ("ended", "t", "state", "remaining"),
    [
        (None, "2025-10-10T23:59", FeedbackClockState.RUNNING, 0),
        (None, "2025-10-11T00:00", FeedbackClockState.OVERDUE, -1),  # a Saturday that works
        ("2025-10-10T23:59", "2025-12-01T00:00", FeedbackClockState.KEPT, 0),
        ("2025-10-14T09:00", "2025-12-01T00:00", FeedbackClockState.LATE, -3),
        ("2025-10-14T09:00", "2025-10-12T00:00", FeedbackClockState.OVERDUE, -1),  # not known to end at that instant
    ],
)
def test_overdue_is_judged_at_the_instant_of_the_question(
    ended: str | None, t: str, state: FeedbackClockState, remaining: int
) -> None:
    clock = clock_of(structs.replace(RUN, ended_at=at(ended) if ended else None), t)

    assert clock is not None
    assert (clock.state, clock.remaining_days) == (state, remaining)


def test_a_clock_has_not_begun_before_its_step() -> None:
    assert clock_of(RUN, "2025-09-26T16:59") is None


@pytest.mark.parametrize(("extended", "days"), [("2025-10-22T23:59", 20), ("2025-10-24T00:00", 15)])
def test_an_extension_counts_if_it_was_made_in_time(extended: str, days: int) -> None:
    run = FeedbackRun(FeedbackStep.ANSWER, "land", at("2025-09-26T17:00"), extension_days=5, extended_at=at(extended))
    clock = clock_of(run, "2025-10-25T09:00")

    assert clock is not None
    assert clock.days == days
    assert clock.extension_days == days - 15


def test_an_extension_beyond_the_longest_counts_as_the_longest() -> None:
    extended = structs.replace(RUN, step=FeedbackStep.ANSWER, extension_days=99, extended_at=at("2025-09-28T09:00"))
    clock = clock_of(extended, "2025-10-25T09:00")

    assert clock is not None
    assert clock.extension_days == ZONE_2020.extension_days_max == 15


EDITIONS = (ZONE_2020, structs.replace(ZONE_2020, valid_from=date(2027, 1, 1), rounds_max=3))


def test_facts_that_name_no_edition_have_the_one_of_their_day() -> None:
    assert terms_of(EDITIONS, ZONE_2020.name, date(2030, 1, 1)) is ZONE_2020
    assert terms_of(EDITIONS, "", date(2010, 1, 1)) is terms_on(EDITIONS, date(2026, 12, 31)) is ZONE_2020
    assert terms_on(EDITIONS, date(2027, 1, 1)).rounds_max == 3
    with pytest.raises(ValueError, match="no rules on complaints"):
        terms_on((), date(2026, 1, 1))


def test_every_step_says_whose_example_it_follows() -> None:
    assert {step: ZONE_2020.clocks[step].days for step in FeedbackStep} == {
        FeedbackStep.ACCEPTANCE: 5,
        FeedbackStep.TRANSFER: 5,
        FeedbackStep.ANSWER: 15,
        FeedbackStep.SATISFACTION: 5,
        FeedbackStep.START: 1,
        FeedbackStep.RECTIFICATION: 15,
        FeedbackStep.CALL_BACK: 5,
        FeedbackStep.APPEAL: 5,
    }
    assert all(ZONE_2020.basis(step).startswith("园区规则 zone rule, ") for step in FeedbackStep)
    assert (
        ZONE_2020.basis(FeedbackStep.RECTIFICATION) == "园区规则 zone rule, 参照四川省好差评做法: 差评15个工作日内整改"
    )


def test_steps_begin_and_end_with_stored_facts() -> None:
    named = {name for clock in ZONE_2020.clocks.values() for name in (*clock.start, *clock.stop)}

    assert named <= {path.name.split(".")[0] for path in (Path(__file__).parents[1] / "samples").glob("*.json")}


TEXT = (PACKS.parent / "feedback/zone-voices/2020-01-01.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[clocks.call_back]", "[clocks.call]", "Invalid enum value 'call'"),
        ("days = 1\n", "", "rectification_start of zone-voices@2020-01-01 has no length"),
        ("rounds_max = 2", "rounds_max = 0", "rounds_max of zone-voices@2020-01-01 is 0"),
        ('quote = "差评15个工作日内整改"\n', "", "quotes no words of the rule"),
        (
            'article = "园区规则 zone rule, 参照四川省好差评做法"',
            'article = " "',
            "rectification of .* names no article",
        ),
    ],
)
def test_an_edition_is_checked_when_it_is_read(old: str, new: str, fault: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    with pytest.raises(PackInvalidError, match=fault):
        parse_feedback_terms(text)


def test_an_edition_without_a_step_says_which() -> None:
    begin, end = TEXT.index("[clocks.call_back]"), TEXT.index("[clocks.evaluation_appeal]")

    with pytest.raises(PackInvalidError, match="the clock call_back of zone-voices@2020-01-01 is missing"):
        parse_feedback_terms(TEXT[:begin] + TEXT[end:])


def test_a_published_edition_stays_as_it_is() -> None:
    book = law_book()

    book.check(date(2026, 6, 1))
    assert shipped_law().feedback == book.feedback == book.pack(LAW.name).feedback
    edited = LawBook({}, {}, {ZONE_2020.name: "other"}, {ZONE_2020.name: TEXT})
    with pytest.raises(PackInvalidError, match="zone-voices@2020-01-01 was edited after it was published"):
        edited.check(date(2026, 6, 1))
    misplaced = LawBook({}, {}, {}, {"zone-voices@2021-01-01": TEXT})
    with pytest.raises(PackInvalidError, match="does not lie where"):
        misplaced.check(date(2026, 6, 1))
