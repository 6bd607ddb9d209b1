"""The view of complaints and evaluations: equal however it came about, true of any instant, and silent about some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from api.web.entries import shown as shown_to
from api.web.identity import caller_by_headers
from domain.core.ledger import Actor, Role
from domain.examples.story import story_entries
from domain.law.feedback.clock import FeedbackClock, FeedbackClockState
from domain.messages import FACTS, Entry, tag_of
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.feedback.complaint import ComplaintAnswered, ComplaintClosed, ComplaintFiled, ComplaintWithdrawn
from domain.project.state.feedback import Satisfied
from projections.feedback.complaints import COMPLAINT_COLUMNS, ComplaintRow
from projections.feedback.evaluations import ABOUT_EVALUATIONS, EVALUATION_COLUMNS, EvaluationRow, evaluation_runs
from projections.feedback.fold import STEPS, Feedback, FeedbackRow, FeedbackState
from projections.feedback.reading import article_of, complaint_reading
from projections.feedback.redaction import ABOUT_COMPLAINTS, LEFT_OUT, Complainants, veiled
from projections.law.shipped import shipped_law
from projections.view import CORRECTIONS, Rows, changes, fold, fold_at, take
from tests.examples import LAND, LAW, MANAGER, REGISTERED
from tests.histories import World, worlds
from tests.law.questions import at
from tests.projections.test_changes import written
from tests.spec import NOW, PROJECT, entry

VIEW = Feedback(shipped_law)
LAST = datetime(9999, 1, 1, tzinfo=UTC)
QIN = Actor("qin", "works", Role.APPLICANT)
FILED = ComplaintFiled(complaint="c1", item="land", department="land", about="too slow", by="qin", anonymous=True)


def state_of(entries: list[Entry], t: datetime = LAST, known: datetime = LAST) -> FeedbackState:
    """What the view holds of the project at *t*, as known at *known*."""
    state: FeedbackState = fold_at([VIEW], PROJECT, entries, t, known).states[VIEW.name]
    return state


def rows_of(entries: list[Entry]) -> Rows:
    """What the view holds of the project in the end, by table."""
    folded = fold([VIEW], PROJECT, entries)
    return VIEW.rows(folded.states[VIEW.name], folded.project)


@given(worlds())
def test_rows_made_step_by_step_are_those_made_at_once(world: World) -> None:
    folded = fold([VIEW], PROJECT, [])
    for stored in world.entries:
        if isinstance(stored.fact, CORRECTIONS):
            folded = fold([VIEW], PROJECT, world.entries[: stored.version])  # as the projector does
        else:
            take([VIEW], folded, [stored])
        changes(VIEW, folded)

    whole = fold([VIEW], PROJECT, world.entries)
    changes(VIEW, whole)
    assert written(folded) == written(whole)


@given(worlds())
def test_at_the_end_of_time_everything_has_happened(world: World) -> None:
    state = fold([VIEW], PROJECT, world.entries).states[VIEW.name]
    assert state_of(world.entries) == state


@given(worlds(), st.integers(0, 24 * 14))
def test_an_instant_is_what_the_entries_up_to_it_say(world: World, hours: int) -> None:
    """Corrections left aside, what comes later might as well never have been."""
    entries = [entry for entry in world.entries if not isinstance(entry.fact, CORRECTIONS)]
    t = NOW - timedelta(hours=hours)
    assert state_of(entries, t) == state_of([entry for entry in entries if entry.occurred_at <= t])


def test_columns_are_the_fields_of_the_rows() -> None:
    for columns, row in (
        (COMPLAINT_COLUMNS, ComplaintRow),
        (EVALUATION_COLUMNS, EvaluationRow),
        (STEPS.columns, FeedbackRow),
    ):
        assert tuple(name for name, _ in columns) == row.__struct_fields__


def test_rows_are_as_long_as_there_are_columns() -> None:
    entries = story_entries(LAW)
    states = [rows_of(entries[:number]) for number in range(len(entries) + 1)]  # in the end all is settled
    for table in VIEW.tables:
        assert {len(row) for rows in states for row in rows[table.name]} == {len(table.columns)}


def test_an_amendment_counts_from_when_it_was_recorded() -> None:
    answer = ComplaintAnswered(complaint="c1", item="land", answer="so", upheld=True)
    amended = EntryAmended(version=3, item="land", new_occurred_at=at("03-04 09:00"), reasons="the letter's date")
    entries = [
        entry(1, REGISTERED, at=at("03-02 09:00")),
        entry(2, FILED, by=QIN, at=at("03-02 10:00")),
        entry(3, answer, by=LAND, at=at("03-12 09:00")),
        entry(4, amended, by=LAND, at=at("03-13 09:00")),
    ]

    def acceptance(t: str, known: str) -> FeedbackClockState:
        row = state_of(entries, at(t), at(known)).complaints["c1"]
        clock: FeedbackClock = complaint_reading(row, shipped_law(), at(t), at(known)).clocks[0]
        return clock.state

    assert acceptance("03-05", "03-05") is FeedbackClockState.RUNNING
    assert acceptance("03-12 12:00", "03-12 12:00") is FeedbackClockState.LATE
    assert acceptance("03-13 12:00", "03-13 12:00") is FeedbackClockState.KEPT
    assert acceptance("03-05", "03-13 12:00") is FeedbackClockState.KEPT


def test_a_complaint_whose_filing_was_retracted_leaves_no_row_and_no_name() -> None:
    closed = ComplaintClosed(complaint="c1", item="land", satisfied=Satisfied.NO, remarks="no")
    retracted = EntryRetracted(version=2, item="land", reasons="a test")
    entries = [entry(1, REGISTERED), entry(2, FILED, by=QIN), entry(3, closed, by=QIN), entry(4, retracted, by=MANAGER)]
    rows = rows_of(entries)

    assert rows["complaint"] == []
    assert [(row[3], row[4], row[10]) for row in rows["voice"]] == [("complaint_closed", "", None)]


def test_every_step_has_a_rule_but_for_taking_back() -> None:
    for tag, fact in FACTS.items():
        about = fact in (*ABOUT_COMPLAINTS, *ABOUT_EVALUATIONS)
        article = article_of(tag, "", at("03-02").date())
        assert bool(article) == (about and fact is not ComplaintWithdrawn), tag
    assert "15个工作日" in article_of(tag_of(ComplaintAnswered), "zone-voices@2020-01-01", at("03-02").date())


def test_a_good_evaluation_has_no_clock() -> None:
    rows = [EvaluationRow(*row) for row in rows_of(story_entries(LAW))["evaluation"]]
    assert {bool(evaluation_runs(row)) for row in rows if not row.bad} <= {False}
    assert all(evaluation_runs(row) for row in rows if row.bad)


@pytest.mark.parametrize(
    ("text", "veiled_text"),
    [
        ("qin says", f"{LEFT_OUT} says"),
        ("QIN.", f"{LEFT_OUT}."),
        ("qing and quin", "qing and quin"),  # another word
        ("由qin提出", f"由{LEFT_OUT}提出"),
        ("office 2 (east)", f"{LEFT_OUT}"),
        ("call 139-1234-5678", f"call {LEFT_OUT}"),
        ("13912345678", LEFT_OUT),
        ("113912345678", "113912345678"),  # no mobile number
        ("11010119900307283X", LEFT_OUT),
        ("a.b+c@mail.example.org!", f"{LEFT_OUT}!"),
        ("GB 12348-2008 on 2026-03-02", "GB 12348-2008 on 2026-03-02"),
        ("", ""),
    ],
)
def test_a_text_is_veiled(text: str, veiled_text: str) -> None:
    assert veiled(text, ("office 2 (east)", "qin")) == veiled_text


@given(worlds(), st.sampled_from(["c1", "s1", "s2"]))
def test_no_row_and_no_shown_entry_names_an_anonymous_complainant(world: World, code: str) -> None:
    """Whatever else happens: every filing of one complaint is made anonymous, and filed by another person."""
    hidden = Actor("xu-hidden", "hidden-works", Role.APPLICANT)
    entries = []
    for stored in world.entries:
        fact = stored.fact
        if isinstance(fact, ComplaintFiled | ComplaintClosed) and fact.complaint == code:
            if isinstance(fact, ComplaintFiled):
                fact = structs.replace(fact, by=hidden.id, anonymous=True, about=f"{hidden.id}: slow")
            stored = structs.replace(stored, fact=fact, recorded=structs.replace(stored.recorded, by=hidden))  # noqa: PLW2901
        entries.append(stored)

    assert "hidden" not in str(rows_of(entries))
    shown = Complainants(entries)
    assert "hidden" not in str([shown(entry, caller_by_headers(LAND)) for entry in entries])


def test_an_anonymous_complainant_of_another_register_stays_hidden() -> None:
    registered, filed = entry(1, REGISTERED, MANAGER), entry(2, FILED, QIN)
    importer = Actor("chen", "", Role.ADMINISTRATOR)
    imported = structs.replace(filed, recorded=structs.replace(filed.recorded, by=importer, on_behalf_of=QIN))
    assert "qin" not in str(rows_of([registered, imported]))
    for reader in (caller_by_headers(LAND), caller_by_headers(importer)):
        assert "qin" not in str(shown_to([registered, imported], reader))
    assert rows_of([registered, imported])["complaint"] == rows_of([registered, filed])["complaint"]
