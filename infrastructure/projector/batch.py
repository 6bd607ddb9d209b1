"""A batch: the changes that some ledger entries make to the tables of some views, written in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import psycopg
from msgspec import Struct, structs

from domain.messages import Entry
from domain.streams import CALENDAR, AggregateKind
from infrastructure.projector.tables import Lines, settle, stage
from infrastructure.tracing.switch import SWITCH
from projections.view import Change, Projected, summed_up

VIEWS_CHANNEL = "countersign_views"


class ChangeCache(Protocol):
    """States between batches: of views, or of histories."""

    kinds: set[AggregateKind | None]  # of the streams in the last batch

    def changes_after(
        self, connection: psycopg.Connection[Any], views: list[Projected], histories: Sequence[list[Entry]], seq: int
    ) -> list[dict[str, Change]]:
        """What *histories*, all entries after position *seq* up to their last, change, by project and table."""

    def clear(self) -> None:
        """Forget all states, as when a batch was not written."""


class ViewBatch(Struct, frozen=True):
    """The changes of *entries* entries up to position *last* to the tables of *views*, ready to be written.

    *of_law*: one of the entries may change the calendar by which views count days.
    """

    views: list[Projected]
    entries: int
    last: int
    lines: list[Lines]
    of_law: bool
    traces: tuple[str, ...] = ()  # that its entries belong to

    def as_upserts(self) -> ViewBatch:
        """The same batch for tables that may already contain its new rows: inserts become upserts."""
        return structs.replace(self, lines=[lines.as_upserts() for lines in self.lines])


def folded(
    connection: psycopg.Connection[Any],
    cache: ChangeCache,
    views: list[Projected],
    histories: Sequence[list[Entry]],
    seq: int,
    last: int,
    few_max: int,
) -> ViewBatch:
    """The batch for *histories*, which are all entries after position *seq* up to *last*.

    Up to *few_max* rows of a table are written without COPY.
    """
    by_project = cache.changes_after(connection, views, histories, seq)
    of_law = CALENDAR in cache.kinds  # a notice may have been applied
    lines = list(_lines_of(views, by_project, few_max))
    return ViewBatch(views, sum(map(len, histories)), last, lines, of_law, _traces(histories))


def write(connection: psycopg.Connection[Any], batch: ViewBatch) -> None:
    """Write the rows and the position of *batch* in one transaction."""
    with _traced(batch), connection.transaction():
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


def _traces(histories: Sequence[list[Entry]]) -> tuple[str, ...]:
    """The traces that the entries of *histories* belong to, where this process traces."""
    return SWITCH.spans.traceparents(histories) if SWITCH.is_on else ()


def _traced(batch: ViewBatch) -> AbstractContextManager[None]:
    """A span of the block in each trace that *batch* belongs to."""
    if not batch.traces:
        return nullcontext()
    attributes = {"views": [view.name for view in batch.views], "entries": batch.entries, "position": batch.last}
    spans: AbstractContextManager[None] = SWITCH.spans.projection_spans(batch.traces, attributes)
    return spans


def _lines_of(views: Sequence[Projected], by_project: Sequence[Mapping[str, Change]], few_max: int) -> Iterator[Lines]:
    """The changes of all projects, merged per table."""
    for view in views:
        for table in view.tables:
            if of_table := [part[table.name] for part in by_project if table.name in part]:
                change = summed_up(of_table) if table.summed else Change.of(of_table)
                if not change.is_empty:
                    yield Lines.of(table, change, few_max)
