"""A desk as of a past day: what the department had to do then, both instants, and nothing that can be done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity
from tests.examples import LAND, LEADER
from tests.law.questions import at
from tests.projections.zone import project_id, zone_looked_at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]  # the clock on the wall
DAY, END = "2026-04-01", "2026-04-02T00:00:00+08:00"


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A small zone, looked at on the 30th of May."""
    async with zone_looked_at(shared_database_url, HANDS, "05-30 12:00") as opened:
        yield opened


async def desk(door: Door, **params: str) -> str:
    response = await door.get("/desk", LAND, lang="en", **params)
    assert response.status_code == 200, response.text
    return response.text


def figures(page: str) -> dict[str, int]:
    """The figures at the head, by group."""
    matches = re.findall(r'<a class="(\w+)[^"]*" href="[^"]*"[^>]*>[^<]*<b class="number">([\d,]+)</b>', page)
    return {name: int(number.replace(",", "")) for name, number in matches}


async def test_a_past_desk_has_what_waited_then_with_both_instants_and_no_way_to_act(door: Door) -> None:
    now, then = await desk(door), await desk(door, as_of=END)

    waits = (await door.get("/v1/waiting", LAND, holder="land", held_by="department", as_of=END, limit="500")).json()
    cases = {(wait["project"], wait["item"]) for wait in waits["waiting"] if wait["kind"] != "precondition"}
    numbers = figures(then)
    assert sum(numbers[name] for name in ("today", "week", "later", "opinions")) == len(cases) > 0
    assert numbers != figures(now)
    assert str(project_id("running")) in then, "it was applied for on that day, and accepted on the next"
    assert "A past day" in then
    assert "as was recorded by then" in then
    assert 'value="2026-04-01"' in then
    for action in ('type="checkbox"', 'id="acceptances"', "data-help"):
        assert action in now
        assert action not in then
    assert f"/items/land?as_of={END.replace(':', '%3A').replace('+', '%2B')}" in then


async def test_a_past_desk_is_chosen_by_its_day_and_shown_as_is_known_now(door: Door) -> None:
    chosen = await door.client.get(
        f"/desk?on={DAY}&department=land&offset=50", headers=identity(LEADER), follow_redirects=False
    )
    assert chosen.status_code == 303
    assert "as_of=2026-04-01T16%3A00%3A00%2B00%3A00" in chosen.headers["location"]
    assert "offset" not in chosen.headers["location"]

    known_now = await desk(door, as_of=END, known_at=HANDS[0].isoformat())
    assert "as was recorded by <time" in known_now
    assert "Show it as was recorded by then" in known_now
    assert (await door.get("/desk", LAND, on="yesterday")).status_code == 400


async def test_what_was_decided_in_the_week_is_on_the_desk_of_its_end(door: Door) -> None:
    page = await desk(door, as_of="2026-05-09T00:00:00+08:00", group="done")

    assert str(project_id("late")) in page.partition('<h2 id="done"')[2]
    choice = await door.get("/desk", LEADER, lang="en", as_of=END)
    assert "Choose a department." in choice.text
    assert "department=land&amp;as_of=" in choice.text


async def test_today_all_is_counted_and_of_a_past_day_the_desk_says_that_there_is_more(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, then = await desk(door), await desk(door, as_of=END)
    monkeypatch.setattr("api.worklist.view_models.WAITS_MAX", 1)
    monkeypatch.setattr("api.worklist.view_models.CLOCKS_MAX", 1)

    assert figures(await desk(door)) == figures(now)
    assert max(figures(now).values()) > 1
    assert "The queue is longer than shown" not in await desk(door)
    assert "The queue is longer than shown" not in then
    assert "The queue is longer than shown" in await desk(door, as_of=END)
