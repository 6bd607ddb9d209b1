"""A project's time from its entries: whose the days were, phase by phase, at any instant as known at any other."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import structs

from domain.core.plan import Phase, PlannedItem
from domain.core.types import Outcome
from domain.law.project_time import NOTHING, WorkingTime
from domain.messages import AnyFact, Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.correction import EntryRetracted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.registration import ItemPlanned
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.flow.adoption import FlowAdopted
from projections.clocks.project_time import ProjectTime, project_time
from projections.law.shipped import shipped_law
from tests.examples import REGISTERED, accepted, submitted
from tests.law.questions import at
from tests.projections.clocks.test_law_events import entries_of
from tests.spec import PROJECT

PHASES = (Phase(code="p1", name="立项", limit_days=4), Phase(code="p2", name="施工", limit_days=10))
GRANTED = ItemCompleted(item="land", outcome=Outcome.GRANTED)
STOP = ClockSuspended(item="land", suspension="s", ground="testing", article="", stops=("decision", "commitment"))


def planned(item: str, phase: str) -> ItemPlanned:
    return ItemPlanned(item=item, plan=PlannedItem(item=item, department="land", phase=phase))


def begun(*further: tuple[str, AnyFact], recorded: dict[int, str] | None = None) -> list[Entry]:
    """Land in the first phase and a site plan in the second; entries from the fifth on are *further*."""
    registered = structs.replace(REGISTERED, items=())
    adopted = FlowAdopted(flow="f", edition=1, kind="k", phases=PHASES, steps=("land", "site-plan"))
    facts = [("02-27", fact) for fact in (registered, planned("land", "p1"), planned("site-plan", "p2"), adopted)]
    return entries_of(*facts, *further, recorded=recorded)


def time_of(entries: list[Entry], t: str, known: str | None = None) -> ProjectTime:
    result = project_time(PROJECT, entries, shipped_law(), at(t), at(known or t))
    assert result is not None
    return result


def days(time: WorkingTime) -> tuple[int, int, int]:
    return time.government_days, time.applicant_days, time.working_days


LAND: tuple[tuple[str, AnyFact], ...] = (
    ("03-02", submitted()),
    ("03-03", accepted()),
    ("03-05", STOP),
    ("03-11", ClockResumed(item="land", suspension="s")),
    ("03-13", GRANTED),
)


def test_every_working_day_is_someones() -> None:
    result = time_of(begun(*LAND), "03-16 12:00")

    # Government: Mar 3 (intake), 4, 11, 12, 13 (decision). Applicant: Mar 5, 6, 9, 10. Delivery counts from Mar 16 on.
    assert (result.time.begun_on, result.time.through) == (date(2026, 3, 2), date(2026, 3, 15))
    assert days(result.time) == (5, 4, 9)
    assert result.time.summed_days == 9, "intake 1, decision 4, the promise 4"
    assert (result.promised_days, result.left_days) == (14, 9)


def test_a_phase_is_over_when_its_items_are_and_its_promise_binds_the_government() -> None:
    delivered = DecisionDelivered(item="land", method="window")
    entries = begun(*LAND, ("03-17", delivered), ("03-20", submitted("site-plan")))
    result = time_of(entries, "03-25 09:00")
    first, second = result.phases

    assert (first.code, first.promised_days, first.left_days) == ("p1", 4, -3)
    assert days(first.time) == (7, 4, 11)
    assert first.time.through == date(2026, 3, 17), "the delivery is the government's too"
    assert (second.time.begun_on, days(second.time), second.left_days) == (date(2026, 3, 20), (2, 0, 2), 8)
    assert days(result.time) == (9, 7, 16), "between the two it was the applicant's turn"


def test_items_side_by_side_share_their_days() -> None:
    entries = begun(("03-02", submitted()), ("03-03", submitted("site-plan")))
    result = time_of(entries, "03-06 09:00")

    assert days(result.time) == (3, 0, 3)
    assert result.time.summed_days == 5


def test_what_was_not_known_is_not_counted_and_what_was_retracted_never_was() -> None:
    retraction = EntryRetracted(version=7, item="land", reasons="the test was of another item")
    entries = begun(*LAND[:3], ("03-12", retraction), recorded={7: "03-06"})

    assert days(time_of(entries, "03-10 09:00", known="03-05 13:00").time) == (5, 0, 5)
    assert days(time_of(entries, "03-10 09:00").time) == (2, 3, 5)
    assert days(time_of(entries, "03-10 09:00", known="03-13").time) == (5, 0, 5)


def test_before_anything_began_there_is_no_time() -> None:
    assert project_time(PROJECT, begun(), shipped_law(), at("03-01"), at("03-01")) is None
    assert project_time(PROJECT, [], shipped_law(), at("03-01"), at("03-01")) is None
    early = time_of(begun(*LAND), "03-01 12:00", known="03-20")
    assert (early.time, [phase.time for phase in early.phases]) == (NOTHING, [NOTHING, NOTHING])


def test_a_law_that_counts_otherwise_has_working_days_too() -> None:
    """Eight weeks of the Dutch act, asked after ten days, with no promise to hold them against."""
    registered = structs.replace(REGISTERED, items=(), law="nl-wabo")
    law = "nl-wabo@2010-10-01"
    plan = ItemPlanned(item="land", plan=PlannedItem(item="land", department="land", phase="p1"))
    adopted = FlowAdopted(flow="f", edition=1, kind="k", phases=PHASES, steps=("land",))
    receipt = structs.replace(submitted(), law=law)
    entries = entries_of(
        ("2012-03-01", registered), ("2012-03-01", plan), ("2012-03-01", adopted), ("2012-03-05", receipt)
    )
    result = project_time(
        PROJECT, entries, shipped_law(), datetime.fromisoformat("2012-03-15T12:00:00+01:00"), at("04-01")
    )

    assert result is not None
    assert days(result.time) == (7, 0, 7)
    assert (result.promised_days, result.phases[0].promised_days, result.phases[0].left_days) == (None, None, None)
