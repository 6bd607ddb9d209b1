"""The inbox: each role's own messages, in sentences, marked as read, and nothing of anyone else's cases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.project.application.acceptance import AcceptItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement
from domain.project.countersignature.request import AskCountersignature
from infrastructure.feed.reader import FEED_TYPES, Feed
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.inbox import Inbox, recipients
from tests.api.apply.applicants import OTHER, OTHER_USCC, OWN, RIVAL
from tests.api.client import Door, identity, problem
from tests.api.forms.conftest import seen
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER, USCC, WATER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at

pytestmark = pytest.mark.pages

SECRET = "秘密文件"
LINK = re.compile(r'href="(/messages/\d+)(?:\?[^"]*)?"')


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Two enterprises apply for land; both are asked for a paper, and one for the opinion of water."""
    hands: list[datetime] = [at("04-01 09:00")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        for project, uscc, by, paper in ((OWN, USCC, APPLICANT, "总平面图"), (OTHER, OTHER_USCC, RIVAL, SECRET)):
            await opened.handle(project, registration(uscc), MANAGER, uuid4())
            await opened.handle(project, SubmitItem(item="land"), by, uuid4())
            await opened.handle(project, RequestSupplement(item="land", missing=(paper,)), LAND, uuid4())
        project_all(shared_database_url)
        yield opened


def registration(uscc: str) -> RegisterProject:
    """A project with one item of the land department."""
    items = (PlannedItem(item="land", name="用地批准", department="land"),)
    return RegisterProject(name=f"厂房 {uscc}", enterprise=Enterprise("恒信", uscc), manager="wang", items=items)


async def unread_of(messages: Inbox, caller: Caller) -> list[int]:
    """The positions of the unread messages on the first page, the newest first."""
    shown = await messages.page(caller, 0, 30)
    return [event.entry.position for event in shown.page.events if event.entry.position not in shown.read]


async def inbox(door: Door, by: Actor, path: str = "/messages?lang=zh") -> str:
    """The page of the inbox."""
    answer = await door.client.get(path, headers=identity(by) | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_messages_are_events_of_the_feed() -> None:
    assert {kind for kinds in recipients().values() for kind in kinds} <= FEED_TYPES


async def test_an_enterprise_hears_of_its_own_case_alone(door: Door) -> None:
    page = await inbox(door, APPLICANT)
    assert "总平面图" in seen(page)
    assert "本页 1 条未读" in seen(page)
    assert "等您处理" in seen(page)
    assert SECRET not in page
    assert "总平面图" not in await inbox(door, RIVAL)


async def test_an_officer_hears_what_others_did_and_not_what_the_officer_did(door: Door) -> None:
    page = seen(await inbox(door, LAND))
    assert page.count("申请") >= 2
    assert "总平面图" not in page
    assert "还没有消息" in seen(await inbox(door, WATER))


async def test_opening_a_message_leads_to_the_case_and_marks_it(door: Door) -> None:
    first, second = dict.fromkeys(LINK.findall(await inbox(door, LAND)))
    answer = await door.client.get(first, headers=identity(LAND))
    assert answer.headers["location"].startswith(f"/pages/projects/{OTHER}/items/land")
    assert "本页 1 条未读" in seen(await inbox(door, LAND))
    position = second.rpartition("/")[2]
    assert position < first.rpartition("/")[2]
    form = {"position": first.rpartition("/")[2]}
    assert (await door.client.post("/messages/read", data=form, headers=identity(LAND))).status_code == 303
    assert "未读" not in seen(await inbox(door, LAND))
    assert "本页 1 条未读" in seen(await inbox(door, APPLICANT)), "what one has read is unread for others"


@pytest.mark.parametrize("by", [RIVAL, BUREAU, LEADER])
async def test_a_message_to_others_is_not_there(door: Door, by: Actor) -> None:
    (own,) = set(LINK.findall(await inbox(door, APPLICANT)))
    problem(await door.client.get(own, headers=identity(by) | {"Accept": "application/json"}), "not-found")


async def test_older_messages_follow_page_by_page(door: Door) -> None:
    newest, oldest = (int(path.rpartition("/")[2]) for path in dict.fromkeys(LINK.findall(await inbox(door, LAND))))
    page = await inbox(door, LAND, f"/messages?lang=zh&before={newest - 1}")
    assert set(LINK.findall(page)) == {f"/messages/{oldest}"}


async def test_the_header_counts_what_is_unread_by_this_reader_alone(door: Door, approvals: Approvals) -> None:
    feed = Feed(approvals.store, every=True)
    inbox_of, head = Inbox(approvals.store, feed), await feed.head()
    ranger, other = (Caller(name, name, PrincipalKind.PERSON, Role.OFFICER, "land") for name in ("ranger", LAND.id))
    newest, *older = await unread_of(inbox_of, ranger)
    count = await inbox_of.unread(ranger, head)
    assert count == 1 + len(older) > 1
    await inbox_of.note_read(ranger, newest)
    assert await inbox_of.unread(ranger, head) == count - 1
    await inbox_of.note_all_read(ranger, newest)
    assert await inbox_of.unread(ranger, head) == 0
    assert await inbox_of.unread(other, head) == len(await unread_of(inbox_of, other))


async def test_a_wrong_position_is_refused(door: Door) -> None:
    answer = await door.client.post(
        "/messages/read", data={"position": "x"}, headers=identity(LAND) | {"Accept": "application/json"}
    )
    problem(answer, "invalid-field")


async def test_the_countersigning_department_is_asked(door: Door, approvals: Approvals) -> None:
    project = UUID(int=77)
    await approvals.handle(project, registration(USCC), MANAGER, uuid4())
    await approvals.handle(project, SubmitItem(item="land"), APPLICANT, uuid4())
    await approvals.handle(project, AcceptItem(item="land"), LAND, uuid4())
    await approvals.handle(project, AskCountersignature(item="land", departments=("water",)), LAND, uuid4())
    project_all(approvals.store.url)
    assert "会签" in seen(await inbox(door, WATER))


async def test_what_changed_since_a_position_is_said_without_content(door: Door) -> None:
    answer = await door.get("/live", LAND, after=1)
    message = answer.json()
    assert set(message) == {"to", "changes", "kinds", "projects"}
    assert message["projects"][str(OWN)] == ["land"]
    assert (await door.get("/live", WATER, after=message["to"])).json()["changes"] == 0
    assert "supplement_requested" in message["kinds"]
    assert "总平面图" not in answer.text
    assert (await door.get("/live", APPLICANT, after=1)).json()["projects"].keys() >= {str(OWN)}
    assert str(OTHER) not in (await door.get("/live", APPLICANT, after=1)).text
    assert (await door.get("/live", LAND, after=10**9)).json()["changes"] == 0
