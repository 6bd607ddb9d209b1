"""Complaints and evaluations over HTTP: lists, files with their trails, earlier instants, figures, refusals."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from domain.core.ledger import Actor
from domain.examples.story import BUREAU
from domain.project.application.correction import RetractEntry
from tests.api.client import REGISTER, Door, problem
from tests.examples import APPLICANT, LAND, LEADER

pytestmark = [pytest.mark.usefixtures("projector"), pytest.mark.pages]

LONG_AGO, BEFORE_ALL = "2026-06-04T00:00:00+08:00", "2026-01-01T00:00:00+08:00"
LATER = "2099-01-01T00:00:00Z"
OF_STORY = "TS-2026-0012"  # passed on, accepted, extended, answered, closed


@pytest_asyncio.fixture(scope="module")
async def story(door: Door) -> UUID:
    """The example project, which the views have."""
    project = uuid4()
    receipt = await door.send_story(project)
    await door.get("/v1/progress", after=receipt["position"])
    return project


async def fetch(door: Door, path: str, by: Actor = LEADER, **params: Any) -> dict[str, Any]:
    """The answer to a question that is answered."""
    response = await door.get(path, by, **params)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_complaint_is_shown_with_its_clocks(door: Door, story: UUID) -> None:
    file = await fetch(door, f"/v1/projects/{story}/complaint", complaint=OF_STORY)
    complaint = file["complaint"]

    assert (complaint["state"], complaint["outcome"], complaint["satisfied"], complaint["department"]) == (
        "closed",
        "partly",
        "mostly",
        "environment",
    )
    assert [(clock["clock"], clock["state"], clock["holder"]) for clock in complaint["clocks"]] == [
        ("complaint_acceptance", "kept", "planning"),
        ("complaint_transfer", "kept", "environment"),
        ("complaint_answer", "kept", "environment"),
        ("complaint_satisfaction", "kept", "applicant"),
    ]
    answer = complaint["clocks"][2]
    assert (answer["days"], answer["extension_days"], answer["due_on"]) == (20, 5, "2026-07-02")
    assert "湖北" in answer["basis"]
    assert (complaint["due_on"], complaint["remaining_days"], complaint["overdue"]) == (None, None, False)


async def test_an_earlier_instant_has_running_clocks(door: Door, story: UUID) -> None:
    """What was said later was not known then; `known_at` includes it, up to that instant."""
    then = await fetch(door, f"/v1/projects/{story}/complaint", complaint=OF_STORY, as_of=LONG_AGO, known_at=LATER)
    complaint = then["complaint"]
    assert (complaint["state"], complaint["answer"], complaint["due_on"]) == ("accepted", "", "2026-06-25")
    assert [clock["state"] for clock in complaint["clocks"]] == ["kept", "kept", "running"]
    assert complaint["remaining_days"] == complaint["clocks"][2]["remaining_days"] == 14
    assert [line["step"] for line in then["trail"]] == [
        "complaint_filed",
        "complaint_transferred",
        "complaint_accepted",
    ]


async def test_the_trail_says_who_did_what_when_under_which_rule(door: Door, story: UUID) -> None:
    file = await fetch(door, f"/v1/projects/{story}/complaint", complaint=OF_STORY)

    assert [line["step"] for line in file["trail"]] == [
        "complaint_filed",
        "complaint_transferred",
        "complaint_accepted",
        "complaint_extended",
        "complaint_answered",
        "complaint_closed",
    ]
    for line in file["trail"]:
        entry = line["entry"]
        assert line["article"].startswith("园区规则")
        assert entry["occurred_at"] < entry["recorded_at"]
        assert entry["hash"]
    named = {line["step"]: line["entry"]["by"]["id"] for line in file["trail"]}
    assert (named["complaint_filed"], named["complaint_closed"]) == ("", "")  # an anonymous complaint
    assert named["complaint_answered"]


async def test_a_complaint_points_to_the_entries_it_is_about(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    sent = await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    about = {"command": "file_complaint", "complaint": "c1", "item": "land", "about": "slow"}
    await door.done(project, about | {"entries": [sent["version"]]}, APPLICANT)
    noted = await door.done(project, {"command": "note_step", "activity": "looked at", "item": "land"}, LAND)
    answer = {"command": "answer_complaint", "complaint": "c1", "answer": "so", "upheld": False}
    receipt = await door.done(project, answer | {"entries": [noted["version"]]}, LAND)

    file = await fetch(door, f"/v1/projects/{project}/complaint", complaint="c1", after=receipt["position"])
    assert [(entry["version"], entry["fact"]["fact"]) for entry in file["cited"]] == [(2, "item_submitted")]
    assert [(entry["version"], entry["fact"]["fact"]) for entry in file["evidence"]] == [(4, "step_noted")]
    assert file["complaint"]["filed_by"] == APPLICANT.id


async def test_a_retracted_answer_stays_in_the_trail(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    filed = {"command": "file_complaint", "complaint": "c1", "item": "land", "about": "slow"}
    first = await door.done(project, filed, APPLICANT)
    answer = {"command": "answer_complaint", "complaint": "c1", "answer": "so", "upheld": False}
    wrong = await door.done(project, answer, LAND)
    retract = RetractEntry(version=wrong["version"], reasons="of another complaint")
    receipt = await door.done(project, retract, LAND)

    file = await fetch(door, f"/v1/projects/{project}/complaint", complaint="c1", after=receipt["position"])
    assert (file["complaint"]["state"], file["complaint"]["answer"]) == ("filed", "")
    assert [(line["step"], line["entry"]["retracted"]) for line in file["trail"]] == [
        ("complaint_filed", False),
        ("complaint_answered", True),
        ("entry_retracted", False),
    ]

    receipt = await door.done(project, RetractEntry(version=first["version"], reasons="a test"), BUREAU)
    file = await fetch(door, f"/v1/projects/{project}/complaint", complaint="c1", after=receipt["position"])
    assert file["complaint"] is None
    assert [line["step"] for line in file["trail"]][-1] == "entry_retracted"


async def test_an_evaluation_is_shown_round_by_round(door: Door, story: UUID) -> None:
    file = await fetch(door, f"/v1/projects/{story}/evaluation", evaluation="site-plan-1")
    evaluation = file["evaluation"]

    assert (evaluation["grade"], evaluation["bad"], evaluation["state"], evaluation["rounds"]) == (
        "very_dissatisfied",
        True,
        "closed",
        2,
    )
    assert [(clock["clock"], clock["state"], clock["days"]) for clock in evaluation["clocks"]] == [
        ("rectification_start", "kept", 1),
        ("rectification", "kept", 15),
        ("call_back", "kept", 5),
        ("rectification_start", "late", 1),
        ("rectification", "kept", 15),
        ("call_back", "kept", 5),
    ]
    assert [line["step"] for line in file["trail"]] == [
        "service_evaluated",
        "rectification_started",
        "evaluation_rectified",
        "evaluation_called_back",
        "evaluation_rectified",
        "evaluation_called_back",
    ]
    assert file["trail"][0]["article"] == "GB/T 39735-2020"
    assert file["contact"] is None
    struck = await fetch(door, f"/v1/projects/{story}/evaluation", evaluation="discharge-1")
    assert (struck["evaluation"]["state"], struck["evaluation"]["appeal"]) == ("void", "upheld")


async def test_an_evaluation_of_a_contact_shows_the_contact(door: Door) -> None:
    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    taken = await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    graded = {"command": "evaluate_service", "item": "land", "grade": "fair", "contact": taken["version"]}
    receipt = await door.done(project, graded, APPLICANT)

    name = f"land-1-v{taken['version']}"
    file = await fetch(door, f"/v1/projects/{project}/evaluation", evaluation=name, after=receipt["position"])
    assert (file["contact"]["version"], file["contact"]["by"]["id"]) == (taken["version"], LAND.id)
    assert file["evaluation"]["clocks"] == []  # a good grade asks for nothing


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"TS-2026-0007", OF_STORY, "TS-2026-0013", "TS-2026-0014"}),
        ({"state": "closed"}, {"TS-2026-0007", OF_STORY}),
        ({"state": "declined", "item": ""}, {"TS-2026-0013"}),
        ({"item": "discharge"}, {"TS-2026-0014"}),
        ({"department": "environment"}, {OF_STORY}),
        ({"clock": "complaint_transfer"}, {OF_STORY}),
        ({"clock": "complaint_transfer", "standing": "late"}, set()),
        ({"first": "2026-06-01", "last": "2026-06-01"}, {OF_STORY, "TS-2026-0013", "TS-2026-0014"}),
        ({"last": "2026-05-31"}, {"TS-2026-0007"}),
        ({"as_of": LONG_AGO, "known_at": LATER, "state": "accepted"}, {OF_STORY}),
        ({"as_of": BEFORE_ALL}, set()),
    ],
)
async def test_complaints_have_filters(door: Door, story: UUID, params: dict[str, Any], expected: set[str]) -> None:
    page = await fetch(door, "/v1/feedback/complaints", limit=500, **params)
    assert {
        complaint["complaint"] for complaint in page["complaints"] if complaint["project"] == str(story)
    } == expected


def plain(html: str) -> str:
    """*html* without its tags."""
    return re.sub("<[^>]*>", "", html)


@pytest.mark.parametrize(("lang", "says"), [("zh", "投诉"), ("en", "Complaints")])
async def test_the_bureau_has_a_page_of_complaints(door: Door, story: UUID, lang: str, says: str) -> None:
    address = "/supervision/complaints"
    page = (await door.get(address, BUREAU, state="closed", lang=lang, limit=500)).text
    mine = re.findall(rf'href="/pages/projects/{story}[^"]*#complaints" class="number">(.*?)</a>', page)
    filed = (await fetch(door, f"/v1/projects/{story}/feedback"))["complaints"]
    positions = {complaint["complaint"]: complaint["position"] for complaint in filed}
    numbers = {code: f"投诉〔2026〕{position:04}" for code, position in positions.items()}

    assert sorted(map(plain, mine)) == sorted([numbers["TS-2026-0007"], numbers[OF_STORY]])
    assert OF_STORY not in page
    assert f"<h1>{says}</h1>" in page
    assert re.search(r'state=closed[^"]*" aria-current="true"', page)
    for hint in ("state=filed", "standing=overdue", "/pages/exports/complaints/xlsx?"):
        assert hint in page
    for day, is_listed in (("2099-01-01", True), ("2026-06-03", False)):  # it was recorded later
        sent = await door.get(address, BUREAU, on=day, state="closed", lang=lang)
        assert sent.status_code == 303
        then = (await door.get(sent.headers["location"], BUREAU)).text
        assert (numbers[OF_STORY] in plain(then), f'value="{day}"' in then) == (is_listed, not is_listed)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"bad": "true"}, {"site-plan-1", "discharge-1"}),
        ({"bad": "true", "state": "void"}, {"discharge-1"}),
        ({"grade": "very_dissatisfied"}, {"site-plan-1"}),
        ({"appeal": "upheld"}, {"discharge-1"}),
        ({"clock": "rectification_start", "standing": "late"}, {"site-plan-1", "discharge-1"}),
        ({"bad": "true", "first": "2026-06-02"}, set()),
        ({"bad": "true", "as_of": "2026-06-07T00:00:00Z", "known_at": LATER} | {"state": "rectified"}, {"site-plan-1"}),
    ],
)
async def test_evaluations_have_filters(door: Door, story: UUID, params: dict[str, Any], expected: set[str]) -> None:
    page = await fetch(door, "/v1/feedback/evaluations", limit=500, **params)
    assert {
        evaluation["evaluation"] for evaluation in page["evaluations"] if evaluation["project"] == str(story)
    } == expected


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("params", [{}, {"standing": "kept"}, {"as_of": LONG_AGO, "known_at": LATER}])
async def test_pages_together_are_the_whole(door: Door, params: dict[str, Any]) -> None:
    whole = (await fetch(door, "/v1/feedback/complaints", limit=500, **params))["complaints"]
    listed: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await fetch(door, "/v1/feedback/complaints", limit=2, cursor=cursor, **params)
        listed += page["complaints"]
        cursor = page["next"]
    assert [row["complaint"] for row in listed] == [row["complaint"] for row in whole]
    assert len(listed) >= 1


@pytest.mark.usefixtures("story")
async def test_figures_of_a_period_and_of_an_item(door: Door) -> None:
    summary = await fetch(door, "/v1/feedback/summary", BUREAU, item="site-plan", first="2026-06-01", last="2026-06-30")
    lines = {(line["department"], line["item"]): line for line in summary["lines"]}
    assert lines["environment", "site-plan"]["on_time"] == {"part": 1, "n": 1, "rate": 1.0}
    assert lines["environment", "site-plan"]["satisfied"]["rate"] == 1.0
    assert {item for _, item in lines} == {None, "site-plan"}
    assert (summary["first"], summary["last"]) == ("2026-06-01", "2026-06-30")
    assert (await fetch(door, "/v1/feedback/summary", BUREAU, as_of=BEFORE_ALL))["lines"] == []


async def test_what_is_not_there_is_not_found(door: Door, story: UUID) -> None:
    refusal = problem(await door.get(f"/v1/projects/{story}/complaint", complaint="moon"), "not-found")
    assert OF_STORY in refusal["remedy"]
    refusal = problem(await door.get(f"/v1/projects/{story}/evaluation", evaluation="moon"), "not-found")
    assert "site-plan-1" in refusal["remedy"]
    early = await door.get(f"/v1/projects/{story}/complaint", complaint=OF_STORY, as_of=BEFORE_ALL)
    assert problem(early, "not-found")["remedy"] == "it has: none"
    problem(await door.get(f"/v1/projects/{story}/complaint"), "bad-request")  # of which complaint is not said
    for path in ("complaint?complaint=c1", "evaluation?evaluation=e1", "feedback"):
        problem(await door.get(f"/v1/projects/{uuid4()}/{path}"), "project-unknown")
