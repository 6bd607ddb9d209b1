"""A server that reads from a standby: it writes sign-ins to the primary, and serves who is signed in without one.

Two PostgreSQL servers, the second of which follows the first by streaming replication.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from msgspec import Struct
from psycopg.conninfo import make_conninfo

from api.app import PAGES
from domain.core.ledger import Role
from infrastructure.access.registrar import NewPrincipal, enter
from infrastructure.identity.passwords import Passwords
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.binaries import account_for
from infrastructure.postgres.cluster import OWNER
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.api.client import NO_TLS, REGISTER, problem
from tests.api.identity.site import PASSWORD, PATIENCE
from tests.api.identity.test_middleware import command
from tests.api.served import served
from tests.conftest import reachable_folder
from tests.infrastructure.projector.test_projector import project_all

WANG = NewPrincipal("wang.min", "王敏", Role.PROJECT_MANAGER, ("zone-office",))
APPLIED = "-c synchronous_commit=remote_apply"  # answered once the standby shows it: nothing has to be waited for
TOUCHED = "SELECT touched_at FROM identity.session"
AGED = "UPDATE identity.session SET touched_at = touched_at - interval '5 minutes'"
FORM = {"login": "wang.min", "password": PASSWORD}
SILENT_SECONDS = 10.0  # two for the primary, the rest for a busy machine; what is not bounded waits for forty
CASE = {"number": "BDA2026-000001-0", "code": "23456789"}


class Pair(Struct):
    """The primary, the addresses of both databases, and that of a server that reads from the standby."""

    primary: EmbeddedPostgres
    primary_url: str
    standby_url: str
    address: str = ""

    def on_primary(self, query: str) -> list[tuple[object, ...]]:
        """The result of *query* on the primary, once the standby shows what it changed."""
        with psycopg.connect(self.primary_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with reachable_folder() as folder:
        primary = EmbeddedPostgres(folder / "primary", throw_away=True)
        migrate(primary.start())
        project_all(primary.url())
        primary.stop()
        standby = standby_of(primary, folder / "standby")
        primary.start()
        made = Pair(primary, make_conninfo(primary.url(), options=APPLIED), standby.start())
        made.on_primary("ALTER SYSTEM SET synchronous_standby_names = '*'")
        made.on_primary("SELECT pg_reload_conf()")
        asyncio.run(filled(made.primary_url))
        with served(
            made.standby_url, PAGES, signs_in=True, reader=True, primary_url=make_conninfo(made.primary_url)
        ) as address:
            made.address = address
            yield made


def standby_of(primary: EmbeddedPostgres, data: Path) -> EmbeddedPostgres:
    """A server with a copy of the database of *primary*, which is stopped, that follows it by its socket."""
    data.mkdir(mode=0o711)
    standby = EmbeddedPostgres(data, throw_away=True)
    account = account_for(primary.folder, primary.data)
    with (primary.folder / "pg_ident.conf").open("a") as accounts:
        accounts.write(f'countersign "{account.name}" {OWNER}\n')  # the account that the standby's server runs as
    subprocess.run(["cp", "-a", str(primary.folder), str(standby.folder)], check=True)
    (socket,) = parse_qs(urlsplit(primary.url()).query)["host"]
    with (standby.folder / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = 'host={socket} user={OWNER}'\n")
    (standby.folder / "standby.signal").touch()
    return standby


async def filled(url: str) -> None:
    """A manager who signs in with a password."""
    async with Approvals(url) as approvals:
        await enter(approvals, WANG)
        await Passwords(approvals.store).set("wang.min", "wang.min", PASSWORD, approvals.clock())


@pytest.fixture
def manager(pair: Pair) -> Iterator[httpx.Client]:
    """Signed in by the reader."""
    with httpx.Client(verify=NO_TLS, base_url=pair.address, timeout=PATIENCE) as client:
        answer = client.post("/sign-in/password", data=FORM)
        assert answer.status_code == 303, answer.text
        yield client


def test_a_reader_writes_sign_ins_to_the_primary(pair: Pair, manager: httpx.Client) -> None:
    assert manager.get("/v1/me").json()["id"] == "wang.min", "at once, whether or not the standby has the session yet"
    assert pair.on_primary("SELECT principal FROM identity.session") == [("wang.min",)]
    assert pair.on_primary("SELECT kind FROM identity.security_log") == [("signed_in",)]
    assert httpx.post(f"{pair.address}/window/track", data=CASE, timeout=PATIENCE).status_code == 403, (
        "counted, and wrong"
    )
    assert pair.on_primary("SELECT count(*) FROM identity.rate WHERE key LIKE 'track%'") != [(0,)]
    project = "0193f0a2-7c00-7000-8000-0000000000c1"
    headers = command() | {"Sec-Fetch-Site": "same-origin"}
    problem(manager.post(f"/v1/projects/{project}/commands", json=REGISTER, headers=headers), "database-read-only")


@pytest.mark.long
def test_a_silent_primary_holds_no_page_up(pair: Pair, manager: httpx.Client) -> None:
    """It takes connections and answers nothing, as where packets vanish: no error says that it is away."""
    pair.on_primary(AGED)  # so that its use would be noted
    browser = httpx.Client(verify=NO_TLS, base_url=pair.address, timeout=SILENT_SECONDS, cookies=manager.cookies)
    with browser, psycopg.connect(pair.primary_url) as other:
        other.execute("LOCK TABLE identity.session, identity.rate IN EXCLUSIVE MODE")
        assert browser.get("/v1/me").json()["id"] == "wang.min"
        assert browser.get("/").status_code == 200
        answer = browser.post("/sign-in/password", data=FORM)
        assert answer.status_code == 503, answer.text
        assert "目前只能查看" in browser.post("/window/track", data=CASE, headers={"Accept-Language": "zh"}).text
        other.rollback()
    deadline = monotonic() + PATIENCE
    while browser_answer(pair).status_code != 303:
        assert monotonic() < deadline, "it is asked again some seconds later"
        sleep(0.5)


def browser_answer(pair: Pair) -> httpx.Response:
    return httpx.post(f"{pair.address}/sign-in/password", data=FORM, timeout=PATIENCE)


@pytest.mark.long
def test_without_a_primary_sessions_are_served_and_no_one_signs_in(pair: Pair, manager: httpx.Client) -> None:
    pair.on_primary(AGED)  # so that its use would be noted
    pair.primary.stop()
    try:
        assert manager.get("/v1/me").json()["id"] == "wang.min"
        assert httpx.get(f"{pair.address}/readyz", timeout=PATIENCE).status_code == 200
        with httpx.Client(verify=NO_TLS, base_url=pair.address, timeout=PATIENCE) as stranger:
            for path, form in (("/sign-in/password", FORM), ("/window/track", CASE)):
                answer = stranger.post(path, data=form)
                assert answer.status_code == 503, (path, answer.text)
            assert stranger.get("/v1/me").status_code == 401
    finally:
        pair.primary.start()
