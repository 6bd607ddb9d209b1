"""Connections that read: how the server plans what they repeat."""

from __future__ import annotations

from infrastructure.ledger.reader import Store

TIMES = 30  # PostgreSQL plans a repeated statement without its values from the eleventh on, psycopg prepares the sixth
QUERY = "SELECT count(*) FROM ledger.event AS e WHERE e.recorded_at > %s::timestamptz"
PLANS = "SELECT s.generic_plans, s.custom_plans FROM pg_prepared_statements AS s WHERE s.statement LIKE '%recorded_at%'"


async def test_a_repeated_statement_is_planned_for_its_values(database_url: str) -> None:
    store = Store(database_url, 1)
    await store.pool.open()
    try:
        for _ in range(TIMES):
            async with store.cursor() as cursor:
                await cursor.execute(QUERY, ["2026-01-05T09:00:00+08:00"])
        async with store.cursor() as cursor:
            await cursor.execute(PLANS)
            ((by_none, by_values),) = await cursor.fetchall()
    finally:
        await store.pool.close()
    assert by_none == 0
    assert by_values > TIMES // 2, "it was prepared"
