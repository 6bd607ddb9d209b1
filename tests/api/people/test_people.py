"""People and grants as forms: looked at, done once, confirmed by a second person; refused with the reason."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from domain.access.state import Principal, stream_of
from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, identity
from tests.effort import PATIENCE_SECONDS
from tests.examples import LAND, LEADER

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

XU, FAN = Actor("xu", "office", Role.ADMINISTRATOR), Actor("fan", "office", Role.ADMINISTRATOR)
HIDDEN_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
MARK = "<script>alert('x')</script>"


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url) as opened:
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened


async def sent(door: Door, by: Actor, act: str, lang: str = "zh", **fields: str) -> httpx.Response:
    """What the form of *act* is answered with."""
    headers = identity(by) | {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"key": str(uuid4()), **fields})
    return await door.client.post(f"/admin/acts/{act}?lang={lang}", content=body, headers=headers)


async def done(door: Door, by: Actor, act: str, **fields: str) -> httpx.Response:
    """The answer to an act that was looked at before, as its page sends it."""
    seen = await sent(door, by, act, **fields)
    assert seen.status_code == 200, seen.text
    held = {name: unescape(value) for name, value in HIDDEN_FIELD.findall(seen.text)}
    assert held["seen"] == "1", seen.text
    return await sent(door, by, act, **held)


async def state_of(approvals: Approvals, principal: str) -> Principal:
    state = await approvals.state(stream_of(principal))
    assert isinstance(state, Principal)
    return state


async def register(door: Door, principal: str, kind: str = "person", name: str = "李强") -> None:
    answer = await done(door, XU, "register", principal=principal, name=name, kind=kind)
    assert answer.status_code == 303, answer.text


async def test_nothing_is_recorded_before_it_was_seen(door: Door, approvals: Approvals) -> None:
    seen = await sent(door, XU, "register", principal="seen-only", name="李强", kind="person")
    assert "登记人员 李强（seen-only）" in seen.text
    assert (await door.get("/admin/people/seen-only", XU)).status_code == 404
    await register(door, "seen-only")
    assert (await state_of(approvals, "seen-only")).name == "李强"


async def test_an_officer_is_let_in_at_once(door: Door, approvals: Approvals) -> None:
    await register(door, "li")
    answer = await done(door, XU, "grant", principal="li", role="officer", over="land", valid_until="2099-12-31")
    assert answer.headers["location"].startswith("/admin/people/li?receipt=")
    (grant,) = (await state_of(approvals, "li")).grants.values()
    assert (grant.role, grant.over) == (Role.OFFICER, "land")
    assert grant.valid_until is not None
    assert grant.valid_until.isoformat() == "2099-12-31T16:00:00+00:00"  # the end of that day in Beijing
    page = (await door.client.get(answer.headers["location"], headers=identity(XU))).text
    assert "已记入台账，第" in page
    assert "经办人 · land" in page


async def test_an_auditor_needs_a_second_administrator(door: Door, approvals: Approvals) -> None:
    await register(door, "shen", name=MARK)
    proposed = await done(door, XU, "grant", principal="shen", role="auditor")
    assert proposed.status_code == 303
    state = await state_of(approvals, "shen")
    (grant,) = state.proposals
    assert not state.grants
    own = (await door.get("/admin/people/shen", XU)).text
    assert "须由另一名管理员复核" in own
    assert 'action="/admin/acts/confirm"' not in own
    refused = await sent(door, XU, "confirm", principal="shen", grant=str(grant))
    assert "由您提请的授权须由另一名管理员复核" in refused.text
    assert "GB/T 22239" in refused.text
    waiting = (await door.get("/admin/people", FAN)).text
    assert "等待复核的授权" in waiting
    assert MARK not in waiting
    assert (await done(door, FAN, "confirm", principal="shen", grant=str(grant))).status_code == 303
    assert [held.role for held in (await state_of(approvals, "shen")).grants.values()] == [Role.AUDITOR]
    assert "等待复核的授权" not in (await door.get("/admin/people", FAN)).text


async def test_a_refused_act_keeps_what_was_filled_in(door: Door) -> None:
    await register(door, "wu")
    refused = await sent(door, XU, "grant", principal="wu", role="officer", reasons="新入职 & 培训")
    assert "请填写部门代码" in refused.text
    assert 'value="新入职 &amp; 培训"' in refused.text
    assert '<option value="officer" selected>' in refused.text
    wrong = await sent(door, XU, "grant", "en", principal="wu", role="officer", over="land", valid_until="tomorrow")
    assert "is no day" in wrong.text
    assert 'name="valid_until" value="tomorrow" type="date" aria-invalid="true"' in wrong.text
    assert '<small class="wrong" id="valid_until-wrong">This can&#39;t be used as it is.</small>' in wrong.text
    assert "本" not in (await sent(door, XU, "grant", "en", principal="wu", role="officer")).text.split("<main")[1]


async def test_a_form_is_done_once(door: Door, approvals: Approvals) -> None:
    await register(door, "twice")
    fields = {"key": str(uuid4()), "principal": "twice", "role": "officer", "over": "land", "seen": "1"}
    first, second = await sent(door, XU, "grant", **fields), await sent(door, XU, "grant", **fields)
    assert first.headers["location"] == second.headers["location"]
    assert len((await state_of(approvals, "twice")).grants) == 1


async def test_a_grant_is_withdrawn_leave_recorded_and_a_person_closed(door: Door, approvals: Approvals) -> None:
    await register(door, "zhou")
    await register(door, "wei")
    await done(door, XU, "grant", principal="zhou", role="leader")
    (grant,) = (await state_of(approvals, "zhou")).grants
    await done(door, XU, "leave", principal="zhou", valid_until="2099-01-01", deputy="wei", reasons="休假")
    page = (await door.get("/admin/people/zhou", XU)).text
    assert "代理 wei" in page
    await done(door, XU, "dismiss", principal="zhou", deputy="wei")
    await done(door, XU, "withdraw", principal="zhou", grant=str(grant))
    assert "已结束的授权 (1)" in (await door.get("/admin/people/zhou", XU)).text
    await done(door, XU, "close", principal="zhou")
    closed = (await door.get("/admin/people/zhou", XU)).text
    assert "已注销" in closed
    assert "<form" not in closed.split("<main")[1]


async def test_a_key_is_shown_once_and_revoked(door: Door, approvals: Approvals) -> None:
    await register(door, "feed", "program", "税务系统")
    await done(door, XU, "grant", principal="feed", role="integrator", over="tax")
    (grant,) = (await state_of(approvals, "feed")).grants
    issued = await done(door, XU, "issue", principal="feed", grant=str(grant), scopes="read:progress feed")
    secret = re.search(r"cs_live_[0-9a-z]+_[0-9a-f]{64}", issued.text)
    assert secret is not None
    assert issued.headers["cache-control"] == "no-store"
    state = await state_of(approvals, "feed")
    (key,) = state.keys.values()
    assert key.scopes == ("read:progress", "feed")
    assert secret[0] not in (await door.get("/admin/people/feed", XU)).text
    await done(door, XU, "revoke", principal="feed", key_id=key.id)
    assert "已吊销" in (await door.get("/admin/people/feed", XU)).text


async def test_others_see_their_own_page_alone(door: Door, approvals: Approvals) -> None:
    me = Actor("me", "land", Role.OFFICER)
    await register(door, "me")
    own = (await door.get("/admin/people/me", me)).text
    assert "登记请假" in own
    assert "授予角色" not in own
    assert (await done(door, me, "leave", principal="me", valid_until="2099-01-01")).status_code == 303
    assert len((await state_of(approvals, "me")).leaves) == 1
    assert (await door.get("/admin/people/shen", LAND)).status_code == 404
    assert (await door.get("/admin/people", LEADER)).status_code == 403
    assert "没有这个人员或程序" in (await sent(door, LAND, "grant", principal="me", role="leader")).text
    assert (await sent(door, XU, "nothing", principal="me")).status_code == 404


async def test_the_directory_is_searched_and_is_the_administrators_home(door: Door, approvals: Approvals) -> None:
    await register(door, "sought", name="欧阳")
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    page = (await door.get("/admin/people", XU, text="欧阳")).text
    assert page.count("/admin/people/sought") == 1
    assert "没有符合条件的人员" in (await door.get("/admin/people", XU, text="100%")).text
    home = await door.get("/", XU)
    assert (home.status_code, home.headers["location"]) == (303, "/admin/people")
