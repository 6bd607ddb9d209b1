"""The clocks of other laws by department and consultation, and what time alone makes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from domain.law.generic.evaluate import GeneralReading, GeneralTerms, general_readings
from domain.law.generic.item import general_course
from domain.law.licensing.clock import Level, State
from domain.law.licensing.event import LawEvent
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from domain.law.proof import Rung
from infrastructure.law.lawbook import law_book
from tests.law.auditor.lives import lives
from tests.law.questions import at, happened

LAWS = ("nl-wabo@2010-10-01", "cn-licensing@2019-04-23/eia_report", "kr-petitions@2016-02-12", "tw-apa@2001-01-01")
NEW_ZEALAND = ("2009-10-01", "2015-03-03")  # before and since the second request lost its effect
RECEIVED = happened("received", "03-02")
ACCEPTED = happened("accepted", "03-03")


def terms(law: str = LAWS[1], *, live: bool = True, **lengths: int) -> GeneralTerms:
    pack = law_book().pack(law)
    days = {f"countersign:{department}": limit for department, limit in lengths.items()}
    calendar = law_book().calendar(pack, DISTANT.date())
    return GeneralTerms(pack=pack, calendar=calendar, mode="single", lengths={}, request_days=days, live=live)


def read(law: GeneralTerms, t: datetime, *events: LawEvent) -> dict[str, GeneralReading]:
    return {reading.name: reading for reading in general_readings(law, Timeline(law.pack.zone, events), t, DISTANT)}


@given(lives(), st.sampled_from(LAWS), st.booleans(), st.lists(st.integers(0, 24 * 150), min_size=1, max_size=3))
def test_time_alone_does_what_was_foreseen(life: dict[str, Any], law: str, live: bool, hours: list[int]) -> None:
    events = msgspec.convert(life["events"], list[LawEvent])
    item = terms(law, live=live, plan=5, fire=3)
    acts = Timeline("UTC", events).by(DISTANT, DISTANT)
    last = max((act[0] for act in acts), default=datetime(2026, 1, 1, tzinfo=UTC))
    foreseen = read(item, last, *events)
    for t in (last + timedelta(hours=hour) for hour in hours):
        for name, now in read(item, t, *events).items():
            then = foreseen[name]
            over = then.over_at is not None and t >= then.over_at
            resumed = then.resumes_at is not None and t >= then.resumes_at
            state = (then.over if over else None) or (State.RUNNING if resumed else then.until_over)
            near = state is State.RUNNING and then.yellow_at is not None and t >= then.yellow_at

            assert (now.state, now.closed, now.extended) == (state, then.closed, then.extended)
            assert now.level is (Level.YELLOW if near else then.level_in(state))


def test_a_term_that_no_one_meets_costs_its_own_days_and_no_more() -> None:
    """Awb 4:15(1)(a): from the day after the request to the day on which the term has passed unused."""
    request = happened("suspend", "03-10 17:00", sid="s1", reason="supplement", planned_until=date(2026, 4, 7))
    dutch = terms("nl-awb@2009-10-01")
    waiting = read(dutch, at("04-08 05:59"), RECEIVED, request)["decision"]
    running = read(dutch, at("04-08 06:00"), RECEIVED, request)["decision"]
    late = read(dutch, at("06-01"), RECEIVED, request)["decision"]

    assert (waiting.state, waiting.standing.due, waiting.resumes_at) == (State.SUSPENDED, None, at("04-08 06:00"))
    assert (running.state, running.standing.due, running.resumes_at) == (State.RUNNING, date(2026, 5, 26), None)
    assert waiting.over_at == running.over_at == at("05-27 06:00")
    assert (late.state, late.level) == (State.OVERDUE, Level.RED)


def test_the_watcher_looks_again_when_the_term_is_over() -> None:
    request = happened("suspend", "03-10 17:00", sid="s1", reason="supplement", planned_until=date(2026, 4, 7))
    dutch = terms("nl-awb@2009-10-01")
    timeline = Timeline(dutch.pack.zone, [RECEIVED, request])
    before, after = (general_course(dutch, timeline, at(day)) for day in ("04-01", "06-01"))

    assert (before.passed, before.next) == ((), at("04-08 06:00"))
    assert [(passing.clock, passing.rung, passing.at) for passing in after.passed] == [
        ("decision", Rung.WARNING, at("05-14 06:00")),  # the 44th of 56 days is over
        ("decision", Rung.CARD, at("05-27 06:00")),
    ]


def test_a_request_for_papers_with_a_term_ends_with_it_and_a_later_answer_has_no_effect() -> None:
    request = happened("correction_notice", "03-10 17:00", respond_by=date(2026, 4, 7))
    answer = happened("corrected", "04-20 17:00")
    accepted = happened("accepted", "04-21 17:00")
    dutch = terms("nl-awb@2009-10-01")
    result = read(dutch, at("05-01"), RECEIVED, request, answer)["decision"].standing
    taken_up = read(dutch, at("05-01"), RECEIVED, request, accepted)["decision"].standing

    assert (result.due, result.flags) == (date(2026, 5, 26), ("answered_after_term:supplement",))
    assert (taken_up.due, taken_up.flags) == (date(2026, 5, 26), ())


@pytest.mark.parametrize(("law", "over"), [("nl-wabo@2010-10-01", "deemed"), ("nl-awb@2009-10-01", "overdue")])
def test_a_request_for_papers_after_the_last_day_holds_nothing_back(law: str, over: str) -> None:
    request = happened("correction_notice", "06-01 17:00", respond_by=date(2026, 6, 8))
    dutch = terms(law)
    before = read(dutch, at("05-30"), RECEIVED)["decision"]
    after = read(dutch, at("06-02"), RECEIVED, request)["decision"]

    assert (after.state, after.until_over, after.resumes_at) == (State(over), State.RUNNING, None)
    assert (after.yellow_at, after.over_at) == (before.yellow_at, before.over_at)


def test_spain_counts_to_the_notification_and_a_documented_attempt_suffices() -> None:
    """Ley 39/2015 21(2), 24(1), 40(4): three months from Mar 2 end on Jun 2, a Tuesday."""
    spain = terms("es-39-2015@2016-10-02")
    decided = happened("decided", "06-01 18:00", outcome="granted")
    late = happened("delivered", "06-20 18:00")
    attempt = happened("delivery_attempted", "06-02 18:00")
    in_time = happened("delivered", "06-02 18:00")

    def decision(t: str, *events: LawEvent) -> tuple[State, bool]:
        result = read(spain, at(t), RECEIVED, *events)["decision"]
        return result.state, result.closed

    assert decision("06-02 20:00", decided) == (State.RUNNING, False), "a decision alone stops nothing"
    assert decision("06-10", decided) == (State.DEEMED, False), "silence has granted before anyone was told"
    assert decision("06-21", decided, late) == (State.DEEMED, True)
    assert decision("06-21", decided, attempt, late) == (State.MET, True)
    assert decision("06-21", decided, in_time) == (State.MET, True)


def test_a_report_of_another_authority_stops_a_spanish_clock_for_three_months_at_the_most() -> None:
    spain = terms("es-39-2015@2016-10-02")
    request = happened("suspend", "03-10 18:00", sid="r", reason="report", planned_until=date(2026, 12, 31))
    assert read(spain, at("06-30"), RECEIVED, request)["decision"].standing.due == date(2026, 9, 3)  # Jun 2 and 93 days


def test_a_request_for_papers_stops_the_clock_on_the_ground_of_the_mode() -> None:
    """A small wireless facility's clock restarts, any other is suspended; a trial gets 40 days, a device 60.

    Noon in Beijing is the evening before in New York.
    """
    request = [RECEIVED, happened("correction_notice", "03-05"), happened("corrected", "03-12")]
    lengths = {
        mode: read(structs.replace(terms("us-fcc-shotclock@2019-01-14"), mode=mode), at("03-20"), *request)["decision"]
        for mode in ("small_wireless_new", "collocation", "eligible_facilities")
    }
    devices = {
        mode: read(
            structs.replace(terms("cn-medical-devices@2021-10-01"), mode=mode),
            at("04-20"),
            RECEIVED,
            ACCEPTED,
            *request[1:],
        )["technical_review"]
        for mode in ("clinical_trial", "single", "class_three")
    }

    assert [str(reading.standing.start) for reading in lengths.values()] == ["2026-03-12", "2026-03-01", "2026-03-01"]
    assert [reading.standing.due for reading in lengths.values()] == [
        date(2026, 6, 10),
        date(2026, 6, 8),
        date(2026, 5, 8),
    ]
    assert [reading.standing.length for reading in devices.values()] == [40, 60, 60]


def test_a_second_request_for_information_stops_no_clock_of_new_zealand() -> None:
    """Twenty working days from Mar 2, and the three from Mar 10 to 12: the second request has no effect."""
    request = [happened("correction_notice", "03-10"), happened("corrected", "03-12")]
    again = [happened("correction_notice", "03-20", id="n2"), happened("corrected", "03-25", id="c2")]
    result = {law: read(terms(f"nz-rma@{law}"), at("03-26"), RECEIVED, *request, *again) for law in NEW_ZEALAND}

    assert [reading["decision"].standing.due for reading in result.values()] == [date(2026, 4, 10), date(2026, 4, 2)]
    assert [reading["decision"].standing.flags for reading in result.values()] == [
        (),
        ("stopped_too_often:further_information",),
    ]


def test_an_ordinary_licence_has_no_clock_of_a_lower_level_and_none_of_a_renewal() -> None:
    """An acceptance renews no licence, and sends no file to an upper level."""
    result = read(terms(), at("06-30"), RECEIVED, ACCEPTED)
    assert result.keys() == {"intake", "decision"}
    reviewed = read(structs.replace(terms(), mode="lower_review"), at("06-30"), RECEIVED, ACCEPTED)
    assert reviewed["lower_review"].state is State.OVERDUE
    assert "renewal_guard" not in reviewed


def test_each_consulted_department_has_its_own_clock() -> None:
    item = terms(fire=3, plan=5)
    request = [
        happened("countersign_request", "03-04", dept=department, id=department) for department in ("fire", "plan")
    ]
    answer = happened("countersign_reply", "03-09", dept="fire")

    result = read(item, at("03-10"), RECEIVED, ACCEPTED, *request, answer)

    assert [result[f"countersign:{department}"].standing.length for department in ("fire", "plan")] == [3, 5]
    assert [result[f"countersign:{department}"].state for department in ("fire", "plan")] == [State.MET, State.RUNNING]


def test_a_decision_makes_open_requests_moot() -> None:
    item = terms(fire=3)
    request = happened("countersign_request", "03-04", dept="fire")
    decided = happened("decided", "03-05", outcome="denied")

    result = read(item, at("04-10"), RECEIVED, request, decided)

    assert (result["countersign:fire"].state, result["intake"].state) == (State.VOID, State.VOID)


def test_silence_of_an_outside_department_proves_nothing_until_attested() -> None:
    item = terms(live=False)
    silent = read(item, at("06-10"), RECEIVED)["decision"]
    attested = read(item, at("06-10"), RECEIVED, happened("attest", "06-09"))["decision"]

    assert (silent.state, silent.level) == (State.UNCONFIRMED, Level.YELLOW)
    assert (attested.state, attested.level) == (State.OVERDUE, Level.RED)


def test_a_request_on_the_last_day_holds_nothing_back() -> None:
    """The time for papers begins with the day after the request (Awb 4:15), and then the period is over."""
    item = terms("nl-omgevingswet@2024-01-01")
    request = happened("correction_notice", "04-28", respond_by=date(2026, 5, 5))
    clock = read(item, at("04-28 12:00"), happened("received", "03-03"), request)["decision"]

    assert (clock.state, clock.over, clock.resumes_at, clock.yellow_at) == (State.SUSPENDED, State.OVERDUE, None, None)
    assert clock.over_at == datetime(2026, 4, 28, 22, tzinfo=UTC)
