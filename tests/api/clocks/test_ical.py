"""The iCalendar feed, read again by the library: an event for each clock that runs, in the language asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity, problem
from tests.examples import APPLICANT, LAND, MANAGER
from tests.law.questions import at
from tests.projections.zone import REGISTER, project_id, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

LAND_FEED = "/v1/supervision/departments/land/deadlines.ics"
APRIL = "2026-04-15T12:00:00+08:00"
PAUSED = str(project_id("paused"))
DISTANT = uuid4()  # a project whose deadlines lie beyond the published calendar
HANDS = [at("03-01")]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The application with a small zone in it, on the 29th of December."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        HANDS[0] = at("12-28 09:00")
        yield opened


@pytest_asyncio.fixture(scope="module", autouse=True)
async def distant(approvals: Approvals, door: Door) -> int:
    """The last position, after an application at the end of the last year that the calendar is published for."""
    await door.done(DISTANT, REGISTER, MANAGER)
    await door.done(DISTANT, {"command": "submit_item", "item": "land"}, APPLICANT)
    await door.done(DISTANT, {"command": "accept_item", "item": "land"}, LAND)
    HANDS[0] = at("12-29 09:00")
    return await approvals.store.head()


async def events(door: Door, path: str = LAND_FEED, **params: Any) -> list[Any]:
    answer = await door.get(path, LAND, **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return [*Calendar.from_ical(answer.content).walk("VEVENT")]


async def test_every_running_clock_is_an_event_on_its_day(door: Door, distant: int) -> None:
    clocks = (await door.get("/v1/clocks", LAND, department="land", as_of=APRIL, after=distant)).json()["clocks"]
    calendar_events = await events(door, as_of=APRIL)

    due = sorted(clock["due_on"] for clock in clocks if clock["due_on"] and clock["level"] != "paused")
    assert sorted(str(event["dtstart"].dt) for event in calendar_events) == due
    assert {type(event["dtstart"].dt) for event in calendar_events} == {date}
    assert len({event["uid"] for event in calendar_events}) == len(calendar_events) > 3
    assert any(clock["project"] == PAUSED and clock["level"] == "paused" for clock in clocks)
    assert not [event for event in calendar_events if event["url"].endswith(PAUSED) and "决定" in event["summary"]]


async def test_an_event_says_what_is_due_by_which_article(door: Door, distant: int) -> None:
    running = str(project_id("running"))
    calendar_events = await events(door, as_of=APRIL, after=distant)
    (event,) = [
        calendar_event
        for calendar_event in calendar_events
        if calendar_event["url"].endswith(running) and "决定" in calendar_event["summary"]
    ]

    assert event["url"] == f"http://countersign/pages/projects/{running}"
    assert event["summary"] == "land · 决定 · Fab 3"
    assert event["description"].splitlines() == [
        "依据: 行政许可法第四十二条第一款",
        "起算日: 2026-04-02",
        "剩余: 13 个工作日",
    ]
    assert (str(event["status"]), str(event["transp"])) == ("CONFIRMED", "TRANSPARENT")


async def test_it_speaks_the_language_asked_for(door: Door, distant: int) -> None:
    by_address = await events(door, as_of=APRIL, lang="en")
    answer = await door.client.get(
        LAND_FEED, params={"as_of": APRIL}, headers={**identity(LAND), "Accept-Language": "en-GB, zh;q=0.5"}
    )

    summaries = {event["uid"]: str(event["summary"]) for event in by_address}
    by_header = {event["uid"]: str(event["summary"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert summaries == by_header
    assert any("Decision" in summary for summary in summaries.values())
    assert "Accept-Language" in answer.headers["vary"]
    assert "Deadlines land" in answer.text


async def test_a_date_beyond_the_published_calendar_is_tentative(door: Door, distant: int) -> None:
    matches = [event for event in await events(door, after=distant) if event["url"].endswith(str(DISTANT))]

    assert {str(event["status"]) for event in matches} == {"TENTATIVE"}
    assert all("以国务院通知为准" in event["description"] for event in matches)


async def test_what_is_unchanged_is_not_sent_again(door: Door, distant: int) -> None:
    first = await door.get(LAND_FEED, LAND, as_of=APRIL)
    same = await again(door, first, as_of="2026-04-15T20:00:00+08:00")
    next_day = await again(door, first, as_of="2026-04-16T12:00:00+08:00")

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert next_day.status_code == 200
    assert {event["uid"] for event in Calendar.from_ical(next_day.content).walk("VEVENT")} == {
        event["uid"] for event in Calendar.from_ical(first.content).walk("VEVENT")
    }


async def again(door: Door, first: httpx.Response, **params: Any) -> httpx.Response:
    headers = {**identity(LAND), "If-None-Match": f'"other", {first.headers["etag"]}'}
    return await door.client.get(LAND_FEED, params=params, headers=headers)


async def test_a_department_without_deadlines_has_an_empty_calendar(door: Door) -> None:
    assert await events(door, "/v1/supervision/departments/规划/deadlines.ics") == []


async def test_an_unknown_or_unasked_department_is_refused(door: Door) -> None:
    for unseen in ("a%00b", "%0A%0Bx%0D"):
        problem(await door.get(f"/v1/supervision/departments/{unseen}/deadlines.ics"), "path-not-canonical")
    problem(await door.get(LAND_FEED, lang="fr"), "invalid-parameter")
    problem(await door.get(LAND_FEED, None), "actor-missing")
