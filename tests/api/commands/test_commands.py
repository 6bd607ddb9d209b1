"""Posting commands: the whole story, repeats, conditions, and many at once."""

from __future__ import annotations

import asyncio
from uuid import uuid4, uuid5

import pytest

from api.commands.if_match import OnVersion
from api.web.identity import KEY_NAMESPACE
from domain.examples.story import COMMAND_EXAMPLES, STORY
from domain.messages import COMMANDS
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.committer import BusyError
from infrastructure.ledger.high_water import LedgerWentBackError
from infrastructure.ledger.sent_command import command_id_of
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import APPLICANT, FIRE, LAND, MANAGER

SUBMIT = {"command": "submit_item", "item": "land"}
NOTE = {"command": "note_step", "activity": "site visit"}


async def test_the_example_story_is_posted_from_first_to_last(door: Door) -> None:
    project, keys = uuid4(), [uuid4() for _ in STORY]
    await door.store_report()
    posted = []
    for step, key in zip(STORY, keys, strict=True):
        response = await door.post(project, step.dated, step.by, key)
        assert response.status_code == 200, (step, response.text)
        posted.append(response.json())

    assert [receipt["position"] for receipt in posted] == sorted(receipt["position"] for receipt in posted)
    history = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    assert [fact for receipt in posted for fact in receipt["facts"]] == [entry["fact"]["fact"] for entry in history]

    again = [await door.post(project, step.dated, step.by, key) for step, key in zip(STORY, keys, strict=True)]
    assert [response.json() for response in again] == posted
    assert {response.headers["idempotent-replay"] for response in again} == {"true"}
    assert len((await door.get(f"/v1/projects/{project}/history")).json()["entries"]) == len(history)


async def test_a_receipt_holds_the_version_for_if_match(door: Door) -> None:
    response = await door.post(uuid4(), REGISTER)
    assert response.headers["etag"] == '"1"'
    assert "idempotent-replay" not in response.headers
    assert response.json()["facts"] == ["project_registered"]


@pytest.mark.parametrize("key", ["6F9619FF-8B86-D011-B42D-00CF4FC964FF", "order/2026-17", "~" * 200])
async def test_a_repeated_key_gets_the_first_answer(door: Door, key: str) -> None:
    project = uuid4()
    first = await door.post(project, REGISTER, key=key)
    again = await door.post(project, REGISTER, key=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replay"] == "true"


async def test_a_key_used_for_something_else_is_refused(door: Door) -> None:
    project, key = uuid4(), uuid4()
    await door.post(project, REGISTER, key=key)
    problem(await door.post(project, NOTE, key=key), "key-reused")
    problem(await door.post(uuid4(), REGISTER, key=key), "key-reused")


async def test_a_key_is_its_senders_own(door: Door) -> None:
    project, key = uuid4(), "order-1"
    first = await door.post(project, REGISTER, MANAGER, key=key)
    other = await door.post(project, SUBMIT, APPLICANT, key=key)
    assert [answer.json()["version"] for answer in (first, other)] == [1, 2]
    assert (await door.post(project, REGISTER, MANAGER, key=key)).json() == first.json()
    ids = [entry["command_id"] for entry in (await door.get(f"/v1/projects/{project}/history")).json()["entries"]]
    text = uuid5(KEY_NAMESPACE, key)
    assert ids == [str(command_id_of(by.id, text)) for by in (MANAGER, APPLICANT)]


async def test_a_repeat_may_leave_if_match_out(door: Door) -> None:
    project, key = uuid4(), uuid4()
    first = await door.post(project, REGISTER, key=key, if_match='"0"')
    noted = await door.post(project, NOTE, key="note", if_match='"1"')
    assert (await door.post(project, REGISTER, key=key)).json() == first.json()
    assert (await door.post(project, NOTE, key="note", if_match='"7"')).json() == noted.json()


async def test_a_correlation_id_stays_with_the_facts(door: Door) -> None:
    project, undertaking = uuid4(), uuid4()
    await door.done(project, REGISTER)
    assert (await door.post(project, NOTE, x_correlation_id=str(undertaking))).status_code == 200
    refusal = problem(await door.post(project, NOTE, x_correlation_id="batch 7"), "invalid-header")
    assert refusal["header"] == "X-Correlation-ID"
    entries = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    assert [entry["correlation"] for entry in entries] == [None, str(undertaking)]


async def test_a_refusal_says_why_and_what_would_help(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "submit_item", "item": "site-plan"}, APPLICANT)
    refusal = problem(
        await door.post(project, {"command": "accept_item", "item": "site-plan"}, FIRE), "project-unknown"
    )
    assert "check the id" in refusal["remedy"]
    refusal = problem(await door.post(project, {"command": "accept_item", "item": "site-plan"}, LAND), "access-denied")
    assert refusal["rule"] == "accept_item: officer, own_department"
    assert "their department handles" in refusal["remedy"]
    refusal = problem(await door.post(project, {"command": "accept_item", "item": "none"}), "unknown-item")
    assert "site-plan" in refusal["remedy"]


async def test_a_refused_command_leaves_nothing(door: Door) -> None:
    project, key = uuid4(), uuid4()
    problem(await door.post(project, SUBMIT, APPLICANT, key=key), "project-unknown")
    problem(await door.get(f"/v1/projects/{project}"), "project-unknown")
    await door.done(project, REGISTER)
    assert (await door.post(project, SUBMIT, APPLICANT, key=key)).status_code == 200  # its key is still free


async def test_if_match_lets_the_version_pass_it_names(door: Door) -> None:
    project = uuid4()
    registered = await door.post(project, REGISTER, if_match='"0"')
    assert registered.status_code == 200
    assert (await door.post(project, NOTE, if_match=registered.headers["etag"])).status_code == 200


async def test_a_failed_if_match_lists_what_changed_since(door: Door) -> None:
    project, key = uuid4(), uuid4()
    await door.done(project, REGISTER)
    await door.done(project, SUBMIT, APPLICANT)
    response = await door.post(project, NOTE, key=key, if_match='"1"')
    refusal = problem(response, "version-moved")
    assert (refusal["version"], response.headers["etag"].replace("-gzip", "")) == (2, '"2"')
    assert [(entry["version"], entry["fact"]["fact"]) for entry in refusal["changed"]] == [(2, "item_submitted")]
    assert problem(await door.post(project, NOTE, if_match='"9"'), "version-moved")["changed"] == []
    problem(await door.post(project, REGISTER, if_match='"0"'), "version-moved")
    problem(await door.post(uuid4(), REGISTER, if_match='"3"'), "version-moved")


def test_if_match_looks_at_whatever_the_command_looks_at() -> None:
    """Else the catalogue in force would be missing from what is decided, until one is sent without If-Match."""
    for step in COMMAND_EXAMPLES.values():
        command = step.command
        conditional = OnVersion(wanted=command, version=1)
        looked_at = conditional.needs_shelf, conditional.needs_calendar, conditional.needs_case_counter
        assert looked_at == (command.needs_shelf, command.needs_calendar, command.needs_case_counter), command


async def test_a_refusal_on_the_right_version_stays_a_refusal(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    problem(await door.post(project, {"command": "accept_item", "item": "land"}, LAND, if_match='"1"'), "wrong-stage")


async def test_a_repeat_of_a_conditional_command_is_answered_though_the_project_moved_on(door: Door) -> None:
    project, key = uuid4(), uuid4()
    await door.done(project, REGISTER)
    first = await door.post(project, NOTE, key=key, if_match='"1"')
    await door.done(project, NOTE)
    again = await door.post(project, NOTE, key=key, if_match='"1"')
    assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")


async def test_of_many_conditional_commands_at_once_one_passes(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    answers = await asyncio.gather(*[door.post(project, NOTE, if_match='"1"') for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 19]


async def test_many_commands_at_once_are_all_answered_and_kept(door: Door) -> None:
    projects = [uuid4() for _ in range(5)]
    await asyncio.gather(*[door.done(project, REGISTER) for project in projects])
    keys = [uuid4() for _ in range(100)]
    answers = await asyncio.gather(
        *[door.post(projects[n % 5], NOTE, key=key) for n, key in enumerate(keys) for _ in (1, 2)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert sum("idempotent-replay" in answer.headers for answer in answers) == 100
    for project in projects:
        assert (await door.get(f"/v1/projects/{project}")).json()["version"] == 21


async def test_a_full_queue_says_when_to_come_again(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> None:
        raise BusyError

    monkeypatch.setattr(approvals, "handle", busy)
    response = await door.post(uuid4(), REGISTER)
    problem(response, "busy")
    assert response.headers["retry-after"] == "1"


async def test_no_answer_in_time_says_to_ask_again_with_the_same_key(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(approvals, "handle", never)
    monkeypatch.setattr("api.commands.sender.ANSWER_SECONDS_MAX", 0.01)
    refusal = problem(await door.post(uuid4(), REGISTER), "outcome-unknown")
    assert "same Idempotency-Key" in refusal["remedy"]


async def test_a_clock_that_is_wrong_takes_no_command(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "this server's clock is 90 s ahead of the database's"
    monkeypatch.setattr(approvals.clocks, "_judge", lambda *_: None)  # else the next look would find all well
    monkeypatch.setattr(approvals.clocks, "refusal", wrong)
    refused = problem(await door.post(project := uuid4(), REGISTER), "clock-wrong")
    assert refused["detail"].startswith(wrong)
    problem(await door.get(f"/v1/projects/{project}"), "project-unknown")


async def test_a_database_that_went_back_says_to_ask_again_with_the_same_key(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise LedgerWentBackError

    monkeypatch.setattr(approvals, "handle", gone)
    answer = await door.post(uuid4(), REGISTER)
    assert "same Idempotency-Key" in problem(answer, "outcome-unknown")["remedy"]
    assert answer.headers["retry-after"] == "1"
    monkeypatch.setattr(approvals, "history", gone)
    problem(await door.get(f"/v1/projects/{uuid4()}"), "database-away")


async def test_a_server_that_ends_says_to_ask_again_with_the_same_key(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call_off(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(approvals, "handle", call_off)
    refusal = problem(await door.post(uuid4(), REGISTER), "outcome-unknown")
    assert "this process ended" in refusal["detail"]


async def test_the_stories_have_every_command() -> None:
    assert COMMAND_EXAMPLES.keys() == COMMANDS.keys()


async def test_both_roads_to_a_command_answer_alike(door: Door) -> None:
    """An address with an empty query is routed by litestar, one without goes past it."""
    path = f"/v1/projects/{uuid4()}/commands"
    headers = {"Idempotency-Key": "express-1", "Accept-Encoding": "identity", **identity(MANAGER)}
    first, again = [await door.client.post(f"{path}{end}", json=REGISTER, headers=headers) for end in ("", "?&")]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (again.headers["idempotent-replay"], "idempotent-replay" in first.headers) == ("true", False)
    refused = [await door.client.post(f"{path}{end}", json={"command": "fly"}, headers=headers) for end in ("", "?&")]
    problems = [answer.json() | {"request_id": ""} for answer in refused]
    assert problems[0] == problems[1]
    names = [{name for name in answer.headers if name != "date"} for answer in refused]
    assert names[0] == names[1]
