"""The watcher under laws that count in calendar days: silence accepts, promises and limits missed cost their cards."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.law.proof import Colour, Rung
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.external.results import AttestRecord
from domain.project.supervision.signals import CardIssued
from tests.effort import tried
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER
from tests.projections.watch.watched import Zone

FORM, OUTSIDE = "form", "outside"
ITEMS = (
    PlannedItem(item=FORM, department="land", promise_days=7, special="eia_form"),
    PlannedItem(item=OUTSIDE, department="tax", special="eia_form", live=False),
)
REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=ITEMS)


def applied(item: str = FORM) -> Zone:
    """Applied for on Monday, the 2nd of March."""
    zone = Zone(datetime.fromisoformat("2026-03-02T09:00:00+08:00")).say(MANAGER, REGISTER)
    return zone.say(APPLICANT if item == FORM else MANAGER, SubmitItem(item=item))


def signals_of(zone: Zone) -> list[tuple[str, str, str]]:
    """The local day, the clock and the rung of all that the watcher said, in its order; rescissions by name."""
    result = []
    for entry in zone.entries:
        if entry.recorded.by.id == "deadline-watcher":
            proof = getattr(entry.fact, "proof", None)
            day = f"{entry.occurred_at.astimezone(zone.now.tzinfo):%m-%d}"
            result.append((day, proof.clock, str(proof.rung)) if proof else (day, "", "rescinded"))
    return result


def test_silence_accepts_and_starts_the_promise_on_the_day_of_receipt() -> None:
    zone = applied().at("2026-03-10 00:00").watch()
    assert signals_of(zone) == [
        ("03-07", "intake", "warning"),
        ("03-10", "intake", "acceptance"),
        ("03-10", "commitment", "warning"),
        ("03-10", "intake", "card"),
    ]
    item = zone.project.items[FORM]
    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, date(2026, 3, 2))
    (signal,) = [signal for signal in zone.signals.values() if signal.rung is Rung.ACCEPTANCE]
    assert signal.last_day == date(2026, 3, 9)


def test_silence_on_a_supplement_accepts_as_of_its_day_and_costs_a_card() -> None:
    zone = applied().at("2026-03-04 10:00").say(LAND, RequestSupplement(item=FORM, missing=("plan",)))
    zone = zone.at("2026-03-10 10:00").say(APPLICANT, SubmitSupplement(item=FORM)).at("2026-03-18 00:00").watch()
    rungs = [signal for signal in signals_of(zone) if signal[1].startswith("intake")]
    assert rungs == [
        ("03-17", "intake#2", "warning"),
        ("03-18", "intake#2", "acceptance"),
        ("03-18", "intake#2", "card"),
    ]
    item = zone.project.items[FORM]
    assert (item.stage, item.deemed_on) == (Stage.ACCEPTED, date(2026, 3, 10))


def test_a_promise_missed_is_yellow_and_the_limit_in_calendar_days_red() -> None:
    zone = applied().say(LAND, AcceptItem(item=FORM)).at("2026-04-02 00:00").watch()
    assert signals_of(zone) == [
        ("03-10", "commitment", "warning"),
        ("03-12", "commitment", "card"),
        ("03-27", "decision", "warning"),
        ("04-02", "decision", "card"),
    ]
    cards = [entry.fact for entry in zone.entries if isinstance(entry.fact, CardIssued)]
    assert [(card.colour, card.proof.due_on if card.proof else None) for card in cards] == [
        (Colour.YELLOW, date(2026, 3, 11)),
        (Colour.RED, date(2026, 4, 1)),
    ]


def test_a_decision_keyed_in_late_takes_the_card_back() -> None:
    zone = applied().say(LAND, AcceptItem(item=FORM)).at("2026-04-03 09:00").watch()
    in_time = datetime.fromisoformat("2026-03-10T16:00:00+08:00")
    zone.say(LAND, CompleteItem(item=FORM, outcome=Outcome.GRANTED, occurred_at=in_time)).watch()
    assert [rung for _, _, rung in signals_of(zone)].count("rescinded") == 3  # all but the warning of the 10th
    assert zone.standing() == zone.passed()


def test_silence_from_outside_the_system_proves_nothing_until_it_is_attested() -> None:
    zone = applied(OUTSIDE).at("2026-03-20 09:00").watch()
    assert {rung for _, _, rung in signals_of(zone)} == {"warning"}
    zone.say(MANAGER, AttestRecord(item=OUTSIDE)).watch()
    assert ("03-20", "intake", "acceptance") in signals_of(zone)


days = st.integers(0, 40)
STEPS = (
    (LAND, AcceptItem(item=FORM)),
    (LAND, SuspendClock(item=FORM, ground="expert_review")),
    (LAND, ResumeClock(item=FORM, suspension="s1")),
    (LAND, CompleteItem(item=FORM, outcome=Outcome.GRANTED)),
    (BUREAU, AmendEntry(version=2, new_occurred_at=datetime.fromisoformat("2026-03-05T09:00:00+08:00"), reasons="x")),
    (MANAGER, SubmitItem(item=OUTSIDE)),
    (MANAGER, AttestRecord(item=OUTSIDE)),
)


@settings(max_examples=tried(15))
@given(st.lists(st.tuples(days, st.sampled_from(STEPS), st.booleans()), max_size=8))
def test_the_signals_in_force_match_the_thresholds_passed(steps: list[tuple[int, tuple[object, object], bool]]) -> None:
    """Whatever happens in between, and whenever the watcher looks: each rung once, at its true instant."""
    zone = applied()
    for wait, (by, command), looks in steps:
        zone.wait(days=wait)
        if looks:
            zone.watch()
        zone.try_to_say(by, command)  # type: ignore[arg-type]  # pairs of a person and a command
    zone.watch()
    assert zone.standing() == zone.passed()
    assert len(set(zone.warning_ids)) == len(zone.warning_ids)
