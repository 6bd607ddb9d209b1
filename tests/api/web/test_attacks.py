"""Attacks on the interface, one after another: each is refused, says why, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gzip
import json
from base64 import b64encode
from hashlib import sha512
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog

from api.project_page.pages import ProjectPages
from api.web.identity import NAME_BYTES_MAX, _actor, actor_of
from api.web.problems import Problem
from domain.calendar.state import stream_of as calendar_stream
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.ledger import Actor, Role
from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from domain.flow.state import stream_of as flow_stream
from domain.legal_person.state import stream_of as person_stream
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.api.client import REGISTER, Door, identity, problem
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU, LEADER, MANAGER, PLANNING, USCC

NOTE = {"command": "note_step", "activity": "site visit"}
PERSON = "91110000600037341L"
FOLLOWED_SECONDS_MAX = 60
ECHO_BYTES_MAX = 3000  # of an answer to 60 kB of nonsense: our own sentences, and 200 characters of it
OTHER_SITE = {"Origin": "https://evil.example"}


async def registered(door: Door) -> UUID:
    project = uuid4()
    await door.done(project, REGISTER)
    return project


async def raw(door: Door, method: str, path: str, by: Actor | None = MANAGER, **more: Any) -> httpx.Response:
    """A request whose path is sent as it is."""
    headers = {**(identity(by) if by else {}), "Idempotency-Key": str(uuid4()), **more.pop("headers", {})}
    target = httpx.URL("http://localhost", raw_path=path.encode())
    return await door.client.request(method, target, headers=headers, **more)


async def followed(door: Door, path: str, method: str = "GET") -> httpx.Response:
    """What is answered once the views have come so far, however busy the machine is."""
    async with asyncio.timeout(FOLLOWED_SECONDS_MAX):
        while (answer := await raw(door, method, path)).status_code == 503:  # noqa: ASYNC110  HTTP has no other way
            await asyncio.sleep(0.1)
    return answer


# A project on the id of something else


@pytest.mark.parametrize(
    "stream",
    [person_stream(PERSON), flow_stream("future-flow"), catalogue_stream("zone"), calendar_stream("CN")],
    ids=["legal person", "flow", "catalogue", "calendar"],
)
async def test_no_project_squats_on_the_id_of_something_else(door: Door, stream: UUID) -> None:
    refused = problem(await door.post(stream, REGISTER), "id-reserved")
    assert "version 4 or 7" in refused["remedy"]
    problem(await door.get(f"/v1/projects/{stream}"), "project-unknown")


# Who acts


async def test_a_missing_role_is_none(door: Door) -> None:
    answer = await door.post(uuid4(), REGISTER, None, X_Actor="wang")
    assert problem(answer, "role-missing")["header"] == "X-Role"
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize("role", ["super%76isor", "%73upervisor", "supervisor%20", "Supervisor"])
async def test_a_role_in_disguise_is_none(door: Door, role: str) -> None:
    problem(await door.post(uuid4(), REGISTER, None, X_Actor="wang", X_Role=role), "invalid-header")


@pytest.mark.parametrize("header", ["X-Actor", "X-Department"])
async def test_padded_identities_fill_no_memory(door: Door, header: str) -> None:
    cached = _actor.cache_info().currsize
    for number in range(20):
        padded = {**identity(MANAGER), header: "%20" * 20_000 + f"u{number}"}
        problem(await door.client.get("/v1/progress", headers=padded), "invalid-header")
    assert _actor.cache_info().currsize <= cached + 1
    for size, taken in ((NAME_BYTES_MAX, True), (NAME_BYTES_MAX + 1, False)):
        headers = {b"x-actor": b"a".rjust(size, b" "), b"x-role": b"officer"}
        try:
            assert actor_of(headers) == Actor("a")
        except Problem:
            assert not taken


@pytest.mark.parametrize("name", ["a%E2%80%8Bb", "a%E2%80%AEb", "%EF%BF%BF", "a%1B[31mb", "a%C2%9Bb"])
async def test_an_identity_holds_nothing_hidden(door: Door, name: str) -> None:
    for header in ("X-Actor", "X-Department"):
        answer = await door.client.get("/v1/progress", headers={**identity(MANAGER), header: name})
        assert problem(answer, "invalid-header")["header"] == header


async def test_a_denied_act_is_forbidden(door: Door) -> None:
    project = await registered(door)
    wrong_role = await door.post(project, REGISTER, APPLICANT)
    assert problem(wrong_role, "access-denied")["rule"] == "register_project: applicant, nobody"
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    wrong_department = await door.post(project, {"command": "accept_item", "item": "land"}, PLANNING)
    assert problem(wrong_department, "access-denied")["rule"] == "accept_item: officer, own_department"


# The address


SPELLINGS = [
    "//v1/projects/{id}/commands",
    "/v1/projects//{id}/commands",
    "/v1/projects/{id}//commands",
    "/v1/projects/{id}/commands/",
    "/v1/projects%2F{id}/commands",
    "/v1/projects/{id}%2fcommands",
    "/v1/projects/{id}%5Ccommands",
    "/v1/projects/{id}/%63ommands",
    "/v1/%70rojects/{id}/commands",
    "/v1/projects/{{{id}}}/commands",
    "/v1/projects/%7B{id}%7D/commands",
    "/v1/projects/urn:uuid:{id}/commands",
    "/v1/projects/{plain}/commands",
    "/v1/projects/{capitals}/commands",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_command_has_one_address_alone(door: Door, spelling: str) -> None:
    """A gateway's rules by path could be passed by otherwise."""
    project = UUID(f"0193f0a2-7c00-7000-8000-{uuid4().hex[:10]}ab")
    path = spelling.format(id=project, plain=project.hex, capitals=str(project).upper())
    refusal = problem(await raw(door, "POST", path, json=REGISTER), "path-not-canonical")
    assert refusal["remedy"] == f"write /v1/projects/{project}/commands"
    problem(await door.get(f"/v1/projects/{project}"), "project-unknown")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/v1/projects/{id}/history/", "//v1/projects/{id}", "/v1/projects/{id}/%68istory", "/%FF"]
)
async def test_neither_has_anything_else(door: Door, method: str, path: str) -> None:
    project = await registered(door)
    assert (await raw(door, method, path.format(id=project))).status_code == 400


@pytest.mark.parametrize(
    "path", ["/v1/projects/{plain}", "/v1/projects/{capitals}/history", "/v1/projects/%7B{id}%7D/clocks"]
)
async def test_an_id_to_read_has_one_spelling_too(door: Door, path: str) -> None:
    project = UUID("0193f0a2-7c00-7000-8000-0000000abcdf")
    spelt = path.format(id=project, plain=project.hex, capitals=str(project).upper())
    assert str(project) in problem(await raw(door, "GET", spelt), "path-not-canonical")["remedy"]


@pytest.mark.parametrize("name", ["cn-licensing@2019-04-23", "cn-licensing%402019-04-23"])
async def test_what_may_be_percent_encoded_may_be(door: Door, name: str) -> None:
    assert (await raw(door, "GET", f"/v1/law/packs/{name}")).status_code == 200


@pytest.mark.parametrize(
    "query", ["dry-run=true", "dry-run", "dry-run=", "=", "x=1&x=2", "dry%2Drun=true", "a%00b=1", "%ff=1"]
)
async def test_a_command_is_not_carried_out_with_a_query(door: Door, query: str) -> None:
    """A parameter that is not heeded would say something else than what happens."""
    project = await registered(door)
    answer = await raw(door, "POST", f"/v1/projects/{project}/commands?{query}", json=NOTE)
    problem(answer, "invalid-parameter")
    assert len((await door.get(f"/v1/projects/{project}/history")).json()["entries"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        *("limit=1e2", "limit=1.0", "limit=%2B5", "limit= 5", "limit=1_0", "limit=05", "kind=%00", "mode=%00"),
        *("manager=a&manager=b", "limit=5&limit=6", "text=%ff", "text=%", "text=%zz", "as_of=1e9", "as_of=1700000000"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/progress", "/v1/clocks"])
async def test_a_parameter_means_one_thing(door: Door, path: str, query: str) -> None:
    problem(await raw(door, "GET", f"{path}?{query}".replace(" ", "%20")), "invalid-parameter")


@pytest.mark.usefixtures("projector")
async def test_several_delays_are_one_question(door: Door) -> None:
    project = uuid4()
    position = (await door.done(project, REGISTER))["position"]
    delays = f"after={position}&delay=land:1&delay=site-plan:2"
    assert (await followed(door, f"/v1/projects/{project}/critical-path?{delays}")).status_code == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/progress?" + "x" * 60_000 + "=1", "invalid-parameter"),
        ("/v1/progress?stage=" + "x" * 60_000, "invalid-parameter"),
        ("/v1/progress?limit=" + "9" * 60_000, "invalid-parameter"),
        ("/v1/progress?as_of=" + "x" * 60_000, "invalid-parameter"),
        ("/" + "x" * 60_000, "address-too-long"),
        ("/problems/" + "x" * 1900, "not-found"),
        ("/v1/catalogues/" + "x" * 1900, "not-found"),
        ("/v1/law/packs/" + "x" * 1900, "not-found"),
        ("/v1/projects/" + "x" * 1900, "not-found"),
    ],
)
async def test_an_answer_does_not_repeat_what_it_was_sent(door: Door, path: str, code: str) -> None:
    answer = await raw(door, "GET", path)
    refusal = problem(answer, code)
    assert len(answer.content) < ECHO_BYTES_MAX
    assert len(refusal["instance"]) <= 200
    assert "x" * 201 not in answer.text
    assert "9" * 201 not in answer.text


# Pages of other sites


@pytest.mark.parametrize(
    "headers",
    [
        *({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "", "x")),
        OTHER_SITE,
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/materials", "/v1/projects/{id}/commands", "/v1/law/evaluate"])
async def test_no_page_of_another_site_sends_anything(door: Door, path: str, headers: dict[str, str]) -> None:
    project = await registered(door)
    answer = await raw(
        door, "POST", path.format(id=project), content=b"x", headers={"Content-Type": "text/plain", **headers}
    )
    problem(answer, "cross-site")


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}]
)
async def test_our_own_pages_and_programs_do(door: Door, headers: dict[str, str]) -> None:
    project = await registered(door)
    assert (await raw(door, "POST", f"/v1/projects/{project}/commands", json=NOTE, headers=headers)).status_code == 200
    read = await raw(door, "GET", f"/v1/projects/{project}", headers={**headers, "Sec-Fetch-Site": "cross-site"})
    assert read.status_code == 200


# Caches and browsers


@pytest.mark.parametrize(
    "path", ["/v1/progress", "/v1/projects/{id}", "/v1/projects/{id}/history", "/v1/names", "/nowhere"]
)
async def test_what_depends_on_who_asks_is_kept_by_no_shared_cache(door: Door, path: str) -> None:
    project = await registered(door)
    answer = await door.get(path.format(id=project))
    assert answer.headers["cache-control"] in ("private, no-cache", "no-store")
    assert {"X-Actor", "X-Department", "X-Role"} <= {part.strip() for part in answer.headers["vary"].split(",")}


@pytest.mark.parametrize(
    "path", ["/v1/progress", "/nowhere", "/schema/openapi.json", "/healthz", f"/v1/materials/{DIGEST}"]
)
async def test_no_answer_is_sniffed(door: Door, path: str) -> None:
    await door.store_report()
    assert (await door.get(path)).headers["x-content-type-options"] == "nosniff"


async def test_a_receipt_is_not_sniffed_either(door: Door) -> None:
    answer = await door.post(uuid4(), REGISTER)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/progress",
        "/v1/projects/{id}",
        "/v1/projects/{id}/history",
        "/healthz",
        "/v1/law/packs",
        "/schema/openapi.json",
        "/v1/names",
    ],
)
@pytest.mark.usefixtures("projector")
async def test_head_is_get_without_a_body(door: Door, path: str) -> None:
    project = uuid4()
    position = (await door.done(project, REGISTER))["position"]
    path = path.format(id=project, position=position)
    got, head = [await followed(door, path, method) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (200, b"")
    moving = {"x-request-id", "date", "etag", "content-length"} if "as_of" in got.text else {"x-request-id", "date"}
    names = {name: value for name, value in got.headers.items() if name not in moving}
    assert names == {name: value for name, value in head.headers.items() if name not in moving}


async def test_head_of_what_is_not_there_or_not_read(door: Door) -> None:
    for path, status in (
        ("/nowhere", 404),
        (f"/v1/projects/{uuid4()}/commands", 405),
        (f"/v1/materials/{'0' * 64}", 404),
    ):
        answer = await raw(door, "HEAD", path)
        assert (answer.status_code, answer.content) == (status, b"")
    for method in ("PUT", "OPTIONS"):
        allowed = (await raw(door, method, "/v1/progress")).headers["allow"]
        assert {"GET", "HEAD"} <= set(allowed.split(", "))
    refusals = [(await raw(door, *line)).json()["detail"] for line in (("PUT", "/v1/progress"), ("GET", "/nowhere"))]
    assert refusals == ["/v1/progress does not answer PUT", "nothing is at /nowhere"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/{id}",
        "/v1/law/packs",
        "/v1/law/packs/cn-licensing@2019-04-23",
        "/v1/law/calendars",
        "/v1/law/calendars/CN",
        "/v1/catalogues",
        "/v1/flows",
        "/v1/names",
        "/schema/openapi.json",
        "/problems",
    ],
)
async def test_what_a_client_has_already_is_not_sent_again(door: Door, path: str) -> None:
    path = path.format(id=await registered(door))
    for coding in ("gzip", "identity"):
        first = await raw(door, "GET", path, headers={"Accept-Encoding": coding})
        for tag in (first.headers["etag"], f'"x", W/{first.headers["etag"].removeprefix("W/")}', "*"):
            again = await raw(door, "GET", path, headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["vary"] == first.headers["vary"]
        assert (await raw(door, "GET", path, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_the_etag_of_a_project_is_for_if_match_too(door: Door) -> None:
    project = await registered(door)
    before = (await door.get(f"/v1/projects/{project}")).headers["etag"]
    assert (await door.post(project, NOTE, if_match=before)).status_code == 200
    problem(await door.post(project, NOTE, if_match=before), "version-moved")
    assert (await door.get(f"/v1/projects/{project}")).headers["etag"] != before


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("xgzip", None),
    ],
)
async def test_texts_are_compressed_for_who_can_read_that(door: Door, accepted: str, coding: str | None) -> None:
    answer = await raw(door, "GET", "/schema/openapi.json", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.json()["openapi"]
    assert coding is None or int(answer.headers["content-length"]) < len(answer.content) / 5


async def test_what_is_short_or_a_file_goes_out_as_it_is(door: Door) -> None:
    text = b"line\n" * 1000
    stored = (await door.upload(text, "text/plain")).json()["digest"]
    for path in ("/healthz", f"/v1/materials/{stored}"):
        answer = await raw(door, "GET", path, headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in answer.headers
    lines = await raw(
        door, "GET", f"/v1/projects/{await registered(door)}/history.ndjson", headers={"Accept-Encoding": "gzip"}
    )
    assert lines.headers["content-encoding"] == "gzip"
    assert json.loads(lines.text)["version"] == 1
    assert gzip.compress(b"") != b""


# Texts


HIDDEN = [
    "a\u001b[31mb",
    "a\tb",
    "a\nb",
    "a\u0085b",
    "a\u009bb",
    "a\u200bb",
    "a\u202eb",
    "\ufeffa",
    "a\uffffb",
    "a\U0001ffffb",
    *("\u3164", "a\u115fb", "\uffa0", "\u2800", "land\ufe0f", "land\u034f", "王\U000e0100"),
]
BLANK = [" ", "   ", "\u3000", "\u00a0"]


@pytest.mark.parametrize("text", [*HIDDEN, *BLANK])
async def test_a_name_holds_nothing_hidden_and_is_not_blank(door: Door, text: str) -> None:
    project = await registered(door)
    for path, body in (
        ("$.activity", {**NOTE, "activity": text}),
        ("$.items[0].item", {**REGISTER, "items": [{"item": text, "department": "land"}]}),
        ("$.enterprise.name", {**REGISTER, "enterprise": {"name": text}}),
    ):
        assert problem(await door.post(project, body), "invalid-field")["path"] == path
    define = {"command": "withdraw_service_item", "code": text}
    assert (await door.say("/v1/catalogues/attacked", define, MANAGER)).status_code == 422


@pytest.mark.parametrize(
    ("text", "taken"), [("a\nb\tc", True), ("家庭\u200d", True), ("a\rb", False), ("a\u001bb", False)]
)
async def test_prose_has_line_feeds_and_tabs_and_no_other_control_characters(
    door: Door, text: str, taken: bool
) -> None:
    project = await registered(door)
    answer = await door.post(project, {"command": "retract_entry", "version": 9, "reasons": text}, BUREAU)
    assert problem(answer, "no-such-entry" if taken else "invalid-field")


@pytest.mark.parametrize("escaped", [rb"\ud800", rb"\uDFFFx", rb"\\\ud83dx", rb"\udc00\ud800"])
async def test_half_of_a_surrogate_pair_is_called_so(door: Door, escaped: bytes) -> None:
    refusal = problem(await door.post(uuid4(), b'{"command":"note_step","activity":"%b"}' % escaped), "malformed-json")
    assert "surrogate" in refusal["detail"]


async def test_whole_surrogate_pairs_are_characters(door: Door) -> None:
    project = await registered(door)
    assert (await door.post(project, rb'{"command":"note_step","activity":"\ud83d\ude00 \\ud800"}')).status_code == 200


# Reading


@pytest.mark.usefixtures("projector")
@pytest.mark.parametrize(
    "path", ["/v1/progress", "/v1/clocks", "/v1/feedback/complaints", "/v1/projects/{id}/progress"]
)
async def test_a_position_that_never_was_is_refused_at_once(door: Door, approvals: Approvals, path: str) -> None:
    path = path.format(id=await registered(door))
    for after in (await approvals.store.head() + 1000, 2**63 - 1):
        refusal = problem(await followed(door, f"{path}?after={after}"), "invalid-parameter")
        assert refusal["parameter"] == "after"
    assert (await followed(door, f"{path}?after={await approvals.store.head()}")).status_code == 200


async def test_a_page_of_a_history_is_all_that_is_read_of_it(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = await registered(door)
    for _ in range(30):
        await door.done(project, NOTE)
    await approvals.state(project)
    reads: list[tuple[int, int | None]] = []
    stream = approvals.store.stream

    async def counted(project_id: UUID, after: int = -1, limit: int | None = None) -> Any:
        reads.append((after, limit))
        return await stream(project_id, after, limit)

    monkeypatch.setattr(approvals.store, "stream", counted)
    page = (await door.get(f"/v1/projects/{project}/history", after_version=10, limit=5)).json()
    assert [entry["version"] for entry in page["entries"]] == [11, 12, 13, 14, 15]
    assert (page["next"], reads) == (15, [(10, 5)])
    last = (await door.get(f"/v1/projects/{project}/history", after_version=28, limit=5)).json()
    assert ([entry["version"] for entry in last["entries"]], last["next"]) == ([29, 30, 31], None)


async def test_a_page_of_a_history_knows_what_came_before_and_after_it(door: Door) -> None:
    project, secret = await registered(door), Actor("secret-7", USCC, Role.APPLICANT)
    filed = {
        "command": "file_complaint",
        "complaint": "c1",
        "item": "land",
        "about": "late",
        "anonymous": True,
    }
    await door.done(project, filed, secret)
    await door.done(project, {"command": "withdraw_complaint", "complaint": "c1"}, secret)
    await door.done(project, NOTE)
    await door.done(project, {"command": "retract_entry", "version": 4, "reasons": "x"})
    for number in range(5):
        (entry,) = (await door.get(f"/v1/projects/{project}/history", LEADER, after_version=number, limit=1)).json()[
            "entries"
        ]
        assert entry["retracted"] is (number == 3)
        assert "secret-7" not in json.dumps(entry)
        (seen,) = (await door.get(f"/v1/projects/{project}/history", BUREAU, after_version=number, limit=1)).json()[
            "entries"
        ]
        assert ("secret-7" in json.dumps(seen)) is (number in (1, 2))


@pytest.mark.usefixtures("projector")
async def test_all_pages_of_a_list_are_of_one_moment(door: Door) -> None:
    """While others write: none is missed and none comes twice."""
    projects = [str(await registered(door)) for _ in range(6)]
    position = (await door.done(UUID(projects[-1]), NOTE))["position"]
    first = (await followed(door, f"/v1/progress?after={position}&limit=2&manager=wang")).json()
    seen, following = [project["project"] for project in first["projects"]], first["next"]
    for older in projects:
        if following is None:
            break
        position = (await door.done(UUID(older), NOTE))["position"]
        await followed(door, f"/v1/progress?after={position}")
        page = (await door.get("/v1/progress", after=position, limit=2, manager="wang", cursor=following)).json()
        seen, following = seen + [project["project"] for project in page["projects"]], page["next"]
    assert len(seen) == len(set(seen))
    assert set(projects[-len(seen) :]) <= set(seen)


# Files


async def test_an_upload_is_on_record(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    content = REPORT + b"% of somebody\n"
    with structlog.testing.capture_logs() as lines:
        digest = (await door.upload(content, MEDIA_TYPE, APPLICANT)).json()["digest"]
    (line,) = [line for line in lines if line["event"] == "material_uploaded"]
    assert (line["digest"], line["actor"], line["role"]) == (digest, APPLICANT.id, "applicant")


@pytest.mark.parametrize(
    "announced",
    [
        *("", "sha-256", "sha-256=abc", "sha-256=:!!:", "sha-256=:AAAA:", "SHA-256=:AAAA:", ":", "sha-256=:::"),
        f"sha-512=:{b64encode(sha512(REPORT).digest()).decode()}:",
        f"sha-256=:{b64encode(bytes.fromhex(DIGEST)).decode()}:, x",
    ],
)
async def test_a_digest_that_can_not_be_checked_is_refused(door: Door, announced: str) -> None:
    problem(await door.upload(REPORT, MEDIA_TYPE, content_digest=announced), "invalid-header")


# Pages


@pytest.fixture(scope="module")
def page_address(shared_database_url: str, projector: Projector) -> Any:
    assert projector
    with served(shared_database_url, [ProjectPages]) as address:
        yield address


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("application/json", "application/problem+json"),
        ("text/html,*/*", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
    ],
)
def test_a_page_that_fails_is_json_for_who_asks_for_json(page_address: str, accepted: str, kind: str) -> None:
    answer = httpx.get(
        f"{page_address}/pages/projects/{uuid4()}",
        headers={"Accept": accepted} | identity(LEADER),
        timeout=PATIENCE_SECONDS,
    )
    assert (answer.status_code, answer.headers["content-type"]) == (404, kind)


def test_the_style_sheet_names_its_character_set_once(page_address: str) -> None:
    assert (
        httpx.get(f"{page_address}/static/app.css", timeout=PATIENCE_SECONDS).headers["content-type"]
        == "text/css; charset=utf-8"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_says_what_is_wrong_with_its_address_in_both_languages(page_address: str, language: str) -> None:
    """Refused before any route, but still to a person."""
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = httpx.get(f"{page_address}/pages/projects/{uuid4()}/", headers=headers, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 400
    assert ("网址的写法有误" if language == "zh" else "The address is written incorrectly") in answer.text
    posted = httpx.post(f"{page_address}/pages/projects/{uuid4()}", headers=headers, timeout=PATIENCE_SECONDS)
    assert posted.status_code == 405
    assert ("这个网址不能这样打开" if language == "zh" else "can&#39;t be opened in this way") in posted.text
