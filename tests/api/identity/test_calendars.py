"""The secret address of a calendar: made at /account, read without signing in, limited to what its role may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import psycopg
import pytest

from infrastructure.projector.projector import Projector
from tests.api.client import NO_TLS, problem
from tests.api.identity.site import LEADER, OFFICER, PASSWORD, PATIENCE, Site

ATOM = "{http://www.w3.org/2005/Atom}"
HTML = {"Accept": "text/html"}
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(/(?:deadlines|messages/feeds)/[A-Za-z0-9_-]{43}\.(?:ics|atom))")


@pytest.fixture(scope="module")
def zone(site: Site, shared_database_url: str) -> Site:
    """The site with two projects, one of which wang.min manages; land has an item under way in each."""
    with httpx.Client(verify=NO_TLS, base_url=site.address, timeout=PATIENCE) as client:
        assert client.post("/sign-in/password", data={"login": "wang", "password": PASSWORD}).status_code == 303
        for name, manager in (("Fab 2", "wang.min"), ("Depot", "zhao")):
            project = uuid4()
            register = {
                "command": "register_project",
                "name": name,
                "enterprise": {"name": "Hengxin"},
                "manager": manager,
                "items": [{"item": "land-use", "department": "land"}],
            }
            submit = {"command": "submit_item", "item": "land-use", "materials": ["申请表"]}
            hand_over = {"command": "assign_manager", "manager": manager, "reasons": "分工"}
            own = manager == "wang.min"
            for command in (register | {"manager": "wang.min"}, submit, *(() if own else (hand_over,))):
                headers = {"Idempotency-Key": str(uuid4())}
                answer = client.post(f"/v1/projects/{project}/commands", json=command, headers=headers)
                assert answer.status_code == 200, answer.text
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        projector = Projector(shared_database_url)
        assert projector.take_lead(connection)
        projector.catch_up(connection)
    return site


@pytest.fixture
def signed(zone: Site) -> Iterator[httpx.Client]:
    with httpx.Client(verify=NO_TLS, base_url=zone.address, timeout=PATIENCE) as client:
        yield client


def made(client: httpx.Client, login: str, grant: str = "", shows: str = "deadlines") -> str:
    """The path of a new address for *login*, who acts by *grant* where there are several."""
    assert client.post("/sign-in/password", data={"login": login, "password": PASSWORD}).status_code == 303
    if grant:
        assert client.post("/account/role", data={"grant": grant}).status_code == 303
    answer = client.post("/account/calendars", data={"make": shows}, headers=HTML)
    match = ADDRESS.search(answer.text)
    assert match, answer.text
    return match[1]


def events(site: Site, path: str) -> list[str]:
    """The summaries of the calendar at *path*, read without any credentials."""
    answer = httpx.get(f"{site.address}{path}", timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = answer.text.replace("\r\n ", "").splitlines()
    return [line for line in lines if line.startswith("SUMMARY:")]


def test_a_manager_reads_the_deadlines_of_own_projects(zone: Site, signed: httpx.Client) -> None:
    summaries = events(zone, made(signed, "wang"))
    assert summaries
    assert all("Fab 2" in summary for summary in summaries)


def test_an_officer_reads_those_of_the_department(zone: Site, signed: httpx.Client) -> None:
    summaries = str(events(zone, made(signed, "li", str(OFFICER.id))))
    assert "Fab 2" in summaries
    assert "Depot" in summaries


def test_a_leader_reads_all(zone: Site, signed: httpx.Client) -> None:
    assert "Depot" in str(events(zone, made(signed, "li", str(LEADER.id))))


def test_an_address_names_no_one_and_is_read_in_both_languages(zone: Site, signed: httpx.Client) -> None:
    path = made(signed, "wang")
    for language, word in (("zh", "期限"), ("en", "eadlines")):
        text = httpx.get(f"{zone.address}{path}?lang={language}", timeout=PATIENCE).text
        assert word in text
        assert "wang" not in text
        assert "王敏" not in text
    answer = httpx.get(f"{zone.address}{path}", timeout=PATIENCE)
    etag = {"If-None-Match": answer.headers["etag"]}
    assert httpx.get(f"{zone.address}{path}", timeout=PATIENCE, headers=etag).status_code == 304


def test_an_ended_address_is_404(zone: Site, signed: httpx.Client) -> None:
    path = made(signed, "wang")
    page = signed.get("/account?lang=en", headers=HTML).text
    assert "Calendars and news readers" in page
    for address in re.findall(r'name="end" value="([0-9a-f-]{36})"', page):
        assert signed.post("/account/calendars", data={"end": address}).status_code == 303
    problem(httpx.get(f"{zone.address}{path}", timeout=PATIENCE), "not-found")
    ended = signed.post("/account/calendars", data={"end": str(uuid4())}, headers={"Accept": "application/json"})
    problem(ended, "not-found")


@pytest.mark.parametrize("path", ["/deadlines/x.ics", f"/deadlines/{'A' * 43}.ics", f"/deadlines/{'A' * 43}"])
def test_an_address_can_not_be_guessed(zone: Site, path: str) -> None:
    problem(httpx.get(f"{zone.address}{path}", timeout=PATIENCE), "not-found")


def test_an_address_opens_nothing_else(zone: Site, signed: httpx.Client) -> None:
    path = made(signed, "wang")
    assert httpx.post(f"{zone.address}{path}", timeout=PATIENCE).status_code == 405
    token = path.removeprefix("/deadlines/").removesuffix(".ics")
    cookies = {"countersign-session": token}
    assert httpx.get(f"{zone.address}/v1/me", timeout=PATIENCE, cookies=cookies).status_code == 401


def test_messages_come_as_atom_and_the_two_kinds_of_addresses_are_not_exchanged(
    zone: Site, signed: httpx.Client
) -> None:
    path = made(signed, "li", str(OFFICER.id), "messages")
    answer = httpx.get(f"{zone.address}{path}?lang=zh", timeout=PATIENCE)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    assert all("申请" in str(entry.findtext(f"{ATOM}title")) for entry in entries)
    assert {entry.findtext(f"{ATOM}summary") for entry in entries} == {"Fab 2", "Depot"}
    etag = {"If-None-Match": answer.headers["etag"]}
    assert httpx.get(f"{zone.address}{path}?lang=zh", timeout=PATIENCE, headers=etag).status_code == 304
    token = path.removeprefix("/messages/feeds/").removesuffix(".atom")
    problem(httpx.get(f"{zone.address}/deadlines/{token}.ics", timeout=PATIENCE), "not-found")
