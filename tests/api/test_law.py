"""The law over HTTP: the golden vectors by hand hold there too, and whatever is wrong with a question is told."""

from __future__ import annotations

import gzip
import json
from copy import deepcopy
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from api.law_questions import EVENTS_MAX, EXPLANATIONS_MAX, NOTICES_MAX, QUESTIONS_MAX, WORK_MAX
from api.law_schemas import BODIES, HISTORY, PACK, body_examples
from infrastructure.lawbook import law_book
from tests.api.door import Door, problem
from tests.controls import ROOT

Body = dict[str, Any]

VECTORS = ROOT / "tests/law/data/vectors.jsonl.gz"
CHINA: Body = json.loads((ROOT / "domain/law/calendars/cn.json").read_bytes())["calendars"]["CN"]
BY_RULE: Body = body_examples("explain")["by_rule"]["value"]
BY_PACK: Body = body_examples("explain")["by_pack"]["value"]
NOT_ANSWERED = {"clock"}  # of an explanation's body, an evaluation's has all but this


def by_hand() -> list[Body]:
    """The vectors that were counted by hand."""
    with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
        return [vector for vector in map(json.loads, lines) if vector.get("hand_checked")]


def question(vector: Body) -> Body:
    """What a vector asks."""
    asked = [{name: asked[name] for name in ("t", "known") if name in asked} for asked in vector["as_of"]]
    return {"rule": vector["rule"], "calendar": vector["calendar"], "events": vector["events"], "as_of": asked}


async def ask(door: Door, what: str, body: Body | bytes) -> httpx.Response:
    """Post *body* to /law/evaluate or /law/explain, as nobody in particular."""
    if isinstance(body, bytes):
        return await door.client.post(f"/law/{what}", content=body, headers={"Content-Type": "application/json"})
    return await door.client.post(f"/law/{what}", json=body)


async def evaluated(door: Door, body: Body) -> list[Body]:
    response = await ask(door, "evaluate", {name: part for name, part in body.items() if name not in NOT_ANSWERED})
    assert response.status_code == 200, response.text
    found: list[Body] = response.json()["evaluations"]
    return found


async def explained(door: Door, body: Body) -> list[Body]:
    response = await ask(door, "explain", body)
    assert response.status_code == 200, response.text
    found: list[Body] = response.json()["explanations"]
    return found


def changed(body: Body, path: str, value: Any) -> Body:
    """*body* with another *value* at a dotted path; None takes it away."""
    body = deepcopy(body)
    *before, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = body
    for part in before:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


async def test_the_vectors_counted_by_hand_hold_over_http(door: Door) -> None:
    vectors = by_hand()
    assert len(vectors) >= 46
    for vector in vectors:
        found = await evaluated(door, question(vector))
        expected = [asked["expect"] for asked in vector["as_of"]]
        assert [answer["evaluation"] for answer in found] == expected, vector["id"]


async def test_what_is_counted_day_by_day_is_what_was_used(door: Door) -> None:
    for vector in by_hand():
        body = question(vector)
        body["as_of"] = body["as_of"][:EXPLANATIONS_MAX]
        for name, clock in vector["as_of"][0]["expect"]["clocks"].items():
            told = (await explained(door, body | {"clock": name}))[0]["explanation"]
            assert told["name"] == name
            if clock["used"] is not None:
                assert sum(day["counted"] for day in told["days"]) == clock["used"], (vector["id"], name)


async def test_a_pack_stands_for_its_rule_written_out(door: Door) -> None:
    by_rule, by_pack = await evaluated(door, BY_RULE), await evaluated(door, BY_PACK)

    assert by_rule == by_pack
    assert by_pack[0]["articles"]["decision"] == "行政许可法第四十二条"
    assert by_pack[0]["calendar"].startswith("CN/CN-2026/")
    assert by_pack[0]["evaluation"]["clocks"]["decision"]["state"] == "suspended"


async def test_a_question_is_asked_as_of_two_instants(door: Door) -> None:
    """On 3 April it was known on 17 March only that the clock stood still: it was set going on the 18th."""
    later = changed(BY_PACK, "as_of.1.known", "2026-04-03T09:00:00+08:00")

    (_, then), (_, now) = await evaluated(door, BY_PACK), await evaluated(door, later)

    assert then["evaluation"]["clocks"]["decision"]["due"] is None
    assert now["evaluation"]["clocks"]["decision"]["due"] == "2026-04-14"
    assert (then["known"], now["known"]) == ("2026-03-17T09:00:00+08:00", "2026-04-03T09:00:00+08:00")


async def test_a_calendar_may_be_written_out(door: Door) -> None:
    named = await evaluated(door, BY_RULE)
    inline = await evaluated(door, BY_RULE | {"calendar": CHINA})
    region = await evaluated(
        door, BY_RULE | {"calendar": {"stacks_on": "CN", "notices": [{"id": "R", "published": "2026-01-01"}]}}
    )
    nothing = await evaluated(door, BY_RULE | {"calendar": {}})

    assert [answer["evaluation"] for answer in inline] == [answer["evaluation"] for answer in named]
    assert [answer["evaluation"] for answer in region] == [answer["evaluation"] for answer in named]
    assert nothing[0]["evaluation"]["clocks"]["decision"]["provisional"]
    assert not named[0]["evaluation"]["clocks"]["decision"]["provisional"]


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("rule", None, "$.rule"),
        ("rule", 3, "$.rule"),
        ("rule.pack", None, "$.rule.pack"),
        ("rule.zone", "Mars/Olympus", "$.rule"),
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
    for what in BODIES:
        body = changed(body_examples(what)["by_rule"]["value"], path, value)
        assert problem(await ask(door, what, body), "invalid-field")["path"] == at


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("rule.pack", "cn-licensing", "$.rule.pack"),
        ("rule.pack", f"{PACK}/moon", "$.rule.pack"),
        ("rule.pack", "nl-awb@2009-10-01", "$.rule.pack"),
        ("rule", {"pack": f"{PACK}/registration", "mode": "joint"}, "$.rule.mode"),
        ("rule.mode", "fast", "$.rule.mode"),
        ("rule.commitment_days", "12", "$.rule.commitment_days"),
        ("rule.commitment_days", 10_001, "$.rule.commitment_days"),
        ("rule.licence_expiry", "2126-01-01", "$.rule.licence_expiry"),
    ],
)
async def test_a_wrong_choice_of_a_pack_is_named(door: Door, path: str, value: Any, at: str) -> None:
    told = problem(await ask(door, "explain", changed(BY_PACK, path, value)), "invalid-field")
    assert told["path"] == at
    assert told["remedy"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed-json"),
        (b"[]", "invalid-field"),
        (b"null", "invalid-field"),
        (b'{"rule": {}}', "invalid-field"),
        (b"[" * 100_000, "malformed-json"),
        (b'{"rule": "\xff"}', "malformed-json"),
        (b"{" + b" " * 1024 * 1024 + b"}", "body-too-large"),
    ],
)
async def test_a_body_that_is_no_question_is_told_so(door: Door, body: bytes, code: str) -> None:
    for what in BODIES:
        problem(await ask(door, what, body), code)


async def test_a_body_of_another_type_is_not_read(door: Door) -> None:
    problem(await door.client.post("/law/evaluate", content=b"{}"), "wrong-content-type")


async def test_nobody_asks_for_more_than_is_counted_in_a_second(door: Door) -> None:
    events = [event | {"id": f"{nth}"} for nth, event in enumerate(HISTORY * 100)]
    asked = [{"t": "2026-04-03T09:00:00+08:00"}] * (WORK_MAX // len(events) + 1)
    body = BY_RULE | {"events": events}

    too_much = problem(
        await ask(
            door, "evaluate", {**body_examples("evaluate")["by_rule"]["value"], "events": events, "as_of": asked}
        ),
        "invalid-field",
    )
    assert too_much["path"] == "$.events"
    assert len(await evaluated(door, body | {"as_of": asked[:-1]})) == len(asked) - 1

    explanations = BY_RULE | {"as_of": asked[: EXPLANATIONS_MAX + 1]}
    assert problem(await ask(door, "explain", explanations), "invalid-field")["path"] == "$.as_of"

    notices = {"notices": [{"id": str(n), "published": "2026-01-01"} for n in range(NOTICES_MAX + 1)]}
    told = problem(await ask(door, "explain", BY_RULE | {"calendar": notices}), "invalid-field")
    assert told["path"] == "$.calendar.notices"


async def test_a_clock_that_has_not_started_is_not_explained(door: Door) -> None:
    told = problem(await ask(door, "explain", BY_PACK | {"clock": "delivery"}), "invalid-field")

    assert told["path"] == "$.clock"
    assert told["remedy"] == "started are: intake#1, decision, commitment"


async def test_a_suspended_clock_is_explained_day_by_day(door: Door) -> None:
    told = (await explained(door, BY_PACK))[0]["explanation"]
    reasons = {day["day"]: day["reason"] for day in told["days"]}

    assert reasons["2026-03-06"] == "start"
    assert reasons["2026-03-07"] == "rest"
    assert reasons["2026-03-09"] == "working"
    assert told["assumes_resumption"]
    assert next(day for day in told["days"] if day["day"] == "2026-03-10")["suspended_by"] == [["s1", "expert_review"]]


async def test_every_pack_is_shown_with_its_articles(door: Door) -> None:
    listed = (await door.get("/law/packs", None)).json()["packs"]

    assert [pack["name"] for pack in listed] == list(law_book().names)
    assert {pack["id"] for pack in listed if pack["rules"]} == {"cn-licensing"}
    for pack in listed:
        shown = (await door.get(f"/law/packs/{pack['name']}", None)).json()
        assert shown["clocks"].keys() == set(pack["clocks"])
        assert all(clock["article"] for clock in shown["clocks"].values())
        for special in pack["specials"]:
            under = (await door.get(f"/law/packs/{pack['name']}/{special}", None)).json()
            assert under["special"] == special
            assert under["clocks"] != shown["clocks"]
    licensing = (await door.get(f"/law/packs/{PACK}", None)).json()
    assert "自受理" in licensing["clocks"]["decision"]["modes"]["single"]["quote"]


@pytest.mark.parametrize("path", ["/law/packs/nothing", f"/law/packs/{PACK}/moon", "/law/calendars/XX", "/law/moon"])
async def test_what_is_not_on_the_shelf_is_not_found(door: Door, path: str) -> None:
    problem(await door.get(path, None), "not-found")


async def test_a_calendar_is_shown_as_it_was_known(door: Door) -> None:
    before = (await door.get("/law/calendars/CN", None, known="2025-11-03")).json()
    after = (await door.get("/law/calendars/CN", None, known="2025-11-04")).json()

    assert (before["calendar"]["horizon"], after["calendar"]["horizon"]) == ("2025-12-28", "2026-12-28")
    assert before["calendar"]["version"] != after["calendar"]["version"]
    assert [notice["id"] for notice in after["notices"][-2:]] == ["CN-2025", "CN-2026"]
    days = {day["day"]: day for day in after["days"]}
    assert days["2026-01-04"] == {
        "day": "2026-01-04",
        "works": True,
        "kind": "make_up",
        "notice": "CN-2026",
        "provisional": False,
    }
    assert (days["2027-10-01"]["kind"], days["2027-10-01"]["provisional"]) == ("statutory", True)
    assert "2026-01-04" not in {day["day"] for day in before["days"]}
    problem(await door.get("/law/calendars/CN", None, known="someday"), "invalid-parameter")


async def test_calendars_are_listed_as_known_today_unless_asked_otherwise(door: Door) -> None:
    today = (await door.get("/law/calendars", None)).json()["calendars"]
    early = (await door.get("/law/calendars", None, known="1999-01-01")).json()["calendars"]

    assert [calendar["name"] for calendar in today] == sorted(law_book().calendars())
    assert next(calendar for calendar in early if calendar["name"] == "CN")["horizon"] is None
    assert next(calendar for calendar in today if calendar["name"] == "CN")["horizon"] >= "2026-12-28"


async def test_the_answers_are_as_the_document_says(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()

    def require(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(value)

    for operation in BODIES:
        content = document["paths"][f"/law/{operation}"]["post"]["requestBody"]["content"]["application/json"]
        assert content["examples"].keys() == {"by_rule", "by_pack"}
        for example in content["examples"].values():
            Draft202012Validator({**content["schema"], "components": document["components"]}).validate(example["value"])
            response = await ask(door, operation, example["value"])
            require("Evaluations" if operation == "evaluate" else "Explanations", response.json())
    require("Packs", (await door.get("/law/packs", None)).json())
    for name in law_book().names:
        require("Pack", (await door.get(f"/law/packs/{name}", None)).json())
    require("Calendars", (await door.get("/law/calendars", None)).json())
    require("CalendarAsKnown", (await door.get("/law/calendars/CN", None)).json())
