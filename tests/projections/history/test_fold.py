"""A history is what a fold of the ledger shows at every instant, as known at every other, however it was made."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.core.types import Mode
from domain.messages import Entry
from domain.project.application.acceptance import AcceptItem
from domain.project.application.announcement import PROVISO, AnnounceDate
from domain.project.application.correction import RetractEntry
from domain.project.application.forwarding import ForwardItem
from domain.project.application.procedure import ChangeMode
from domain.project.application.submission import SubmitItem
from projections.as_of import Past
from projections.clocks.fold import CLOCKS
from projections.clocks.history import ClockHistory
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from projections.clocks.rows import ClockRow, reading_in
from projections.histories import HISTORIES
from projections.history.fold import History
from projections.history.versions import STILL, history_name
from projections.information.query import _settled_by
from projections.law.shipped import shipped_law
from projections.sums import ZONE
from projections.view import Change, Row, Table, fold, fold_at
from tests.effort import tried
from tests.examples import APPLICANT, LAND, MANAGER, WATER
from tests.histories import REGISTER, World, worlds
from tests.spec import PROJECT

BEGIN = datetime.fromisoformat("2026-03-10T09:00:00+08:00")
pauses = st.lists(st.sampled_from([0, 0, 1, 24, 24, 72]), min_size=60, max_size=60)  # hours between two recordings
lates = st.sets(st.integers(0, 59), max_size=8)  # keyed in after they occurred, or before
cuts = st.sets(st.integers(1, 59), max_size=12)  # where a batch ends
EXAMPLES = settings(max_examples=tried(8))  # of each history; there are nine
OF_ROWS = [history for history in HISTORIES if not isinstance(history, ClockHistory)]
information = _settled_by(ZONE)
Stored = dict[str, dict[Row, Row]]


def recorded_in(entries: list[Entry], hours: list[int], late: set[int]) -> list[Entry]:
    """The *entries* as they were recorded one after the other, so many *hours* apart; all but those *late* at once."""
    at, recorded = BEGIN, []
    for nth, entry in enumerate(entries):
        at += timedelta(hours=hours[nth % len(hours)])
        occurred_at = entry.occurred_at if nth in late else at
        recorded.append(structs.replace(entry, occurred_at=occurred_at, recorded_at=at, position=nth + 1))
    return recorded


def instants_of(entries: list[Entry]) -> list[datetime]:
    """The instants at which anything changes, and some in between."""
    instants = sorted({at for entry in entries for at in (entry.occurred_at, entry.recorded_at)})
    return [*instants, *(before + (after - before) / 2 for before, after in pairwise(instants)), STILL]


def rows_by_ledger(history: History, entries: list[Entry], t: datetime, known: datetime) -> dict[str, list[Row]]:
    """The view's rows at *t* as known at *known*, folded as an entry counts in the view."""
    if history.known_alone:
        folded = fold([history.view], PROJECT, [entry for entry in entries if entry.recorded_at <= known])
    elif history.view.name == "information":
        folded = information(PROJECT, entries, Past(t, known))
    else:
        folded = fold_at([history.view], PROJECT, entries, t, known)
    rows = history.view.rows(folded.states[history.view.name], folded.project) if folded.project.version else {}
    return {table.name: sorted(rows.get(table.name, ()), key=repr) for table in history.bases}


def rows_of(history: History, table: Table, stored: list[Row], axis: str, at: datetime) -> list[Row]:
    """The rows of *table* that its *stored* versions have at an instant of an axis."""
    names = [name for name, _ in next(t for t in history.tables if t.name == history_name(table)).columns]
    begins, ends = names.index(f"{axis}_from"), names.index(f"{axis}_until")
    there = (row for row in stored if row[begins] <= at < row[ends])
    return sorted(((*row[: table.key], *row[table.key + 2 : -2]) for row in there), key=repr)


def readings_of(history: ClockHistory, stored: list[Row], t: datetime, known: datetime) -> list[Reading]:
    """The clocks at *t* as known at *known*, read from the *stored* versions of their rows."""
    axis, at = "valid" if t < known else "known", min(t, known)
    rows = (ClockRow(*row) for row in rows_of(history, CLOCKS, stored, axis, at))
    return [reading for row in rows if (reading := reading_in(row, shipped_law(), t, known))]


def readings_by_ledger(entries: list[Entry], t: datetime, known: datetime) -> list[Reading]:
    """The same clocks, read from the entries."""
    items = (read(each, shipped_law(), t, known) for each in item_histories(entries, known).values())
    return [reading for item in items if item for reading in item.clocks]


def is_stale(delays: list[Row], t: datetime, known: datetime) -> bool:
    """Whether the project has to be read from the ledger: as in the queries of `moment_of`."""
    if t < known:
        return any(recorded > known and begin <= t for _, _, recorded, begin, _ in delays)
    return any(recorded <= known < end and begin <= t for _, _, recorded, begin, end in delays)


@pytest.mark.parametrize("history", OF_ROWS, ids=lambda history: history.name)
@EXAMPLES
@given(world=worlds(), hours=pauses, late=lates, data=st.data())
def test_a_history_shows_what_a_fold_of_the_ledger_shows(
    history: History, world: World, hours: list[int], late: set[int], data: st.DataObject
) -> None:
    entries = recorded_in(world.entries, hours, late)
    whole = history.whole(PROJECT, entries)
    instants = st.sampled_from([at for at in instants_of(entries) if at < STILL])

    for _ in range(6):
        t = data.draw(instants)
        known = t if history.known_alone else data.draw(st.one_of(st.just(t), instants))
        if is_stale(whole[history.delays.name], t, known):
            continue
        axis, by_ledger = "valid" if t < known else "known", rows_by_ledger(history, entries, t, known)
        for table in history.bases:
            shown = rows_of(history, table, whole[history_name(table)], axis, min(t, known))
            assert shown == by_ledger[table.name], (t, known)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
@EXAMPLES
@given(world=worlds(), hours=pauses, late=lates, cuts=cuts)
def test_a_history_that_is_appended_to_is_the_one_that_is_folded_whole(
    history: History, world: World, hours: list[int], late: set[int], cuts: set[int]
) -> None:
    entries = recorded_in(world.entries, hours, late)
    stored: Stored = {table.name: {} for table in history.tables}
    state, before = history.end(PROJECT, []), 0
    for end in [*sorted(cut for cut in cuts if cut < len(entries)), len(entries)]:
        batch, before = entries[before:end], end
        changes = history.append(state, batch)
        if changes is None:
            state = history.end(PROJECT, entries[:end])
            rows = history.whole(PROJECT, entries[:end])
            changes = {name: Change(of_table, rewritten=[PROJECT]) for name, of_table in rows.items()}
        for table in history.tables:
            write(stored[table.name], table, changes[table.name])

    whole = history.whole(PROJECT, entries)
    assert {name: sorted(rows.values(), key=repr) for name, rows in stored.items()} == {
        name: sorted(rows, key=repr) for name, rows in whole.items()
    }


@given(world=worlds(), hours=pauses, late=lates, data=st.data())
def test_clocks_read_from_their_history_are_those_read_from_the_ledger(
    world: World, hours: list[int], late: set[int], data: st.DataObject
) -> None:
    entries = recorded_in(world.entries, hours, late)
    (history,) = (history for history in HISTORIES if isinstance(history, ClockHistory))
    whole = history.whole(PROJECT, entries)
    instants = st.sampled_from([at for at in instants_of(entries) if at < STILL])

    for _ in range(6):
        t = data.draw(instants)
        known = data.draw(st.one_of(st.just(t), instants))
        if is_stale(whole[history.delays.name], t, known):
            continue
        shown = readings_of(history, whole["clock_history"], t, known)
        assert sorted(shown, key=repr) == sorted(readings_by_ledger(entries, t, known), key=repr), (t, known)


def test_terms_that_were_retracted_and_set_again_are_read_from_the_ledger_as_known_in_between() -> None:
    """By what was known after the retraction, the application was in the mode that it was planned for."""
    world = World()
    joint = ChangeMode(item="land", mode=Mode.JOINT, reasons="because")
    retract = RetractEntry(version=3, reasons="because")
    steps = ((REGISTER, MANAGER), (SubmitItem(item="land"), APPLICANT), (joint, LAND), (retract, LAND), (joint, LAND))
    assert all(world.ask(command, by) for command, by in steps)
    entries = recorded_in(world.entries, [1], set())
    (history,) = (history for history in HISTORIES if isinstance(history, ClockHistory))
    whole = history.whole(PROJECT, entries)
    t, known = entries[1].occurred_at, entries[3].recorded_at

    rows = rows_of(history, CLOCKS, whole["clock_history"], "valid", t)

    assert {ClockRow(*row).mode for row in rows} == {Mode.JOINT}, "as is now known"
    assert {reading.mode for reading in readings_by_ledger(entries, t, known)} == {Mode.SINGLE}, "as was known then"
    assert is_stale(whole["clocks_delay"], t, known)


def test_a_review_whose_acceptance_was_retracted_is_read_only_once_silence_has_accepted() -> None:
    """What the lower level did counts, but there is no review before the round's last day is over (B5.2)."""
    world = World()
    steps = (
        (REGISTER, MANAGER),
        (SubmitItem(item="discharge"), APPLICANT),
        (AcceptItem(item="discharge"), WATER),
        (ForwardItem(item="discharge", upper="province"), WATER),
        (RetractEntry(version=3, reasons="because"), WATER),
    )
    assert all(world.ask(command, by) for command, by in steps)
    entries = recorded_in(world.entries, [1], set())
    (history,) = (history for history in HISTORIES if isinstance(history, ClockHistory))
    stored = history.whole(PROJECT, entries)["clock_history"]
    retracted = entries[-1].recorded_at

    for t, names in ((retracted, {"intake#1"}), (retracted + timedelta(days=9), {"intake#1", "lower_review"})):
        shown = readings_of(history, stored, t, t)
        assert {reading.clock for reading in shown} == names
        assert shown == readings_by_ledger(entries, t, t)


def test_a_date_is_announced_from_the_instant_given_for_it_also_where_that_was_recorded_before() -> None:
    """Another system's entries keep its clock, which may be late by hours."""
    world = World()
    announced = AnnounceDate(item="land", announced_on=date(2026, 12, 1), wording=PROVISO)
    steps = ((REGISTER, MANAGER), (SubmitItem(item="land"), APPLICANT), (AcceptItem(item="land"), LAND))
    assert all(world.ask(command, by) for command, by in (*steps, (announced, LAND)))
    entries = recorded_in(world.entries, [1], set())
    recorded, later = entries[-1].recorded_at, entries[-1].recorded_at + timedelta(hours=3)
    entries[-1] = structs.replace(entries[-1], occurred_at=later)
    (history,) = (history for history in HISTORIES if isinstance(history, ClockHistory))
    stored = history.whole(PROJECT, entries)["clock_history"]

    for t, day in ((recorded, None), (later, announced.announced_on)):
        shown = readings_of(history, stored, t, t)
        assert {reading.announced_on for reading in shown if reading.clock == "decision"} == {day}
        assert sorted(shown, key=repr) == sorted(readings_by_ledger(entries, t, t), key=repr)


def write(rows: dict[Row, Row], table: Table, change: Change) -> None:
    """Change *rows* of *table* as the statements of `infrastructure.projector.tables` do."""
    if change.rewritten:
        rows.clear()
    for *key, known_until, valid_until in change.closes:
        lasting = [at for at, row in rows.items() if [*row[: len(key)]] == key and row[-2] == STILL > row[len(key)]]
        assert len(lasting) == 1, "one version of a row lasts"
        rows[lasting[0]] = (*rows[lasting[0]][:-2], known_until, valid_until)
    for row in change.inserts:
        assert row[: table.key] not in rows
        rows[row[: table.key]] = row
