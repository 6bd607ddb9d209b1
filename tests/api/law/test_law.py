"""The law over HTTP: the golden vectors counted by hand hold there too; packs and calendars are shown as they are."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from api.law.requests import EXPLANATIONS_MAX
from api.openapi.law_schemas import PACK, QUESTIONS
from infrastructure.law.lawbook import law_book
from tests.api.client import Door, problem
from tests.api.law.client import BY_PACK, BY_RULE, CHINA, Body, ask, by_hand, changed, evaluated, explained, question


async def test_the_vectors_counted_by_hand_hold_over_http(door: Door) -> None:
    vectors = by_hand()
    assert len(vectors) >= 46
    for vector in vectors:
        evaluations = await evaluated(door, question(vector))
        expected = [instant["expect"] for instant in vector["as_of"]]
        assert [answer["evaluation"] for answer in evaluations] == expected, vector["id"]


async def test_what_is_counted_day_by_day_is_what_was_used(door: Door) -> None:
    for vector in by_hand():
        body = question(vector)
        body["as_of"] = body["as_of"][:EXPLANATIONS_MAX]
        for name, clock in vector["as_of"][0]["expect"]["clocks"].items():
            explanation = (await explained(door, body | {"clock": name}))[0]["explanation"]
            assert explanation["name"] == name
            if clock["used"] is not None:
                assert sum(day["counted"] for day in explanation["days"]) == clock["used"], (vector["id"], name)


async def test_a_pack_equals_its_rule_written_out(door: Door) -> None:
    by_rule, by_pack = await evaluated(door, BY_RULE), await evaluated(door, BY_PACK)

    sentences = [remark for answer in by_pack for remark in answer["remarks"].values()]
    assert [remark.pop("article") for remark in sentences] == ["行政许可法 45"], (
        "a rule that is written out names no law"
    )
    assert [remark.pop("article") for answer in by_rule for remark in answer["remarks"].values()] == [""]
    assert by_rule == by_pack
    assert by_pack[0]["articles"]["decision"] == "行政许可法 42(1)"
    assert by_pack[0]["calendar"].startswith("CN/CN-2026/")
    assert by_pack[0]["evaluation"]["clocks"]["decision"]["state"] == "suspended"


async def test_a_question_is_asked_as_of_two_instants(door: Door) -> None:
    """On 3 April it was known on 17 March only that the clock was stopped: it was resumed on the 18th."""
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


async def test_a_clock_that_has_not_started_is_not_explained(door: Door) -> None:
    explanation = problem(await ask(door, "explain", BY_PACK | {"clock": "delivery"}), "invalid-field")

    assert explanation["path"] == "$.clock"
    assert explanation["remedy"] == "started are: intake#1, decision, commitment"


async def test_a_suspended_clock_is_explained_day_by_day(door: Door) -> None:
    explanation = (await explained(door, BY_PACK))[0]["explanation"]
    reasons = {day["day"]: day["reason"] for day in explanation["days"]}

    assert reasons["2026-03-06"] == "start"
    assert reasons["2026-03-07"] == "rest"
    assert reasons["2026-03-09"] == "working"
    assert explanation["assumes_resumption"]
    assert next(day for day in explanation["days"] if day["day"] == "2026-03-10")["suspended_by"] == [
        ["s1", "expert_review"]
    ]


async def test_every_pack_is_shown_with_its_articles(door: Door) -> None:
    listed = (await door.get("/v1/law/packs", None)).json()["packs"]

    assert [pack["name"] for pack in listed] == list(law_book().names)
    assert {pack["id"] for pack in listed if pack["rules"]} == {"cn-licensing"}
    for pack in listed:
        shown = (await door.get(f"/v1/law/packs/{pack['name']}", None)).json()
        assert shown["clocks"].keys() == set(pack["clocks"])
        assert all(clock["article"] for clock in shown["clocks"].values())
        for special in pack["specials"]:
            under = (await door.get(f"/v1/law/packs/{pack['name']}/{special}", None)).json()
            assert under["special"] == special
            assert under["clocks"] != shown["clocks"]
    licensing = (await door.get(f"/v1/law/packs/{PACK}", None)).json()
    assert "自受理" in licensing["clocks"]["decision"]["modes"]["single"]["quote"]


@pytest.mark.parametrize(
    "path", ["/v1/law/packs/nothing", f"/v1/law/packs/{PACK}/moon", "/v1/law/calendars/XX", "/v1/law/moon"]
)
async def test_what_is_not_on_the_shelf_is_not_found(door: Door, path: str) -> None:
    problem(await door.get(path, None), "not-found")


async def test_a_calendar_is_shown_as_it_was_known(door: Door) -> None:
    before = (await door.get("/v1/law/calendars/CN", None, known="2025-11-03")).json()
    after = (await door.get("/v1/law/calendars/CN", None, known="2025-11-04")).json()

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
    problem(await door.get("/v1/law/calendars/CN", None, known="someday"), "invalid-parameter")


async def test_calendars_are_listed_as_known_today_unless_asked_otherwise(door: Door) -> None:
    today = (await door.get("/v1/law/calendars", None)).json()["calendars"]
    early = (await door.get("/v1/law/calendars", None, known="1999-01-01")).json()["calendars"]

    assert [calendar["name"] for calendar in today] == sorted(law_book().calendars())
    assert next(calendar for calendar in early if calendar["name"] == "CN")["horizon"] is None
    assert next(calendar for calendar in today if calendar["name"] == "CN")["horizon"] >= "2026-12-28"


async def test_the_answers_are_as_the_document_says(door: Door) -> None:
    document: Body = (await door.get("/schema/openapi.json", None)).json()

    def require(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(value)

    for operation in QUESTIONS:
        content = document["paths"][f"/v1/law/{operation}"]["post"]["requestBody"]["content"]["application/json"]
        assert content["examples"].keys() == {"by_rule", "by_pack"}
        for example in content["examples"].values():
            Draft202012Validator({**content["schema"], "components": document["components"]}).validate(example["value"])
            response = await ask(door, operation, example["value"])
            require("Evaluations" if operation == "evaluate" else "Explanations", response.json())
    require("Packs", (await door.get("/v1/law/packs", None)).json())
    for name in law_book().names:
        require("Pack", (await door.get(f"/v1/law/packs/{name}", None)).json())
    require("CalendarList", (await door.get("/v1/law/calendars", None)).json())
    require("CalendarAsKnown", (await door.get("/v1/law/calendars/CN", None)).json())


async def test_what_was_not_as_the_law_asks_is_said_in_words(door: Door) -> None:
    """An environmental report: received on Mar 2, suspended unannounced, decided on without an acceptance."""
    events = [
        {"id": "e1", "type": "received", "at": "2026-03-02T10:00:00+08:00"},
        {
            "id": "e2",
            "type": "suspend",
            "at": "2026-03-03T10:00:00+08:00",
            "sid": "s1",
            "reason": "technical_assessment",
            "notified": False,
        },
        {"id": "e3", "type": "decided", "at": "2026-03-05T10:00:00+08:00", "outcome": "granted"},
    ]
    rule = {"pack": "cn-licensing@2019-04-23/eia_report"}
    body = {"rule": rule, "events": events, "as_of": [{"t": "2026-03-06T09:00:00+08:00"}]}

    [answer] = await evaluated(door, body)

    assert answer["evaluation"]["flags"] == ["decided_without_acceptance", "suspend_not_notified:s1"]
    remark = answer["remarks"]["suspend_not_notified:s1"]
    assert (remark["zh"], remark["article"]) == ("中止时未将所需时间告知申请人；该时间仍不计入期限。", "行政许可法 45")
    assert remark["en"].startswith("The applicant was not informed of a suspension and the time it needs")
    assert answer["remarks"]["decided_without_acceptance"]["article"] == "行政许可法 32(1)(5), 32(2)"
