"""GET /v1/access and the page of a project: who may do what, on a day, and why; and who may ask that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.access.absence import NameDeputy
from domain.access.grants import AppointAgent, GiveGrant, WithdrawGrant
from domain.access.registration import RegisterPrincipal
from domain.access.state import Principal, stream_of
from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import REGISTER, Door, identity
from tests.effort import PATIENCE_SECONDS
from tests.examples import BUREAU, LAND, LEADER, MANAGER

USCC = "91420100MA0HX2026E"
PLANS = {"zh": "列入事项", "en": "Plan an item"}
XU = Actor("xu", "office", Role.ADMINISTRATOR)
OTHER_MANAGER = Actor("zhou", "office", Role.PROJECT_MANAGER)
pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]


class Directory:
    """What was granted to whom, and the project it is about."""

    def __init__(self, project: UUID, withdrawn: UUID, before: str) -> None:
        self.project, self.withdrawn, self.before = project, withdrawn, before


@pytest_asyncio.fixture(scope="module")
async def directory(door: Door, approvals: Approvals) -> AsyncIterator[Directory]:
    """An officer, a former officer, a manager, an agent, a leader, and a deputy of the officer; and a project."""
    project = uuid4()
    await door.done(project, {**REGISTER, "enterprise": {"name": "Hengxin", "uscc": USCC}})

    async def say(command: Any, by: Actor = XU) -> None:
        await approvals.handle(stream_of(command.principal), command, by, uuid4())

    for person in ("li", "former", "wang", "agent", "ma", "zhang", "he"):
        await say(RegisterPrincipal(principal=person, name=f"<b>&{person}"))
    await say(GiveGrant(principal="li", role=Role.OFFICER, over="land"))
    await say(GiveGrant(principal="former", role=Role.OFFICER, over="land"))
    await say(GiveGrant(principal="he", role=Role.OFFICER, over="water"))
    await say(GiveGrant(principal="wang", role=Role.PROJECT_MANAGER))
    await say(GiveGrant(principal="ma", role=Role.LEADER))
    await say(AppointAgent(principal="agent", enterprise=USCC, projects=(project,), mandate="paper"))
    await say(NameDeputy(principal="li", deputy="zhang", valid_until=approvals.clock().replace(year=2099)))
    before = approvals.clock()
    former = await approvals.state(stream_of("former"))
    assert isinstance(former, Principal)
    (grant,) = former.grants
    await say(WithdrawGrant(principal="former", grant=grant))
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    yield Directory(project, grant, before.isoformat())


async def answer(door: Door, by: Actor, status: int = 200, **params: Any) -> Any:
    response = await door.get("/v1/access", by, **params)
    assert response.status_code == status, response.text
    return response.json()


async def test_who_may_do_what_in_a_project_and_why(door: Door, directory: Directory) -> None:
    reply = await answer(door, MANAGER, project=str(directory.project))
    holders = {holder["principal"]: holder for holder in reply["holders"]}
    assert holders.keys() == {"li", "zhang", "wang", "agent", "ma"}, "not the former officer, nor another department's"
    allowed = {action["action"]: action for action in holders["li"]["actions"]}
    assert allowed["accept_item"]["items"] == ["land"]
    assert allowed["read:progress"]["items"] == []
    assert "items their department handles" in allowed["accept_item"]["reason_en"]
    assert "plan_item" not in allowed
    assert "plan_item" in {action["action"] for action in holders["wang"]["actions"]}
    assert (holders["zhang"]["deputy_of"], holders["agent"]["as_agent"]) == ("li", True)
    assert {action["action"].partition(":")[0] for action in holders["ma"]["actions"]} >= {"read", "assign_manager"}


async def test_who_could_do_what_before(door: Door, directory: Directory) -> None:
    reply = await answer(door, BUREAU, project=str(directory.project), on=directory.before)
    assert "former" in {holder["principal"] for holder in reply["holders"]}
    known = await answer(door, BUREAU, principal="former", project=str(directory.project), known_at=directory.before)
    assert [holder["principal"] for holder in known["holders"]] == ["former"], "nothing of the withdrawal was known"


async def test_what_a_principal_may_do(door: Door, directory: Directory) -> None:
    (holder,) = (await answer(door, XU, principal="li"))["holders"]
    actions = {action["action"] for action in holder["actions"]}
    assert {"accept_item", "read:progress", "record_leave"} <= actions
    own = await answer(door, LAND, principal="li")
    assert own["holders"] == [holder]
    assert (await answer(door, XU, principal="nobody"))["holders"] == []


@pytest.mark.parametrize(
    ("by", "status", "code"),
    [
        (LEADER, 200, ""),
        (XU, 404, "project-unknown"),
        (OTHER_MANAGER, 404, "project-unknown"),
        (LAND, 403, "access-denied"),
        (Actor("he", "water"), 404, "project-unknown"),
        (Actor("chen", USCC, Role.APPLICANT), 403, "access-denied"),
    ],
)
async def test_who_may_ask_about_a_project(door: Door, directory: Directory, by: Actor, status: int, code: str) -> None:
    reply = await answer(door, by, status, project=str(directory.project))
    assert reply.get("code", "") == code
    if status == 403:
        assert "project managers in projects they manage" in reply["remedy"]


async def test_others_grants_are_not_for_everyone(door: Door, directory: Directory) -> None:
    assert (await answer(door, LAND, 404, principal="wang"))["code"] == "principal-unknown"


async def test_a_question_about_nothing_is_refused(door: Door) -> None:
    assert (await answer(door, MANAGER, 400))["code"] == "invalid-parameter"
    assert (await answer(door, MANAGER, 400, principal="li", on="2026-03-02T09:00:00"))["code"] == "invalid-parameter"
    assert (await answer(door, BUREAU, 404, project=str(uuid4())))["code"] == "project-unknown"
    assert (await answer(door, BUREAU, 404, project=str(stream_of("li"))))["code"] == "project-unknown"


@pytest.mark.parametrize(
    ("lang", "says"), [("zh", "项目经理可以，范围：本人管理的项目"), ("en", "in projects they manage")]
)
async def test_the_page_says_the_same(door: Door, directory: Directory, lang: str, says: str) -> None:
    path = f"/pages/projects/{directory.project}/access"
    response = await door.get(path, MANAGER, lang=lang)
    assert response.status_code == 200, response.text
    assert says in response.text
    assert "&lt;b&gt;&amp;li" in response.text
    assert "<b>&" not in response.text
    assert "plan_item" not in response.text
    assert PLANS[lang] in response.text
    refused = await door.client.get(path, params={"lang": lang}, headers=identity(LAND))
    assert refused.status_code == 403


async def test_the_page_of_an_earlier_day(door: Door, directory: Directory) -> None:
    response = await door.get(f"/pages/projects/{directory.project}/access", BUREAU, on="2020-01-01", lang="en")
    assert response.status_code == 200
    assert "No grant on record" in response.text
