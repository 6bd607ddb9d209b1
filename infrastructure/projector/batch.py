"""A batch: what some entries of the ledger change in the tables of some views. One transaction writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from msgspec import Struct, structs

from domain.messages import Entry
from domain.streams import CALENDAR
from infrastructure.projector.fold_cache import FoldCache
from infrastructure.projector.tables import Lines, settle, stage
from projections.view import Change, Folded, View, changes

VIEWS_CHANNEL = "countersign_views"


class ViewBatch(Struct, frozen=True):
    """What so many *entries* up to position *last* change in the tables of *views*, ready to be written.

    It is *of_law* where one of them may change the law by which views count.
    """

    views: list[View[Any]]
    entries: int
    last: int
    lines: list[Lines]
    of_law: bool

    def mended(self) -> ViewBatch:
        """The same, whatever stands in the tables: also where a row that would be new is there already."""
        return structs.replace(self, lines=[lines.mending() for lines in self.lines])


def folded(
    connection: psycopg.Connection[Any],
    kept: FoldCache,
    views: list[View[Any]],
    histories: Sequence[list[Entry]],
    seq: int,
    last: int,
    few_max: int,
) -> ViewBatch:
    """What *histories*, of entries after position *seq* and up to *last*, change in the tables of *views*.

    Up to *few_max* rows of a table are written without COPY.
    """
    touched = kept.after(connection, views, histories, seq)
    of_law = CALENDAR in kept.kinds  # a notice may have been applied
    return ViewBatch(views, sum(map(len, histories)), last, list(_lines_of(views, touched, few_max)), of_law)


def write(connection: psycopg.Connection[Any], batch: ViewBatch) -> None:
    """Write *batch*: its rows and its position, or nothing of it."""
    with connection.transaction():
        for lines in batch.lines:
            stage(connection, lines)
        with connection.pipeline():
            for lines in batch.lines:
                settle(connection, lines)
            connection.execute(
                "UPDATE views.position SET seq = %s, error = NULL, error_at = NULL WHERE view = ANY(%s)",
                [batch.last, [view.name for view in batch.views]],
            )
            connection.execute("SELECT pg_notify(%s, %s)", [VIEWS_CHANNEL, str(batch.last)])


def _lines_of(views: Sequence[View[Any]], touched: Sequence[Folded], few_max: int) -> Iterator[Lines]:
    """What is to be written to each table: the changes of all projects in one."""
    for view in views:
        parts = [changes(view, folded) for folded in touched]
        for table in view.tables:
            found = [part[table.name] for part in parts if table.name in part]
            if found:
                yield Lines.of(table, Change.of(found), few_max)
