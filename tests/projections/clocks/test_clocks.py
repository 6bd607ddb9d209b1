"""The clocks view: its rows say on any later day what the law says then, however they came about."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import given

from domain.law.calendar.calendar import Notice
from domain.law.licensing.clock import Level, State
from domain.messages import Entry
from domain.project.application.correction import EntryAmended
from domain.project.application.forwarding import ForwardedItemReceived, ItemForwarded
from domain.project.application.submission import ItemSubmitted
from domain.project.application.suspension import ClockSuspended
from infrastructure.law.lawbook import law_book
from projections.clocks.fold import BASIS, CLOCKS, Clocks
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.clocks.rows import ClockRow, reading_in
from projections.law.shipped import shipped_law
from projections.view import CORRECTIONS, Rows, changes, fold, take
from tests.examples import LAW, REGISTERED, accepted, completed, submitted
from tests.histories import World, worlds
from tests.law.questions import at
from tests.projections.clocks.test_law_events import SPECIAL, entries_of
from tests.projections.test_changes import written
from tests.spec import NOW, PROJECT

VIEW = Clocks(shipped_law)


def rows_of(entries: list[Entry], view: Clocks = VIEW) -> Rows:
    """What the view holds of one project."""
    folded = fold([view], PROJECT, entries)
    return view.rows(folded.states[view.name], folded.project)


def clocks_of(entries: list[Entry], view: Clocks = VIEW) -> dict[str, ClockRow]:
    """The rows of the project's clocks, by name; of several applications the last."""
    return {row.clock: row for row in (ClockRow(*values) for values in rows_of(entries, view)["clock"])}


def live(entries: list[Entry], t: datetime) -> dict[tuple[str, int, str], Reading]:
    """The clocks at *t* as they follow from the rows alone."""
    rows = [ClockRow(*values) for values in rows_of(entries)["clock"]]
    readings = (reading_in(row, shipped_law(), t, max(t, NOW)) for row in rows)
    return {(reading.item, reading.application, reading.clock): reading for reading in readings if reading is not None}


def exact(entries: list[Entry], t: datetime, known: datetime) -> dict[tuple[str, int, str], Reading]:
    """The clocks at *t* as the law reads them from the entries."""
    judged = (read(history, shipped_law(), t, known) for history in item_histories(entries, known).values())
    return {
        (reading.item, reading.application, reading.clock): reading
        for item in judged
        if item
        for reading in item.clocks
    }


@given(worlds())
def test_rows_made_step_by_step_are_those_made_at_once(world: World) -> None:
    folded = fold([VIEW], PROJECT, [])
    for entry in world.entries:
        if isinstance(entry.fact, CORRECTIONS):
            folded = fold([VIEW], PROJECT, world.entries[: entry.version])  # as the projector does
        else:
            take([VIEW], folded, [entry])
        changes(VIEW, folded)

    whole = fold([VIEW], PROJECT, world.entries)
    changes(VIEW, whole)
    assert written(folded) == written(whole)


def test_columns_are_the_fields_of_a_row() -> None:
    assert tuple(name for name, _ in CLOCKS.columns) == ClockRow.__struct_fields__


def test_a_row_holds_instants_and_no_verdict() -> None:
    row = clocks_of(entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", accepted())))["decision"]

    assert (row.state, row.over_state, row.level, row.over_level) == ("running", "overdue", "green", "red")
    assert (row.yellow_at, row.over_at) == (at("03-26 00:00"), at("04-01 00:00"))
    assert (row.department, row.mode, row.node, row.due_on) == ("land", "single", "decision", date(2026, 3, 31))


def test_what_silence_will_start_is_there_beforehand_and_not_yet_shown() -> None:
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()))

    assert clocks_of(entries)["decision"].exists_at == at("03-10 00:00")
    assert {key[2] for key in live(entries, at("03-09"))} == {"intake#1"}
    after = live(entries, at("03-10"))
    assert {key[2] for key in after} == {"intake#1", "decision", "commitment"}
    assert after["land", 1, "intake#1"].state is State.LAPSED


def test_a_review_that_ended_inside_the_round_is_not_shown_before_silence_starts_it() -> None:
    """Forwarded without an acceptance: the round may still be answered, and then there was no review (B5.2)."""
    forwarded = ItemForwarded(item="discharge", upper="province")
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted("discharge")), ("03-05", forwarded))

    review = clocks_of(entries)["lower_review"]

    assert (review.closed, review.exists_at) == (True, at("03-10 00:00"))
    assert {key[2] for key in live(entries, at("03-09"))} == {"intake#1"}
    assert live(entries, at("03-10"))["discharge", 1, "lower_review"].state is State.MET


def test_a_suspended_clock_has_no_due_date() -> None:
    testing = ClockSuspended(item="land", suspension="s1", ground="testing", article="", stops=("decision",))
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", accepted()), ("03-05", testing))
    row = clocks_of(entries)["decision"]

    assert (row.due_on, row.over_at, row.level) == (None, None, "paused")
    reading = live(entries, at("03-20"))["land", 1, "decision"]
    assert (reading.level, reading.earliest_due_on) == (Level.PAUSED, date(2026, 4, 16))


def test_silence_of_an_outside_department_is_unconfirmed() -> None:
    row = clocks_of(entries_of(("03-02", REGISTERED), ("03-02", submitted("tax"))))["intake#1"]

    assert (row.live, row.over_state, row.over_level) == (False, "unconfirmed", "yellow")
    assert "decision" not in clocks_of(entries_of(("03-02", REGISTERED), ("03-02", submitted("tax"))))


def test_the_decision_belongs_to_the_level_that_decides() -> None:
    rows = clocks_of(
        entries_of(
            ("03-02", REGISTERED),
            ("03-02", submitted("discharge")),
            ("03-03", accepted("discharge")),
            ("03-04", ItemForwarded(item="discharge", upper="province")),
            ("03-06", ForwardedItemReceived(item="discharge")),
        )
    )

    assert [(rows[clock].department, rows[clock].closed) for clock in ("lower_review", "decision")] == [
        ("water", True),
        ("province", False),
    ]


def test_the_basis_says_since_when_the_rows_are_right() -> None:
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", accepted()), recorded={3: "03-05"})
    ((project, happened_at, recorded_at, counted),) = rows_of(entries)[BASIS.name]

    assert (project, happened_at, recorded_at) == (PROJECT, at("03-03"), at("03-05"))
    assert counted == f"{LAW.name}={law_book().calendar(LAW, date.max).version}"


def test_a_correction_alone_makes_the_basis_later() -> None:
    amended = EntryAmended(version=3, item="land", new_occurred_at=at("03-04"), reasons="a slip")
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-05", accepted()), ("03-20", amended))

    ((_, happened_at, recorded_at, _),) = rows_of(entries)[BASIS.name]

    assert (happened_at, recorded_at) == (at("03-04"), at("03-20"))
    assert clocks_of(entries)["decision"].start_on == date(2026, 3, 4)


def test_other_laws_are_counted_by_the_general_clock() -> None:
    law = f"{LAW.name}/construction_permit"
    entries = entries_of(("03-02", SPECIAL), ("03-02", ItemSubmitted(item="land", law=law)))
    row = clocks_of(entries)["decision"]

    assert (row.law, row.closed, row.over_state) == (law, False, "overdue")
    assert row.over_at is not None
    assert reading_in(row, shipped_law(), at("03-05"), at("03-05")) is None


def test_a_further_notice_makes_it_another_view_with_other_rows() -> None:
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", accepted()))
    further = law_book().with_notices({"CN": (Notice("typhoon", date(2026, 3, 20), days={date(2026, 3, 30): 0}),)})
    view = VIEW.under(lambda: further)

    assert view.version != VIEW.version == VIEW.under(law_book).version
    assert clocks_of(entries)["decision"].over_at == at("04-01 00:00")
    assert clocks_of(entries, view)["decision"].over_at == at("04-02 00:00")
    ((_, _, _, counted),) = rows_of(entries, view)[BASIS.name]
    assert "typhoon" in counted


def test_rows_that_nothing_touched_are_the_same_objects() -> None:
    entries = entries_of(
        ("03-02", REGISTERED), ("03-02", submitted()), ("03-02", submitted("tax")), ("03-05", accepted())
    )
    folded = fold([VIEW], PROJECT, entries[:3])
    before = {row[:4]: row for row in VIEW.rows(folded.states["clocks"], folded.project)["clock"]}

    take([VIEW], folded, entries[3:])
    after = {row[:4]: row for row in VIEW.rows(folded.states["clocks"], folded.project)["clock"]}

    same = {key[1:] for key, row in after.items() if before.get(key) is row}
    assert same == {("tax", 1, "intake#1")}


def test_decided_items_leave_closed_clocks() -> None:
    entries = entries_of(("03-02", REGISTERED), ("03-02", submitted()), ("03-03", accepted()), ("04-02", completed()))
    rows = clocks_of(entries)

    assert {name: (row.closed, row.state, row.level) for name, row in rows.items()} == {
        "intake#1": (True, "met", "none"),
        "decision": (True, "late", "red"),
        "commitment": (True, "late", "red"),
        "delivery": (False, "running", "green"),
    }
