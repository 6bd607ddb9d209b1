"""Reads the sums of conformance: the figures of a flow, step by step, for readers of every project of a register."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, LiteralString

from msgspec import Struct
from psycopg.sql import SQL, Composed

from projections.flow.conformance_sums import DAY_SECONDS, DAY_US, HANDLED, QUARTER_SECONDS, SECOND_US, WAITED
from projections.snapshots import Cursor

OF_FLOW: LiteralString = """
    s.register = %(register)s AND s.flow = %(flow)s AND (%(edition)s = 0 OR s.edition = %(edition)s)
"""
EDITIONS: LiteralString = """
    SELECT s.flow, s.edition, sum(s.n)::bigint FROM views.conformance_project AS s WHERE s.register = %(register)s
    GROUP BY s.flow, s.edition ORDER BY s.flow, s.edition DESC
"""
OF_PROJECTS: LiteralString = f"SELECT s.figures, s.n FROM views.conformance_project AS s WHERE {OF_FLOW}"  # noqa: S608
OF_ITEMS: LiteralString = f"SELECT s.item, s.figures, s.n FROM views.conformance_item AS s WHERE {OF_FLOW}"  # noqa: S608
PLANNED: LiteralString = f"""
    SELECT s.item, max(s.name), max(s.department), sum(s.n)::bigint FROM views.conformance_plan AS s WHERE {OF_FLOW}
    GROUP BY s.item ORDER BY min(s.nth), s.item
"""  # noqa: S608 our own constants
CHAINED: LiteralString = f"""
    SELECT s.item, s.measure, sum(s.microseconds)::bigint FROM views.conformance_chain AS s WHERE {OF_FLOW}
    GROUP BY s.item, s.measure
"""  # noqa: S608 our own constants
# The two in the middle, which are one where their number is odd: the days that they are in, the quarters of an hour,
# and their places there. Where all of a quarter took as long, as do those that took no time, none are counted.
MIDDLE: LiteralString = f"""
    WITH days AS (
        SELECT s.item, s.nth, sum(s.n)::integer AS n FROM views.conformance_duration AS s
        WHERE {OF_FLOW} AND s.span = {{day}} AND s.measure = {{measure}} GROUP BY s.item, s.nth
    ), counted AS (
        SELECT d.*, sum(d.n) OVER (PARTITION BY d.item ORDER BY d.nth) - d.n AS before,
            sum(d.n) OVER (PARTITION BY d.item) AS whole
        FROM days AS d
    ), of_day AS (
        SELECT c.item, c.nth, m.place - c.before AS place
        FROM counted AS c CROSS JOIN LATERAL (VALUES ((c.whole - 1) / 2), (c.whole / 2)) AS m (place)
        WHERE m.place >= c.before AND m.place < c.before + c.n
    ), of_quarter AS (
        SELECT d.item, q.nth, d.place - q.before AS place FROM of_day AS d CROSS JOIN LATERAL (
            SELECT p.nth, p.n, sum(p.n) OVER (ORDER BY p.nth) - p.n AS before FROM (
                SELECT s.nth, sum(s.n)::integer AS n FROM views.conformance_duration AS s
                WHERE {OF_FLOW} AND s.span = {{quarter}} AND s.measure = {{measure}} AND s.item = d.item
                  AND s.nth > (d.nth - 1) * ({{day}} / {{quarter}}) AND s.nth <= d.nth * ({{day}} / {{quarter}})
                GROUP BY s.nth
            ) AS p
        ) AS q WHERE d.place >= q.before AND d.place < q.before + q.n
    )
    SELECT k.item, min(k.us), max(k.us) FROM (
        SELECT q.item, CASE WHEN f.us = l.us THEN f.us ELSE ({{taken}} OFFSET q.place LIMIT 1) END AS us
        FROM of_quarter AS q CROSS JOIN LATERAL ({{taken}} LIMIT 1) AS f
        CROSS JOIN LATERAL ({{taken}} DESC LIMIT 1) AS l
    ) AS k GROUP BY k.item
"""  # noqa: S608 our own constants
TAKEN: LiteralString = f"""
    SELECT s.{{column}} AS us FROM views.conformance AS s
    WHERE {OF_FLOW} AND s.item = q.item AND s.{{column}} > (q.nth - 1) * {{quarter_us}}::bigint
      AND s.{{column}} <= q.nth * {{quarter_us}}::bigint
    ORDER BY s.{{column}}
"""  # noqa: S608 our own constants


def _middle(measure: str, column: LiteralString) -> Composed:
    """The query for the two durations in the middle of each item, of which a *column* has those to the microsecond."""
    taken = SQL(TAKEN).format(column=SQL(column), quarter_us=QUARTER_SECONDS * SECOND_US)
    return SQL(MIDDLE).format(measure=measure, day=DAY_SECONDS, quarter=QUARTER_SECONDS, taken=taken)


MEDIANS = {WAITED: _middle(WAITED, "waited_us"), HANDLED: _middle(HANDLED, "handled_us")}


class SummedStep(Struct):
    """One item of a flow's projects: the number of *projects*, how many count in each of the *figures*, and days."""

    item: str
    name: str
    department: str
    projects: int
    figures: Counter[str]
    medians: dict[str, float]
    chain: dict[str, float]


class ConformanceSums(Struct, frozen=True):
    """Queries on the sums of one edition of a flow, 0 for all, in the snapshot of *cursor*."""

    cursor: Cursor
    register: str
    flow: str
    edition: int

    async def steps(self) -> list[SummedStep]:
        """Every item, in the order of the flow."""
        figures: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for item, names, number in await self._rows(SQL(OF_ITEMS)):
            add_words(figures[item], names, number)
        days: dict[str, dict[str, float]] = {}
        for item, measure, microseconds in await self._rows(SQL(CHAINED)):
            days.setdefault(item, {})[measure] = microseconds / DAY_US
        medians: dict[str, dict[str, float]] = {}
        for measure, query in MEDIANS.items():
            for item, lower, upper in await self._rows(query):
                medians.setdefault(item, {})[measure] = (lower + upper) / 2 / DAY_US
        return [
            SummedStep(item, name, department, projects, figures[item], medians.get(item, {}), days.get(item, {}))
            for item, name, department, projects in await self._rows(SQL(PLANNED))
        ]

    async def projects(self) -> tuple[int, Counter[str]]:
        """The number of projects, and how many count in each figure."""
        counts: Counter[str] = Counter()
        rows = await self._rows(SQL(OF_PROJECTS))
        for names, number in rows:
            add_words(counts, names, number)
        return sum(number for _, number in rows), counts

    async def editions(self) -> list[tuple[str, int, int]]:
        """Every edition of every flow that projects follow, with their number."""
        return await self._rows(SQL(EDITIONS))

    async def _rows(self, query: SQL | Composed) -> list[Any]:
        params = {"register": self.register, "flow": self.flow, "edition": self.edition}
        await self.cursor.execute(query, params)
        return await self.cursor.fetchall()


def add_words(counts: Counter[str], figures: str, number: int) -> None:
    """Count a *number* in each of *figures*, as often as it is named."""
    for figure in figures.split():
        counts[figure] += number
