"""Accepting several applications by one form: a result a row, one refusal among them, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, identity
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, FIRE, LAND, LEADER, MANAGER, USCC, project_id_of
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("04-01 09:00")]
KEY = UUID(int=77)
FORM = "application/x-www-form-urlencoded"
TOO_MANY = "&".join(f"case={UUID(int=nth)}/land" for nth in range(201))
NAMES = ("first", "second", "third")
PLAN = (
    PlannedItem(item="land", department="land", promise_days=10),
    PlannedItem(item="build", department="land", requires=("land",)),
)


def ticking() -> datetime:
    """A clock that goes on, as those of servers do."""
    HANDS[0] += timedelta(milliseconds=1)
    return HANDS[0]


def project_of(name: str) -> UUID:
    """The project called *name* here."""
    return project_id_of(UUID(int=5), name)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Three projects with an application for land each."""
    async with Approvals(shared_database_url, clock=ticking) as opened:
        for name in NAMES:
            register = RegisterProject(
                name=f"Fab {name}", enterprise=Enterprise("Hengxin", USCC), manager=MANAGER.id, items=PLAN
            )
            await opened.handle(project_of(name), register, MANAGER, uuid4())
            await opened.handle(project_of(name), SubmitItem(item="land"), APPLICANT, uuid4())
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened


async def send(door: Door, cases: list[str], key: UUID | str, by: Actor = LAND, lang: str = "en") -> httpx.Response:
    body = urlencode([("key", str(key)), ("department", "land"), *(("case", case) for case in cases)])
    headers = identity(by) | {"Content-Type": "application/x-www-form-urlencoded"}
    return await door.client.post(f"/desk/acceptances?lang={lang}", content=body, headers=headers)


def results(page: str) -> list[str]:
    """What became of each row: "accepted" or "refused"."""
    return re.findall(r'<tr class="(accepted|refused)">', page)


async def test_boxes_are_for_those_who_may_accept(door: Door) -> None:
    officer = (await door.get("/desk", LAND, lang="en")).text
    assert set(re.findall(r'name="case" value="([^"]*)"', officer)) == {f"{project_of(name)}/land" for name in NAMES}
    for by in (LEADER, FIRE, MANAGER):
        page = (await door.get("/desk", by, lang="en", department="land")).text
        assert 'type="checkbox"' not in page
        assert 'action="/desk/acceptances' not in page


async def test_each_chosen_application_is_accepted_or_refused_by_itself(door: Door, approvals: Approvals) -> None:
    """The second item is not applied for; the refusal of one stops no other."""
    first, second = project_of("first"), project_of("second")
    key = uuid4()
    chosen = [f"{first}/land", f"{second}/build", f"{second}/land"]

    answer = await send(door, chosen, key)
    assert answer.status_code == 200
    assert results(answer.text) == ["accepted", "refused", "accepted"]
    assert "2 accepted" in answer.text
    assert "1 refused" in answer.text
    assert "can&#39;t be accepted" in answer.text
    assert "How is this counted?" in answer.text, "the clock of the decision that runs from now on"
    assert [(await approvals.project(project)).items["land"].stage for project in (first, second)] == ["accepted"] * 2

    before = await approvals.store.head()
    again = await send(door, chosen, key)
    assert results(again.text) == ["accepted", "refused", "accepted"]
    assert again.text.count("Accepted before") == 2
    assert await approvals.store.head() == before

    chinese = (await send(door, chosen, key, lang="zh")).text
    assert "1 件不能受理" in chinese
    assert "未启动" in chinese or "不在这一步" in chinese


async def test_others_are_refused_with_a_reason_and_strangers_learn_nothing(door: Door, approvals: Approvals) -> None:
    third = project_of("third")
    before = await approvals.store.head()

    refused = await send(door, [f"{third}/land"], uuid4(), FIRE)
    assert results(refused.text) == ["refused"]
    assert "Fab third" not in refused.text
    unknown = await send(door, [f"{uuid4()}/land", f"{third}/nothing"], uuid4())
    assert results(unknown.text) == ["refused", "refused"]
    assert await approvals.store.head() == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("case=x", FORM),
        (f"key={KEY}&case=x", FORM),
        (f"key={KEY}&case=%00", FORM),
        (f"key={KEY}&case=%ff", FORM),
        (
            f"key={KEY}&" + "&".join(f"case={UUID(int=nth)}/land" for nth in range(201)),
            "application/x-www-form-urlencoded",
        ),
        ("{}", "application/json"),
        ("", FORM),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(door: Door, body: str, kind: str) -> None:
    headers = identity(LAND) | {"Content-Type": kind}
    answer = await door.client.post("/desk/acceptances", content=body, headers=headers)
    assert answer.status_code == 400


async def test_a_form_with_nothing_chosen_says_so(door: Door) -> None:
    answer = await send(door, [], uuid4())
    assert answer.status_code == 200
    assert "Nothing was chosen" in answer.text
