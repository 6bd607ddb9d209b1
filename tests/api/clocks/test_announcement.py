"""A date announced to an applicant over HTTP: stored by the published calendar, shown beside the counted one."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from domain.project.application.acceptance import AcceptItem
from domain.project.application.announcement import AnnounceDate
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import SuspendClock
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, problem
from tests.api.project.test_project_time import REGISTER
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LAND, MANAGER
from tests.law.questions import at

pytestmark = pytest.mark.pages

THEN = {"as_of": "2026-03-05T12:00:00+08:00", "known_at": "2099-01-01T00:00:00Z"}


async def accepted(door: Door) -> UUID:
    """A project with an item accepted on March 3: its decision is due on March 31."""
    project = uuid4()
    for day, by, command in (
        ("03-02 09:00", MANAGER, REGISTER),
        ("03-02 10:00", APPLICANT, SubmitItem(item="land")),
        ("03-03 10:00", LAND, AcceptItem(item="land")),
    ):
        await door.done(project, structs.replace(command, occurred_at=at(day)), by)
    return project


def announce(day: date, wording: str = "", when: str = "03-03 10:05") -> AnnounceDate:
    return AnnounceDate(item="land", announced_on=day, wording=wording, occurred_at=at(when))


@pytest.mark.usefixtures("projector")
async def test_the_announced_day_is_shown_beside_the_one_counted_now(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    await door.done(project, announce(date(2026, 3, 31), "3月31日前办结"), LAND)
    entries = (await door.get(f"/v1/projects/{project}/history", LAND)).json()["entries"]
    fact = entries[-1]["fact"]
    assert (fact["fact"], fact["announced_on"], fact["provisional"]) == ("date_announced", "2026-03-31", False)
    assert fact["calendar"].startswith("CN/")

    async def decision() -> tuple[str, bool]:
        items = (await door.get(f"/v1/projects/{project}/clocks", LAND, **THEN)).json()["items"]
        (clock,) = [clock for clock in items[0]["clocks"] if clock["clock"] == "decision"]
        return clock["announced_on"], clock["announced_differs"]

    assert await decision() == ("2026-03-31", False)
    stop = SuspendClock(item="land", ground="testing", occurred_at=at("03-04 09:00"))
    await door.done(project, stop, LAND)
    assert await decision() == ("2026-03-31", True), "while it stands still it ends a day later each day"
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    for lang, words in (("zh", "已告知日期"), ("en", "As announced")):
        shown = await door.get(f"/pages/projects/{project}/clock", LAND, item="land", clock="decision", lang=lang)
        assert words in shown.text
        assert "<time>2026-03-31</time>" in shown.text


async def test_a_day_beyond_the_published_calendar_needs_the_proviso(door: Door) -> None:
    project = await accepted(door)
    refused = problem(
        await door.post(project, announce(date(2027, 3, 1), "2027年3月1日前办结"), LAND), "proviso-missing"
    )
    assert "以国务院通知为准" in refused["remedy"]

    await door.done(project, announce(date(2027, 3, 1), "2027年3月1日前办结，以国务院通知为准"), LAND)
    entries = (await door.get(f"/v1/projects/{project}/history", LAND)).json()["entries"]
    assert entries[-1]["fact"]["provisional"] is True
