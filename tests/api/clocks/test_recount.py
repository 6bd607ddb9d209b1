"""While clocks are recounted after a calendar notice every page and list answers, and says what its dates rest on."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.html.links import BOARD, CLOCKS
from api.worklist.pages import DESK
from domain.calendar.state import stream_of
from domain.examples.calendar import CALENDAR, CALENDAR_STORY
from infrastructure.ledger.approvals import Approvals
from tests.api.client import REGISTER, Door
from tests.examples import APPLICANT, LEADER
from tests.infrastructure.projector.test_projector import project_all

pytestmark = pytest.mark.pages

RECOUNTING = "clocks are being recounted"


@pytest.mark.long
async def test_every_page_and_list_answers_while_clocks_are_recounted(
    door: Door, approvals: Approvals, shared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.clocks.query.PROJECTS_READ_MAX", 0)  # as in a zone of thousands of projects
    monkeypatch.setattr("infrastructure.calendar.calendars.REFRESH_SECONDS", -1.0)
    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    project_all(shared_database_url)
    assert RECOUNTING not in (await door.get("/", LEADER, lang="en")).text
    assert (await door.get("/v1/clocks")).json()["recounting"] is False

    for step in CALENDAR_STORY:  # and no projector runs
        await approvals.handle(stream_of(CALENDAR), step.dated, step.by, uuid4())

    for path in ("/", DESK, f"{DESK}?department=land", BOARD, CLOCKS, f"/pages/projects/{project}"):
        answer = await door.get(f"{path}{'&' if '?' in path else '?'}lang=en", LEADER)
        assert (answer.status_code, RECOUNTING in answer.text) == (200, True), path
    feed = await door.get("/v1/supervision/departments/land/deadlines.ics")
    assert (feed.status_code, "X-COUNTERSIGN-RECOUNTING:TRUE" in feed.text) == (200, True)
    listed, matrix = await door.get("/v1/clocks"), await door.get("/v1/clocks/matrix")
    assert (listed.status_code, matrix.status_code) == (200, 200)
    assert {clock["clock"] for clock in listed.json()["clocks"]} >= {"intake#1"}
    assert (listed.json()["recounting"], matrix.json()["recounting"]) == (True, True)

    project_all(shared_database_url)
    assert (await door.get("/v1/clocks")).json()["recounting"] is False
    assert RECOUNTING not in (await door.get("/", LEADER, lang="en")).text
