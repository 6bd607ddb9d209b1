"""What the bureau asks about beside deadlines: how late acts were recorded, and clocks stopped oddly often."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from domain.core.ledger import Actor, CommandOrigin
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.correction import AmendEntry
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.external.results import RecordExternalResult
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.rebuild import rebuild
from tests.api.client import Door, problem
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, USCC
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]
REGISTER = RegisterProject(
    name="Fab 4",
    enterprise=Enterprise("Hengxin", USCC),
    manager="wang",
    items=(
        PlannedItem(item="land", department="land"),
        PlannedItem(item="site", department="land"),
        PlannedItem(item="tax", department="tax", live=False),
    ),
)
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
TimedCommand = tuple[str, Actor, AnyCommand]


def suspended(item: str, *stretches: tuple[str, str]) -> list[TimedCommand]:
    acts: list[TimedCommand] = []
    for number, (begun, ended) in enumerate(stretches, start=1):
        acts.append((begun, LAND, SuspendClock(item=item, ground="testing", suspension=f"s{number}")))
        acts.append((ended, LAND, ResumeClock(item=item, suspension=f"s{number}")))
    return acts


STORY: list[TimedCommand] = [
    ("03-02 09:00", MANAGER, REGISTER),
    ("03-02 10:00", APPLICANT, SubmitItem(item="land")),
    ("03-02 10:00", APPLICANT, SubmitItem(item="site")),
    ("03-02 11:00", LAND, AcceptItem(item="land")),
    ("03-02 11:00", LAND, AcceptItem(item="site")),
    *suspended("land", *[(f"03-{day:02} 09:00", f"03-{day:02} 15:00") for day in (3, 4, 5, 6)]),
    *suspended("site", ("03-09 17:00", "03-10 08:30"), ("03-10 17:00", "03-11 08:30")),
]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def project(approvals: Approvals) -> UUID:
    """The story as it happened; then a result keyed in eight working days late, and one that came in the same day."""
    project_id = uuid4()
    for day, by, command in STORY:
        HANDS[0] = at(day)
        await approvals.handle(project_id, command, by, uuid4())
    HANDS[0] = at("03-16 09:00")
    result = RecordExternalResult(item="tax", outcome=Outcome.GRANTED, evidence="税票", occurred_at=at("03-04"))
    await approvals.handle(project_id, result, MANAGER, uuid4())
    return project_id


async def got(door: Door, approvals: Approvals, path: str, **params: Any) -> Any:
    answer = await door.get(path, BUREAU, after=await approvals.store.head(), **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_how_late_each_department_was(door: Door, approvals: Approvals, project: UUID) -> None:
    lags = await got(door, approvals, "/v1/supervision/lags", **MARCH)
    lines = {line["department"]: line for line in [lags["total"], *lags["departments"]]}

    assert lags["target_days"] == 1
    assert set(lines) == {"", "land", "tax"}, "what the applicant did is no office's lag"
    assert lines["land"] == {
        "department": "land",
        "acts": 14,
        "outside": 0,
        "median": 0,
        "p90": 0,
        "longest": 0,
        "over_target": 0,
    }
    assert (lines["tax"]["median"], lines["tax"]["outside"], lines["tax"]["over_target"]) == (8, 1, 1)
    assert (lines[""]["acts"], lines[""]["longest"], lines[""]["p90"]) == (15, 8, 0)

    only = await got(door, approvals, "/v1/supervision/lags", department="tax", **MARCH)
    assert [line["department"] for line in only["departments"]] == ["tax"]
    assert only["total"]["acts"] == 1
    april = await got(door, approvals, "/v1/supervision/lags", first="2026-04-01", last="2026-04-30")
    assert (april["total"]["acts"], april["total"]["median"], april["departments"]) == (0, None, [])


async def test_repeated_suspensions_are_listed_with_the_evidence(
    door: Door, approvals: Approvals, project: UUID
) -> None:
    often = await got(door, approvals, "/v1/supervision/suspensions", **MARCH)

    assert (often["suspensions_usual_max"], often["nights_usual_max"], often["count"]) == (3, 1, 2)
    assert [
        (application["item"], application["suspensions"], application["nights"], application["oddities"])
        for application in often["applications"]
    ] == [
        ("land", 4, 0, ["many"]),
        ("site", 2, 2, ["nightly"]),
    ]
    evidence = (await door.get(often["applications"][1]["evidence"], BUREAU)).json()
    days = {day["day"]: day["reason"] for day in evidence["explanation"]["days"]}
    assert (days["2026-03-09"], days["2026-03-10"], days["2026-03-11"]) == ("suspended", "suspended", "working")

    page = await got(door, approvals, "/v1/supervision/suspensions", limit=1, **MARCH)
    rest = await got(door, approvals, "/v1/supervision/suspensions", limit=1, cursor=page["next"], **MARCH)
    assert page["applications"] + rest["applications"] == often["applications"]
    assert rest["next"] is None
    assert (await got(door, approvals, "/v1/supervision/suspensions", department="fire", **MARCH))["count"] == 0
    assert (await got(door, approvals, "/v1/supervision/suspensions", first="2026-04-01", last="2026-04-30"))[
        "count"
    ] == 0


async def test_a_corrected_time_is_no_lag_and_a_corrected_suspension_no_night(
    door: Door, approvals: Approvals, project: UUID, shared_database_url: str
) -> None:
    entries = await approvals.history(project)
    acts = {entry.version: type(entry.fact).__name__ for entry in entries}
    result = next(version for version, name in acts.items() if name == "ExternalResultRecorded")
    stop = [version for version, name in acts.items() if name == "ClockSuspended"][-1]
    for version, day, by in ((result, "03-13", MANAGER), (stop, "03-10 09:00", LAND)):
        amend = AmendEntry(version=version, new_occurred_at=at(day), reasons="as the paper says")
        await approvals.handle(project, amend, by, uuid4())

    lags = await got(door, approvals, "/v1/supervision/lags", department="tax", **MARCH)
    assert (lags["total"]["longest"], lags["total"]["over_target"]) == (1, 0)
    often = await got(door, approvals, "/v1/supervision/suspensions", **MARCH)
    assert [application["item"] for application in often["applications"]] == ["land"]
    assert rebuild(shared_database_url, swap=False).differences == ()


async def test_an_impossible_period_is_refused(door: Door) -> None:
    for path in ("/v1/supervision/lags", "/v1/supervision/suspensions"):
        answer = await door.get(path, BUREAU, first="2026-03-02", last="2026-03-01")
        problem(answer, "invalid-parameter")
        problem(await door.get(path, None), "actor-missing")


async def test_an_imported_act_is_no_lag(door: Door, approvals: Approvals) -> None:
    other = uuid4()
    acts: list[TimedCommand] = [("03-17 09:00", MANAGER, REGISTER), ("03-17 09:00", APPLICANT, SubmitItem(item="land"))]
    for day, by, command in acts:
        HANDS[0] = at(day)
        await approvals.handle(other, command, by, uuid4())
    HANDS[0] = at("03-31 09:00")
    accept = structs.replace(AcceptItem(item="land"), occurred_at=at("03-17 10:00"))
    before = await got(door, approvals, "/v1/supervision/lags", department="land", **MARCH)
    await approvals.handle(other, accept, LAND, uuid4(), origin=CommandOrigin("log:7"))
    after = await got(door, approvals, "/v1/supervision/lags", department="land", **MARCH)
    assert after["total"] == before["total"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("补录时差", "中止次数多", "反复中止的事项")),
        ("en", ("90th percentile", "Suspended often", "Day by day")),
    ],
)
async def test_the_page_of_timeliness_shows_late_records_and_suspensions(
    door: Door, project: UUID, lang: str, words: tuple[str, ...]
) -> None:
    shown = await door.get("/pages/supervision/timeliness", BUREAU, lang=lang, **MARCH)
    assert shown.status_code == 200, shown.text
    assert all(word in shown.text for word in words), shown.text
    (href,) = {unescape(href) for href in re.findall(r'href="(/pages/projects/[^"]*/clock[^"]*)"', shown.text)}
    clock = await door.get(href, BUREAU)
    assert (clock.status_code, "2026-03-06" in clock.text) == (200, True)
    quiet = await door.get("/pages/supervision/timeliness", BUREAU, lang=lang, first="2025-01-01", last="2025-01-31")
    assert {"zh": "本期间没有此类事项", "en": "None in this period"}[lang] in quiet.text
    wrong = await door.get("/pages/supervision/timeliness", BUREAU, lang=lang, first="2026-03-02", last="2026-03-01")
    assert wrong.status_code == 400
