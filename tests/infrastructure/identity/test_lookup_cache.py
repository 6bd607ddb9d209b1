"""Look-ups are cached, shared while under way, and begun again after a change."""

from __future__ import annotations

import asyncio

import pytest

from infrastructure.identity.lookup_cache import LookupCache

HOUR = 3600.0


class CountedLookUp:
    """A look-up that waits to be let on, and counts how often it was begun."""

    def __init__(self, seconds: float = HOUR) -> None:
        self.begun, self.go_on, self.seconds = 0, asyncio.Event(), seconds

    async def __call__(self) -> tuple[int, float]:
        self.begun += 1
        number = self.begun
        await self.go_on.wait()
        return number, self.seconds


async def test_requests_share_a_look_up_and_then_its_value() -> None:
    cache, look_up = LookupCache[int](), CountedLookUp()
    waiting = [asyncio.create_task(cache.get(b"key", look_up)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    look_up.go_on.set()

    assert await asyncio.gather(*waiting[1:]) == [1] * 19, "one that goes away ends it for no other"
    assert await cache.get(b"key", look_up) == 1
    assert await cache.get(b"other", look_up) == 2


async def test_a_change_during_a_look_up_is_not_missed() -> None:
    cache, look_up = LookupCache[int](), CountedLookUp()
    before = asyncio.create_task(cache.get(b"key", look_up))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cache.clear()
    after = asyncio.create_task(cache.get(b"key", look_up))
    await asyncio.sleep(0)
    look_up.go_on.set()

    assert (await before, await after) == (1, 2)
    assert await cache.get(b"key", look_up) == 2


async def test_a_value_that_has_expired_is_looked_up_again() -> None:
    cache, look_up = LookupCache[int](), CountedLookUp(seconds=0.0)
    look_up.go_on.set()
    assert [await cache.get(b"key", look_up) for _ in range(2)] == [1, 2]


async def test_an_error_is_given_to_all_and_not_cached() -> None:
    cache, calls = LookupCache[int](), list[int]()

    async def refused() -> tuple[int, float]:
        calls.append(1)
        await asyncio.sleep(0)
        raise LookupError

    waiting = [asyncio.create_task(cache.get(b"key", refused)) for _ in range(3)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    with pytest.raises(LookupError):
        await cache.get(b"key", refused)
    assert len(calls) == 2


async def test_a_full_cache_starts_again() -> None:
    cache, look_up = LookupCache[int](entries_max=2), CountedLookUp()
    look_up.go_on.set()
    for key in (b"a", b"b", b"c"):
        await cache.get(key, look_up)
    assert await cache.get(b"c", look_up) == 3
    assert await cache.get(b"a", look_up) == 4
