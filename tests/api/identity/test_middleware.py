"""The outermost layer: what needs sign-in is refused on both roads, headers of clients are worth nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest

from api.identity.origin import Origin
from api.identity.visit import ProgramVisits
from api.web.problems import MEDIA_TYPE
from infrastructure.identity.keys import program
from infrastructure.identity.rates import TokenBuckets
from infrastructure.identity.read_log import DataReader, ReadLog
from infrastructure.identity.service import KeyUse
from infrastructure.ledger.clock_check import utc_now
from tests.api.client import REGISTER, problem
from tests.api.identity.site import API_KEY, PASSWORD, PATIENCE, SYSTEM, Site

FORGED = {"X-Actor": "root", "X-Department": "zone-office", "X-Role": "project_manager"}
BEARER = {"Authorization": f"Bearer {API_KEY.text}"}
CLOSED = (
    "/v1/progress",
    "/v1/me",
    "/v1/waiting",
    "/v1/supervision/board",
    f"/v1/projects/{UUID(int=7)}",
    "/pages/information",
)
OPEN = ("/healthz", "/problems", "/v1/law/packs", "/schema/openapi.json", "/static/app.css", "/sign-in")
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def signed_in(client: httpx.Client, login: str = "wang") -> httpx.Client:
    """*client*, with a session of *login*."""
    answer = client.post("/sign-in/password", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def command(key: str = "") -> dict[str, str]:
    return {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4())}


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("forged", [{}, FORGED, FORGED | {"X-Gateway-Secret": ""}])
def test_nothing_is_read_without_sign_in(client: httpx.Client, path: str, forged: dict[str, str]) -> None:
    answer = client.get(path, headers=forged)

    problem(answer, "signin-required")
    assert answer.headers["www-authenticate"] == 'Bearer realm="countersign"'


@pytest.mark.parametrize("path", OPEN)
def test_what_is_public_is_answered(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/projects/{}/commands", "/v1/projects/{}/commands?x=1", "/v1/catalogues/zone/commands"]
)
@pytest.mark.parametrize("headers", [FORGED, {"Authorization": "Bearer cs_live_0000_" + "0" * 64}])
def test_no_command_is_carried_out_without_sign_in_on_either_road(
    client: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path.format(uuid4()), json=REGISTER, headers=command() | headers)

    problem(answer, "credential-invalid" if "Authorization" in headers else "signin-required")


@pytest.mark.parametrize("path", [*CLOSED, *OPEN, "/nowhere"])
def test_every_answer_has_the_headers_for_browsers(client: httpx.Client, path: str) -> None:
    headers = client.get(path, headers={"Accept": "text/html"}).headers

    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers
    if not headers.get("cache-control", "").startswith("public"):
        assert {"Cookie", "Authorization"} <= set(headers["vary"].split(", "))
    if headers.get("content-type", "").startswith("text/html"):
        assert "require-trusted-types-for 'script'" in headers["content-security-policy"]


def test_a_browser_is_sent_to_sign_in_and_back(client: httpx.Client) -> None:
    answer = client.get("/account?lang=en", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=%2Faccount%3Flang%3Den")

    form = {"login": "wang", "password": PASSWORD, "to": "/account?lang=en"}
    assert client.post("/sign-in/password", data=form).headers["location"] == "/account?lang=en"
    assert client.get("/account?lang=en", headers={"Accept": "text/html,*/*"}).status_code == 200


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "/sign-out", "x", "/a\nb", "/sign-in?to=/"]
)
def test_sign_in_leads_to_no_other_site(client: httpx.Client, to: str) -> None:
    form = {"login": "wang", "password": PASSWORD, "to": to}
    assert client.post("/sign-in/password", data=form).headers["location"] == "/"


def test_a_session_acts_in_its_role_whatever_the_client_asserts(client: httpx.Client) -> None:
    me = signed_in(client).get("/v1/me", headers=FORGED).json()

    assert (me["id"], me["name"], me["kind"], me["role"], me["over"]) == (
        *("wang.min", "王敏", "person", "project_manager", "zone-office"),
    )
    assert [grant["chosen"] for grant in me["grants"]] == [True]


@pytest.mark.parametrize("query", ["", "?"])
def test_the_ledger_names_the_person_who_signed_in(client: httpx.Client, query: str) -> None:
    project = uuid4()
    body = REGISTER | {"manager": "wang.min"}
    answer = signed_in(client).post(f"/v1/projects/{project}/commands{query}", json=body, headers=command() | FORGED)
    assert answer.status_code == 200, answer.text

    entry = client.get(f"/v1/projects/{project}/history").json()["entries"][0]
    assert "wang.min" in str(entry)
    assert "root" not in str(entry)


def test_a_program_acts_by_its_key(client: httpx.Client) -> None:
    answer = client.get("/v1/me", headers=BEARER)

    me = answer.json()
    assert (me["id"], me["kind"], me["scopes"]) == ("land-system", "program", ["commands:*", "read:*"])
    assert answer.headers["ratelimit-policy"] == '"key";q=200;w=2'
    assert answer.headers["ratelimit"].startswith('"key";r=')


def test_a_refused_key_is_logged_and_not_explained(client: httpx.Client, site: Site) -> None:
    wrong = {"Authorization": "Bearer " + API_KEY.text[:-1] + ("1" if API_KEY.text[-1] == "0" else "0")}
    answer = client.get("/v1/me", headers=wrong)

    document = problem(answer, "credential-invalid")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert API_KEY.id not in str(document)
    since = site.identity.clock() - timedelta(hours=1)
    entries = site.run(lambda: site.identity.log.read(since, kind="key_refused"))
    assert any(API_KEY.id in entry.detail and entry.address == "127.0.0.1" for entry in entries)


@pytest.mark.parametrize("authorization", ["Basic d2FuZzp4", "Bearer", "cs_live", "Bearer a.b.c", "Bearer é"])
def test_any_other_authorization_is_refused(client: httpx.Client, authorization: str) -> None:
    answer = client.get("/v1/progress", headers={b"Authorization": authorization.encode()})

    problem(answer, "credential-invalid")


@pytest.mark.parametrize("header", ["Authorization", "Cookie"])
def test_credentials_that_come_twice_are_refused(client: httpx.Client, header: str) -> None:
    """A proxy may have looked at the first one, and the application would go by the last."""
    pairs = [(header, "Bearer x"), (header, BEARER["Authorization"])]
    refusal = problem(client.get("/v1/me", headers=pairs), "invalid-header")
    assert refusal["header"] == header


def test_a_key_has_a_rate(client: httpx.Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.identity, "buckets", TokenBuckets(1 / PATIENCE, 0))

    answer = client.get("/v1/me", headers=BEARER)

    problem(answer, "too-many-requests")
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["ratelimit"].startswith('"key";r=0;')


def test_the_last_request_within_a_rate_is_answered(
    client: httpx.Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.identity, "buckets", TokenBuckets(1 / PATIENCE, 3))

    answers = [client.get("/v1/me", headers=BEARER) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]


def test_a_revoked_key_that_was_just_used_is_refused(client: httpx.Client, site: Site) -> None:
    assert client.get("/v1/me", headers=BEARER).status_code == 200
    key = site.directory.keys.pop(API_KEY.id)
    try:
        site.run(site.identity.changed)
        problem(client.get("/v1/me", headers=BEARER), "credential-invalid")
    finally:
        site.directory.keys[API_KEY.id] = key


@pytest.mark.parametrize("seconds", [0.0, 60.0])
@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/v1/commands/batch", "application/x-ndjson", b"{}\n"),
        (f"/v1/projects/{UUID(int=7)}/commands", "application/json", b'{"command": "fly"}'),
    ],
)
def test_a_key_that_is_revoked_while_a_slow_body_comes_does_nothing(
    client: httpx.Client,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    path: str,
    kind: str,
    body: bytes,
) -> None:
    monkeypatch.setattr("api.identity.visit.LATE_SECONDS", seconds)
    key = site.directory.keys[API_KEY.id]

    def slowly() -> Iterator[bytes]:
        yield body[:1]
        assert client.get("/v1/me", headers=BEARER).status_code == 200  # by then the head was read
        del site.directory.keys[API_KEY.id]
        site.run(site.identity.changed)
        yield body[1:]

    try:
        headers = BEARER | {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
        answer = client.post(path, content=slowly(), headers=headers)
    finally:
        site.directory.keys[API_KEY.id] = key
    assert ('"code":"credential-invalid"' in answer.text) is (seconds == 0.0)  # of a batch the line has it


async def test_each_request_of_a_program_has_its_own_origin_and_browser() -> None:
    identity = SimpleNamespace(reads=ReadLog(SimpleNamespace(), utc_now))  # type: ignore[arg-type] # writes nothing
    visits = ProgramVisits(identity)  # type: ignore[arg-type] # reads alone
    caller = program("land-system", "国土系统", SYSTEM, ("read:*",))
    first, renewed = KeyUse(caller, API_KEY.id, SYSTEM), KeyUse(caller, API_KEY.id, SYSTEM)
    near, far = Origin("127.0.0.1", is_secure=False, is_local=True), Origin("203.0.113.9", True, False)
    sent = [(first, near, b"a"), (first, near, b"a"), (first, far, b"a"), (first, far, b"b"), (renewed, far, b"b")]

    entered = [visits.visit(*each, API_KEY.text.encode()) for each in sent]

    assert [(each.visit.key_use, each.visit.address, each.visit.is_secure, each.visit.browser) for each in entered] == [
        (use, origin.address, origin.is_secure, browser.decode()) for use, origin, browser in sent
    ]
    assert entered[0] is entered[1]
    assert entered[4].visit.key_use is renewed
    assert entered[4].visit.reader == DataReader("land-system", "203.0.113.9", "key")


def test_a_page_of_another_site_changes_nothing(client: httpx.Client) -> None:
    signed_in(client)
    for cross in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        for path in (f"/v1/projects/{uuid4()}/commands", "/sign-out", "/account/role", "/sign-in/demo"):
            assert client.post(path, json=REGISTER, headers=command() | cross).status_code == 403
    assert client.get("/v1/me").status_code == 200


def test_a_program_needs_no_same_site_unless_a_cookie_comes_along(client: httpx.Client) -> None:
    cross = {"Sec-Fetch-Site": "cross-site"}
    path = f"/v1/projects/{uuid4()}/commands"
    alone = client.post(path, json=REGISTER, headers=command() | BEARER | cross)
    assert alone.json()["code"] != "cross-site"

    signed_in(client)
    problem(client.post(path, json=REGISTER, headers=command() | BEARER | cross), "cross-site")


def test_an_unknown_host_is_refused_also_for_sign_in(client: httpx.Client) -> None:
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 421


def test_a_head_request_without_sign_in_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/v1/progress")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (401, b"", MEDIA_TYPE)
