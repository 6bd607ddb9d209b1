"""The window's share: officers are answered however many come to it; what is too much gets a time to try again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from litestar import Litestar

from api.window import guide_pages
from api.window.share import BURST, WindowShare
from infrastructure.window.query_codes import QueryCodes
from tests.api.window.visits import Window

OFFICE = {"X-Actor": "ma", "X-Role": "leader"}


class HeldBack:
    """Holds requests to the guides until they may go on, and counts them."""

    def __init__(self) -> None:
        self.free, self.inside, self.most = asyncio.Event(), 0, 0
        self.arrived = asyncio.Semaphore(0)

    async def __call__(self, *_: Any) -> list[Any]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.arrived.release()
        await self.free.wait()
        self.inside -= 1
        return []


async def test_officers_are_answered_while_the_window_is_full(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldBack()
    monkeypatch.setattr(guide_pages, "items_in_force", held)
    share = WindowShare(app.services.settings)  # type: ignore[attr-defined]  # our own application
    crowd = [Window(app, QueryCodes.of_this_server()) for _ in range(3 * share.at_once)]
    visits = [asyncio.create_task(visitor.get("/window/items")) for visitor in crowd]
    for _ in range(share.at_once):
        await held.arrived.acquire()

    office = await crowd[0].client.get("/pages/progress", headers=OFFICE)
    assert office.status_code == 200
    assert held.most == share.at_once

    held.free.set()
    assert {answer.status_code for answer in await asyncio.gather(*visits)} == {200}
    assert held.most == share.at_once < len(crowd)


async def test_a_command_that_waited_too_long_is_answered_with_a_retry(
    app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldBack()
    monkeypatch.setattr(guide_pages, "items_in_force", held)
    monkeypatch.setattr("api.window.share.WAIT_SECONDS_MAX", 0.0)
    share = WindowShare(app.services.settings)  # type: ignore[attr-defined]  # our own application
    crowd = [Window(app, QueryCodes.of_this_server()) for _ in range(share.at_once)]
    visits = [asyncio.create_task(visitor.get("/window/items")) for visitor in crowd]
    for _ in range(share.at_once):
        await held.arrived.acquire()
    late = await Window(app, QueryCodes.of_this_server()).get("/window/items")
    assert late.status_code == 503
    assert late.headers["retry-after"] == "2"
    held.free.set()
    await asyncio.gather(*visits)


async def test_one_address_has_a_rate_of_its_own(app: Litestar) -> None:
    greedy, modest = (Window(app, QueryCodes.of_this_server()) for _ in range(2))
    answers = [await greedy.get("/window/track") for _ in range(BURST)]
    while (last := await greedy.get("/window/track")).status_code == 200:
        answers.append(last)
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["ratelimit-policy"] == f'"window";q={BURST};w=12'
    assert answers[0].headers["ratelimit"].startswith(f'"window";r={BURST - 1};')
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) >= 1
    assert (await modest.get("/window/track")).status_code == 200
