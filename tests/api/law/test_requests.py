"""A request to the law that cannot be answered is refused with the path of its fault."""

from __future__ import annotations

from typing import Any

import pytest

from api.law.requests import EVENTS_MAX, EXPLANATIONS_MAX, NOTICES_MAX, QUESTIONS_MAX, WORK_MAX
from api.openapi.law_schemas import HISTORY, PACK, QUESTIONS, body_examples
from tests.api.client import Door, problem
from tests.api.law.client import BY_PACK, BY_RULE, ask, changed, evaluated

EXTENSION = {"id": "e5", "type": "extension", "at": "2026-03-20T10:00:00+08:00"}
RETRACTION = {"id": "e6", "type": "retract", "at": "2026-03-20T10:00:00+08:00"}


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("rule", None, "$.rule"),
        ("rule", 3, "$.rule"),
        ("rule.pack", None, "$.rule.pack"),
        ("rule.zone", "Mars/Olympus", "$.rule"),
        ("rule.zone", "localtime", "$.rule"),
        ("rule.zone", "right/UTC", "$.rule"),
        ("rule.decision.days", -1, "$.rule.decision.days"),
        ("rule.decision.days", 10_001, "$.rule.decision.days"),
        ("rule.decision.days", 10**30, "$.rule.decision.days"),
        ("rule.close_of_business", "25:00", "$.rule.close_of_business"),
        ("rule.suspension_day_rule", "[s,e", "$.rule.suspension_day_rule"),
        ("rule.yellow.den", 0, "$.rule.yellow.den"),
        ("rule.colour", "red", "$.rule.colour"),
        ("calendar", None, "$.calendar"),
        ("calendar", "XX", "$.calendar"),
        ("calendar", {"weekend": [0, 1, 2, 3, 4, 5, 6]}, "$.calendar.weekend"),
        ("calendar", {"weekend": [7]}, "$.calendar.weekend"),
        ("calendar", {"stacks_on": "XX"}, "$.calendar.stacks_on"),
        ("calendar", {"week_end": [5, 6]}, "$.calendar.week_end"),
        ("calendar", {"notices": [{"id": "N", "published": "2026-02-30"}]}, "$.calendar.notices[0].published"),
        ("calendar", {"notices": [{"id": "N", "published": "1026-02-20"}]}, "$.calendar.notices[0].published"),
        ("calendar", {"notices": [{"id": "N", "published": "2026-02-20", "day": {}}]}, "$.calendar.notices[0].day"),
        (
            "calendar",
            {"notices": [{"id": "N", "published": "2026-02-20", "days": {"3026-01-01": 0}}]},
            "$.calendar.notices[0].days.3026-01-01",
        ),
        ("events.0.type", "invented", "$.events[0].type"),
        ("events.0.at", "2026-03-02T10:00:00", "$.events[0].at"),
        ("events.0.at", "2126-03-02T10:00:00Z", "$.events[0].at"),
        ("events.2.planned_until", "soon", "$.events[2].planned_until"),
        ("events.2.planed_until", "2026-03-18", "$.events[2].planed_until"),
        ("events.3.sid", None, "$.events[3].sid"),
        ("events.3", {**EXTENSION, "days": 0}, "$.events[3].days"),
        ("events.3", {**EXTENSION, "days": -5}, "$.events[3].days"),
        ("events.3", {**RETRACTION, "target": "e9"}, "$.events[3].target"),
        ("events", [*HISTORY, HISTORY[1], {**RETRACTION, "target": "e2"}], "$.events[5].target"),
        ("as_of", [], "$.as_of"),
        ("as_of.0.t", None, "$.as_of[0].t"),
        ("as_of.0.t", "0001-01-01T00:00:00Z", "$.as_of[0].t"),
        ("as_of.1.known", "yesterday", "$.as_of[1].known"),
        ("as_of.1.expect", {}, "$.as_of[1].expect"),
        ("as_of", [{"t": "2026-03-02T10:00:00Z"}] * (QUESTIONS_MAX + 1), "$.as_of"),
        ("events", HISTORY[:1] * (EVENTS_MAX + 1), "$.events"),
        ("surprise", 1, "$.surprise"),
    ],
)
async def test_a_wrong_field_is_named(door: Door, path: str, value: Any, at: str) -> None:
    for what in QUESTIONS:
        body = changed(body_examples(what)["by_rule"]["value"], path, value)
        assert problem(await ask(door, what, body), "invalid-field")["path"] == at


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("rule.pack", "cn-licensing", "$.rule.pack"),
        ("rule.pack", f"{PACK}/moon", "$.rule.pack"),
        ("rule.pack", "nl-awb@2009-10-01", "$.rule.commitment_days"),
        ("rule", {"pack": f"{PACK}/registration", "mode": "joint"}, "$.rule.mode"),
        ("rule.mode", "fast", "$.rule.mode"),
        ("rule.commitment_days", "12", "$.rule.commitment_days"),
        ("rule.commitment_days", 10_001, "$.rule.commitment_days"),
        ("rule.licence_expiry", "2126-01-01", "$.rule.licence_expiry"),
    ],
)
async def test_a_wrong_choice_of_a_pack_is_named(door: Door, path: str, value: Any, at: str) -> None:
    refusal = problem(await ask(door, "explain", changed(BY_PACK, path, value)), "invalid-field")
    assert refusal["path"] == at
    assert refusal["remedy"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed-json"),
        (b"[]", "invalid-field"),
        (b"null", "invalid-field"),
        (b'{"rule": {}}', "invalid-field"),
        (b'{"command": "fly"}', "invalid-field"),  # no question has such a field, and no command is asked for
        (b"[" * 100_000, "malformed-json"),
        (b'{"rule": "\xff"}', "malformed-json"),
        (b"{" + b" " * 1024 * 1024 + b"}", "body-too-large"),
    ],
)
async def test_an_unreadable_question_is_refused(door: Door, body: bytes, code: str) -> None:
    for what in QUESTIONS:
        problem(await ask(door, what, body), code)


async def test_a_body_of_another_type_is_not_read(door: Door) -> None:
    problem(await door.client.post("/v1/law/evaluate", content=b"{}"), "wrong-content-type")


async def test_a_question_is_limited_to_what_is_counted_in_a_second(door: Door) -> None:
    events = [event | {"id": f"{nth}"} for nth, event in enumerate(HISTORY * 100)]
    instants = [{"t": "2026-04-03T09:00:00+08:00"}] * (WORK_MAX // len(events) + 1)
    body = BY_RULE | {"events": events}

    too_much = problem(
        await ask(
            door, "evaluate", {**body_examples("evaluate")["by_rule"]["value"], "events": events, "as_of": instants}
        ),
        "invalid-field",
    )
    assert too_much["path"] == "$.events"
    assert len(await evaluated(door, body | {"as_of": instants[:-1]})) == len(instants) - 1

    explanations = BY_RULE | {"as_of": instants[: EXPLANATIONS_MAX + 1]}
    assert problem(await ask(door, "explain", explanations), "invalid-field")["path"] == "$.as_of"

    notices = {"notices": [{"id": str(n), "published": "2026-01-01"} for n in range(NOTICES_MAX + 1)]}
    refusal = problem(await ask(door, "explain", BY_RULE | {"calendar": notices}), "invalid-field")
    assert refusal["path"] == "$.calendar.notices"
