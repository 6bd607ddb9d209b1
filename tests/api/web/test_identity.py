"""Who acts and under which key: headers that only a gateway sets, read strictly."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest

from domain.core.ledger import Actor, Role
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import MANAGER

NOTE = {"command": "note_step", "activity": "site visit"}


async def test_who_acts_is_in_the_history(door: Door) -> None:
    project, by = uuid4(), Actor("王敏", "规划 局", Role.PROJECT_MANAGER)
    await door.done(project, REGISTER, by)
    (entry,) = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    assert entry["by"] == {"id": "王敏", "department": "规划 局", "role": "project_manager"}


async def test_names_may_come_as_plain_utf8(door: Door) -> None:
    project = uuid4()
    headers = [
        (b"x-actor", "王敏".encode()),
        (b"x-role", b"project_manager"),
        (b"idempotency-key", b"k1"),
        (b"content-type", b"application/json"),
    ]
    answer = await door.client.post(f"/v1/projects/{project}/commands", json=REGISTER, headers=headers)
    assert answer.status_code == 200
    assert (await door.get(f"/v1/projects/{project}/history")).json()["entries"][0]["by"]["id"] == "王敏"


@pytest.mark.parametrize("actor", [None, "", "%20%20"])
async def test_a_request_without_an_actor_is_refused(door: Door, actor: str | None) -> None:
    headers = {} if actor is None else {"X-Actor": actor}
    answer = await door.post(uuid4(), REGISTER, None, **headers)
    refusal = problem(answer, "actor-missing")
    assert refusal["header"] == "X-Actor"
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("X-Actor", "%FF", "invalid-header"),
        ("X-Actor", "a%00b", "invalid-header"),
        ("X-Actor", "a%0Ab", "invalid-header"),
        ("X-Actor", "%ED%A0%80", "invalid-header"),
        ("X-Actor", "x" * 65, "invalid-header"),
        ("X-Department", "%C3%28", "invalid-header"),
        ("X-Department", quote("规" * 65), "invalid-header"),
        ("X-Role", "king", "invalid-header"),
        ("X-Role", "OFFICER", "invalid-header"),
        ("X-Role", "system", "role-reserved"),
        ("Idempotency-Key", "", "key-missing"),
        ("Idempotency-Key", "two words", "invalid-header"),
        ("Idempotency-Key", "x" * 201, "invalid-header"),
        ("If-Match", "", "invalid-header"),
        ("If-Match", "12", "invalid-header"),
        ("If-Match", "*", "invalid-header"),
        ("If-Match", 'W/"12"', "invalid-header"),
        ("If-Match", '"-1"', "invalid-header"),
        ("If-Match", f'"{10**30}"', "invalid-header"),
        ("If-Match", '"１２"'.encode().decode("latin-1"), "invalid-header"),
    ],
)
async def test_a_header_that_holds_what_it_cannot_is_named(door: Door, name: str, value: str, code: str) -> None:
    project = uuid4()
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4()), **identity(MANAGER), name: value}
    raw = [(key.encode(), text.encode("latin-1")) for key, text in headers.items()]
    refusal = problem(await door.client.post(f"/v1/projects/{project}/commands", json=REGISTER, headers=raw), code)
    assert refusal["header"] == name
    problem(await door.get(f"/v1/projects/{project}"), "project-unknown")


@pytest.mark.parametrize("name", ["X-Actor", "X-Role", "Idempotency-Key", "If-Match"])
async def test_a_header_sent_twice_is_refused(door: Door, name: str) -> None:
    """Where a gateway only adds its header, a client could otherwise put its own beside it."""
    headers = [*identity(MANAGER).items(), ("Idempotency-Key", "k"), ("If-Match", '"0"'), (name, "system")]
    raw = [(key.lower().encode(), text.encode()) for key, text in headers]
    refusal = problem(
        await door.client.post(f"/v1/projects/{uuid4()}/commands", json=REGISTER, headers=raw), "invalid-header"
    )
    assert refusal["header"] == name


async def test_a_text_key_is_always_the_same_command(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    first = await door.post(project, NOTE, key="import-7:row-3")
    assert (await door.post(project, NOTE, key="import-7:row-3")).json() == first.json()
    assert (await door.post(project, NOTE, key="IMPORT-7:row-3")).json() != first.json()


@pytest.mark.parametrize("path", ["", "/history", "/history.ndjson"])
async def test_reading_also_asks_who_reads(door: Door, path: str) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    problem(await door.get(f"/v1/projects/{project}{path}", None), "actor-missing")
    assert (await door.get(f"/v1/projects/{project}{path}")).status_code == 200
