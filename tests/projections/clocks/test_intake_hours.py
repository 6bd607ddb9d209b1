"""收件时间 in the clocks: receipt after closing, or on a rest day, counts on the next working day where published."""

from __future__ import annotations

from datetime import date

import pytest

from domain.core.plan import PlannedItem
from domain.law.office import IntakeHours
from domain.project.application.registration import ItemPlanned
from domain.project.application.submission import ItemSubmitted
from domain.project.application.supplement import SupplementRequested, SupplementSubmitted
from infrastructure.law.lawbook import law_book
from projections.clocks.law_events import item_histories
from projections.clocks.reading import read
from tests.examples import LAW, REGISTERED
from tests.law.questions import at
from tests.projections.clocks.test_clocks import clocks_of, exact
from tests.projections.clocks.test_law_events import entries_of

SHIFTED, LITERAL = (
    IntakeHours(close_of_business="17:00", intake_shift=shift) for shift in ("next_working_day", "none")
)


def submitted(hours: IntakeHours | None, item: str = "land", law: str = LAW.name) -> ItemSubmitted:
    return ItemSubmitted(item=item, law=law, hours=hours)


@pytest.mark.parametrize(
    ("received", "hours", "day0", "due"),
    [
        ("03-02 16:59", SHIFTED, "2026-03-02", "2026-03-09"),
        ("03-02 17:00", SHIFTED, "2026-03-03", "2026-03-10"),
        ("03-06 17:00", SHIFTED, "2026-03-09", "2026-03-16"),  # a Friday
        ("03-07 10:00", SHIFTED, "2026-03-09", "2026-03-16"),  # a Saturday
        ("03-07 10:00", LITERAL, "2026-03-07", "2026-03-13"),
        ("03-07 10:00", None, "2026-03-07", "2026-03-13"),
    ],
)
def test_receipt_counts_by_the_hours_the_application_keeps(
    received: str, hours: IntakeHours | None, day0: str, due: str
) -> None:
    entries = entries_of(("03-02", REGISTERED), (received, submitted(hours)))
    row, reading = clocks_of(entries)["intake#1"], exact(entries, at("03-09 08:00"), at("03-09 08:00"))

    assert (row.start_on, row.due_on) == (date.fromisoformat(day0), date.fromisoformat(due))
    clock = reading["land", 1, "intake#1"]
    assert (clock.start_on, clock.due_on) == (row.start_on, row.due_on)


def test_what_is_brought_later_counts_by_the_same_hours() -> None:
    notice = SupplementRequested(item="land", missing=("map",))
    brought = SupplementSubmitted(item="land", provided=("map",), complete=True)
    facts = (("03-02 09:00", submitted(SHIFTED)), ("03-03 09:00", notice), ("03-06 17:30", brought))

    assert clocks_of(entries_of(("03-02", REGISTERED), *facts))["intake#2"].start_on == date(2026, 3, 9)


def test_a_period_in_calendar_days_from_receipt_is_shifted_too() -> None:
    law = f"{LAW.name}/eia_form"
    plan = PlannedItem(item="report", department="environment", special="eia_form")
    planned = ItemPlanned(item="report", plan=plan)
    for hours, day0 in ((SHIFTED, "2026-03-09"), (None, "2026-03-06")):
        entries = entries_of(
            ("03-02", REGISTERED), ("03-02", planned), ("03-06 17:30", submitted(hours, "report", law))
        )
        (history,) = item_histories(entries).values()
        reading = read(history, law_book(), at("03-20"), at("03-20"))
        assert reading is not None
        decision = next(clock for clock in reading.clocks if clock.clock == "decision")
        assert decision.start_on == date.fromisoformat(day0)
