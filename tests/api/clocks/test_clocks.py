"""The clocks over HTTP: of a project, in lists, as a table, explained; at any instant, as was known at any other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, identity, problem
from tests.examples import MANAGER
from tests.law.questions import at
from tests.projections.zone import project_id, tell_zone

pytestmark = pytest.mark.usefixtures("projector")

NOON = "2026-05-20T12:00:00+08:00"
EASTER = "2026-04-10T09:00:00+08:00"
HANDS = [at("03-01")]  # the clock on the wall


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """The application with a small zone in it, on the 21st of April."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        await tell_zone(opened, HANDS)
        yield opened


@pytest_asyncio.fixture(scope="module")
async def after(approvals: Approvals) -> int:
    """The last position."""
    return await approvals.store.head()


async def got(door: Door, path: str, **params: Any) -> Any:
    answer = await door.get(path, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_projects_clocks_as_known_then_and_as_known_now(door: Door) -> None:
    path = f"/v1/projects/{project_id('story')}/clocks"
    then = await got(door, path, as_of="2026-03-03T12:00:00+08:00")
    now = await got(door, path, as_of="2026-03-03T12:00:00+08:00", known_at=NOON)

    assert (then["known_at"], now["known_at"]) == ("2026-03-03T12:00:00+08:00", NOON)
    assert [(clock["clock"], clock["state"]) for clock in then["items"][0]["clocks"]] == [("intake#1", "running")]
    assert [(clock["clock"], clock["state"]) for clock in now["items"][0]["clocks"]] == [("intake#1", "met")]
    assert now["items"][0]["calendar"].startswith("CN/")


async def test_an_overdue_decision_says_until_when_the_agency_may_be_sued(door: Door, after: int) -> None:
    """Accepted on April 2: twenty working days end on May 6, over Qingming and Labour Day; six months on November 6."""
    lawsuit = {
        "from_on": "2026-05-07",
        "until_on": "2026-11-06",
        "article": "最高人民法院关于适用《行政诉讼法》的解释 66",
    }
    path = f"/v1/projects/{project_id('running')}/clocks"
    for clocks in (
        (await got(door, path, as_of=NOON))["items"][0]["clocks"],
        (await got(door, "/v1/clocks", after=after, as_of=NOON, item="land"))["clocks"],
    ):
        remedies = {
            clock["clock"]: clock["lawsuit"]
            for clock in clocks
            if clock.get("project") in (None, str(project_id("running")))
        }
        assert remedies["decision"] == lawsuit
        assert remedies["commitment"] is None
    in_time = (await got(door, path, as_of="2026-05-06T23:59:00+08:00"))["items"][0]["clocks"]
    assert {clock["lawsuit"] for clock in in_time} == {None}


async def test_a_list_is_filtered_and_goes_on(door: Door, after: int) -> None:
    whole = await got(door, "/v1/clocks", after=after, as_of=NOON)
    assert whole["position"] >= after
    assert whole["next"] is None
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await got(door, "/v1/clocks", as_of=NOON, limit=4, cursor=cursor)
        pages += page["clocks"]
        cursor = page["next"]
    assert pages == whole["clocks"]

    red = await got(door, "/v1/clocks", as_of=NOON, level="red", department="land")
    assert {(clock["state"], clock["clock"]) for clock in red["clocks"]} == {
        ("overdue", "decision"),
        ("overdue", "commitment"),
        ("overdue", "countersign:land"),
        ("lapsed", "intake#1"),
    }
    unconfirmed = await got(door, "/v1/clocks", as_of=NOON, state="unconfirmed")
    assert [(clock["department"], clock["live"], clock["level"]) for clock in unconfirmed["clocks"]] == [
        ("tax", False, "yellow")
    ]


@pytest.mark.parametrize("name", ["department", "mode", "node", "item", "clock"])
async def test_a_filter_is_a_text_and_never_a_part_of_the_question(door: Door, name: str) -> None:
    answer = await door.client.get("/v1/clocks", params={name: "100%s %(t)s '; --"}, headers=identity(MANAGER))
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["clocks"] == []


async def test_nothing_is_overdue_until_its_last_day_is_over(door: Door) -> None:
    """Asked of the same ledger, one minute apart: nothing was written in between."""
    states = []
    for minute in ("2026-05-06T23:59:00+08:00", "2026-05-07T00:00:00+08:00"):
        page = await got(door, "/v1/clocks", as_of=minute, item="land", clock="decision", due_before="2026-05-07")
        states.append({clock["project"]: clock["state"] for clock in page["clocks"]})
    running = str(project_id("running"))
    assert [state[running] for state in states] == ["running", "overdue"]


async def test_a_suspended_clock_shows_no_due_date(door: Door) -> None:
    paused = (await got(door, "/v1/clocks", as_of=NOON, level="paused"))["clocks"]
    assert {clock["clock"] for clock in paused} == {"decision", "commitment"}
    assert all(clock["due_on"] is None and clock["earliest_due_on"] >= "2026-05-20" for clock in paused)


async def test_the_table_of_modes_and_nodes(door: Door, after: int) -> None:
    zone = await got(door, "/v1/clocks/matrix", after=after, as_of=NOON)
    land = await got(door, "/v1/clocks/matrix", as_of=NOON, department="land")
    listed = (await got(door, "/v1/clocks", as_of=NOON, limit=500))["clocks"]

    assert [node["key"] for node in zone["nodes"]] == ["acceptance", "decision", "extension", "delivery"]
    assert [mode["title_zh"] for mode in zone["modes"]][1] == "一个部门办理"
    standings = ("green", "yellow", "red", "paused", "unconfirmed")
    lists = {path: cell[name] for cell in (*zone["cells"], *land["cells"]) for name, path in cell["lists"].items()}
    assert {name for cell in zone["cells"] for name in cell["lists"]} == set(standings)
    assert {path: len((await got(door, path))["clocks"]) for path in lists} == lists
    coloured = [row for row in listed if row["level"] != "none"]
    assert sum(cell[name] for cell in zone["cells"] for name in standings) == len(coloured)
    of_land = [row for row in coloured if row["department"] == "land"]
    assert sum(cell[name] for cell in land["cells"] for name in standings) == len(of_land)


async def test_clocks_due_after_a_day(door: Door) -> None:
    listed = (await got(door, "/v1/clocks", as_of=NOON, limit=500))["clocks"]
    (last, *_) = sorted((row["due_on"] for row in listed if row["due_on"]), reverse=True)
    for day, expected in (("2026-05-20", [row for row in listed if (row["due_on"] or "") > "2026-05-20"]), (last, [])):
        assert (await got(door, "/v1/clocks", as_of=NOON, limit=500, due_after=day))["clocks"] == expected


async def test_an_item_answered_by_silence_waits_for_no_one(door: Door) -> None:
    listed = (await got(door, "/v1/clocks", as_of=NOON, limit=500))["clocks"]
    awaited = (await got(door, "/v1/clocks", as_of=NOON, limit=500, awaited=True))["clocks"]
    assert awaited == [row for row in listed if row["state"] not in ("lapsed", "deemed")]
    assert len(awaited) < len(listed)


async def test_a_clock_is_explained_day_by_day(door: Door) -> None:
    path = f"/v1/projects/{project_id('paused')}/clocks"
    answer = await got(door, f"{path}/explain", item="land", clock="decision", as_of=NOON)
    (item,) = (await got(door, path, as_of=NOON))["items"]
    decision = next(clock for clock in item["clocks"] if clock["clock"] == "decision")

    days = answer["explanation"]["days"]
    assert sum(day["counted"] for day in days) == decision["used"]
    assert {day["reason"] for day in days} >= {"start", "working", "rest", "holiday", "suspended"}
    assert answer["explanation"]["calendar"].startswith("CN/")
    assert answer["explanation"]["article"] == decision["article"]


async def test_an_explanation_cites_the_law_and_names_who_did_what(door: Door) -> None:
    path = f"/v1/projects/{project_id('story')}/clocks/explain"
    explained = (await got(door, path, item="land-use", clock="decision", as_of=NOON))["explanation"]
    by_subject = {authority["subject"]: authority for authority in explained["authorities"]}
    review, hearing = explained["suspensions"]
    (longer,) = explained["extensions"]

    assert by_subject["length"]["article"] == "行政许可法 42(1)"
    assert by_subject["unit"]["quote"] == "本法规定的行政机关实施行政许可的期限以工作日计算，不含法定节假日"
    assert by_subject["first_day"]["article"] == "民法典 201(1)"
    assert (review["article"], review["reason"], review["notified"]) == ("行政许可法 45", "用地方案专家评审", True)
    assert (review["recorded"]["by"], review["end"], hearing["ground"]) == ("li.qiang", "resumed", "hearing")
    assert (longer["approver"], longer["approved_by"], longer["void"]) == ("agency_head", "周局长", "")
    assert [notice["numbers"] for notice in explained["notices"]] == [["国办发明电〔2025〕7号"]]


async def test_an_explanation_of_no_such_clock_item_or_project_is_a_problem(door: Door) -> None:
    path = f"/v1/projects/{project_id('running')}/clocks/explain"
    refusal = problem(await door.get(path, item="land", clock="delivery", as_of=NOON), "not-found")
    assert refusal["remedy"] == "started are: intake#1, decision, commitment"
    problem(await door.get(path, item="moon", clock="decision"), "not-found")
    problem(await door.get(path, item="land"), "bad-request")
    problem(await door.get(f"/v1/projects/{uuid4()}/clocks/explain", item="x", clock="decision"), "project-unknown")
    problem(await door.get(f"/v1/projects/{uuid4()}/clocks"), "project-unknown")


@pytest.mark.parametrize("path", ["/v1/clocks", "/v1/clocks/matrix", f"/v1/projects/{project_id('late')}/clocks"])
async def test_instants_need_their_offset_and_readers_a_name(door: Door, path: str) -> None:
    assert problem(await door.get(path, as_of="2026-05-20T12:00:00"), "invalid-parameter")["parameter"] == "as_of"
    assert (
        problem(await door.get(path, known_at="1066-10-14T09:00:00Z"), "invalid-parameter")["parameter"] == "known_at"
    )
    problem(await door.get(path, None), "actor-missing")


@pytest.mark.parametrize("path", ["/v1/clocks", "/v1/clocks/matrix"])
async def test_too_much_to_read_is_not_begun(door: Door, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr("projections.clocks.query.PROJECTS_READ_MAX", 2)
    refusal = problem(await door.get(path, as_of=EASTER), "invalid-parameter")
    assert "more than 2 projects" in refusal["detail"]
