"""Public decisions: what is granted has a row, without names of persons, and what was revoked says so."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec import structs

from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyFact
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import Enterprise, ItemPlanned
from domain.project.application.submission import ItemSubmitted
from domain.project.application.undertaking import DecisionRevoked
from domain.project.external.results import ExternalResultRecorded
from domain.project.supervision.rescission import CardRescinded
from projections.view import fold, take
from projections.window.fold import GrantedDecisions, GrantedRow
from tests.domain.supervision.test_deeming import RENEWED
from tests.examples import ITEMS, LAW, REGISTERED, USCC, accepted, completed, submitted, under_examination
from tests.spec import NOW, PROJECT, entry

VIEW = GrantedDecisions()
SOLE_TRADER = "92420100MA0HX2026B"
DOCUMENT = structs.replace(completed(), document_number="地字 2026-7", valid_through=date(2029, 3, 1))
REVOKED = DecisionRevoked(item="land", reasons="the undertaking of Zhang San was broken", article="行政许可法 69")


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def rows_after(*facts: AnyFact, registered: AnyFact = REGISTERED, source: str = "") -> list[GrantedRow]:
    """The rows after the registration and *facts*, a day after one another."""
    entries = [entry(n, fact, at=day(n)) for n, fact in enumerate((registered, *facts), 1)]
    entries = [structs.replace(given, recorded=structs.replace(given.recorded, source=source)) for given in entries]
    folded = fold([VIEW], PROJECT, entries)
    rows = VIEW.rows(folded.states[VIEW.name], folded.project)["granted_decision"]
    return [GrantedRow(*row[:-2]) for row in rows]


def test_a_grant_is_public_with_what_was_permitted_to_whom() -> None:
    numbered = ItemSubmitted(item="land", law=LAW.name, case_number="BDA2026-000001-0")
    (row,) = rows_after(numbered, accepted(), DOCUMENT)
    assert (row.department, row.decided_on, row.case_number, row.document) == (
        "land",
        day(4).date(),
        "BDA2026-000001-0",
        "地字 2026-7",
    )
    assert (row.applicant, row.uscc, row.project_name, row.project_code) == ("Hengxin", USCC, "Fab 2", "P-1")
    assert (row.valid_through, row.revoked_on, row.by_silence) == (date(2029, 3, 1), None, False)


def test_the_row_of_a_decision_is_made_again_only_where_it_changes() -> None:
    numbered = CaseNumbered(item="land", application=1, case_number="BDA2026-000001-0")
    facts = (REGISTERED, *under_examination(), DOCUMENT)
    entries = [entry(n, fact, at=day(n)) for n, fact in enumerate(facts, 1)]
    folded = fold([VIEW], PROJECT, entries)
    (row,) = VIEW.rows(folded.states[VIEW.name], folded.project)["granted_decision"]

    take([VIEW], folded, [entry(len(entries) + 1, submitted("discharge"), at=day(9))])
    (again,) = VIEW.rows(folded.states[VIEW.name], folded.project)["granted_decision"]
    take([VIEW], folded, [entry(len(entries) + 2, numbered, at=day(10))])
    (changed,) = VIEW.rows(folded.states[VIEW.name], folded.project)["granted_decision"]

    assert again is row
    assert GrantedRow(*changed[:-2]).case_number == "BDA2026-000001-0"


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.TERMINATED])
def test_nothing_but_a_grant_is_public(outcome: Outcome) -> None:
    assert rows_after(*under_examination(), completed(outcome=outcome)) == []
    assert rows_after(*under_examination()) == []


def test_results_of_departments_outside_and_of_imported_registers_are_not_published_here() -> None:
    assert rows_after(ExternalResultRecorded(item="tax", outcome=Outcome.GRANTED, evidence="scan")) == []
    assert rows_after(submitted("tax"), accepted("tax"), completed("tax")) == []
    assert rows_after(*under_examination(), DOCUMENT, source="town-log#1") == []


@pytest.mark.parametrize(("uscc", "kind"), [(SOLE_TRADER, "sole_trader"), ("", "unidentified")])
def test_who_is_no_organisation_is_not_named_nor_found_by_name(uscc: str, kind: str) -> None:
    registered = structs.replace(
        REGISTERED,
        name="Zhang San's workshop",
        enterprise=Enterprise("Zhang San", uscc),
        items=(structs.replace(ITEMS[0], name="Land for Zhang San"), *ITEMS[1:]),
    )
    facts: list[AnyFact] = [registered, *under_examination(), DOCUMENT]
    folded = fold([VIEW], PROJECT, [entry(n, fact, at=day(n)) for n, fact in enumerate(facts, 1)])
    (row,) = VIEW.rows(folded.states[VIEW.name], folded.project)["granted_decision"]
    assert GrantedRow(*row[:-2]).applicant_kind == kind
    assert not {"Zhang", "zhang", "P-1", SOLE_TRADER} & {part for text in map(str, row) for part in text.split()}
    assert "'zhang'" not in row[-1]
    assert "地字 2026-7" in row


def test_an_item_of_the_catalogue_is_named_for_every_applicant() -> None:
    plan = PlannedItem(item="s1", department="land", name="Water abstraction", service="water-07")
    uncoded = structs.replace(REGISTERED, enterprise=Enterprise("Zhang San"))
    own = ItemSubmitted(item="s1", law=LAW.name)
    decided = structs.replace(DOCUMENT, item="s1")
    (row,) = rows_after(ItemPlanned(item="s1", plan=plan), own, decided, registered=uncoded)
    assert (row.item_name, row.applicant) == ("Water abstraction", "")


def test_a_revoked_decision_stays_and_says_so_and_the_next_one_is_another_row() -> None:
    (row,) = rows_after(*under_examination(), DOCUMENT, REVOKED)
    assert (row.document, row.revoked_on) == ("地字 2026-7", day(5).date())
    again = rows_after(*under_examination(), DOCUMENT, REVOKED, *under_examination(), completed())
    assert [(row.application, row.revoked_on) for row in again] == [(1, day(5).date()), (2, None)]


def test_a_retracted_decision_leaves_and_an_amended_one_moves() -> None:
    facts = (*under_examination(), DOCUMENT)
    assert rows_after(*facts, EntryRetracted(version=4, item="land", reasons="x")) == []
    (row,) = rows_after(*facts, EntryAmended(version=4, item="land", new_occurred_at=day(3), reasons="x"))
    assert row.decided_on == day(3).date()


def test_a_case_numbered_later_has_its_number() -> None:
    (row,) = rows_after(
        *under_examination(), DOCUMENT, CaseNumbered(item="land", application=1, case_number="BDA2026-000002-8")
    )
    assert row.case_number == "BDA2026-000002-8"


def test_silence_that_renews_is_public_until_it_is_undone_or_put_in_writing() -> None:
    (row,) = rows_after(*under_examination(), RENEWED)
    assert (row.by_silence, row.document) == (True, "")
    undone = CardRescinded(card=RENEWED.card, item="land", cause=3, calendar="CN@1")
    assert rows_after(*under_examination(), RENEWED, undone) == []
    (row,) = rows_after(*under_examination(), RENEWED, DOCUMENT, undone)
    assert (row.by_silence, row.document) == (False, "地字 2026-7")
    (row,) = rows_after(*under_examination(), DOCUMENT, RENEWED)
    assert (row.by_silence, row.document) == (False, "地字 2026-7")
