"""Every law's clocks answer through one interface: which engine counts, and that its answers agree with each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.licensing.clock import State
from domain.law.licensing.event import LawEvent
from domain.law.licensing.intake import Accepted, Received
from domain.law.licensing.review import DECISION
from domain.law.licensing.rule import PeriodTerms, Rule
from domain.law.procedure.generic import GenericProcedure
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import Procedure
from domain.law.procedure.licensing import LicensingProcedure
from infrastructure.law.lawbook import law_book
from projections.clocks.procedures import procedure_of
from tests.law.auditor.lives import lives
from tests.law.questions import at

CN, DUTCH = "cn-licensing@2019-04-23", "nl-omgevingswet@2024-01-01"
LAWS = (
    CN,
    f"{CN}/construction_permit",
    f"{CN}/water_abstraction",
    DUTCH,
    "tw-apa@2001-01-01",
    "uk-planning@2021-08-01",
)
ACCEPTED: tuple[LawEvent, ...] = (Received("v2", at("03-02")), Accepted("v3", at("03-03")))


def history_under(law: str, events: tuple[LawEvent, ...] = ACCEPTED, **terms: Any) -> ItemHistory:
    return ItemHistory("land", 1, "land", "single", "", True, None, law, law, events=list(events), **terms)


def counted_by(history: ItemHistory) -> Procedure:
    procedure = procedure_of(history, law_book())
    assert procedure is not None
    return procedure


@pytest.mark.parametrize(
    ("law", "engine"),
    [(CN, LicensingProcedure), (f"{CN}/construction_permit", GenericProcedure), (DUTCH, GenericProcedure)],
)
def test_the_law_chooses_the_engine(law: str, engine: type[Procedure]) -> None:
    assert type(counted_by(history_under(law))) is engine


def test_applications_under_the_same_terms_share_one_procedure() -> None:
    first, second = history_under(CN, request_days={"countersign:fire": 3}), history_under(CN, events=())

    assert counted_by(first) is counted_by(second)
    assert counted_by(structs.replace(first, promise_days=9)) is not counted_by(second)


def test_an_application_without_a_law_has_no_procedure() -> None:
    assert procedure_of(history_under(""), law_book()) is None


@pytest.mark.parametrize("law", [CN, DUTCH])
def test_a_clock_that_has_not_begun_is_not_explained(law: str) -> None:
    with pytest.raises(KeyError):
        counted_by(history_under(law)).explain(history_under(law), "delivery", at("03-09"), at("03-09"))


@pytest.mark.parametrize("law", [CN, DUTCH])
def test_an_explanation_has_the_days_of_the_reading_and_the_words_of_the_law(law: str) -> None:
    history, t = history_under(law), at("03-20")
    procedure = counted_by(history)

    [reading] = [clock for clock in procedure.read(history, t, t).clocks if clock.name == DECISION.name]
    explanation = procedure.explain(history, DECISION.name, t, t)

    assert sum(day.counted for day in explanation.days) == reading.used
    assert (explanation.clock.due, explanation.clock.state) == (reading.due, reading.state)
    assert explanation.authorities[0].article == reading.article
    assert explanation.authorities[0].quote


def ten_days(rule: Rule) -> Rule:
    return structs.replace(rule, decision=PeriodTerms(10, 0))


def test_only_a_law_with_a_working_day_rule_is_read_under_a_changed_one() -> None:
    history, t = history_under(CN), at("03-09")
    changed = counted_by(history).amended(ten_days)

    assert changed is not None
    assert {clock.length for clock in changed.read(history, t, t).clocks if clock.name == DECISION.name} == {10}
    assert {
        clock.length for clock in counted_by(history).read(history, t, t).clocks if clock.name == DECISION.name
    } == {20}
    assert counted_by(history_under(DUTCH)).amended(ten_days) is None


LATER = datetime(9999, 1, 1, tzinfo=UTC)  # all is known then, every calendar notice too


def settled(life: dict[str, Any], days: int) -> tuple[tuple[LawEvent, ...], datetime]:
    """The events of *life* without corrections, and an instant so many *days* after the last of them."""
    events = [
        event
        for event in msgspec.json.decode(msgspec.json.encode(life["events"]), type=list[LawEvent])
        if not event.corrects
    ]
    last = max((max(event.at, event.recorded_at or event.at) for event in events), default=at("03-02"))
    return tuple(events), last + timedelta(days=days)


@given(life=lives(), law=st.sampled_from(LAWS), days=st.integers(0, 90))
def test_forecasts_say_what_will_be_read(life: dict[str, Any], law: str, days: int) -> None:
    events, t = settled(life, days)
    history = history_under(law, events, request_days={"countersign:fire": 4, "countersign:plan/1": 10})
    procedure = counted_by(history)

    forecast, item = procedure.forecast(history), procedure.read(history, t, LATER)

    stored = {clock.name: clock for clock in forecast.clocks if clock.exists_at is None or clock.exists_at <= t}
    assert {clock.name for clock in item.clocks} == set(stored)
    for clock in item.clocks:
        expected = stored[clock.name]
        assert (clock.start, clock.length, clock.closed) == (
            expected.start,
            expected.length,
            expected.closed or clock.closed,
        )
        if expected.paused_until is None:
            over = expected.over is not None and expected.over_at is not None and expected.over_at <= t
            assert clock.state is (expected.over if over else expected.state)
            assert clock.due == expected.due


@given(life=lives(), days=st.integers(0, 90), mode=st.sampled_from(["single", "lower_review"]))
def test_a_stored_forecast_gives_the_reading_of_the_events(life: dict[str, Any], days: int, mode: str) -> None:
    events, t = settled(life, days)
    history = structs.replace(history_under(CN, events), mode=mode)
    procedure = counted_by(history)

    read = {reading.name: reading for reading in procedure.read(history, t, LATER).clocks}
    recalled = [
        reading
        for reading in (procedure.recall(clock, t, LATER) for clock in procedure.forecast(history).clocks)
        if reading
    ]

    assert {reading.name for reading in recalled} == set(read)
    for reading in recalled:
        same = (
            "state",
            "level",
            "start",
            "length",
            "due",
            "earliest_due",
            "used",
            "remaining",
            "overdue_days",
            "lawsuit",
        )
        assert {name: getattr(reading, name) for name in same} == {
            name: getattr(read[reading.name], name) for name in same
        }


def test_a_forecast_of_another_engine_is_read_from_the_events() -> None:
    history = history_under(DUTCH)
    [clock, *_] = counted_by(history).forecast(history).clocks

    assert clock.state is State.RUNNING
    assert counted_by(history).recall(clock, at("03-20"), at("03-20")) is None
