"""The directory answers at once what the ledger holds: grants, deputies, merges and keys, of all processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.sql import SQL

from domain.access.absence import NameDeputy
from domain.access.departments import DEPARTMENTS_STREAM, MergeDepartments
from domain.access.grants import ConfirmGrant, GiveGrant, ProposeGrant, WithdrawGrant
from domain.access.keys import IssueKey, RevokeKey, RotateKey
from domain.access.principal import Grant, PrincipalDirectory, PrincipalKind
from domain.access.registration import ClosePrincipal, RegisterPrincipal
from domain.access.state import stream_of
from domain.core.ledger import Actor, Role
from infrastructure.access.directory import FACTS, LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.reader import of_types
from tests.law.questions import at

XU, FAN = Actor("xu", "office", Role.ADMINISTRATOR), Actor("fan", "office", Role.ADMINISTRATOR)
ENTRIES = 20_000
FILL = """
    INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
    SELECT n, gen_random_uuid(), 1, 'item_submitted', '', '', now(), now(), '' FROM generate_series(1, %s) AS n
"""


class Office:
    """Administrators at work: their time, the write side, and the directory beside it."""

    def __init__(self, approvals: Approvals, hands: list[datetime]) -> None:
        self.approvals, self.hands = approvals, hands
        self.directory = LedgerDirectory(approvals.store, lambda: hands[0])

    async def say(self, *commands: Any, by: Actor = XU) -> None:
        for command in commands:
            departments = isinstance(command, MergeDepartments)
            stream = DEPARTMENTS_STREAM if departments else stream_of(command.principal)
            await self.approvals.handle(stream, command, by, uuid4())

    async def grants(self, principal: str) -> Sequence[Grant]:
        return await self.directory.grants_of(principal, self.hands[0])

    async def over(self, principal: str) -> list[tuple[Role, str, str]]:
        return [(grant.role, grant.over, grant.deputy_of) for grant in await self.grants(principal)]


@pytest_asyncio.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    hands = [at("03-02 09:00")]
    async with Approvals(database_url, clock=lambda: hands[0]) as approvals:
        yield Office(approvals, hands)


async def test_identity_reads_the_directory(office: Office) -> None:
    directory: PrincipalDirectory = office.directory
    assert await directory.name_of("li") is None
    assert await directory.grants_of("li", office.hands[0]) == ()
    assert await directory.key("landkey1") is None


async def test_a_grant_holds_at_once_and_ends_with_its_withdrawal(office: Office) -> None:
    await office.say(RegisterPrincipal(principal="li", name="Li"))
    assert (await office.directory.name_of("li"), await office.grants("li")) == ("Li", [])
    await office.say(GiveGrant(principal="li", role=Role.OFFICER, over="land"))
    (grant,) = await office.grants("li")
    assert (grant.role, grant.over) == (Role.OFFICER, "land")
    office.hands[0] = at("03-03 09:00")
    await office.say(WithdrawGrant(principal="li", grant=grant.id))
    assert await office.grants("li") == []
    assert list(await office.directory.grants_of("li", at("03-02 12:00"))) != [], "as of then it held"


async def test_a_proposed_grant_holds_once_another_confirms_it(office: Office) -> None:
    await office.say(
        RegisterPrincipal(principal="shen", name="Shen"), ProposeGrant(principal="shen", role=Role.AUDITOR)
    )
    assert await office.grants("shen") == []
    state: Any = await office.approvals.state(stream_of("shen"))
    (proposed,) = state.proposals
    await office.say(ConfirmGrant(principal="shen", grant=proposed), by=FAN)
    assert await office.over("shen") == [(Role.AUDITOR, "", "")]


async def test_a_deputy_has_the_grants_of_the_other_for_the_period(office: Office) -> None:
    await office.say(
        *(RegisterPrincipal(principal=person, name=person) for person in ("li", "zhang")),
        GiveGrant(principal="li", role=Role.OFFICER, over="land"),
        NameDeputy(principal="li", deputy="zhang", valid_from=at("03-05 00:00"), valid_until=at("03-08 00:00")),
    )
    assert await office.over("zhang") == []
    office.hands[0] = at("03-06 09:00")
    assert await office.over("zhang") == [(Role.OFFICER, "land", "li")]
    office.hands[0] = at("03-08 00:00")
    assert await office.over("zhang") == []


async def test_what_needs_a_second_administrator_is_not_passed_on(office: Office) -> None:
    system = Actor("installer", "", Role.SYSTEM)
    await office.say(*(RegisterPrincipal(principal=person, name=person) for person in ("gao", "zhang")))
    await office.say(GiveGrant(principal="gao", role=Role.SUPERVISOR), by=system)
    await office.say(NameDeputy(principal="gao", deputy="zhang", valid_until=at("03-08 00:00")))
    assert await office.over("gao") == [(Role.SUPERVISOR, "", "")]
    assert await office.over("zhang") == []


async def test_officers_do_the_work_of_merged_departments(office: Office) -> None:
    await office.say(
        RegisterPrincipal(principal="li", name="Li"),
        GiveGrant(principal="li", role=Role.OFFICER, over="land"),
        MergeDepartments(department="surveying", into="planning"),
        MergeDepartments(department="planning", into="land", valid_from=at("03-05 00:00")),
    )
    assert await office.over("li") == [(Role.OFFICER, "land", "")]
    office.hands[0] = at("03-05 00:00")
    assert await office.over("li") == [
        (Role.OFFICER, department, "") for department in ("land", "planning", "surveying")
    ]


async def test_a_key_has_two_secrets_for_a_while_and_none_once_revoked(office: Office) -> None:
    await office.say(
        RegisterPrincipal(principal="feed", name="Feed", kind=PrincipalKind.PROGRAM),
        GiveGrant(principal="feed", role=Role.INTEGRATOR, over="tax"),
    )
    (grant,) = await office.grants("feed")
    issue = IssueKey(
        principal="feed",
        key="taxkey01",
        digest="aa" * 32,
        grant=grant.id,
        scopes=("read:progress",),
        expires_at=at("2027-01-01 00:00"),
    )
    await office.say(issue)
    key = await office.directory.key("taxkey01")
    assert key is not None
    assert (key.principal, key.grant, key.digests, key.scopes) == (
        "feed",
        grant.id,
        (b"\xaa" * 32,),
        ("read:progress",),
    )
    await office.say(RotateKey(principal="feed", key="taxkey01", digest="bb" * 32, old_until=at("03-03 00:00")))
    both = await office.directory.key("taxkey01")
    assert both is not None
    assert both.digests == (b"\xaa" * 32, b"\xbb" * 32)
    office.hands[0] = at("03-03 00:00")
    new = await office.directory.key("taxkey01")
    assert new is not None
    assert new.digests == (b"\xbb" * 32,)
    await office.say(RevokeKey(principal="feed", key="taxkey01"))
    assert await office.directory.key("taxkey01") is None


async def test_an_expired_key_is_none(office: Office) -> None:
    await office.say(
        RegisterPrincipal(principal="feed", name="Feed", kind=PrincipalKind.PROGRAM),
        GiveGrant(principal="feed", role=Role.INTEGRATOR, over="tax"),
    )
    (grant,) = await office.grants("feed")
    expires = at("04-01 00:00")
    await office.say(
        IssueKey(
            principal="feed", key="taxkey01", digest="aa" * 32, grant=grant.id, scopes=("feed",), expires_at=expires
        )
    )
    office.hands[0] = expires
    assert await office.directory.key("taxkey01") is None


async def test_a_closed_principal_has_no_identity(office: Office) -> None:
    await office.say(
        RegisterPrincipal(principal="li", name="Li"), GiveGrant(principal="li", role=Role.OFFICER, over="land")
    )
    await office.say(ClosePrincipal(principal="li"))
    assert (await office.directory.name_of("li"), list(await office.grants("li"))) == (None, [])


async def test_what_another_process_records_holds_at_once(office: Office, database_url: str) -> None:
    await office.say(RegisterPrincipal(principal="li", name="Li"))
    assert await office.grants("li") == []
    async with Approvals(database_url, clock=lambda: office.hands[0]) as other:
        give = GiveGrant(principal="li", role=Role.OFFICER, over="land")
        await other.handle(stream_of("li"), give, XU, uuid4())
    assert await office.over("li") == [(Role.OFFICER, "land", "")]


async def test_many_look_ups_at_a_time_ask_for_the_position_a_few_times(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.say(
        RegisterPrincipal(principal="li", name="Li"), GiveGrant(principal="li", role=Role.OFFICER, over="land")
    )
    calls, head = [], office.approvals.store.head

    async def counting() -> int:
        calls.append(1)
        return await head()

    monkeypatch.setattr(office.approvals.store, "head", counting)
    answers = await asyncio.gather(*(office.grants("li") for _ in range(50)))
    assert [len(answer) for answer in answers] == [1] * 50
    assert len(calls) <= 2, "the first look-up, and one that all others share"


async def test_a_ledger_that_went_back_is_read_from_its_beginning(office: Office, database_url: str) -> None:
    await office.say(RegisterPrincipal(principal="li", name="Li"))
    assert await office.directory.name_of("li") == "Li"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger.event DISABLE TRIGGER USER")
        connection.execute("DELETE FROM ledger.event")
        connection.execute("UPDATE ledger.head SET seq = 0")
    assert await office.directory.name_of("li") is None


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_the_directory_is_read_by_an_index_of_its_own(database_url: str, mode: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FILL, [ENTRIES])
        connection.execute("VACUUM (ANALYZE) ledger.event")
        connection.execute(SQL("SET plan_cache_mode = {}").format(SQL(mode)))
        query = of_types(FACTS).as_string(connection).replace("%s", "$1")
        connection.execute(f"PREPARE directory AS {query}".encode())
        plan = "\n".join(line for (line,) in connection.execute("EXPLAIN EXECUTE directory (0)"))
    assert "event_of_access" in plan
    assert "Seq Scan" not in plan
