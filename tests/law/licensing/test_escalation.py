"""Every rung a clock passes is found at its true instant, whenever one looks; none where silence proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.law.licensing.clock import BROKEN, Clock, Level, State
from domain.law.licensing.escalation import Key, Progression, course
from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.proof import Colour, Rung
from tests.effort import tried
from tests.law.auditor.lives import lives
from tests.law.packs.books import china
from tests.law.questions import USUAL, at, happened

RECEIVED = happened("received", "03-02")
ACCEPTED = happened("accepted", "03-03")
SUSPENDED = happened("suspend", "03-05", sid="a", reason="testing")
NATIONAL_DAY = happened("received", "09-21"), happened("accepted", "09-22")
PROMISED = msgspec.structs.replace(USUAL, commitment=msgspec.structs.replace(USUAL.decision, days=10))
KEYED_IN = msgspec.structs.replace(USUAL, live=False)
YELLOW_CLOCKS = ("commitment", "countersign")
some = settings(max_examples=tried(30))


def rungs_passed(t: str, *events: LawEvent, rule: Rule = USUAL) -> list[tuple[str, Rung, str]]:
    """Clock, rung and local time of everything passed by *t*."""
    zone = ZoneInfo(rule.zone)
    return [
        (passing.clock, passing.rung, passing.at.astimezone(zone).strftime("%m-%d %H:%M"))
        for passing in course(rule, events, china(), at(t)).passed
    ]


def test_a_decision_is_warned_of_then_costs_a_red_card() -> None:
    assert rungs_passed("06-01", RECEIVED, ACCEPTED) == [
        ("decision", Rung.WARNING, "03-26 00:00"),
        ("decision", Rung.CARD, "04-01 00:00"),
    ]


def test_ten_days_of_downtime_over_national_day_change_nothing() -> None:
    """Seven days from 22 September end on 9 October: Mid-Autumn and seven days of October are off."""
    promised = msgspec.structs.replace(USUAL, commitment=msgspec.structs.replace(USUAL.decision, days=7))
    expected = [("commitment", Rung.WARNING, "10-01 00:00"), ("commitment", Rung.CARD, "10-10 00:00")]

    assert rungs_passed("10-10 00:00", *NATIONAL_DAY, rule=promised)[:2] == expected
    assert rungs_passed("10-20", *NATIONAL_DAY, rule=promised)[:2] == expected


def test_silence_accepts_and_the_clocks_it_starts_pass_their_rungs_at_once() -> None:
    """Five of the promise's days were used up in silence: it is broken the moment that silence has its effect."""
    short = msgspec.structs.replace(USUAL, commitment=msgspec.structs.replace(USUAL.decision, days=5))

    assert rungs_passed("03-12", RECEIVED, rule=short) == [
        ("intake#1", Rung.WARNING, "03-07 00:00"),
        ("intake#1", Rung.ACCEPTANCE, "03-10 00:00"),
        ("intake#1", Rung.CARD, "03-10 00:00"),
        ("commitment", Rung.CARD, "03-10 00:00"),
    ]


def test_an_extended_clock_has_rungs_of_its_own() -> None:
    extended = happened("extension", "03-30", days=10)

    assert rungs_passed("06-01", RECEIVED, ACCEPTED, extended) == [
        ("decision", Rung.WARNING, "03-26 00:00"),
        ("decision", Rung.WARNING, "04-08 00:00"),
        ("decision", Rung.CARD, "04-16 00:00"),
    ]


def test_a_stopped_clock_passes_no_threshold() -> None:
    assert rungs_passed("06-01", RECEIVED, ACCEPTED, SUSPENDED) == []


def test_a_suspension_after_the_warning_gives_no_second_one() -> None:
    stop = happened("suspend", "03-27", sid="a", reason="testing")
    resume = happened("resume", "04-02", sid="a")

    assert rungs_passed("04-03", RECEIVED, ACCEPTED, stop, resume) == [("decision", Rung.WARNING, "03-26 00:00")]


def test_a_decision_in_time_costs_nothing_and_one_day_late_a_card() -> None:
    in_time, late = (happened("decided", day, outcome="denied") for day in ("03-31 23:59", "04-01 00:00"))

    assert rungs_passed("06-01", RECEIVED, ACCEPTED, in_time)[1:] == []
    assert rungs_passed("06-01", RECEIVED, ACCEPTED, late)[1:] == [("decision", Rung.CARD, "04-01 00:00")]


def test_what_silence_does_not_prove_costs_nothing_until_the_record_is_attested() -> None:
    attested = happened("attest", "04-08 15:00")

    assert rungs_passed("06-01", RECEIVED, rule=KEYED_IN) == [("intake#1", Rung.WARNING, "03-07 00:00")]
    assert rungs_passed("06-01", RECEIVED, ACCEPTED, attested, rule=KEYED_IN)[1:] == [
        ("decision", Rung.CARD, "04-08 15:00")
    ]
    assert rungs_passed("06-01", RECEIVED, attested, rule=KEYED_IN)[1:3] == [
        ("intake#1", Rung.ACCEPTANCE, "04-08 15:00"),
        ("intake#1", Rung.CARD, "04-08 15:00"),
    ]


def test_a_late_result_keyed_in_is_proof_by_itself() -> None:
    late = happened("decided", "04-10 10:00", outcome="denied", recorded="04-20")

    assert rungs_passed("06-01", RECEIVED, ACCEPTED, late, rule=KEYED_IN)[1:] == [
        ("decision", Rung.CARD, "04-10 10:00")
    ]


def test_a_consulted_departments_silence_is_consent_and_a_yellow_card() -> None:
    request = happened("countersign_request", "03-04", dept="fire")
    passed = course(USUAL, [RECEIVED, ACCEPTED, request], china(), at("03-16")).passed

    assert [(passing.clock, passing.rung, passing.colour) for passing in passed] == [
        ("countersign:fire", Rung.WARNING, None),
        ("countersign:fire", Rung.CONSENT, None),
        ("countersign:fire", Rung.CARD, Colour.YELLOW),
    ]


def test_a_licence_is_renewed_by_silence_after_a_warning_five_working_days_before() -> None:
    renewal = msgspec.structs.replace(USUAL, licence_expiry=date(2026, 4, 10))

    assert [row for row in rungs_passed("04-12", RECEIVED, ACCEPTED, rule=renewal) if row[0] == "renewal_guard"] == [
        ("renewal_guard", Rung.WARNING, "04-03 00:00"),
        ("renewal_guard", Rung.RENEWAL, "04-11 00:00"),
        ("renewal_guard", Rung.CARD, "04-11 00:00"),
    ]


def test_what_is_decided_on_the_spot_is_not_warned_of() -> None:
    spot = msgspec.structs.replace(USUAL, mode="on_the_spot", decision=msgspec.structs.replace(USUAL.decision, days=0))

    assert rungs_passed("03-04", RECEIVED, ACCEPTED, rule=spot) == [("decision", Rung.CARD, "03-04 00:00")]


def test_the_proof_names_what_had_happened_and_what_was_corrected() -> None:
    amended = happened("amend", "03-20", target="accepted", new_at=at("03-04"))
    later = happened("decided", "05-01", outcome="denied")
    warning = course(USUAL, [RECEIVED, ACCEPTED, amended, later], china(), at("06-01")).passed[0]

    assert (warning.evidence, warning.reading.start) == (("received", "accepted", "amend"), date(2026, 3, 4))
    assert (warning.rule, warning.calendar.partition("/")[0]) == (USUAL.pack, "CN")


def test_the_next_instant_is_named() -> None:
    def coming(t: str) -> datetime | None:
        return course(USUAL, [RECEIVED, ACCEPTED], china(), at(t)).next

    assert coming("03-04") == at("03-26 00:00")
    assert coming("03-26 00:00") == at("04-01 00:00")
    assert coming("04-01 00:00") is None
    assert course(USUAL, [], china(), at("03-04")) == Progression((), None)


def rung_of(name: str, clock: Clock) -> Iterator[Rung]:
    """The rungs of a reading, by its name alone."""
    kind = name.partition(":")[0].partition("#")[0]
    if kind in ("hearing_request", "tolerance_cure"):  # the applicant's own
        return
    if (clock.state, clock.level) == (State.RUNNING, Level.YELLOW) and clock.length != 0:
        yield Rung.WARNING
    if clock.state in BROKEN and kind != "post_check":  # internal: warned of, and no more
        yield Rung.CARD
    effect = {"intake": State.LAPSED, "renewal_guard": State.DEEMED, "countersign": State.DEEMED}.get(kind)
    if clock.state is effect:
        rungs = {"intake": Rung.ACCEPTANCE, "renewal_guard": Rung.RENEWAL, "countersign": Rung.CONSENT}
        yield rungs[kind]


def looked_up(rule: Rule, events: list[LawEvent], now: datetime) -> dict[Key, datetime]:
    """The first instant of each rung, by asking the law at every happening and at every single midnight."""
    zone = ZoneInfo(rule.zone)
    instants = {act[0] for act in Timeline(rule.zone, events).by(now, now)}
    if not instants:
        return {}
    day = min(instants).astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), zone).astimezone(UTC)) <= now:
        instants.add(midnight)
        day += timedelta(days=1)
    result: dict[Key, datetime] = {}
    for instant in sorted(instants):
        if instant <= now:
            for name, clock in evaluate(rule, events, china(), instant, now).clocks.items():
                for rung in rung_of(name, clock):
                    result.setdefault((name, clock.length, rung), instant)
    return result


@some
@given(lives())
def test_no_rung_is_missed_and_none_is_made_up(life: dict[str, Any]) -> None:
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    now = datetime.fromisoformat(life["t"])
    passed = course(rule, events, china(), now).passed

    assert {passing.key: passing.at for passing in passed} == looked_up(rule, events, now)
    assert [passing.at for passing in passed] == sorted(passing.at for passing in passed)
    for passing in passed:
        kind = passing.clock.partition(":")[0].partition("#")[0]
        colour = Colour.YELLOW if kind in YELLOW_CLOCKS else Colour.RED
        assert passing.colour is (colour if passing.rung is Rung.CARD else None)


@some
@given(lives(), st.integers(1, 24 * 60))
def test_looking_more_often_finds_the_same(life: dict[str, Any], hours: int) -> None:
    """What was passed by an earlier look is passed by a later one, if nothing else came to be known."""
    rule, events = msgspec.convert(life["rule"], Rule), msgspec.convert(life["events"], list[LawEvent])
    now = datetime.fromisoformat(life["t"])
    before = now - timedelta(hours=hours)
    early = course(rule, events, china(), before, now)
    late = course(rule, events, china(), now)

    assert late.passed[: len(early.passed)] == early.passed
