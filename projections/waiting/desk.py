"""What is on a department's desk today, over all of its waits and clocks: grouped and counted by the database.

What waits is grouped by the clock that is over first. The rules are those of `api.worklist.rows.grouped`, which makes
the rows of what is shown, and all of them as of a past day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct, structs
from psycopg.sql import SQL, Composed

from domain.law.licensing.countersign import COUNTERSIGN
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.list import CLOCKS, ENDS, ClockEnd, ClockFilter, ClockSource, matching
from projections.clocks.list import ORDER as CLOCK_ORDER
from projections.clocks.query import ClocksAt
from projections.snapshots import Cursor
from projections.waiting.query import (
    CASES,
    ORDER,
    VIEWS,
    BriefWaiting,
    WaitingFilter,
    cases_as_json,
    waits_of_now,
)

# What is measured by one clock of its own; all else by the application's: intake, decision, promise.
CLOCK_OF = {WaitKind.DELIVERY.value: "delivery", WaitKind.CHECK.value: "post_check"}
OPINION, OF_OPINION = WaitKind.COUNTERSIGNATURE.value, f"{COUNTERSIGN.name}:"  # a wait, and how its clock begins
OF_APPLICANT = (WaitKind.PAPERS.value, WaitKind.SUSPENSION.value)
TODAY, WEEK, LATER, OPINIONS, APPLICANT, OTHERS = "today", "week", "later", "opinions", "applicant", "others"
GROUPS_OF_ROWS = (TODAY, WEEK, LATER, OPINIONS, APPLICANT, OTHERS)
TO_DO = (TODAY, WEEK, LATER, OPINIONS)

NEVER = 1 << 60  # in place of the instant, where a clock may not end: after the year 9999
KINDS = {
    "opinion": SQL("{}").format(OPINION),
    "held_by_applicant": SQL("{}").format(HeldBy.APPLICANT.value),
    **{kind: SQL("{}").format(kind) for kind in (*CLOCK_OF, *OF_APPLICANT)},
}
NAMES = {
    **KINDS,
    **{name: SQL("{}").format(name) for name in GROUPS_OF_ROWS},
    "of_opinion": SQL("{}").format(OF_OPINION),
    "behind_prefix": SQL("{}").format(len(OF_OPINION) + 1),
    "never": SQL("{}::bigint").format(NEVER),
    **{f"clock_of_{kind}": SQL("{}").format(clock) for kind, clock in CLOCK_OF.items()},
}
# Traits of waits as bits, which are put together by application. 1, 2 and 4: the clock of the application, of its
# delivery or of its check measures what the department has to do; 8: it has to do something; 16: not only to give its
# opinion. 64, 128 and 256 are the same clocks of what others hold; 32: not all of that is the applicant's.
TRAITS_HELD = SQL("CASE w.kind WHEN {opinion} THEN 9 WHEN {delivery} THEN 26 WHEN {check} THEN 28 ELSE 25 END").format(
    **KINDS
)
TRAITS_OWN = SQL(
    "CASE w.kind WHEN {delivery} THEN 160 WHEN {check} THEN 288"
    " ELSE CASE WHEN w.held_by = {held_by_applicant} AND w.kind IN ({papers}, {suspension}) THEN 64 ELSE 96 END END"
).format(**KINDS)
# The number of a clock is the instant at which it is over, in microseconds, with the group of its last day in the last
# two bits: the least is that of the first clock.
NUMBER = SQL("""4 * coalesce((date_part('epoch', c.over_at) * 1000000)::bigint, {never})
                + CASE WHEN c.due_on <= %(today)s THEN 0 WHEN c.due_on <= %(sunday)s THEN 1 ELSE 2 END""")
# Waits and clocks come from indexes alone, in one list that is put together by application. A join takes longer, and
# very long where PostgreSQL takes a department's waits for few. Opinions are few, and looked up: "department/step" is
# in the name of a countersignature's clock, whose n-th asking ends with "#n".
GROUPED = SQL("""
    WITH listed AS (
        SELECT w.project, w.item, {traits_held} AS traits, w.since, NULL::timestamptz AS since_own,
            NULL::bigint AS first, NULL::bigint AS delivery, NULL::bigint AS post_check
        FROM {held}
        UNION ALL
        SELECT w.project, w.item, {traits_own}, NULL, w.since, NULL, NULL, NULL FROM {own}
        UNION ALL
        SELECT c.project, c.item, NULL, NULL, NULL,
            CASE WHEN c.clock NOT IN ({clock_of_delivery}, {clock_of_check}) THEN c.number END,
            CASE WHEN c.clock = {clock_of_delivery} THEN c.number END,
            CASE WHEN c.clock = {clock_of_check} THEN c.number END
        FROM (
            SELECT c.project, c.item, c.clock, {number} AS number
            FROM ({clocks}) AS c (project, item, application, clock, over_at, due_on)
            WHERE NOT starts_with(c.clock, {of_opinion})
        ) AS c
    ), application AS (
        SELECT l.project, l.item, bit_or(l.traits) AS traits, min(l.since) AS since, min(l.since_own) AS since_own,
            min(l.first) AS first, min(l.delivery) AS delivery, min(l.post_check) AS post_check
        FROM listed AS l GROUP BY l.project, l.item HAVING bit_or(l.traits) IS NOT NULL
    ), ended AS (
        SELECT a.*, CASE WHEN a.traits & 24 = 8 THEN (
                SELECT min({number}) FROM ({clocks}) AS c (project, item, application, clock, over_at, due_on)
                WHERE c.project = a.project AND c.item = a.item AND starts_with(c.clock, {of_opinion}) AND EXISTS (
                    SELECT FROM {held} AND w.project = a.project AND w.item = a.item AND w.kind = {opinion} AND w.ref
                        = regexp_replace(split_part(substr(c.clock, {behind_prefix}), '#', 1), '^[^/]*$', '\\&/')))
            WHEN a.traits & 8 > 0 THEN least(CASE WHEN a.traits & 1 > 0 THEN a.first END,
                CASE WHEN a.traits & 2 > 0 THEN a.delivery END, CASE WHEN a.traits & 4 > 0 THEN a.post_check END)
            ELSE least(CASE WHEN a.traits & 64 > 0 THEN a.first END,
                CASE WHEN a.traits & 128 > 0 THEN a.delivery END, CASE WHEN a.traits & 256 > 0 THEN a.post_check END)
            END AS number
        FROM application AS a OFFSET 0  -- so that the number is made once
    ), placed AS MATERIALIZED (
        SELECT e.project, e.item, CASE WHEN e.number < 4 * {never} THEN e.number >> 2 END AS place,
            CASE WHEN e.number < 4 * {never} THEN '-infinity'  -- sorted by its place
                ELSE coalesce(CASE WHEN e.traits & 8 > 0 THEN e.since ELSE e.since_own END, '-infinity') END AS since,
            CASE WHEN e.traits & 24 = 8 THEN {opinions}
                WHEN e.traits & 8 > 0 THEN CASE e.number & 3 WHEN 0 THEN {today} WHEN 1 THEN {week} ELSE {later} END
                WHEN e.traits & 32 = 0 THEN {applicant} WHEN e.number IS NOT NULL THEN {others} END AS name
        FROM ended AS e
    )
    SELECT g.name, g.n, s.project, s.item
    FROM (SELECT p.name, count(*) AS n FROM placed AS p WHERE p.name IS NOT NULL GROUP BY p.name) AS g
    LEFT JOIN LATERAL (
        SELECT p.project, p.item FROM placed AS p WHERE p.name = g.name
        ORDER BY p.place, p.since, p.project, p.item COLLATE "C" LIMIT %(limit)s OFFSET %(offset)s
    ) AS s ON true
""")
SHOWN_WAITS = SQL("""
    SELECT w.project, w.item, w.kind, w.ref, w.held_by, w.holder, w.since, w.what, p.manager FROM {shown}
    JOIN views.waiting AS w ON w.project = s.project AND w.item = s.item
    JOIN views.project AS p ON p.project = w.project
    WHERE ({held}) OR ({own}) ORDER BY {order}
""")
# By applications: PostgreSQL would rather read all clocks of the department again.
SHOWN_ENDS = SQL("""
    SELECT c.* FROM {shown} CROSS JOIN LATERAL (
        SELECT {ends} FROM views.clock AS c WHERE c.project = s.project AND c.item = s.item AND {conditions} OFFSET 0
    ) AS c (project, item, application, clock, over_at, due_on) ORDER BY {order}
""")
NEXT_DUE = SQL("""
    SELECT min(c.due_on) FROM (SELECT {ends} FROM views.clock AS c WHERE {conditions})
        AS c (project, item, application, clock, over_at, due_on)
    WHERE c.due_on > %(today)s
""")


class DeskCases(Struct, frozen=True):
    """How many applications each group has, and all about those that are shown.

    *held* are the waits that the department has to act on, *own* those of its own applications that others hold up;
    *ends* are of the clocks that run on them, the first to end first.
    *next_due*: the next last day among all its clocks, where nothing waits for it; None without any.
    """

    numbers: Mapping[str, int]
    held: Sequence[BriefWaiting] = ()
    own: Sequence[BriefWaiting] = ()
    ends: Sequence[ClockEnd] = ()
    next_due: date | None = None


class DeskInstant(Struct, frozen=True):
    """When a desk is looked at: the instant *t*, the day *today*, and the last day of its week."""

    t: datetime
    today: date
    sunday: date


def held_by(department: str) -> WaitingFilter:
    """The waits that *department* has to act on."""
    return WaitingFilter(holder=department, held_by=HeldBy.DEPARTMENT, at_hand=True)


def held_elsewhere(department: str) -> WaitingFilter:
    """The waits of its own applications that others hold up."""
    return WaitingFilter(department=department, elsewhere=True, at_hand=True)


def running(department: str) -> ClockFilter:
    """The clocks that measure what *department* does."""
    return ClockFilter(department=department, awaited=True, coloured=True)


async def desk_cases(clocks: ClocksAt, department: str, days: DeskInstant, shown: slice) -> DeskCases | None:
    """The *shown* applications of each group; None where rows of now don't answer alone. Raises TooMuchToReadError."""
    async with clocks.rows_of_now(*(view.name for view in VIEWS)) as cursor:
        if cursor is None:
            return None
        return await _Desk(cursor, clocks, department, days).cases(shown)


class _Desk:
    """The queries about one desk, in one snapshot."""

    def __init__(self, cursor: Cursor, clocks: ClocksAt, department: str, days: DeskInstant) -> None:
        self._cursor = cursor
        self._held, self._own = (
            structs.replace(criteria, scope=clocks.scope)
            for criteria in (held_by(department), held_elsewhere(department))
        )
        # Waits are of projects in the scope, and whoever takes part in these may read their clocks.
        caller = None if clocks.scope.sees_all_of(CLOCKS, department) else clocks.scope.caller
        source, scope = ClockSource(SQL("views.clock")), structs.replace(clocks.scope, whole=True, caller=caller)
        self._clocks, params = matching(running(department), days.t, source, scope)
        self._every_clock, _ = matching(running(department), days.t, source, clocks.scope)
        self._params: dict[str, Any] = {
            **params,
            "holder": department,
            "held_by": HeldBy.DEPARTMENT.value,
            "register": clocks.scope.register,
            "today": days.today,
            "sunday": days.sunday,
        }

    async def cases(self, shown: slice) -> DeskCases:
        """The groups, with all about the *shown* applications of each."""
        first = shown.start or 0
        clocks = SQL("SELECT {} FROM views.clock AS c WHERE {}").format(ENDS, SQL(" AND ").join(self._clocks))
        sources = {"held": waits_of_now(self._held), "own": waits_of_now(self._own), "clocks": clocks}
        query = GROUPED.format(
            traits_held=TRAITS_HELD, traits_own=TRAITS_OWN, number=NUMBER.format(**NAMES), **sources, **NAMES
        )
        rows = await self._rows(query, {"limit": shown.stop - first, "offset": first})
        numbers = dict.fromkeys(GROUPS_OF_ROWS, 0) | {name: number for name, number, *_ in rows}
        cases = [(project, item) for *_, project, item in rows if project is not None]
        waits = await self._waits(cases) if cases else []
        return DeskCases(
            numbers,
            [wait for wait in waits if self._holds(wait)],
            [wait for wait in waits if not self._holds(wait)],
            await self._ends(cases) if cases else [],
            None if any(numbers[name] for name in TO_DO) else await self._next_due(),
        )

    def _holds(self, wait: BriefWaiting) -> bool:
        return (wait.holder, wait.held_by) == (self._held.holder, self._held.held_by)

    async def _waits(self, cases: Iterable[tuple[UUID, str]]) -> list[BriefWaiting]:
        held, own = (_all_of(each.conditions) for each in (self._held, self._own))
        parts = {"shown": CASES, "held": held, "own": own, "order": ORDER.clause}
        return [BriefWaiting(*row) for row in await self._rows(SHOWN_WAITS.format(**parts), cases_as_json(cases))]

    async def _ends(self, cases: Iterable[tuple[UUID, str]]) -> list[ClockEnd]:
        parts = {"shown": CASES, "conditions": _all_of(self._clocks)}
        query = SHOWN_ENDS.format(ends=ENDS, order=CLOCK_ORDER.clause, **parts)
        return [ClockEnd(*row) for row in await self._rows(query, cases_as_json(cases))]

    async def _next_due(self) -> date | None:
        ((next_due,),) = await self._rows(NEXT_DUE.format(ends=ENDS, conditions=_all_of(self._every_clock)))
        return cast("date | None", next_due)

    async def _rows(self, query: Composed, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        await self._cursor.execute(query, self._params | dict(params or {}))
        return await self._cursor.fetchall()


def _all_of(conditions: Iterable[SQL | Composed]) -> Composed:
    return SQL(" AND ").join(conditions)
