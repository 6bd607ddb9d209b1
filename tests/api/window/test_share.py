"""The window's share: officers are answered however many come to it; what is too much gets a time to try again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from litestar import Litestar

from api.web.problems import Problem
from api.window import guide_pages
from api.window.share import BURST, WindowShare
from infrastructure.window.query_codes import QueryCodes
from tests.api.window.visits import CaseOf, Window
from tests.effort import PATIENCE_SECONDS
from tests.projections.zone import project_id

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


class SlowReceiver:
    """A client at *address* that downloads a file, and takes its first piece when it may go on."""

    def __init__(self, address: str) -> None:
        self.first_piece, self.goes_on, self.has_all = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_sent = False
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/window/exports/granted/csv",
            "raw_path": b"/window/exports/granted/csv",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"countersign")],
            "client": (address, 4711),
            "server": ("countersign", 80),
        }

    async def download(self, app: Any) -> None:
        """Ask for the file and receive it."""
        await app(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self._is_sent:
            await self.has_all.wait()
            return {"type": "http.disconnect"}
        self._is_sent = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            self.first_piece.set()
            await self.goes_on.wait()
            if not message.get("more_body"):
                self.has_all.set()


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


async def test_who_receives_slowly_keeps_no_one_out(
    app: Litestar, case_of: CaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert case_of(project_id("late"), "land")
    monkeypatch.setattr("api.window.share.WAIT_SECONDS_MAX", 0.0)
    share = WindowShare(app.services.settings)  # type: ignore[attr-defined]  # our own application
    slow = [SlowReceiver(f"203.0.113.{nth + 1}") for nth in range(share.at_once)]
    downloads = [asyncio.create_task(receiver.download(app)) for receiver in slow]
    for receiver in slow:
        await asyncio.wait_for(receiver.first_piece.wait(), PATIENCE_SECONDS)

    assert (await Window(app, QueryCodes.of_this_server()).get("/window/items")).status_code == 200

    for receiver in slow:
        receiver.goes_on.set()
    await asyncio.gather(*downloads)


async def test_a_place_is_given_back_once(app: Litestar) -> None:
    share = WindowShare(app.services.settings)  # type: ignore[attr-defined]  # our own application
    for _ in range(2):
        async with share.place() as leave:
            leave()
            leave()
    places = [share.place() for _ in range(share.at_once)]
    for place in places:
        await place.__aenter__()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("api.window.share.WAIT_SECONDS_MAX", 0.0)
        with pytest.raises(Problem, match="too many visitors"):
            await share.place().__aenter__()
    for place in places:
        await place.__aexit__(None, None, None)


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
