"""Every mode of every shipped law, over HTTP: asked of the law, planned, listed in a catalogue, and counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from infrastructure.law.lawbook import law_book
from projections.clocks.nodes import MODES, modes_with
from tests.api.client import Door, problem
from tests.api.law.client import ask
from tests.examples import APPLICANT, BUREAU, MANAGER, USCC

pytestmark = pytest.mark.pages

EVERY = [(name, mode) for name in law_book().names for mode in law_book().pack(name).modes]
NOW = "2026-11-29T09:00:00Z"
HISTORY = [
    {"id": "e1", "type": "received", "at": "2026-11-02T10:00:00+08:00"},
    {"id": "e2", "type": "accepted", "at": "2026-11-03T10:00:00+08:00"},
    {"id": "e3", "type": "forwarded", "at": "2026-11-04T10:00:00+08:00"},
    {"id": "e4", "type": "upper_received", "at": "2026-11-05T10:00:00+08:00"},
]
FIRST = {"cn-medical-devices": "technical_review"}  # the review comes first, and the decision after it


def question(name: str, mode: str, **rule: Any) -> dict[str, Any]:
    return {"rule": {"pack": name, "mode": mode, **rule}, "events": HISTORY, "as_of": [{"t": NOW}]}


async def applied_for(door: Door, law: str, mode: str) -> tuple[UUID, int]:
    """A project under *law* with one item in *mode*, applied for; and the position of that in the ledger."""
    project = uuid4()
    assert (await door.post(project, registration(law, mode))).status_code == 200
    answer = await door.post(project, {"command": "submit_item", "item": "permit"}, APPLICANT)
    assert answer.status_code == 200
    position: int = answer.json()["position"]
    return project, position


def registration(law: str, mode: str) -> dict[str, Any]:
    return {
        "command": "register_project",
        "name": "Hall 5",
        "enterprise": {"name": "De Vries", "uscc": USCC},
        "manager": "wang",
        "law": law,
        "items": [{"item": "permit", "department": "city", "mode": mode}],
    }


@pytest.mark.parametrize(("name", "mode"), EVERY)
async def test_the_law_answers_for_every_mode(door: Door, name: str, mode: str) -> None:
    pack = law_book().pack(name)
    clock = FIRST.get(pack.id, "decision")
    answer = await ask(door, "evaluate", question(name, mode))
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["evaluations"]

    limit = pack.limit(mode, clock)
    read = result["evaluation"]["clocks"][clock]
    assert result["articles"][clock] == limit.article
    assert result["units"][clock] == limit.unit
    assert read["length"] == limit.days or limit.unit in ("week", "month")
    assert result["over_at"][clock] > read["start"]


async def test_a_planning_application_is_explained_day_by_day(door: Door) -> None:
    """Thirteen weeks from the day after receipt: 91 days, each of which counts."""
    body = question("uk-planning@2021-08-01", "major") | {"clock": "decision"}
    (explained,) = (await ask(door, "explain", body)).json()["explanations"]
    explanation = explained["explanation"]

    assert (explanation["length"], explanation["article"]) == (91, "DMPO 2015 art. 34(2)(a)")
    assert sum(day["counted"] or day["projected"] for day in explanation["days"]) == 91


@pytest.mark.parametrize(
    ("name", "mode", "rule", "path"),
    [
        ("uk-planning@2021-08-01", "joint", {}, "$.rule.mode"),
        ("uk-planning@2021-08-01", "major", {"licence_expiry": "2027-01-01"}, "$.rule.licence_expiry"),
        ("nl-awb@2009-10-01", "single", {"commitment_days": 10}, "$.rule.commitment_days"),
        ("cn-licensing@2019-04-23+NL", "single", {}, "$.rule.pack"),
    ],
)
async def test_what_a_law_does_not_have_is_named(
    door: Door, name: str, mode: str, rule: dict[str, Any], path: str
) -> None:
    assert problem(await ask(door, "evaluate", question(name, mode, **rule)), "invalid-field")["path"] == path


async def test_hours_have_no_days_to_list(door: Door) -> None:
    body = question("kr-petitions@2016-02-12", "five_days") | {"clock": "decision"}
    refusal = problem(await ask(door, "explain", body), "invalid-field")
    assert (refusal["path"], refusal["remedy"]) == ("$.clock", "ask /v1/law/evaluate")


@pytest.mark.parametrize(
    ("law", "mode", "length", "silence"),
    [
        ("uk-planning", "major", 91, "overdue"),
        ("uk-planning", "eia", 112, "overdue"),
        ("nl-omgevingswet", "with_consent", 84, "overdue"),
        ("us-fcc-shotclock", "small_wireless_new", 90, "overdue"),
        ("us-fcc-shotclock", "eligible_facilities", 60, "deemed"),
        ("kr-petitions", "five_days", 40, "overdue"),
    ],
)
async def test_a_project_is_registered_and_counted_in_a_mode_of_its_law(
    door: Door, law: str, mode: str, length: int, silence: str
) -> None:
    project, _ = await applied_for(door, law, mode)

    later = "2027-11-29T09:00:00Z"
    (item,) = (await door.get(f"/v1/projects/{project}/clocks", BUREAU, as_of=later, known_at=later)).json()["items"]
    (clock,) = [clock for clock in item["clocks"] if clock["clock"] == "decision"]
    assert (clock["mode"], clock["length"], clock["state"]) == (mode, length, silence)
    assert clock["article"] == law_book().in_force(law, law_book().versions(law)[-1].valid_from).limit(mode).article


@pytest.mark.usefixtures("projector")
async def test_the_table_of_modes_and_nodes_has_a_row_for_every_mode_that_runs(door: Door) -> None:
    _, position = await applied_for(door, "uk-planning", "major")
    matrix = (await door.get("/v1/clocks/matrix", BUREAU, after=position)).json()
    modes = {mode["key"]: mode for mode in matrix["modes"]}
    assert {cell["mode"] for cell in matrix["cells"]} <= modes.keys()
    assert (modes["major"]["title"], modes["major"]["title_zh"]) == ("major development", "重大开发")
    assert modes["major"]["article"] == "DMPO 2015 art. 34(2)(a)"

    for language, title in (("zh", "重大开发"), ("en", "major development")):
        board = await door.get("/supervision", BUREAU, lang=language)
        listed = await door.get("/pages/supervision/clocks", BUREAU, lang=language, mode="major")
        assert title in board.text
        assert title in listed.text


def test_a_mode_that_no_law_has_is_called_by_its_code() -> None:
    *usual, other = modes_with(["moon", "single"], law_book().packs)
    assert tuple(usual) == MODES == modes_with(["joint"], law_book().packs)
    assert (other.key, other.title, other.article) == ("moon", "moon", "")


async def test_an_unknown_mode_is_refused_with_those_there_are(door: Door) -> None:
    refusal = problem(await door.post(uuid4(), registration("uk-planning", "joint")), "mode-unknown")
    assert refusal["status"] == 409
    assert refusal["article"] == "DMPO 2015 art. 34(2)"
    assert "major" in refusal["modes"]
    assert "major" in refusal["remedy"]


async def test_a_catalogue_lists_items_in_the_modes_of_their_own_law(door: Door) -> None:
    service = {"task_code": "x-1", "task_name": "Bouwen", "task_type": "licence", "dept_code": "city"}
    dutch = {**service, "law": "nl-omgevingswet", "mode": "extended"}
    define = {"command": "define_service_item", "catalogue": "dutch-zone", "service": dutch}
    assert (await door.say("/v1/catalogues/dutch-zone", define, BUREAU)).status_code == 200

    foreign = {**define, "service": {**dutch, "task_code": "x-2", "mode": "joint"}}
    assert "extended" in problem(await door.say("/v1/catalogues/dutch-zone", foreign, BUREAU), "mode-unknown")["remedy"]
    unknown = {**define, "service": {**dutch, "task_code": "x-2", "law": "moon-law"}}
    problem(await door.say("/v1/catalogues/dutch-zone", unknown, BUREAU), "unknown-law")
    long = {**define, "service": {**dutch, "task_code": "x-2", "mode": "single", "promise_day": 57}}
    assert problem(await door.say("/v1/catalogues/dutch-zone", long, BUREAU), "promise-exceeds-statute")["article"]


async def test_the_list_of_packs_shows_their_modes(door: Door) -> None:
    packs = {pack["name"]: pack for pack in (await door.get("/v1/law/packs", MANAGER)).json()["packs"]}
    assert packs["us-fcc-shotclock@2019-01-14"]["modes"][0] == "single"
    assert all(pack["modes"] == list(law_book().pack(name).modes) for name, pack in packs.items())
