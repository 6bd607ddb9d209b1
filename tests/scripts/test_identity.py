"""`countersign users` and `security-log`; the people of a demonstration; the first administrator's code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import json
from typer.testing import CliRunner, Result

from domain.access.state import stream_of
from domain.core.ledger import Role
from domain.messages import tag_of
from infrastructure import logging as log
from infrastructure.access.registrar import PrincipalRegistrar, enter
from infrastructure.identity.accounts import Accounts, DemoPerson
from infrastructure.identity.passwords import Passwords
from infrastructure.identity.security_log import SecurityEntry
from infrastructure.identity.service import Identity, IdentityOptions
from infrastructure.identity.sessions import Sessions, SignIn
from infrastructure.identity.sign_in import NewAdministrator, Where, as_first_administrator
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.reader import Store
from scripts import cli
from scripts.demo.people import demo_people, offer_demo_people
from scripts.identity import run
from scripts.server.serving import offer_administration
from scripts.simulation.chance import Chance
from scripts.simulation.people import enterprise
from scripts.simulation.principals import applicants, zone_principals
from scripts.simulation.zone_people import MANAGERS_OF_THE_ZONE, OFFICERS_OF

PASSWORD = "correct horse battery"


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the commands work on, in which one person is registered."""
    monkeypatch.setattr("scripts.server.database.ready", lambda _: database_url)
    monkeypatch.setattr(log, "configure", lambda chosen: None)  # other tests keep theirs
    assert call("users", "add", "wang.min", "Wang Min").exit_code == 0
    return database_url


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    store = Store(url, 2)
    await store.pool.open(wait=True)
    yield store
    await store.pool.close()


async def _begin_session(url: str) -> None:
    async with _opened(url) as store:
        sessions = Sessions(store, timedelta(hours=1), timedelta(hours=1))
        await sessions.begin(SignIn(principal="wang.min", method="password"), datetime.now(UTC))


def call(*words: str, typed: str = "") -> Result:
    """Run `countersign` with *words* in a thread of its own loop."""
    return CliRunner().invoke(cli.cli, list(words), input=typed)


def test_a_password_is_set_and_ends_sessions(url: str) -> None:
    asyncio.run(_begin_session(url))
    ended = call("users", "set-password", "wang", "--principal", "wang.min", "--stdin", typed=f"{PASSWORD}\n")

    assert ended.exit_code == 0, ended.output
    assert "sessions ended: 1" in ended.stderr
    assert PASSWORD not in ended.output

    verified = run(lambda store: Passwords(store).verify("wang", PASSWORD))
    assert verified is not None
    assert verified.principal == "wang.min"


def test_a_weak_password_is_refused_in_a_sentence(url: str) -> None:
    ended = call("users", "set-password", "wang", "--principal", "wang.min", "--stdin", typed="short\n")

    assert ended.exit_code == 2
    assert "10 to 200 characters" in " ".join(ended.stderr.split())


def test_who_is_not_registered_gets_no_way_to_sign_in(url: str) -> None:
    for words in (("link", "https://idp.example.org", "sub-1", "wang"), ("set-password", "wang", "--stdin")):
        ended = call("users", *words, typed=f"{PASSWORD}\n")
        assert (ended.exit_code, "countersign users add wang NAME" in " ".join(ended.stderr.split())) == (2, True)


def test_links_and_passwords_stand_in_the_log(url: str) -> None:
    assert call("users", "link", "https://idp.example.org", "sub-1", "wang.min").exit_code == 0
    assert call("users", "set-password", "wang.min", "--stdin", typed=f"{PASSWORD}\n").exit_code == 0

    entries = json.decode(call("security-log", "--json").stdout, type=list[SecurityEntry])
    assert [(entry.kind, entry.principal) for entry in entries] == [
        ("password_set", "wang.min"),
        ("account_linked", "wang.min"),
    ]
    assert "sub-1 at https://idp.example.org" in entries[1].detail
    assert len(json.decode(call("security-log", "--json", "--kind", "account_linked").stdout)) == 1
    assert "password set" in call("security-log").stdout
    assert call("security-log", "--kind", "nonsense").exit_code == 2


def test_everyone_in_the_demo_has_one_role() -> None:
    people = demo_people(2026)
    names = [*MANAGERS_OF_THE_ZONE, *(name for names in OFFICERS_OF.values() for name in names)]
    assert len(set(names)) == len(names)
    assert {person.role for person in people} == set(Role) - {Role.SYSTEM, Role.INTEGRATOR}
    assert len({person.principal for person in people}) == len(people)
    assert all(person.over_name for person in people if person.over)
    assert {person.over for person in people if person.role is Role.OFFICER} == set(OFFICERS_OF)


async def test_the_demo_offers_its_people(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await offer_demo_people(approvals, 2026)
        offered = await Accounts(approvals.store).demo_people()
    assert [person.principal for person in offered] == [person.principal for person in demo_people(2026)]


async def test_the_first_administrator_is_offered_a_code_until_one_can_sign_in(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Approvals(database_url) as approvals:
        directory = PrincipalRegistrar(approvals)
        identity = Identity(approvals.store, database_url, IdentityOptions(), directory)
        await offer_administration(identity)
        code = capsys.readouterr().err.split("code ")[1].split(",")[0]
        assert await identity.accounts.code_is_valid(code, identity.clock())

        form = NewAdministrator(code, "gao.ming", "高明", PASSWORD)
        _, begun = await as_first_administrator(identity, form, Where("127.0.0.1", ""))
        assert begun.caller is not None
        assert begun.caller.role is Role.ADMINISTRATOR
        await offer_administration(identity)
        assert capsys.readouterr().err == ""

        history = await approvals.history(stream_of("gao.ming"))
        assert [tag_of(entry.fact) for entry in history] == ["principal_registered", "grant_given"]
        assert {entry.recorded.by.role for entry in history} == {Role.SYSTEM}


async def test_an_administrator_of_facts_alone_does_not_stop_the_offer(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Approvals(database_url) as approvals:
        identity = Identity(approvals.store, database_url, IdentityOptions(), PrincipalRegistrar(approvals))
        assert await identity.directory.appoint("gao.ming", "高明", identity.clock())
        await offer_administration(identity)
        assert "one-time code" in capsys.readouterr().err

        await identity.accounts.add_demo_people([DemoPerson("gao.ming", "高明", Role.ADMINISTRATOR)])
        await offer_administration(identity)
        assert capsys.readouterr().err == "", "a demonstration offers its administrator on the sign-in page"


async def test_people_of_the_zone_hold_what_the_table_asks_for(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        enterprises = [enterprise(Chance(2026, "enterprises"))]
        for new in (*zone_principals(), *applicants(enterprises, 2026)):
            await enter(approvals, new)
            await enter(approvals, new)
        directory, now = PrincipalRegistrar(approvals), approvals.clock()
        for person in demo_people(2026)[:3] + demo_people(2026)[4:]:
            (grant,) = await directory.grants_of(person.principal, now)
            assert (grant.role, grant.over) == (person.role, person.over)
            assert await directory.name_of(person.principal) == person.name
