"""Files over HTTP: uploaded once, refused for a reason, attached only if stored, listed as of any instant, read."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from api.commands.fast_path import Application
from api.materials import routes as operations
from api.materials.routes import pieces
from api.web.problems import Problem
from domain.core.ledger import Actor, Role
from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from infrastructure.materials.places import key_of
from infrastructure.materials.store import MaterialStore, StorageAwayError
from tests.api.client import REGISTER, Door, identity, problem
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU, FEED, LAND, LEADER, MANAGER
from tests.files import RUNNABLE

LIMIT = 300_000
ATTACH = {
    "command": "attach_material",
    "digest": DIGEST,
    "name": "总平面图.pdf",
    "media_type": MEDIA_TYPE,
    "size": len(REPORT),
    "items": ["land", "site-plan"],
}
OTHER_APPLICANT = Actor("yuanda", "91420100MA0HX2027C", Role.APPLICANT)
DETACH = {"command": "detach_material", "digest": DIGEST, "items": ["land"], "reasons": "wrong plan"}


@pytest.fixture(scope="module")
def data(app: Litestar) -> Path:
    """The data folder of the application."""
    assert isinstance(app, Application)
    return app.services.settings.data


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url, materials_bytes_max=LIMIT) as url:
        yield url


async def registered(door: Door) -> UUID:
    project = uuid4()
    await door.done(project, REGISTER)
    return project


async def stored(door: Door) -> None:
    assert (await door.upload(REPORT, MEDIA_TYPE)).status_code in (200, 201)


async def files(door: Door, project: UUID, **params: Any) -> list[dict[str, Any]]:
    answer = await door.get(f"/v1/projects/{project}/materials", BUREAU, **params)
    assert answer.status_code == 200, answer.text
    return cast("list[dict[str, Any]]", answer.json()["materials"])


async def test_a_file_is_new_once_and_known_from_then_on(door: Door) -> None:
    content = REPORT + b"% new\n"
    digest = sha256(content).hexdigest()

    first = await door.upload(content, "Application/PDF; name=x", APPLICANT)
    again = await door.upload(content, MEDIA_TYPE, LAND)

    assert (first.status_code, again.status_code) == (201, 200)
    for answer, known in ((first, False), (again, True)):
        assert answer.json() == {"digest": digest, "size": len(content), "media_type": MEDIA_TYPE, "known": known}
        assert answer.headers["location"] == f"/v1/materials/{digest}"
    assert (await door.get(first.headers["location"])).content == content


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"", MEDIA_TYPE, "material-empty"),
        (REPORT, "image/png", "material-type-mismatch"),
        (REPORT, "text/html", "material-type-unknown"),
        (REPORT, "", "material-type-unknown"),
        (RUNNABLE["windows"], MEDIA_TYPE, "material-executable"),
        (RUNNABLE["archived"], "application/zip", "material-executable"),
    ],
)
async def test_what_is_not_taken_is_a_problem(door: Door, content: bytes, media_type: str, code: str) -> None:
    assert problem(await door.upload(content, media_type), code)["remedy"]


async def test_the_announced_digest_has_to_be_what_comes(door: Door) -> None:
    def announced(text: bytes) -> str:
        return f"sha-512=:AAAA:, sha-256=:{b64encode(text).decode()}:"

    right, wrong = announced(bytes.fromhex(DIGEST)), announced(bytes(32))
    assert (await door.upload(REPORT, MEDIA_TYPE, content_digest=right)).json()["digest"] == DIGEST
    problem(await door.upload(REPORT, MEDIA_TYPE, content_digest=wrong), "material-digest-mismatch")
    for unreadable in (announced(b"short"), "sha-256=:A:"):
        problem(await door.upload(REPORT, MEDIA_TYPE, content_digest=unreadable), "invalid-header")


@pytest.mark.parametrize("by", [BUREAU, LEADER, FEED], ids=lambda by: by.role)
async def test_who_hands_nothing_in_uploads_nothing(door: Door, by: Actor) -> None:
    problem(await door.upload(REPORT, MEDIA_TYPE, by), "access-denied")


async def test_everyone_says_who_they_are(door: Door) -> None:
    await stored(door)
    problem(await door.upload(REPORT, MEDIA_TYPE, None), "actor-missing")
    problem(await door.get(f"/v1/materials/{DIGEST}", None), "actor-missing")
    problem(await door.get(f"/v1/projects/{await registered(door)}/materials", None), "actor-missing")


async def test_what_is_not_there_is_not_found(door: Door) -> None:
    await stored(door)
    for digest in ("0" * 64, "x", DIGEST.upper(), DIGEST + "0"):
        problem(await door.get(f"/v1/materials/{digest}"), "material-unknown")
    for path in ("..%2f..%2fetc", "%00"):
        problem(await door.get(f"/v1/materials/{path}"), "path-not-canonical")
    for name in ("../x", "a\nb", "a" * 201):
        problem(await door.get(f"/v1/materials/{DIGEST}", name=name), "invalid-parameter")
    problem(await door.get(f"/v1/projects/{uuid4()}/materials"), "project-unknown")


async def test_only_what_is_stored_is_attached(door: Door) -> None:
    project = await registered(door)
    absent = {**ATTACH, "digest": "f" * 64}

    refusal = problem(await door.post(project, absent, APPLICANT), "material-not-stored")
    assert refusal["remedy"]
    await stored(door)
    problem(await door.post(project, {**ATTACH, "size": 1}, APPLICANT), "material-differs")
    problem(await door.post(project, {**ATTACH, "media_type": "image/png"}, APPLICANT), "material-type-mismatch")
    problem(await door.post(project, {**ATTACH, "digest": "x"}, APPLICANT), "invalid-field")
    assert (await door.done(project, ATTACH, APPLICANT))["facts"] == ["material_attached"]


@pytest.mark.parametrize("path", ["commands", "commands/check"])
@pytest.mark.parametrize(("stranger", "code"), [(OTHER_APPLICANT, "project-unknown"), (LEADER, "access-denied")])
async def test_no_file_is_looked_for_on_behalf_of_a_stranger(
    door: Door, monkeypatch: pytest.MonkeyPatch, path: str, stranger: Actor, code: str
) -> None:
    project = await registered(door)

    async def away(*_: object) -> None:
        raise StorageAwayError("the bucket does not answer")

    monkeypatch.setattr(MaterialStore, "require", away)
    for by, expected in ((stranger, code), (APPLICANT, "storage-away")):
        headers = {"Idempotency-Key": str(uuid4()), **identity(by)}
        answer = await door.client.post(f"/v1/projects/{project}/{path}", json=ATTACH, headers=headers)
        problem(answer, expected)


async def test_a_repeat_gets_its_first_answer_even_if_the_file_is_lost(door: Door, data: Path) -> None:
    project, key = await registered(door), uuid4()
    content = REPORT + b"% to be lost\n"
    digest = (await door.upload(content, MEDIA_TYPE)).json()["digest"]
    attach = {**ATTACH, "digest": digest, "size": len(content)}
    first = await door.post(project, attach, APPLICANT, key)
    (data / "materials" / key_of(digest)).unlink()

    again = await door.post(project, attach, APPLICANT, key)

    assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")
    problem(await door.post(project, {**attach, "items": ["land"]}, APPLICANT), "material-not-stored")
    problem(await door.get(f"/v1/materials/{digest}"), "material-unknown")


async def test_one_file_serves_many_items_and_the_list_shows_who_attached_it_when(door: Door) -> None:
    await stored(door)
    project = await registered(door)
    await door.done(project, {**ATTACH, "source": "window 3"}, APPLICANT)
    assert await files(door, project, item="moon") == []
    (file,) = await files(door, project)

    assert (file["digest"], file["size"]) == (DIGEST, len(REPORT))
    land, plan = file["attachments"]
    assert (land["item"], plan["item"], land["name"]) == ("land", "site-plan", "总平面图.pdf")
    assert (land["by"]["id"], land["version"], land["late"], land["source"]) == ("hengxin", 2, False, "window 3")
    (only,) = await files(door, project, item="site-plan")
    assert [attachment["item"] for attachment in only["attachments"]] == ["site-plan"]


async def test_the_list_is_as_of_any_instant_and_as_known_at_any_other(door: Door) -> None:
    await stored(door)
    project = await registered(door)
    await door.done(project, {**ATTACH, "occurred_at": "2026-03-02T09:00:00+08:00"}, APPLICANT)
    await door.done(project, {**DETACH, "occurred_at": "2026-03-04T09:00:00+08:00"}, MANAGER)

    async def items(**params: str) -> list[str]:
        listed = await files(door, project, **params)
        return [attachment["item"] for file in listed for attachment in file["attachments"]]

    now = {"known_at": "2099-01-01T00:00:00Z"}
    assert await items(as_of="2026-03-01T09:00:00+08:00", **now) == []
    assert await items(as_of="2026-03-03T09:00:00+08:00", **now) == ["land", "site-plan"]
    assert await items(as_of="2026-03-05T09:00:00+08:00", **now) == ["site-plan"]
    assert await items(as_of="2026-03-05T09:00:00+08:00") == []  # it was not recorded by then
    assert await items() == ["site-plan"]
    problem(await door.get(f"/v1/projects/{project}/materials", as_of="2026-03-05T09:00:00"), "invalid-parameter")

    await door.done(project, {"command": "retract_entry", "version": 3, "reasons": "other project"}, BUREAU)
    assert sorted(await items()) == ["land", "site-plan"]
    amend = {"version": 2, "new_occurred_at": "2026-03-03T12:00:00+08:00", "reasons": "stamp"}
    await door.done(project, {"command": "amend_entry", **amend}, BUREAU)
    assert await items(as_of="2026-03-03T09:00:00+08:00", **now) == []


async def test_an_unavailable_folder_is_reported(door: Door, data: Path) -> None:
    await stored(door)
    project = await registered(door)
    (data / "materials").rename(data / "aside")
    (data / "materials").write_bytes(b"in the way")
    try:
        answers = [await door.upload(REPORT, MEDIA_TYPE)]
    finally:
        (data / "materials").unlink()
        (data / "aside").rename(data / "materials")

    for answer in answers:
        problem(answer, "storage-away")
        assert answer.headers["retry-after"]
    await door.done(project, ATTACH)


async def test_an_upload_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "IDLE_SECONDS_MAX", 0.01)

    async def nothing() -> Any:
        await asyncio.sleep(60)

    with pytest.raises(Problem) as caught:
        await anext(pieces(nothing))
    assert caught.value.kind.code == "material-broken-off"


def test_a_file_beyond_the_limit_is_refused_announced_or_not(address: str) -> None:
    def streamed() -> Iterator[bytes]:
        for _ in range(40):
            yield REPORT.ljust(10_000, b"\n")

    headers = {**identity(MANAGER), "Content-Type": MEDIA_TYPE}
    announced = httpx.post(
        f"{address}/v1/materials", content=REPORT.ljust(LIMIT + 1, b"\n"), headers=headers, timeout=PATIENCE_SECONDS
    )
    unannounced = httpx.post(f"{address}/v1/materials", content=streamed(), headers=headers, timeout=PATIENCE_SECONDS)
    largest = httpx.post(
        f"{address}/v1/materials", content=REPORT.ljust(LIMIT, b"\n"), headers=headers, timeout=PATIENCE_SECONDS
    )

    for answer in (announced, unannounced):
        assert str(LIMIT) in problem(answer, "material-too-large")["detail"]
    assert largest.json()["size"] == LIMIT


def test_a_body_cut_off_leaves_nothing_and_the_server_goes_on(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    content = REPORT + b"% cut off\n"
    with socket.create_connection((host, int(port))) as half:
        names = {**identity(MANAGER), "Host": host, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(content))}
        head = "".join(f"{name}: {value}\r\n" for name, value in names.items())
        half.sendall(f"POST /v1/materials HTTP/1.1\r\n{head}\r\n".encode() + content[:50])
    sender, seen = identity(MANAGER), identity(LEADER)

    assert (
        httpx.get(
            f"{address}/v1/materials/{sha256(content).hexdigest()}", headers=seen, timeout=PATIENCE_SECONDS
        ).status_code
        == 404
    )
    assert (
        httpx.get(
            f"{address}/v1/materials/{sha256(content[:50]).hexdigest()}", headers=seen, timeout=PATIENCE_SECONDS
        ).status_code
        == 404
    )
    whole = httpx.post(
        f"{address}/v1/materials",
        content=content,
        headers={**sender, "Content-Type": MEDIA_TYPE},
        timeout=PATIENCE_SECONDS,
    )
    assert whole.json() == {
        "digest": whole.json()["digest"],
        "size": len(content),
        "media_type": MEDIA_TYPE,
        "known": False,
    }


async def test_the_same_file_from_many_at_once(address: str) -> None:
    content = REPORT.ljust(200_000, b"%")
    headers = {**identity(MANAGER), "Content-Type": MEDIA_TYPE}

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 20_000):
            yield content[start : start + 20_000]
            await asyncio.sleep(0)

    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/materials", content=slowly(), headers=headers) for _ in range(10))
        )
        assert {answer.json()["digest"] for answer in answers} == {sha256(content).hexdigest()}
        assert all(answer.status_code in (200, 201) for answer in answers)
        again = await client.get(answers[0].headers["location"], headers=identity(BUREAU))
    assert again.content == content
