"""What settled complaints and evaluations counted in at any instant: figures of a past day read no single one of them.

Time alone changes nothing about a settled one. The calendar does, so that this history is made again after a notice, as
that of clocks; the history of complaints and evaluations themselves, which holds instants alone, is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg.sql import SQL, Composed

from domain.law.estimate import counted_days
from domain.law.licensing.forecast import DISTANT
from domain.project.state.project import Project
from projections.feedback.fold import FOLD_VERSION, Feedback, FeedbackState
from projections.feedback.summary import FeedbackCounts
from projections.feedback.sums import add_figures, given_at
from projections.history.fold import History
from projections.history.moment import PastMoment
from projections.reader import Laws
from projections.snapshots import Cursor
from projections.view import Row, Rows, Table

SETTLED = Table(
    "settled_voice",
    (
        ("project", "uuid"),
        ("kind", "text"),  # the table: complaint or evaluation
        ("voice", "text"),  # the id
        ("register", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("item", "text NOT NULL"),
        ("figures", "text NOT NULL"),  # in which it counts, a line each
        ("counted_by", "text NOT NULL"),  # the calendar; empty where no clock was counted
        ("given_at", "timestamptz NOT NULL"),
    ),
    key=3,
)
READ: LiteralString = "known_from, known_until, valid_from, valid_until, department, item, figures, counted_by, project"
INDEX: LiteralString = f"(given_at) INCLUDE ({READ})"
COUNTED = """
    SELECT v.department, v.item, v.figures, v.counted_by, min(v.given_at), count(*) FROM {settled} AS v
    WHERE {conditions} GROUP BY v.department, v.item, v.figures, v.counted_by
"""
LAWS_CACHED_MAX = 8
AGREEMENTS_CACHED_MAX = 256  # of calendars, by law and days


class SettledFeedback(Feedback):
    """The fold whose rows are what the settled ones count in; its version has the notices that they are counted by."""

    versions: tuple[int, ...] = (FOLD_VERSION,)

    def under(self, laws: Callable[[], Laws]) -> SettledFeedback:
        """The same, counting by other *laws*."""
        return SettledFeedback(laws)

    def rows(self, state: FeedbackState, project: Project) -> Rows:
        """The rows of the one table."""
        rows: list[Row] = [
            (project.id, *key, project.register, *contribution[1:], given_at(row))
            for key, row, contribution in self._settled(state)
        ]
        return {SETTLED.name: rows}


class SettledHistory(History):
    """The versions of what they count in."""

    def __init__(self, feedback: SettledFeedback) -> None:
        feedback.name = "settled_voices"
        super().__init__(feedback, (SETTLED,), {SETTLED.name: (INDEX,)})
        self._feedback = feedback

    def under(self, laws: Callable[[], Laws]) -> SettledHistory:
        """The same history, counted by other *laws*: its version differs."""
        return SettledHistory(self._feedback.under(laws))


@lru_cache(maxsize=LAWS_CACHED_MAX)
def settled_history(laws: Laws) -> SettledHistory:
    """The history counted by *laws*; of another version where they hold other notices."""
    return SettledHistory(SettledFeedback(lambda: laws))


async def settled_counts(
    cursor: Cursor,
    moment: PastMoment,
    known: datetime,
    conditions: SQL | Composed,
    params: Mapping[str, Any],
    laws: Laws,
) -> FeedbackCounts | None:
    """What those that were settled at *moment* count in; None where the calendar known at *known* has other days.

    *conditions* are on `v`, with *params*.
    """
    query = SQL(COUNTED).format(settled=moment.of(SETTLED), conditions=conditions)
    await cursor.execute(query, {**params, **moment.params})
    counts: FeedbackCounts = Counter()
    for department, item, figures, calendar, first, number in await cursor.fetchall():
        if calendar and not _counts_so(calendar, laws, first, moment.at, known):
            return None
        add_figures(counts, department, item, figures, int(number))
    return counts


def _counts_so(calendar: str, laws: Laws, first: datetime, t: datetime, known: datetime) -> bool:
    """Whether the newest calendar of a law and the one known then have the same days from *first* until *t*.

    By then all clocks of what was settled had ended, so that no later day counts.
    """
    law = calendar.partition("=")[0]
    zone = ZoneInfo(laws.pack(law).zone)
    day, last, known_on = (at.astimezone(zone).date() for at in (first, t, known))
    return _agree(laws, law, date(day.year, 1, 1), last, known_on)


@lru_cache(maxsize=AGREEMENTS_CACHED_MAX)
def _agree(laws: Laws, law: str, first: date, last: date, known: date) -> bool:
    pack = laws.pack(law)
    newest, earlier = laws.calendar(pack, DISTANT.date()), laws.calendar(pack, known)
    return newest.version == earlier.version or list(counted_days(newest, first, last)) == list(
        counted_days(earlier, first, last)
    )
