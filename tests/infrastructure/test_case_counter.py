"""Counters of case numbers: taken ahead, in batches that grow with the rate of applications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from infrastructure.case_counter import BATCH_MAX, BATCH_MIN, SequenceCounter
from tests.effort import PATIENCE_SECONDS


class Sequence:
    """A database that has nothing but the sequence; it answers once it is *open*, and fails while it is *away*."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.open, self.away = asyncio.Event(), False
        self.open.set()
        self._last = 0

    @asynccontextmanager
    async def cursor(self, **_: Any) -> AsyncIterator[Any]:
        await self.open.wait()
        if self.away:
            raise psycopg.OperationalError("away")
        yield self

    async def execute(self, _query: str, parameters: list[int]) -> None:
        self.batches += parameters

    async def fetchall(self) -> list[tuple[int]]:
        first, self._last = self._last + 1, self._last + self.batches[-1]
        return [(counter,) for counter in range(first, self._last + 1)]


def counter_of(sequence: Any) -> SequenceCounter:
    return SequenceCounter(sequence, "BDA")


def test_the_next_batch_is_taken_before_the_last_one_is_used_up() -> None:
    async def scenario() -> None:
        sequence = Sequence()
        counter = counter_of(sequence)
        half = [await counter.next() for _ in range(BATCH_MIN // 2)]
        sequence.open.clear()
        rest = [await counter.next() for _ in range(BATCH_MIN // 2)]  # no one waits for the database
        assert half + rest == [*range(1, BATCH_MIN + 1)]
        waiting = asyncio.gather(*[counter.next() for _ in range(3)])
        sequence.open.set()
        assert sorted(await waiting) == [BATCH_MIN + 1, BATCH_MIN + 2, BATCH_MIN + 3]

    asyncio.run(scenario())


def test_batches_grow_while_many_apply() -> None:
    async def scenario() -> None:
        sequence = Sequence()
        counter = counter_of(sequence)
        drawn = [await counter.next() for _ in range(4 * BATCH_MAX)]
        assert len(set(drawn)) == len(drawn)
        assert sequence.batches[:3] == [BATCH_MIN, 2 * BATCH_MIN, 4 * BATCH_MIN]
        assert max(sequence.batches) == BATCH_MAX

    asyncio.run(scenario())


def test_a_database_that_is_away_is_tried_again() -> None:
    async def scenario() -> None:
        sequence = Sequence()
        counter = counter_of(sequence)
        sequence.away = True
        with pytest.raises(psycopg.OperationalError):
            await counter.next()
        sequence.away = False
        assert await counter.next() == 1

    asyncio.run(scenario())


@pytest.mark.timeout(PATIENCE_SECONDS)  # the loop would never end: nothing in it can give up
def test_a_batch_used_up_at_once_is_followed_by_the_next() -> None:
    """More commands are ready in the turn of the loop in which a batch arrives than it has counters."""

    async def scenario() -> None:
        sequence = Sequence()
        counter = counter_of(sequence)
        sequence.open.clear()
        first = asyncio.create_task(counter.next())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        sequence.open.set()
        counters = await asyncio.gather(first, *[counter.next() for _ in range(5 * BATCH_MIN)])
        assert len(set(counters)) == len(counters)

    asyncio.run(scenario())


def test_what_is_under_way_ends_with_the_counter() -> None:
    async def scenario() -> None:
        sequence = Sequence()
        counter = counter_of(sequence)
        counter.give_back(await counter.next())
        sequence.open.clear()
        assert [await counter.next() for _ in range(BATCH_MIN)] == [*range(1, BATCH_MIN + 1)]
        waiting = asyncio.create_task(counter.next())
        await asyncio.sleep(0)
        await counter.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(scenario())
