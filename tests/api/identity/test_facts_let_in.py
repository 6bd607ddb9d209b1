"""A served instance lets in whom the facts of its ledger register, and no longer than these say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from api.app import PAGES
from domain.access.grants import GiveGrant, WithdrawGrant
from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from domain.core.ledger import Role
from infrastructure.access.registrar import NewPrincipal, PrincipalRegistrar, enter, handled
from infrastructure.identity.passwords import Passwords
from infrastructure.identity.tokens import NewKey, new_key
from infrastructure.ledger.approvals import Approvals
from tests.api.client import problem
from tests.api.identity.site import PASSWORD, PATIENCE
from tests.api.served import served

ADMINISTRATOR = NewPrincipal("gao", "高明", Role.ADMINISTRATOR)
OFFICER = NewPrincipal("li.qiang", "李强", Role.OFFICER, ("land",), PrincipalKind.PROGRAM)
UNNOTICED_SECONDS_MAX = PATIENCE  # a busy machine; the cache alone would hold for five


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url, PAGES, signs_in=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def key(shared_database_url: str) -> NewKey:
    """The key of an officer's program; its administrator has a password."""
    made = new_key()

    async def fill() -> None:
        async with Approvals(shared_database_url) as approvals:
            for new in (ADMINISTRATOR, OFFICER):
                await enter(approvals, new)
            await Passwords(approvals.store).set("gao", "gao", PASSWORD, approvals.clock())
            directory = PrincipalRegistrar(approvals)
            (grant,) = await directory.grants_of("li.qiang", approvals.clock())
            issue = IssueKey(
                principal="li.qiang", key=made.id, digest=made.digest.hex(), grant=grant.id, scopes=("read:*",)
            )
            await handled(approvals, issue, uuid4())

    asyncio.run(fill())
    return made


def bearer(key: NewKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.text}"}


def test_a_key_of_facts_says_who_its_program_is(address: str, key: NewKey) -> None:
    me = httpx.get(f"{address}/v1/me", headers=bearer(key), timeout=PATIENCE).json()
    assert (me["id"], me["name"], me["role"], me["over"]) == ("li.qiang", "李强", "officer", "land")
    assert (me["signed_in_by"], me["expires_at"], me["scopes"]) == ("key", None, ["read:*"])
    assert [(grant["role"], grant["chosen"]) for grant in me["grants"]] == [("officer", True)]


def test_headers_of_a_gateway_are_not_believed(address: str) -> None:
    forged = {"X-Actor": "gao", "X-Department": "zone-office", "X-Role": "administrator"}
    problem(httpx.get(f"{address}/v1/me", headers=forged, timeout=PATIENCE), "signin-required")


def test_a_key_revoked_by_a_fact_is_refused_from_then_on(address: str, key: NewKey) -> None:
    assert httpx.get(f"{address}/v1/me", headers=bearer(key), timeout=PATIENCE).status_code == 200, "it is cached now"
    with httpx.Client(base_url=address, timeout=PATIENCE) as administrator:
        form = {"login": "gao", "password": PASSWORD}
        assert administrator.post("/sign-in/password", data=form).status_code == 303
        me = administrator.get("/v1/me").json()
        assert (me["role"], me["signed_in_by"]) == ("administrator", "session")
        assert me["expires_at"] is not None

        revoke = {"command": "revoke_key", "principal": "li.qiang", "key": key.id}
        answer = administrator.post(
            "/v1/principals/li.qiang/commands", json=revoke, headers={"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code == 200, answer.text

    until = time.monotonic() + UNNOTICED_SECONDS_MAX
    while (status := httpx.get(f"{address}/v1/me", headers=bearer(key), timeout=PATIENCE).status_code) == 200:
        assert time.monotonic() < until, "the caches were not told"
    assert status == 401


async def test_the_last_administrator_is_found_while_the_grant_holds(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        directory = PrincipalRegistrar(approvals)
        assert await directory.administrators(approvals.clock()) == []
        assert await directory.appoint("gao", "高明", approvals.clock())
        assert not await directory.appoint("gao", "another", approvals.clock()), "the name is taken"
        assert await directory.administrators(approvals.clock()) == ["gao"]

        (grant,) = await directory.grants_of("gao", approvals.clock())
        await handled(approvals, WithdrawGrant(principal="gao", grant=grant.id), uuid4())
        assert await directory.administrators(approvals.clock()) == []


async def test_entering_a_person_again_changes_nothing(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        first = await enter(approvals, OFFICER)
        again = await enter(approvals, OFFICER)
        assert [answer.repeated for answer in (*first, *again)] == [False, False, True, True]

        await handled(approvals, GiveGrant(principal="li.qiang", role=Role.LEADER), uuid4())
        another = NewPrincipal("li.qiang", "李墙", Role.OFFICER, ("fire",), PrincipalKind.PROGRAM)
        assert [answer.receipt.facts for answer in await enter(approvals, another)] == [("grant_given",)]
        grants = await PrincipalRegistrar(approvals).grants_of("li.qiang", approvals.clock())
        assert [(grant.role, grant.over) for grant in grants] == [
            (Role.OFFICER, "land"),
            (Role.LEADER, ""),
            (Role.OFFICER, "fire"),
        ]
