"""The view of results from outside: when each was last verified, and where a feed differs."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import given as for_any
from msgspec import structs

from domain.core.ledger import Actor, Recorded
from domain.core.plan import PlannedItem
from domain.core.types import Outcome, Stage
from domain.messages import AnyFact, Entry
from domain.project.application.registration import ItemPlanned
from domain.project.external.results import (
    DiscrepancyFound,
    DiscrepancySettled,
    ExternalResultConfirmed,
    ExternalResultRecorded,
    ExternalResultVerified,
    KeptResult,
    RecordAttested,
)
from domain.project.state.project import ExternalResult
from projections.external.fold import External, ExternalRow, unverified_days
from projections.law.shipped import shipped_law
from projections.view import fold
from tests.examples import FEED, LAW, MANAGER, REGISTERED, completed, submitted
from tests.histories import World, worlds
from tests.spec import PROJECT

VIEW = External(shipped_law)
KEYED = ExternalResultRecorded(
    item="tax", outcome=Outcome.GRANTED, evidence="scan 4", document_number="T-1", source="window"
)
FED = ExternalResult(Outcome.REFUSED, "T-2", date(2026, 3, 10), "exchange", by_feed=True)
DISCREPANCY = DiscrepancyFound(item="tax", keyed=ExternalResult(Outcome.GRANTED, "T-1", None, "window"), fed=FED)
TAKEN = DiscrepancySettled(item="tax", kept=KeptResult.FEED, reasons="telephoned", result=FED)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T23:30:00+08:00")


def recorded_fact(
    day: str, fact: AnyFact, by: Actor = MANAGER, learned: str = ""
) -> tuple[datetime, datetime, AnyFact, Actor]:
    return at(day), at(learned or day), fact, by


def rows(*facts: tuple[datetime, datetime, AnyFact, Actor]) -> list[ExternalRow]:
    """The rows of a project with these facts."""
    dated = [(at("03-02"), at("03-02"), REGISTERED, MANAGER), *facts]
    entries = [
        Entry(PROJECT, number, happened, learned, fact, Recorded(by, UUID(int=number), LAW.name))
        for number, (happened, learned, fact, by) in enumerate(dated, 1)
    ]
    folded = fold((VIEW,), PROJECT, entries)
    return [ExternalRow(*row) for row in VIEW.rows(folded.states["outside"], folded.project)["outside"]]


def test_a_keyed_in_result_has_its_provenance() -> None:
    (row,) = rows(recorded_fact("03-10", KEYED, learned="03-12"))

    assert (row.item, row.department, row.outcome, row.source, row.evidence, row.by_feed) == (
        "tax",
        "tax",
        "granted",
        "window",
        "scan 4",
        False,
    )
    assert (row.recorded_by, row.recorded_at, row.disputed) == (MANAGER.id, at("03-12"), False)


@pytest.mark.parametrize(
    ("more", "on", "by"),
    [
        ((), date(2026, 3, 12), MANAGER.id),
        ((recorded_fact("03-20", ExternalResultVerified(item="tax", evidence="call")),), date(2026, 3, 20), MANAGER.id),
        ((recorded_fact("03-25", RecordAttested(item="tax")),), date(2026, 3, 25), MANAGER.id),
        (
            (recorded_fact("03-25", ExternalResultConfirmed(item="tax", source="exchange"), FEED),),
            date(2026, 3, 25),
            "exchange",
        ),
        ((recorded_fact("03-09", ExternalResultVerified(item="tax", evidence="call")),), date(2026, 3, 12), MANAGER.id),
        ((recorded_fact("03-25", DISCREPANCY, FEED),), date(2026, 3, 12), MANAGER.id),
        ((recorded_fact("03-25", DISCREPANCY, FEED), recorded_fact("03-26", TAKEN)), date(2026, 3, 26), MANAGER.id),
    ],
)
def test_it_is_as_fresh_as_the_last_look(
    more: tuple[tuple[datetime, datetime, AnyFact, Actor], ...], on: date, by: str
) -> None:
    (row,) = rows(recorded_fact("03-10", KEYED, learned="03-12"), *more)

    assert (row.verified_on, row.verified_by) == (on, by)


def test_a_stated_day_of_checking_counts() -> None:
    (row,) = rows(recorded_fact("03-12", structs.replace(KEYED, verified_on=date(2026, 3, 11))))

    assert row.verified_on == date(2026, 3, 11)


def test_an_item_under_way_outside_is_as_fresh_as_its_record() -> None:
    assert rows() == []
    (row,) = rows(recorded_fact("03-05", submitted("tax"), learned="03-06"))
    assert (row.outcome, row.verified_on, row.recorded_at) == ("", date(2026, 3, 6), None)
    (row,) = rows(recorded_fact("03-05", submitted("tax")), recorded_fact("03-07", completed("tax")))
    assert (row.outcome, row.verified_on) == ("granted", date(2026, 3, 7))


def test_a_feed_that_differs_is_shown_beside_until_it_is_settled() -> None:
    (row,) = rows(recorded_fact("03-12", KEYED), recorded_fact("03-25", DISCREPANCY, FEED))
    assert (row.outcome, row.disputed, row.fed_outcome, row.fed_document_number) == ("granted", True, "refused", "T-2")
    assert row.disputed_at == at("03-25")

    (row,) = rows(
        recorded_fact("03-12", KEYED), recorded_fact("03-25", DISCREPANCY, FEED), recorded_fact("03-26", TAKEN)
    )
    assert (row.outcome, row.document_number, row.by_feed, row.disputed) == ("refused", "T-2", True, False)
    assert (row.fed_outcome, row.disputed_at, row.evidence) == ("", None, "scan 4")


def test_days_are_those_of_the_zone() -> None:
    (row,) = rows(recorded_fact("03-12", KEYED))

    assert unverified_days(row, at("03-12")) == 0
    assert unverified_days(row, datetime.fromisoformat("2026-03-12T16:00:00+00:00")) == 1
    assert unverified_days(row, at("03-22")) == 10
    assert unverified_days(row, at("03-01")) == 0


def test_a_result_is_needed_while_open_work_rests_on_it() -> None:
    after = ItemPlanned(item="refund", plan=PlannedItem(item="refund", department="tax", requires=("tax",)))

    assert not rows(recorded_fact("03-12", KEYED))[0].needed
    assert rows(recorded_fact("03-12", KEYED), recorded_fact("03-13", after))[0].needed
    granted = recorded_fact("03-14", completed("refund"))
    assert not rows(recorded_fact("03-12", KEYED), recorded_fact("03-13", after), granted)[0].needed


@for_any(worlds())
def test_every_external_item_has_a_row_and_no_other(world: World) -> None:
    folded = fold((VIEW,), PROJECT, world.entries)
    rows = [ExternalRow(*row) for row in VIEW.rows(folded.states["outside"], folded.project)["outside"]]

    assert {row.item for row in rows} == {
        code
        for code, item in folded.project.items.items()
        if not item.plan.live and item.stage is not Stage.NOT_STARTED
    }
    for row in rows:
        item = folded.project.items[row.item]
        assert (row.outcome or None, row.disputed) == (item.outcome, item.disputed is not None)
