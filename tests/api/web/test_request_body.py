"""A body that is no command, too large or badly typed: a 4xx that names the place, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from api.commands import aggregates
from api.commands.aggregates import CommandTarget
from api.commands.targets import TO_CATALOGUES, TO_FLOWS
from api.openapi.schemas import command_example
from api.web.problems import Problem
from api.web.request_body import BODY_BYTES_MAX, DAYS_MAX, command_in
from domain.messages import COMMANDS
from tests.api.client import REGISTER, Door, identity, problem
from tests.examples import LAND, MANAGER

NOTE = b'{"command":"note_step","activity":"%s"}'
DEEP = 100_000
WRONG: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", [], [[]], {}, {"item": {}}, 10**30)


def note(activity: bytes) -> bytes:
    return NOTE % activity


def amend(at: str) -> bytes:
    return json.dumps({"command": "amend_entry", "version": 1, "reasons": "typo", "new_occurred_at": at}).encode()


def dated(at: str) -> bytes:
    return json.dumps({"command": "note_step", "activity": "x", "occurred_at": at}).encode()


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "malformed-json", "$"),
        (b"{", "malformed-json", "$"),
        (b"null", "invalid-field", "$"),
        (b"[]", "invalid-field", "$"),
        (b'"register_project"', "invalid-field", "$"),
        (b"{}", "unknown-command", "$.command"),
        (b'{"command":"fly"}', "unknown-command", "$.command"),
        (b'{"command":"%s"}' % (b"x" * 5000), "unknown-command", "$.command"),
        (b'{"command":null}', "unknown-command", "$.command"),
        (b'{"command":["note_step"]}', "unknown-command", "$.command"),
        (b'{"command":"on_version","wanted":{},"version":1}', "unknown-command", "$.command"),
        (b'{"command":"note_step"}', "invalid-field", "$.activity"),
        (b'{"command":"note_step","activity":1}', "invalid-field", "$.activity"),
        (b'{"command":"note_step","activity":"x","colour":"red"}', "invalid-field", "$.colour"),
        (b'{"command":"note_step","activity":"x","%s":1}' % (b"y" * 5000), "invalid-field", None),
        (b'{"command":"note_step","activity":NaN}', "malformed-json", "$"),
        (b'{"command":"note_step","activity":Infinity}', "malformed-json", "$"),
        (b'{"command":"note_step","activity":1e999}', "invalid-field", "$.activity"),
        (note(b"\xff"), "malformed-json", "$"),
        (note(b"\xed\xa0\x80"), "malformed-json", "$"),
        (note(b"\\ud800"), "malformed-json", "$"),
        (note(b"\\udc00x"), "malformed-json", "$"),
        (note(b"\x00"), "malformed-json", "$"),
        (note(b"a\\u0000b"), "invalid-field", "$.activity"),
        (note(b"x" * 201), "invalid-field", "$.activity"),
        (note(b"x" * 900_000), "invalid-field", "$.activity"),
        (note(b"x").decode().encode("utf-16"), "malformed-json", "$"),
        (b"\xef\xbb\xbf" + note(b"x"), "malformed-json", "$"),
        (note(b"x") + b"{}", "malformed-json", "$"),
        (b"[" * DEEP, "invalid-field", "$"),
        (b'{"a":' * DEEP, "malformed-json", "$"),
        (b'{"a":' + b"[" * DEEP, "malformed-json", "$"),
        (b'{"command":"note_step","activity":' + b"[" * DEEP, "invalid-field", "$.activity"),
        (dated("2026-03-02T09:00:00"), "invalid-field", "$.occurred_at"),
        (dated("2026-03-02"), "invalid-field", "$.occurred_at"),
        (dated("0001-01-01T00:00:00+14:00"), "invalid-field", "$.occurred_at"),
        (dated("9999-12-31T23:59:59-14:00"), "invalid-field", "$.occurred_at"),
        (dated("10000-01-01T00:00:00Z"), "invalid-field", "$.occurred_at"),
        (dated("-4714-01-01T00:00:00Z"), "invalid-field", "$.occurred_at"),
        (dated("2026-02-30T00:00:00Z"), "invalid-field", "$.occurred_at"),
        (amend("0001-01-01T00:00:00+14:00"), "invalid-field", "$.new_occurred_at"),
        (b'{"command":"give_hearing_notice","item":"a","hearing_on":"9999-12-31"}', "invalid-field", "$.hearing_on"),
        (b'{"command":"retract_entry","version":%d,"reasons":"x"}' % 2**63, "invalid-field", "$.version"),
        (b'{"command":"retract_entry","version":0,"reasons":"x"}', "invalid-field", "$.version"),
    ],
)
async def test_a_body_that_is_no_command(door: Door, body: bytes, code: str, path: str | None) -> None:
    project = uuid4()
    response = await door.post(project, body)
    refusal = problem(response, code)
    assert path is None or refusal["path"] == path
    assert refusal["remedy"]
    assert len(response.content) < 4000, "an answer does not repeat all it was sent"
    problem(await door.get(f"/v1/projects/{project}"), "project-unknown")


async def test_an_unknown_command_gets_the_list_of_known_ones(door: Door) -> None:
    refusal = problem(await door.post(uuid4(), b'{"command":"fly"}'), "unknown-command")
    assert refusal["known"] == list(COMMANDS)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xef\xbb\xbf" + note(b"x"), "byte order mark"),
        (note(b"x").decode().encode("utf-16"), "byte order mark"),
        (b'{"command":"accept_item","command":"note_step","item":"land"}', "comes twice"),
    ],
)
def test_what_is_wrong_with_a_body_is_called_so(body: bytes, says: str) -> None:
    with pytest.raises(Problem, match=says):
        command_in(body)


async def test_a_wrong_field_deep_inside_is_named(door: Door) -> None:
    items = [{"item": "a", "department": "d"}, {"item": "b", "department": "d", "requires": ["a", 7]}]
    refusal = problem(await door.post(uuid4(), {**REGISTER, "items": items}), "invalid-field")
    assert refusal["path"] == "$.items[1].requires[1]"

    items[1] = {"item": "b", "department": "d", "name": "a\0b"}
    refusal = problem(await door.post(uuid4(), {**REGISTER, "items": items}), "invalid-field")
    assert refusal["path"] == "$.items[1].name"


async def test_a_backslash_before_u0000_is_text(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    assert (await door.post(project, note(rb"C:\\u0000"))).status_code == 200


@pytest.mark.parametrize("size", [BODY_BYTES_MAX + 1, 5 * BODY_BYTES_MAX])
async def test_a_body_that_is_too_large_is_refused(door: Door, size: int) -> None:
    refusal = problem(await door.post(uuid4(), b" " * size), "body-too-large")
    assert refusal["limit"] == BODY_BYTES_MAX


async def test_a_body_too_large_that_does_not_say_so_beforehand(door: Door) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json", "Idempotency-Key": "k", **identity(MANAGER)}
    response = await door.client.post(f"/v1/projects/{uuid4()}/commands", content=parts(), headers=headers)
    problem(response, "body-too-large")


async def test_the_largest_body_is_read(door: Door) -> None:
    body = json.dumps(REGISTER).encode()
    assert (await door.post(uuid4(), body + b" " * (BODY_BYTES_MAX - len(body)))).status_code == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_a_body_of_another_type(door: Door, kind: str) -> None:
    response = await door.post(uuid4(), REGISTER, Content_Type=kind)
    problem(response, "wrong-content-type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_any_spelling_of_the_media_type_json_is_accepted(door: Door, kind: str) -> None:
    assert (await door.post(uuid4(), REGISTER, Content_Type=kind)).status_code == 200


async def test_days_beyond_any_law_are_refused_before_a_clock_has_to_count_them(door: Door) -> None:
    extend = {"command": "extend_limit", "item": "land", "reasons": "x", "approver": "agency_head"}
    refusal = problem(await door.post(uuid4(), {**extend, "days": DAYS_MAX + 1}, LAND), "invalid-field")
    assert refusal["path"] == "$.days"


def places(value: Any, path: str = "$") -> Iterator[tuple[str, list[Any]]]:
    """Every place in a JSON value: as a path, and as the keys that lead there."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        name = f"{path}.{key}" if isinstance(key, str) else f"{path}[{key}]"
        yield name, [key]
        for deeper, keys in places(part, name):
            yield deeper, [key, *keys]


def with_wrong(example: Any, keys: list[Any], wrong: Any) -> Any:
    """A copy of *example* with *wrong* at the place the *keys* lead to."""
    copy = json.loads(json.dumps(example))
    inner = copy
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = wrong
    return copy


def refusal(body: Any) -> Problem | None:
    """Why *body* is no command; None where it is one."""
    try:
        command_in(json.dumps(body).encode())
    except Problem as problem:
        return problem
    return None


def test_a_wrong_type_at_any_depth_is_refused_by_its_path_or_is_right() -> None:
    for tag in COMMANDS:
        example = json.loads(json.dumps(command_example(tag)))
        refusals = [
            (path, refused)
            for path, keys in places(example)
            for wrong in WRONG
            if (refused := refusal(with_wrong(example, keys, wrong)))
        ]
        assert len(refusals) >= len(example) * 5, tag
        assert [r.detail for path, r in refusals if not str(r.members["path"]).startswith(path)] == [], tag
        assert {refused.kind.status for _, refused in refusals} <= {400, 422}, tag


def test_a_missing_field_is_named_or_has_a_default() -> None:
    for tag in COMMANDS:
        example = command_example(tag)
        left_out = {name: refusal({key: part for key, part in example.items() if key != name}) for name in example}
        assert left_out["command"] is not None, tag
        assert {name: refused.members["path"] for name, refused in left_out.items() if refused} == {
            name: f"$.{name}" for name, refused in left_out.items() if refused
        }, tag


@pytest.mark.parametrize(
    ("command", "path", "usual"),
    [
        (REGISTER | {"code": "２６０３－420100"}, "$.code", "2603-420100"),
        (REGISTER | {"code": "CAFE\u0301"}, "$.code", "CAF\u00c9"),
        (REGISTER | {"items": [{"item": "ｌａｎｄ", "department": "land"}]}, "$.items[0].item", "land"),
        (REGISTER | {"items": [{"item": "land", "department": "Ｌand"}]}, "$.items[0].department", "Land"),
        ({"command": "plan_item", "item": {"item": "ｌ", "department": "d"}}, "$.item.item", "l"),
    ],
)
def test_a_new_code_has_one_spelling(command: dict[str, Any], path: str, usual: str) -> None:
    """Else a second project stands under a code that looks the same, or an item at a department that no one is in."""
    with pytest.raises(Problem) as refused:
        command_in(json.dumps(command).encode())
    assert (refused.value.members["path"], refused.value.remedy) == (path, f"write {usual}")


@pytest.mark.parametrize("code", ["鄂发改〔2026〕1号", "鄂发改（2026）1号", "CAF\u00c9", "二期·A"])
def test_a_code_in_chinese_is_taken_as_it_is(code: str) -> None:
    names = {"name": "ＡＢＣ", "items": [{"item": code, "department": "land", "name": "e\u0301 １"}]}
    command_in(json.dumps(REGISTER | names | {"code": code}, ensure_ascii=False).encode())


SERVICE = {"task_code": "A-1", "task_name": "用地预审", "task_type": "licence", "dept_code": "land"}
DEFINE = {"command": "define_service_item", "catalogue": "zone", "service": SERVICE}
STEP = {"step": "land", "item": "A-1", "phase": "first"}
PHASE = {"code": "first", "name": "立项用地规划许可"}
PUBLISH = {
    "command": "publish_flow",
    "flow": "usual",
    "catalogue": "zone",
    "kinds": ["usual"],
    "phases": [PHASE],
    "steps": [STEP],
}


@pytest.mark.parametrize(
    ("target", "command", "path", "usual"),
    [
        (TO_CATALOGUES, DEFINE | {"service": SERVICE | {"dept_code": "ｌａｎｄ"}}, "$.service.dept_code", "land"),
        (TO_FLOWS, PUBLISH | {"steps": [STEP, STEP | {"step": "ｆｉｒｅ"}]}, "$.steps[1].step", "fire"),
        (TO_FLOWS, PUBLISH | {"kinds": ["化工１"]}, "$.kinds[0]", "化工1"),
    ],
)
def test_new_codes_of_catalogues_and_flows_have_one_spelling(
    target: CommandTarget, command: dict[str, Any], path: str, usual: str
) -> None:
    with pytest.raises(Problem) as refused:
        aggregates.command_in(json.dumps(command).encode(), target)
    assert (refused.value.members["path"], refused.value.remedy) == (path, f"write {usual}")
