"""The page of conformance: where projects left their flow, which step holds most days, and the same as a file."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from msgspec import structs

from api.app import PAGES, create_app
from api.exports import download
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.examples.people import LAND, moment
from domain.examples.zone import CATALOGUE_STORY, FLOW_NAME, FLOW_STORY, ZONE_NAME
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.completion import CompleteItem
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import MoveFlow, StartFlow
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from projections.flow.conformance_query import ConformanceOf, FlowChoice, flow_choices
from projections.scope import ZONE_SCOPE
from tests.api.client import Door, identity
from tests.api.exports.linked import linked_rows, projects_in
from tests.examples import APPLICANT, MANAGER, USCC
from tests.infrastructure.projector.test_projector import project_all

pytestmark = pytest.mark.pages

LEADER = Actor("ma.jun", "zone-office", Role.LEADER)
OFFICE = Actor("lin", "zone-office")
CONFORMANCE, FIRST = "/pages/conformance", FlowChoice(FLOW_NAME, 1)
TimedCommand = tuple[str, Actor, AnyCommand]


def handled(item: str, by: Actor, applied: str, granted: str) -> list[TimedCommand]:
    """*item* applied for, accepted an hour later, and granted."""
    return [
        (f"{applied} 09:00", APPLICANT, SubmitItem(item=item)),
        (f"{applied} 10:00", by, AcceptItem(item=item)),
        (f"{granted} 09:00", by, CompleteItem(item=item, outcome=Outcome.GRANTED)),
    ]


def dated_at(command: AnyCommand, day: str) -> AnyCommand:
    """*command* as it was given at a local time of 2026."""
    return structs.replace(command, occurred_at=moment(f"2026-{day}"))


async def begin(door: Door, *further: TimedCommand) -> UUID:
    """A project that follows the first edition since 3 March 2026."""
    project = uuid4()
    registration = RegisterProject(name="研发楼", enterprise=Enterprise("恒信", USCC), manager="wang")
    start = StartFlow(flow=FLOW_NAME, kind="manufacturing", edition=1)
    first: list[TimedCommand] = [("03-03 09:00", MANAGER, registration), ("03-03 09:00", MANAGER, start)]
    for day, by, command in (*first, *further):
        await door.done(project, dated_at(command, day), by)
    return project


@pytest_asyncio.fixture(scope="module")
async def early(door: Door, shared_database_url: str) -> AsyncIterator[UUID]:
    """Three projects: one keeps to its flow, one applies early, one again and beside it; the id of the second."""
    stories = [(f"/v1/catalogues/{ZONE_NAME}", CATALOGUE_STORY), (f"/v1/flows/{FLOW_NAME}", FLOW_STORY)]
    for path, story in stories:
        for step in story:
            assert (await door.say(path, step.dated, step.by)).status_code == 200
    await begin(door, *handled("consultation", OFFICE, "03-05", "03-09"))
    ahead: TimedCommand = ("03-04 09:00", LAND, SubmitItem(item="land-permit"))
    second = await begin(door, ahead, *handled("consultation", OFFICE, "03-05", "03-13"))
    declined: TimedCommand = ("03-06 09:00", OFFICE, DeclineItem(item="consultation", reasons="不属于本机关职权范围"))
    applied: TimedCommand = ("03-05 09:00", APPLICANT, SubmitItem(item="consultation"))
    beside: TimedCommand = ("03-09 10:00", MANAGER, PlanItem(item=PlannedItem(item="signs", department="zone-office")))
    await begin(door, applied, declined, ("03-09 09:00", APPLICANT, SubmitItem(item="consultation")), beside)
    project_all(shared_database_url)
    yield second


async def get(door: Door, path: str, by: Actor = LEADER, **params: str) -> httpx.Response:
    return await door.client.get(path, params={"lang": "en", **params}, headers=identity(by))


@pytest.mark.usefixtures("early")
async def test_steps_are_counted_with_their_days_and_departures(approvals: Approvals) -> None:
    choices = await flow_choices(approvals.store, ZONE_SCOPE)
    assert choices == [FlowChoice(FLOW_NAME, 1, 3)]
    of = ConformanceOf(approvals.store, FIRST, ZONE_SCOPE)
    figures = await of.figures()
    assert (figures.projects, figures.conforming, figures.done) == (3, 1, 0)
    steps = {step.item: step for step in await of.steps()}
    consultation, permit = steps["consultation"], steps["land-permit"]
    assert (consultation.projects, consultation.begun, consultation.granted) == (3, 3, 2)
    # Free on 3 March at 9, applied for on 5 March: two days each; then four and eight days, on the chains of both.
    assert (consultation.wait_median, consultation.handling_median) == (2.0, 6.0)
    assert (consultation.chains, consultation.chain_wait, consultation.chain_handling) == (2, 4.0, 12.0)
    assert consultation.deviations == {"repeated": 1}
    assert (permit.begun, permit.granted, permit.chain_days, permit.deviations) == (1, 0, 0.0, {"early": 1})
    assert steps["signs"].deviations == {"added": 1}


async def test_the_page_names_the_bottleneck_and_its_method_in_both_languages(door: Door, early: UUID) -> None:
    page = (await get(door, CONFORMANCE)).text
    assert "The bottleneck is" in page
    assert "100% of all days on the chains (16 days, 4 of them before it was applied for)" in page
    assert "took the most days" in page  # the method
    assert page.count("<rect") >= 2 * 3
    assert f"flow={FLOW_NAME}&amp;item=land-permit&amp;deviation=early" in page
    assert "瓶颈：" in (await door.client.get(CONFORMANCE, headers=identity(LEADER), params={"lang": "zh"})).text
    listed = (await get(door, f"{CONFORMANCE}/items", deviation="early", flow=FLOW_NAME)).text
    assert str(early) in listed
    assert "applied for early" in listed
    assert "There are none." in (await get(door, f"{CONFORMANCE}/items", deviation="dropped")).text


@pytest.mark.usefixtures("early")
async def test_the_file_has_the_numbers_of_the_page(door: Door) -> None:
    lines = list(
        csv.DictReader(StringIO((await get(door, "/pages/exports/conformance/csv")).content.decode("utf-8-sig")))
    )
    first = lines[0]
    assert (first["Granted"], first["applied for again"]) == ("2", "1")
    assert first["Days on chains: handled"] == "12.0"
    assert len(lines) == 3
    assert (await get(door, "/pages/exports/conformance/xlsx")).status_code == 200


async def test_the_items_behind_a_number_are_a_file(door: Door, early: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BATCH_ROWS", 1)
    listed = (await get(door, f"{CONFORMANCE}/items", deviation="early")).text
    body = listed.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    table = await linked_rows(door, listed, "conformance-items", LEADER)
    assert str(early) in projects_in(body)
    assert [line["Project id"] for line in table] == projects_in(body)


@pytest.mark.usefixtures("early")
async def test_an_unfollowed_view_and_an_unauthorised_reader_are_refused(door: Door) -> None:
    assert (await get(door, CONFORMANCE, flow="none")).status_code == 400
    assert (await get(door, CONFORMANCE, flow=FLOW_NAME, edition="7")).status_code == 400
    assert (await get(door, CONFORMANCE, OFFICE)).status_code == 403
    assert (await get(door, f"{CONFORMANCE}/items", deviation="odd")).status_code == 400


async def test_a_step_given_up_in_a_move_is_reported(door: Door, early: UUID, shared_database_url: str) -> None:
    moved: TimedCommand = ("03-10 09:00", MANAGER, MoveFlow(edition=2))
    back: TimedCommand = ("03-11 09:00", MANAGER, MoveFlow(kind="research", edition=2))
    project = await begin(door, moved, back)
    project_all(shared_database_url)
    listed = (await get(door, f"{CONFORMANCE}/items", deviation="dropped", edition="2")).text
    assert str(project) in listed
    assert str(early) not in listed


async def test_without_projects_in_a_flow_the_page_says_so(database_url: str, tmp_path: Path) -> None:
    async with Approvals(database_url) as approvals:
        empty = create_app(approvals, Views(approvals.store), Settings(data=tmp_path), pages=PAGES)
        transport = httpx.ASGITransport(app=cast("Any", empty))
        async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
            project_all(database_url)
            answer = await get(Door(client), CONFORMANCE)
    assert "No project follows a flow yet." in answer.text
