"""Applications with the same course by days have the same outlook, whatever the minutes of their acts."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.licensing.course_by_days import course_by_days
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import Outlooks, outlooks
from domain.law.licensing.rule import Rule
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import ProcedureForecast
from domain.law.procedure.licensing import LicensingProcedure
from domain.law.procedure.licensing_forecast import forecast_of_all
from infrastructure.law.lawbook import law_book
from projections.clocks.procedures import procedure_of
from tests.law.auditor.lives import lives
from tests.law.packs.books import china
from tests.law.questions import USUAL, at, happened

CN = "cn-licensing@2019-04-23"
RECEIVED, ACCEPTED = happened("received", "03-02 09:00"), happened("accepted", "03-03 09:00")
RECORDED = ("id", "at", "recorded_at")  # of an event: how and when it came to be known


def in_order(events: list[LawEvent]) -> list[LawEvent]:
    """*events* without corrections, in the order in which they happened."""
    return sorted((event for event in events if not event.corrects), key=lambda event: event.at)


def moved_within_their_days(events: list[LawEvent], rule: Rule, minutes: list[int]) -> list[LawEvent]:
    """*events* under other ids, each moved by some *minutes* unless it would come to another course by days."""
    moved: list[LawEvent] = []
    for number, (event, by) in enumerate(zip(events, cycle(minutes), strict=False)):
        before = moved[-1].at if moved else event.at - timedelta(days=1)
        shifted = event.at + timedelta(minutes=by)
        fits = shifted >= before and course_by_days([structs.replace(event, at=shifted)], rule) == course_by_days(
            [event], rule
        )
        moved.append(structs.replace(event, id=f"moved-{number}", at=shifted if fits else max(before, event.at)))
    return moved


@given(lives(), st.lists(st.integers(-600, 600), min_size=1, max_size=12))
def test_an_outlook_follows_from_the_course_by_days(life: dict[str, Any], minutes: list[int]) -> None:
    rule = msgspec.convert(life["rule"], Rule)
    events = in_order(msgspec.convert(life["events"], list[LawEvent]))
    moved = moved_within_their_days(events, rule, minutes)
    course = course_by_days(events, rule)
    assume(course is not None and course == course_by_days(moved, rule))

    assert outlooks(rule, moved, china()) == outlooks(rule, events, china())


@given(lives())
def test_a_course_has_all_that_an_event_says(life: dict[str, Any]) -> None:
    """Whatever else is different in an event, its course is another."""
    rule = msgspec.convert(life["rule"], Rule)
    for event in in_order(msgspec.convert(life["events"], list[LawEvent])):
        for name in event.__struct_fields__:
            changed = structs.replace(event, **{name: "other"}) if name not in RECORDED else event
            assert (course_by_days([changed], rule) == course_by_days([event], rule)) is (name in RECORDED)


@pytest.mark.parametrize(
    "events",
    [
        (ACCEPTED, RECEIVED),
        (RECEIVED, happened("retract", "03-02 10:00", target="received")),
    ],
)
def test_a_history_out_of_order_or_corrected_has_none(events: tuple[LawEvent, ...]) -> None:
    assert course_by_days(events, USUAL) is None


def history(*events: LawEvent, **terms: Any) -> ItemHistory:
    return ItemHistory("land", 1, "land", "single", "", True, None, CN, CN, events=list(events), **terms)


def procedure(*, fresh: bool = False) -> LicensingProcedure:
    """That of the usual law; a *fresh* one has nothing in its cache."""
    usual = procedure_of(history(), law_book())
    assert isinstance(usual, LicensingProcedure)
    return LicensingProcedure(usual.terms, usual.book, usual.rule) if fresh else usual


@given(st.lists(lives(), min_size=1, max_size=4), st.lists(st.integers(-600, 600), min_size=1, max_size=12))
def test_a_cached_forecast_is_the_forecast(life: list[dict[str, Any]], minutes: list[int]) -> None:
    """Corrected and disordered histories too, and those with days of their own for a countersignature."""
    for each in life:
        events = msgspec.convert(each["events"], list[LawEvent])
        usual = procedure()
        moved = moved_within_their_days(in_order(events), usual.rule, minutes)
        for course in (events, in_order(events), moved):
            for days in ({}, {"countersign:fire": 4, "countersign:plan/1": 10}):
                item = history(*course, request_days=days)
                assert usual.forecast(item) == procedure(fresh=True).forecast(item)


@pytest.mark.parametrize(("hour", "counted"), [("10:00", 1), ("17:29", 1), ("17:30", 2)])
def test_applications_of_the_same_days_are_counted_once(
    monkeypatch: pytest.MonkeyPatch, hour: str, counted: int
) -> None:
    """After the close of business a day is over: what comes then is of another course."""
    seen = list[ItemHistory]()

    def counting(item: Outlooks, of: ItemHistory, zone: str) -> ProcedureForecast:
        seen.append(of)
        return forecast_of_all(item, of, zone)

    monkeypatch.setattr("domain.law.procedure.licensing_forecast.forecast_of_all", counting)
    fresh = procedure(fresh=True)
    for received in ("09:00", hour):
        fresh.forecast(history(happened("received", f"03-02 {received}"), ACCEPTED))

    assert len(seen) == counted


def too_short_to_be_green(rule: Rule) -> Rule:
    """*rule*, with an intake that is yellow from its first day, which may be after that of the receipt."""
    return structs.replace(rule, intake_days=1, intake_shift="next_working_day")


def test_a_clock_that_is_yellow_at_once_is_so_from_its_own_minute() -> None:
    """It is so from the receipt, on a day when business is over, and not from that of another application."""
    short, receipts = procedure().amended(too_short_to_be_green), ("03-02 18:00", "03-02 20:00", "03-02 19:00")

    forecasts = [short.forecast(history(happened("received", receipt))) for receipt in receipts]

    assert [forecast.clocks[0].yellow_at for forecast in forecasts] == [*map(at, receipts)]
