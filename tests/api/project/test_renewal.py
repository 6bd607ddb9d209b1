"""延续 over HTTP: from registration to the renewal that silence brings about, and what everyone is shown of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, problem
from tests.examples import APPLICANT, LEADER, MANAGER, USCC
from tests.watching import Hands, watch_once

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

OFFICER = Actor("li", "environment")
REGISTER = {
    "command": "register_project",
    "name": "恒信二期",
    "enterprise": {"name": "Hengxin", "uscc": USCC},
    "manager": "wang",
    "items": [
        {"item": "permit", "department": "environment", "name": "排污许可证核发", "special": "discharge_permit"},
        {
            "item": "renewal",
            "department": "environment",
            "name": "排污许可证延续",
            "mode": "renewal",
            "special": "discharge_permit",
        },
    ],
}
GRANT = {
    "command": "complete_item",
    "item": "permit",
    "outcome": "granted",
    "document_number": "9142E001P",
    "valid_through": "2026-09-30",
}
HANDS = Hands("2026-03-02 09:00")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=HANDS) as opened:
        yield opened


async def say(door: Door, project: UUID, *commands: tuple[str, Actor, dict[str, Any]]) -> int:
    """Say these things at local times; the last position."""
    position = 0
    for local, by, body in commands:
        HANDS.at(local)
        position = (await door.done(project, body, by))["position"]
    return position


async def renewing(door: Door, filed: str, accepted: str) -> tuple[UUID, int]:
    """A permit granted through 30 September 2026, and an application for its renewal."""
    project = uuid4()
    last = await say(
        door,
        project,
        ("2026-03-02 09:00", MANAGER, REGISTER),
        ("2026-03-02 10:00", APPLICANT, {"command": "submit_item", "item": "permit"}),
        ("2026-03-03 09:00", OFFICER, {"command": "accept_item", "item": "permit"}),
        ("2026-03-20 09:00", OFFICER, GRANT),
        (filed, APPLICANT, {"command": "submit_item", "item": "renewal", "renews": {"item": "permit"}}),
        (accepted, OFFICER, {"command": "accept_item", "item": "renewal"}),
    )
    return project, last


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def item_of(door: Door, project: UUID, code: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = (await got(door, f"/v1/projects/{project}"))["items"]
    return next(item for item in items if item["item"] == code)


async def guard_of(door: Door, project: UUID) -> tuple[dict[str, Any], list[str]]:
    """The guard of the licence's last day as the project's clocks show it, and the flags beside it."""
    items = (await got(door, f"/v1/projects/{project}/clocks"))["items"]
    of_item = next(item for item in items if item["item"] == "renewal")
    return next(clock for clock in of_item["clocks"] if clock["clock"] == "renewal_guard"), of_item["flags"]


async def page_of(door: Door, project: UUID, lang: str) -> str:
    answer = await door.get(f"/pages/projects/{project}", LEADER, lang=lang)
    assert answer.status_code == 200
    return answer.text.partition('<tr id="item-renewal">')[2].partition("</tr>")[0]


async def test_an_application_for_renewal_has_a_guard_wherever_clocks_are_shown(door: Door) -> None:
    project, after = await renewing(door, "2026-07-20 09:00", "2026-07-21 09:00")
    permit, renewal = await item_of(door, project, "permit"), await item_of(door, project, "renewal")
    licence = {"valid_through": "2026-09-30", "number": "9142E001P", "item": "permit"}
    assert (permit["licence"], permit["renew_by"]) == (licence, "2026-08-01")  # sixty calendar days before
    assert (renewal["renews"], renewal["renewed_by_silence"]) == (licence, False)

    guard, flags = await guard_of(door, project)
    assert (guard["state"], guard["due_on"], guard["length"]) == ("running", "2026-09-30", None)
    assert (guard["yellow_on"], flags) == ("2026-09-23", [])
    listed = (await got(door, "/v1/clocks", after=after, clock="renewal_guard", department="environment"))["clocks"]
    assert [(row["project"], row["due_on"]) for row in listed] == [(str(project), "2026-09-30")]
    explained = await got(door, f"/v1/projects/{project}/clocks/explain", item="renewal", clock="renewal_guard")
    assert explained["explanation"]["clock"]["due"] == "2026-09-30"
    assert "有效期至 <time>2026-09-30</time>" in await page_of(door, project, "zh")
    for path in ("/pages/projects/{}/clock?item=renewal&clock=renewal_guard", "/desk?department=environment"):
        page = await door.get(path.format(project), LEADER)
        assert page.status_code == 200
        assert "None" not in page.text
        # The desk has one row per application, whose binding clock here is that of the decision.
        assert ("许可延续" in page.text) == ("/clock?" in path)


async def guard_signals(door: Door, project: UUID) -> list[tuple[str, str]]:
    """The signals of the guard that the watcher recorded, and when they happened."""
    history = (await got(door, f"/v1/projects/{project}/history"))["entries"]
    return [
        (entry["fact"]["fact"], entry["occurred_at"])
        for entry in history
        if entry["fact"].get("proof", {}).get("clock") == "renewal_guard"
    ]


async def test_silence_renews_a_licence_once_after_a_warning(
    door: Door, approvals: Approvals, shared_database_url: str
) -> None:
    project, _ = await renewing(door, "2026-07-20 09:00", "2026-07-21 09:00")
    for local in ("2026-09-22 23:00", "2026-09-24 09:00", "2026-10-01 00:00", "2026-10-02 09:00"):
        HANDS.at(local)
        await watch_once(shared_database_url, approvals)
    assert await guard_signals(door, project) == [
        ("deadline_warned", "2026-09-22T16:00:00Z"),
        ("renewal_deemed", "2026-09-30T16:00:00Z"),
        ("card_issued", "2026-09-30T16:00:00Z"),
    ]

    renewal = await item_of(door, project, "renewal")
    assert (renewal["stage"], renewal["outcome"], renewal["renewed_by_silence"]) == ("completed", "granted", True)
    page = await page_of(door, project, "zh")
    assert "视为准予延续</strong> 自 <time>2026-10-01</time>" in page
    assert "clock=renewal_guard" not in page  # it runs no longer
    assert "deemed renewed</strong> from <time>2026-10-01</time>" in await page_of(door, project, "en")

    refuse = {"command": "complete_item", "item": "renewal", "outcome": "refused", "reasons": "排放超标"}
    refusal = problem(await door.post(project, refuse, OFFICER), "renewed-by-silence")
    assert "50(2)" in refusal["article"]
    await door.done(project, {**GRANT, "item": "renewal", "valid_through": "2031-09-30"}, OFFICER)
    clocks = (await got(door, f"/v1/projects/{project}/clocks"))["items"][1]["clocks"]
    states = {clock["clock"]: clock["state"] for clock in clocks}
    assert (states["decision"], states["renewal_guard"], states["delivery"]) == ("late", "deemed", "running")


async def test_an_application_sixty_days_before_is_in_time_and_one_day_later_is_flagged(
    door: Door, approvals: Approvals, shared_database_url: str
) -> None:
    in_time, _ = await renewing(door, "2026-08-01 09:00", "2026-08-03 09:00")
    late, _ = await renewing(door, "2026-08-02 09:00", "2026-08-03 09:00")
    assert (await guard_of(door, in_time))[1] == []
    assert (await guard_of(door, late))[1] == ["renewal_filed_late"]

    HANDS.at("2026-10-02 09:00")
    await watch_once(shared_database_url, approvals)
    guard, _ = await guard_of(door, late)
    assert (guard["state"], guard["level"]) == ("lapsed", "red")
    item = await item_of(door, late, "renewal")
    assert (item["stage"], item["renewed_by_silence"]) == ("accepted", False)
    page = await page_of(door, late, "zh")
    assert "已到期，未延续" in page
    assert "未在法定期限前提出延续申请" in page
    assert (await item_of(door, in_time, "renewal"))["renewed_by_silence"] is True


async def test_an_application_says_which_licence_and_one_that_still_runs(door: Door) -> None:
    project, apply = uuid4(), {"command": "submit_item", "item": "renewal"}
    await say(door, project, ("2026-03-02 09:00", MANAGER, REGISTER))

    missing = problem(await door.post(project, apply, APPLICANT), "licence-missing")
    assert "valid_through" in missing["remedy"]
    problem(await door.post(project, {**apply, "renews": {"item": "permit"}}, APPLICANT), "licence-missing")
    over = {**apply, "renews": {"valid_through": "2026-02-28"}}
    assert "2026-02-28" in problem(await door.post(project, over, APPLICANT), "licence-over")["detail"]
    problem(await door.post(project, {**apply, "renews": {"valid_through": "soon"}}, APPLICANT), "invalid-field")
