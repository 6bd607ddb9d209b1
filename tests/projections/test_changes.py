"""What a view writes entry by entry adds up to the rows of the whole: nothing is missing, left or added twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from domain.messages import Entry
from projections.registry import VIEWS
from projections.view import REFOLDED, Change, Folded, Row, Table, View, changes, fold, summed_up, take
from tests.effort import tried
from tests.histories import World, worlds
from tests.projections.test_following import STORIES_ENTRIES


class WrittenTable:
    """The rows of one table in memory: each key once, and only rows that are there are replaced or deleted."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows: dict[Row, Row] = {}
        self.sums: Counter[Row] = Counter()

    def write(self, change: Change) -> None:
        if self.table.summed:
            for row in change.inserts:
                self.sums[row[:-1]] += row[-1]
            for row in change.subtracted:
                self.sums[row[:-1]] -= row[-1]
            return
        for key in change.deletes:
            del self.rows[key]
        for row in change.inserts:
            assert row[: self.table.key] not in self.rows
            self.rows[row[: self.table.key]] = row
        for row in change.updates:
            assert self.rows[row[: self.table.key]] != row
            self.rows[row[: self.table.key]] = row

    def require(self, rows: Sequence[Row]) -> None:
        if self.table.summed:
            assert {key: n for key, n in self.sums.items() if n} == {row[:-1]: row[-1] for row in rows if row[-1]}
        else:
            assert list(map(repr, sorted(self.rows.values(), key=repr))) == sorted(map(repr, rows))


def written(folded: Folded) -> dict[str, list[str]]:
    """What was written of the project of *folded*, by table, in no order."""
    tables = {**folded.written.rows, **folded.written.sums}
    return {name: sorted(map(repr, rows)) for name, rows in tables.items() if rows}


def next_folded(view: View[Any], folded: Folded, entries: Sequence[Entry]) -> Folded:
    """The state after the last of *entries*, as the projector has it: folded again where that corrects others."""
    if not isinstance(entries[-1].fact, REFOLDED):
        take([view], folded, entries[-1:])
        return folded
    again = fold([view], entries[0].stream, entries)
    again.written = folded.written
    return again


def require_written(view: View[Any], story: Sequence[Entry]) -> None:
    """What *view* writes after each entry of *story* adds up to the rows of a fold of all entries so far."""
    tables = {table.name: WrittenTable(table) for table in view.tables}
    folded = fold([view], story[0].stream, story[:1])
    for end in range(1, len(story) + 1):
        if end > 1:
            folded = next_folded(view, folded, story[:end])
        for name, change in changes(view, folded).items():
            tables[name].write(change)
        if view.name in folded.states:
            whole = fold([view], story[0].stream, story[:end])
            rows = view.rows(whole.states[view.name], whole.project)
            for name, table in tables.items():
                table.require(rows.get(name, ()))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_what_is_written_entry_by_entry_is_what_a_fold_of_all_shows(view: View[Any]) -> None:
    for story in STORIES_ENTRIES:
        require_written(view, story)


@settings(max_examples=tried(3))
@given(worlds())
def test_so_it_is_with_any_history_and_its_corrections(world: World) -> None:
    for view in VIEWS:
        require_written(view, world.entries)


def test_sums_of_a_batch_are_added_up_before_they_are_written() -> None:
    parts = [
        Change([("a", 1, 2), ("b", 1, -1)]),
        Change([("b", 1, 1), ("a", 2, 1)]),
        Change([("a", 1, 2)], subtracted=[("a", 1, 1)]),
    ]
    assert summed_up(parts).inserts == [("a", 1, 3), ("a", 2, 1)]
    assert summed_up([Change([("a", 1)]), Change([("a", -1)])]).is_empty
    assert summed_up([Change([("a", 1)]), Change([], subtracted=[("a", 1)])]).is_empty
