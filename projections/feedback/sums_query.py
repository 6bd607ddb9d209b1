"""Reads the sums of settled complaints and evaluations, where they answer for a filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from domain.law.calendar.moment import day_before, midnight
from domain.law.calendar.period import Period
from projections.clocks.fold import counted_by
from projections.feedback.complaints import ComplaintRow
from projections.feedback.evaluations import EvaluationRow
from projections.feedback.summary import FeedbackCounts
from projections.feedback.sums import SUMS, add_figures, contribution_of
from projections.reader import Laws
from projections.scope import Scope
from projections.snapshots import Cursor
from projections.sums import ZONE, day_of, table_of

FEEDBACK = "read:feedback"
COLUMNS_SUMMED = frozenset({"department", "item"})
EVER = Period(date(1900, 1, 1), date(2999, 12, 31))
PART: LiteralString = """
    SELECT v.department, v.item, v.figures, v.counted_by, {sign}v.n AS n FROM {table} AS v
    WHERE v.given_on >= {first} AND v.given_on < {end} AND v.register = %(register)s
      AND (%(department)s = '' OR v.department = %(department)s)
      AND (%(of_department)s::text IS NULL OR v.department = %(of_department)s)
      AND (%(of_item)s::text IS NULL OR v.item = %(of_item)s)
"""
ADDED: LiteralString = """
    SELECT s.department, s.item, s.figures, s.counted_by, sum(s.n) FROM ({}) AS s
    GROUP BY s.department, s.item, s.figures, s.counted_by HAVING sum(s.n) <> 0
"""


class SummedFeedback(Struct, frozen=True):
    """Which sums are added up: of the *scope*, of whole local days, and of *equal* departments and items."""

    scope: Scope
    period: Period
    equal: Mapping[str, Any]

    @classmethod
    def of(
        cls, scope: Scope | None, equal: Mapping[str, Any], first: datetime | None, end: datetime | None
    ) -> SummedFeedback | None:
        """The sums for a filter from *first* until before *end*; None where they can't answer.

        That is so for readers of single projects, for other columns than department and item, and for other days than
        those of the zone.
        """
        whole_days = all(at is None or at == midnight(day_of(at), ZONE) for at in (first, end))
        if scope is None or not whole_days or not COLUMNS_SUMMED.issuperset(equal):
            return None
        if scope.department_of(FEEDBACK) is None:
            return None
        begin = day_of(first) if first else EVER.first
        return cls(scope, Period(begin, day_before(day_of(end)) if end else EVER.last), equal)

    async def read(self, cursor: Cursor, laws: Laws, known: datetime) -> FeedbackCounts | None:
        """The counts of all settled feedback; None where some of it is not counted by the calendar known at *known*."""
        await cursor.execute(self._query(), self._params)
        return counts_by(await cursor.fetchall(), laws, known)

    def _query(self) -> Composed:
        terms = list[Composed]()
        for part in self.period.parts():
            table = Identifier("views", table_of(SUMS, part.span))
            for sign, spans in ((SQL(""), part.more), (SQL("-"), part.less)):
                terms += [SQL(PART).format(sign=sign, table=table, first=first, end=end) for first, end in spans]
        return SQL(ADDED).format(SQL(" UNION ALL ").join(terms))

    @property
    def _params(self) -> dict[str, object]:
        return {
            "register": self.scope.register,
            "department": self.scope.department_of(FEEDBACK),
            "of_department": self.equal.get("department"),
            "of_item": self.equal.get("item"),
        }


def settled_figures(rows: Iterable[ComplaintRow | EvaluationRow], laws: Laws) -> FeedbackCounts:
    """What *rows* of the view contribute to the sums."""
    counts: FeedbackCounts = Counter()
    for row in rows:
        if contribution := contribution_of(row, laws):
            _, department, item, figures, _ = contribution
            add_figures(counts, department, item, figures)
    return counts


def counts_by(rows: Sequence[tuple[Any, ...]], laws: Laws, known: datetime) -> FeedbackCounts | None:
    """The counts in *rows* of department, item, figures, calendar and number.

    None where some are not counted by the calendar known at *known*.
    """
    if not all(counts_so(calendar, laws, known) for calendar in {row[3] for row in rows}):
        return None
    counts: FeedbackCounts = Counter()
    for department, item, figures, _, number in rows:
        add_figures(counts, department, item, figures, int(number))
    return counts


def counts_so(calendar: str, laws: Laws, known: datetime) -> bool:
    """Whether *calendar*, as the sums name it, is the one known at *known*."""
    if not calendar:
        return True
    law = calendar.partition("=")[0]
    return calendar == counted_by(law, laws, known.astimezone(ZoneInfo(laws.pack(law).zone)).date())
