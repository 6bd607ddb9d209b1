"""Benchmark of the supervision board over a million decided applications, compared with a count of the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter

import psycopg
from msgspec import Struct

from domain.law.calendar.period import Period, Span
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.reader import Store
from infrastructure.projector.projector import Projector
from projections.sums import ZONE, day_of, table_of
from projections.supervision.query import SupervisionAt
from scripts.benches.database import vacuum
from scripts.benches.measure import Figure

ITEMS = 1_000_000
DAYS = 1_096  # 2024 to 2026
END = datetime(2027, 1, 1, tzinfo=UTC)
HOURS = 24  # of a day: no clock is changed in the zone
QUERIES = 200
SHORT_DAYS, CHECKED = 30, 10  # some short periods are also counted from lists, which takes long
SEED = 20240101
CONNECTIONS = 4
LENGTHS = (1, 7, 30, 90, 365, 730, 1_100)  # of the queried periods, in days

# Pseudo-random numbers come from a hash, so that they are equal on every machine. One in twenty decisions is recorded
# up to nine days late, one in eight is overdue; three in ten applications have a warning, one in ten a card.
FILL = """
    CREATE FUNCTION pg_temp.luck(n integer, among integer) RETURNS integer LANGUAGE sql IMMUTABLE
    AS 'SELECT abs(hashint4(n)::bigint)::bigint % among';
    CREATE TEMP TABLE made AS
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n / 20), 12, '0'))::uuid AS project,
           'item-' || n % 20 AS item,
           'department-' || pg_temp.luck(n, 40) AS department,
           timestamptz '2024-01-01 08:00+08' + (n::bigint * {days} / {items}) * interval '1 day'
               + pg_temp.luck(n + 1, 600) * interval '1 minute' AS at,
           CASE pg_temp.luck(n + 2, 20) WHEN 0 THEN pg_temp.luck(n + 3, 216) ELSE 0 END * interval '1 hour' AS late,
           pg_temp.luck(n + 4, 8) = 0 AS missed, 1 + pg_temp.luck(n + 5, 25) AS used, pg_temp.luck(n + 6, 30) AS luck
    FROM generate_series(0, {items} - 1) AS n;
    INSERT INTO views.project (project, code, name, enterprise, manager, law, register, kind, phase, phase_name,
        phase_nth, phases, items_total, items_open, items_done, items_turned_down, stuck, holders, complaints_open,
        last_fact, changed_by, version, position, uscc, departments)
    SELECT project, '', '', '', '', 'cn-licensing', '', '', '', '', 0, 0, count(*), 0, count(*), 0, false, '{{}}', 0,
           '', '', 1, 0, '', '{{}}' FROM made GROUP BY project;
    INSERT INTO views.decision (project, item, application, department, outcome, decided_at, recorded_at)
    SELECT project, item, 1, department, 'granted', at, at + late FROM made;
    INSERT INTO views.clock (project, item, application, clock, department, mode, node, live, law, start_on, length,
        due_on, yellow_on, state, over_state, level, over_level, exists_at, yellow_at, over_at, closed, used,
        counted_through, paused_from, stopped_on)
    SELECT project, item, 1, 'decision', department, 'separate', 'decision', true, 'cn-licensing@2019-04-23',
           (at - interval '30 days')::date, 20, at::date, NULL, CASE WHEN missed THEN 'late' ELSE 'met' END, NULL,
           'none', 'none', NULL, NULL, NULL, true, used, at::date, NULL, at::date FROM made;
    INSERT INTO views.signal (project, card, version, position, item, application, department, clock, rung, level,
        article, due_on, happened_at, told_at, state, since)
    SELECT project, item || '-' || card, 3 + card, row_number() OVER (ORDER BY at, project, item, card), item, 1,
           department, 'decision',
           CASE card WHEN 1 THEN 'warning' ELSE 'card' END,
           CASE card WHEN 1 THEN 'warning' WHEN 2 THEN 'yellow' ELSE 'red' END, 'Art. 42', at::date,
           at - card * interval '1 day', told_at, 'standing', told_at
    FROM made JOIN generate_series(1, 3) AS card
        ON card = 1 AND luck < 9 OR card = 2 AND luck < 2 OR card = 3 AND luck = 2
        CROSS JOIN LATERAL (SELECT at - card * interval '1 day' + late / 4 AS told_at) AS told;
    INSERT INTO views.signal_state (project, card, version, state, since)
    SELECT project, card, version, 'standing', told_at FROM views.signal;
    INSERT INTO views.signal_state (project, card, version, state, since)
    SELECT project, card, version + 100, (ARRAY['appealed', 'rescinded', 'revoked'])[1 + version % 3],
           told_at + interval '9 days' FROM views.signal WHERE hashtext(project || card) % 20 = 0;
    UPDATE views.signal AS s SET state = x.state, since = x.since FROM views.signal_state AS x
    WHERE (x.project, x.card) = (s.project, s.card) AND x.version > s.version;
"""
CASES = """
    INSERT INTO views.decision_sum_{0} (happened_on, department, recorded_on, figure, days, register, n)
    SELECT date_trunc('{0}', d.decided_at AT TIME ZONE 'Asia/Shanghai')::date, coalesce(d.department, ''),
           date_trunc('{0}', d.recorded_at AT TIME ZONE 'Asia/Shanghai')::date, c.state, c.used, '', count(*)
    FROM views.decision AS d JOIN views.clock AS c USING (project, item, application)
    GROUP BY GROUPING SETS ((1, 3, 4, 5, d.department), (1, 3, 4, 5)) ORDER BY 1, 2, 3, 4, 5;
"""
SIGNALS = """
    INSERT INTO views.signal_sum_{0} (happened_on, department, recorded_on, figure, days, register, n)
    SELECT date_trunc('{0}', happened_at AT TIME ZONE 'Asia/Shanghai')::date, coalesce(department, ''),
           date_trunc('{0}', since AT TIME ZONE 'Asia/Shanghai')::date, figure, -1, '', sum(n) FROM (
        SELECT s.department, s.happened_at, x.since, s.level AS figure, 1 AS n
        FROM views.signal AS s JOIN views.signal_state AS x USING (project, card) WHERE x.state = 'standing'
        UNION ALL
        SELECT s.department, s.happened_at, x.since, x.state, 1
        FROM views.signal AS s JOIN views.signal_state AS x USING (project, card) WHERE x.state <> 'standing'
        UNION ALL
        SELECT s.department, s.happened_at, x.since, s.level, -1
        FROM views.signal AS s JOIN views.signal_state AS x USING (project, card)
        WHERE x.state IN ('rescinded', 'revoked')
    ) AS s GROUP BY GROUPING SETS ((1, 3, 4, department), (1, 3, 4)) HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4;
"""
COUNT = """
    SELECT count(*) FROM views.decision
    WHERE decided_at >= %(first)s AND decided_at < %(end)s AND recorded_at <= %(as_of)s
"""


class Boards(Struct, frozen=True):
    """Figures of the board, of the board with its two comparison periods, and of a count of its decisions."""

    items: int
    rows_of_sums: int
    board: Figure
    with_comparisons: Figure
    count: Figure


Query = Callable[[Period, datetime], Awaitable[object]]


def fill(url: str, items: int = ITEMS) -> int:
    """Insert *items* decided applications with clocks, cards and sums; returns the number of rows of sums."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not Projector(url).take_lead(connection):
            raise RuntimeError("another projector runs on the bench's own database")
        connection.execute(FILL.format(items=items, days=DAYS))
        for span in Span:
            connection.execute(CASES.format(span.value) + SIGNALS.format(span.value))
        vacuum(url)
        tables = [table_of(name, span) for name in ("decision_sum", "signal_sum") for span in Span]
        counts = [connection.execute(f"SELECT count(*) FROM views.{table}").fetchone() or (0,) for table in tables]  # noqa: S608 our own names
    return sum(count for (count,) in counts)


def queries() -> list[tuple[Period, datetime]]:
    """Periods of a day to three years; half of them as known at the end, half as known at a random instant."""
    random, result = Random(SEED), list[tuple[Period, datetime]]()  # noqa: S311 no secret
    for number in range(QUERIES):
        length = random.choice(LENGTHS)
        begin = END - timedelta(hours=HOURS * random.randint(min(length, DAYS), DAYS))
        period = Period(day_of(begin), day_of(begin + timedelta(hours=HOURS * (length - 1))))
        whole = Period(Period.month_of(period.first).first, Period.month_of(period.last).last)
        as_of = END if number % 2 else END - timedelta(hours=random.randint(0, DAYS * HOURS))
        result.append((random.choice((period, whole)), as_of))
    return result


async def boards(url: str, items: int, rows_of_sums: int) -> Boards:
    """Run every query once, after checking on some that the board equals its lists."""
    store = Store(url, CONNECTIONS)
    await store.pool.open()

    async def board(period: Period, as_of: datetime) -> object:
        return await SupervisionAt(store, law_book(), as_of, ZONE).board(period)

    async def compared(period: Period, as_of: datetime) -> object:
        supervision = SupervisionAt(store, law_book(), as_of, ZONE)
        board = await supervision.board(period)
        return board, await asyncio.gather(*map(supervision.total, supervision.compared(period)))

    async def count(period: Period, as_of: datetime) -> object:
        async with store.cursor() as cursor:
            await cursor.execute(COUNT, {"first": period.begins(ZONE), "end": period.ends(ZONE), "as_of": as_of})
            return await cursor.fetchall()

    try:
        short = [(period, as_of) for period, as_of in queries() if (period.last - period.first).days <= SHORT_DAYS]
        for period, as_of in short[:CHECKED]:
            plain = await SupervisionAt(store, law_book(), as_of, ZONE).board_of_lists(period)
            if plain != await board(period, as_of):
                raise RuntimeError(f"the board of {period} as of {as_of} differs from its lists")
        return Boards(
            items,
            rows_of_sums,
            await _measured("board", board),
            await _measured("board and its two comparisons", compared),
            await _measured("SELECT count(*) of the decisions", count),
        )
    finally:
        await store.pool.close()


async def _measured(subject: str, query: Query) -> Figure:
    latencies, began = list[float](), perf_counter()
    for period, as_of in queries():
        start = perf_counter()
        await query(period, as_of)
        latencies.append(perf_counter() - start)
    return Figure.of(subject, 1, perf_counter() - began, latencies)
