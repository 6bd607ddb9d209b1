"""Batches of commands: answers in order, repeats, problems line by line, all or nothing, and limits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from api.commands import batch
from api.commands.batch import AtomicRun, LinesRun
from api.commands.batch_lines import LineSplitter, _command_by_parts, line_command
from api.commands.sender import ProjectCommandSender
from api.web.identity import caller_by_headers
from domain.core.ledger import Actor
from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from domain.examples.story import COMMAND_EXAMPLES
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.sent_command import DIRECT
from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import LAND, LEADER, MANAGER

SUBMIT = {"command": "submit_item", "item": "land"}
NOTE = {"command": "note_step", "activity": "site visit"}
ATTACH = {
    "command": "attach_material",
    "digest": DIGEST,
    "name": "report.pdf",
    "media_type": MEDIA_TYPE,
    "size": len(REPORT),
    "items": ["land"],
}
NDJSON = "application/x-ndjson"


def line(project: UUID, command: dict[str, Any], key: UUID | str | None = None, **more: Any) -> dict[str, Any]:
    """One line of a batch."""
    return {"project": str(project), "key": str(key or uuid4()), "command": command, **more}


async def post(
    door: Door, lines: list[Any], mode: str = "each", by: Actor | None = MANAGER, kind: str = NDJSON
) -> httpx.Response:
    """Send *lines*, those that are bytes as they are."""
    body = b"\n".join(each if isinstance(each, bytes) else json.encode(each) for each in lines)
    headers = {"Content-Type": kind} | (identity(by) if by else {})
    return await door.client.post("/v1/commands/batch", params={"mode": mode}, content=body, headers=headers)


def answers(response: httpx.Response) -> list[dict[str, Any]]:
    """The answers to the lines."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.decode(answer) for answer in response.text.splitlines()]


def outcomes(response: httpx.Response) -> list[tuple[int, Any]]:
    """Of each line its number, and the code of its problem or 200."""
    return [
        (each["line"], each["problem"]["code"] if "problem" in each else each["status"]) for each in answers(response)
    ]


async def test_lines_are_answered_in_order_whatever_their_projects(door: Door, approvals: Approvals) -> None:
    projects = [uuid4() for _ in range(20)]
    lines = [line(project, REGISTER) for project in projects]
    lines += [line(project, command) for command in (SUBMIT, NOTE) for project in reversed(projects)]
    replies = answers(await post(door, lines))

    assert [each["line"] for each in replies] == list(range(1, 61))
    assert {each["status"] for each in replies} == {200}
    assert [each["receipt"]["project"] for each in replies] == [each["project"] for each in lines]
    for project in projects:
        history = await approvals.history(project)
        of_project = [each["receipt"] for each in replies if each["receipt"]["project"] == str(project)]
        assert [receipt["version"] for receipt in of_project] == [1, 2, 3]
        assert [receipt["position"] for receipt in of_project] == [entry.position for entry in history]


async def test_more_projects_than_workers_take_turns(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PROJECTS_AT_ONCE_MAX", 2)
    projects = [uuid4() for _ in range(7)]
    lines = [line(project, command) for command in (REGISTER, SUBMIT, NOTE) for project in projects]
    assert outcomes(await post(door, lines)) == [(number, 200) for number in range(1, 22)]


def each_run(approvals: Approvals, folder: Path) -> LinesRun:
    """A batch by MANAGER whose lines are carried out by themselves."""
    materials = MaterialStore.of(Settings(data=folder))
    scope: Any = {"path": "/v1/commands/batch", "state": {}, "headers": []}
    return LinesRun(ProjectCommandSender(approvals, materials, caller_by_headers(MANAGER), DIRECT), scope)


async def test_answers_come_while_lines_are_still_sent(approvals: Approvals, tmp_path: Path) -> None:
    project = uuid4()
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    run = each_run(approvals, tmp_path)
    reading = asyncio.create_task(run.read(messages.get))  # type: ignore[arg-type]  # an ASGI receive
    pieces = run.answers()
    for command, more in ((REGISTER, True), (SUBMIT, True), (NOTE, False)):
        body = json.encode(line(project, command)) + b"\n"
        messages.put_nowait({"type": "http.request", "body": body, "more_body": more})
        answer, is_last = await anext(pieces)
        assert json.decode(answer)["status"] == 200
        assert is_last is not more
    await reading
    assert [piece async for piece in pieces] == []


async def test_a_body_without_a_last_line_ends_after_its_answers(approvals: Approvals, tmp_path: Path) -> None:
    whole = json.encode(line(uuid4(), REGISTER)) + b"\n"
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    run = each_run(approvals, tmp_path)
    reading = asyncio.create_task(run.read(messages.get))  # type: ignore[arg-type]  # an ASGI receive
    pieces = run.answers()
    messages.put_nowait({"type": "http.request", "body": whole, "more_body": True})
    assert not (await anext(pieces))[1]
    messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    assert [piece async for piece in pieces] == []
    await reading


@pytest.mark.parametrize("name", COMMAND_EXAMPLES)
def test_a_line_read_in_one_go_is_the_line_read_by_parts(name: str) -> None:
    sent = json.encode(line(uuid4(), {}) | {"command": COMMAND_EXAMPLES[name].dated, "if_match": 3})
    assert line_command(sent) == _command_by_parts(sent)


@pytest.mark.parametrize("mode", ["each", "atomic"])
async def test_a_batch_may_be_sent_again(door: Door, approvals: Approvals, mode: str) -> None:
    project = uuid4()
    lines = [line(project, command) for command in (REGISTER, SUBMIT, NOTE)]
    first, again = answers(await post(door, lines, mode)), answers(await post(door, lines, mode))

    assert [each["receipt"] for each in again] == [each["receipt"] for each in first]
    assert ["repeated" in each for each in (*first, *again)] == [False] * 3 + [True] * 3
    assert len(await approvals.history(project)) == 3
    single = await door.post(project, SUBMIT, key=lines[1]["key"])
    assert (single.json(), single.headers["idempotent-replay"]) == (first[1]["receipt"], "true")


async def test_what_is_wrong_with_a_line_is_its_answer(door: Door) -> None:
    project = uuid4()
    same = uuid4()
    lines = [
        line(project, REGISTER),
        b"",
        b"{",
        line(project, {"command": "note_stp"}),
        line(project, SUBMIT, key=" "),
        {"project": str(project), "command": SUBMIT},
        line(project, SUBMIT, if_match=7),
        line(project, SUBMIT, same, if_match=1),
        line(project, NOTE, same),
        line(uuid4(), SUBMIT),
        b'{"project": "x", "key": "a", "command": {}}',
        line(project, NOTE, color="red"),
    ]
    assert outcomes(await post(door, lines)) == [
        (1, 200),
        (3, "malformed-json"),
        (4, "unknown-command"),
        (5, "invalid-field"),
        (6, "key-missing"),
        (7, "version-moved"),
        (8, 200),
        (9, "key-reused"),
        (10, "project-unknown"),
        (11, "invalid-field"),
        (12, "invalid-field"),
    ]


async def test_an_atomic_batch_is_carried_out_as_a_whole(door: Door, approvals: Approvals) -> None:
    project = uuid4()
    replies = answers(await post(door, [line(project, command) for command in (REGISTER, SUBMIT, NOTE)], "atomic"))
    history = await approvals.history(project)

    assert [each["receipt"]["position"] for each in replies] == [entry.position for entry in history]
    assert [each["receipt"]["version"] for each in replies] == [1, 2, 3]
    assert len({entry.recorded.command_id for entry in history}) == 3
    assert (await door.post(project, NOTE)).json()["version"] == 4
    numbered = answers(await post(door, [line(project, NOTE, if_match=4), line(project, NOTE, if_match=5)], "atomic"))
    assert [each["receipt"]["version"] for each in numbered] == [5, 6]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"command": "accept_item", "item": "nothing"}, "unknown-item"),
        ({"command": "note_stp"}, "unknown-command"),
        ({**NOTE, "occurred_at": "2099-01-01T00:00:00Z"}, "in-the-future"),
    ],
)
async def test_nothing_of_an_atomic_batch_is_stored_where_a_line_is_refused(
    door: Door, approvals: Approvals, fault: dict[str, Any], code: str
) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    head = await approvals.store.head()
    lines = [line(project, SUBMIT), line(project, fault), line(project, NOTE)]
    replies = await post(door, lines, "atomic")

    assert outcomes(replies) == [(1, "batch-undone"), (2, code), (3, "batch-undone")]
    assert answers(replies)[0]["problem"]["fault"] == 2
    assert await approvals.store.head() == head
    assert (await door.post(project, SUBMIT)).json()["version"] == 2
    del lines[1]
    assert outcomes(await post(door, [line(project, NOTE), *lines[1:]], "atomic")) == [(1, 200), (2, 200)]


async def test_an_atomic_batch_is_of_one_project_with_a_key_a_line(door: Door, approvals: Approvals) -> None:
    project, key = uuid4(), uuid4()
    await door.done(project, REGISTER)
    head = await approvals.store.head()
    several = await post(door, [line(project, SUBMIT), line(uuid4(), REGISTER)], "atomic")
    assert outcomes(several) == [(1, "batch-undone"), (2, "batch-of-several-projects")]
    twice = await post(door, [line(project, SUBMIT, key), line(project, NOTE, key)], "atomic")
    assert outcomes(twice) == [(1, "batch-undone"), (2, "key-reused")]
    assert await approvals.store.head() == head
    await door.post(project, SUBMIT, key=key)
    partly = await post(door, [line(project, NOTE), line(project, SUBMIT, key)], "atomic")
    assert outcomes(partly) == [(1, "batch-undone"), (2, "key-reused")]


async def test_nothing_of_an_atomic_batch_that_is_cut_off_is_carried_out(approvals: Approvals, tmp_path: Path) -> None:
    project = uuid4()
    whole = json.encode(line(project, REGISTER)) + b"\n"
    messages = iter([{"type": "http.request", "body": whole, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    sender = ProjectCommandSender(
        approvals, MaterialStore.of(Settings(data=tmp_path)), caller_by_headers(MANAGER), DIRECT
    )
    scope: Any = {"path": "/v1/commands/batch", "state": {}, "headers": []}
    run = AtomicRun(sender, scope)
    await run.read(receive)
    replies = json.Decoder().decode_lines(b"".join([piece async for piece, _ in run.answers()]))

    assert [each["problem"]["code"] for each in replies] == ["batch-undone", "bad-request"]
    assert await approvals.history(project) == []


async def test_the_line_at_fault_is_named_also_where_a_file_or_a_code_is_at_fault(door: Door) -> None:
    project, other = uuid4(), uuid4()
    absent = ATTACH | {"digest": "f" * 64}
    lines = [line(project, REGISTER), line(project, SUBMIT), line(project, absent)]
    expected = [(1, "batch-undone"), (2, "batch-undone"), (3, "material-not-stored")]
    assert outcomes(await post(door, lines, "atomic")) == expected

    await door.done(other, REGISTER | {"code": "B-1"})
    await door.done(project, REGISTER)
    lines = [line(project, SUBMIT), line(project, REGISTER | {"code": "B-1"})]
    assert outcomes(await post(door, lines, "atomic")) == [(1, "batch-undone"), (2, "project-code-taken")]


async def test_what_is_registered_in_an_atomic_batch_may_get_its_files_there(door: Door) -> None:
    await door.store_report()
    project = uuid4()
    lines = [line(project, REGISTER), line(project, SUBMIT), line(project, ATTACH)]
    assert outcomes(await post(door, lines, "atomic")) == [(1, 200), (2, 200), (3, 200)]


async def test_no_line_is_blamed_for_an_atomic_batch_whose_outcome_is_unknown(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.commands.sender.ANSWER_SECONDS_MAX", 0.0)
    project = uuid4()
    lines = [line(project, REGISTER), line(project, SUBMIT)]
    assert outcomes(await post(door, lines, "atomic")) == [(1, "outcome-unknown"), (2, "outcome-unknown")]


@pytest.mark.parametrize("mode", ["each", "atomic"])
async def test_every_line_is_judged_by_the_table_of_access(door: Door, mode: str) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    assert outcomes(await post(door, [line(project, SUBMIT)], mode, LEADER)) == [(1, "access-denied")]
    moved = await post(door, [line(project, SUBMIT, if_match=0)], mode, Actor("he", "water"))
    assert outcomes(moved) == [(1, "project-unknown")]
    assert "project_registered" not in moved.text
    await door.done(project, SUBMIT)
    assert outcomes(await post(door, [line(project, {"command": "accept_item", "item": "land"})], mode, LAND)) == [
        (1, 200)
    ]


@pytest.mark.parametrize("mode", ["each", "atomic"])
async def test_a_batch_ends_at_its_limits(door: Door, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(batch, "LINES_MAX", 3)
    project = uuid4()
    lines = [line(project, REGISTER), *(line(project, NOTE) for _ in range(4))]
    replies = outcomes(await post(door, lines, mode))
    assert replies[-1] == (4, "body-too-large")
    assert {code for _, code in replies[:-1]} == {200 if mode == "each" else "batch-undone"}


async def test_what_is_no_batch_is_refused_as_a_whole(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    problem(await post(door, [], kind="application/json"), "wrong-content-type")
    problem(await post(door, [], kind=f"{NDJSON}; charset=utf-16"), "wrong-content-type")
    problem(await post(door, [line(uuid4(), REGISTER)], by=None), "actor-missing")
    problem(await post(door, [line(uuid4(), REGISTER)], "both"), "invalid-parameter")
    monkeypatch.setattr(batch, "BATCH_BYTES_MAX", 10)
    problem(await post(door, [line(uuid4(), REGISTER)]), "body-too-large")
    assert answers(await post(door, [])) == []


@given(st.lists(st.text("ab\n"), max_size=8))
def test_lines_are_the_same_however_a_body_is_cut(pieces: list[str]) -> None:
    splitter = LineSplitter()
    lines = [each for piece in pieces for each in splitter.lines(piece.encode())]
    assert [*lines, splitter.last] == "".join(pieces).encode().split(b"\n")
