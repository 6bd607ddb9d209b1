"""The bureau's tables over HTTP: figures with their lists, a card's file, whose days they were, a round trip."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from litestar import Litestar

from api.supervision.requests import CardFigure, DecidedFigure
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from projections.supervision.figures import CASE_FIGURES, SIGNAL_FIGURES
from projections.supervision.list import IN_FORCE
from tests.api.client import Door, problem
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, USCC
from tests.watching import Hands, watch_once

MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
REGISTER = {
    "command": "register_project",
    "name": "三期厂房",
    "enterprise": {"name": "Hengxin", "uscc": USCC},
    "manager": "wang",
    "items": [
        {"item": "land", "department": "land", "promise_days": 7},
        {"item": "plan", "department": "planning"},
    ],
}


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands("2026-03-02 09:00")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, hands: Hands) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=hands) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def slow(approvals: Approvals, app: Litestar, door: Door, hands: Hands, shared_database_url: str) -> UUID:
    """A project that breaks its promise, appeals, is ordered to explain and explains; another one is in time."""
    url = shared_database_url

    async def on(local: str, *commands: tuple[Actor, UUID, dict[str, Any]]) -> None:
        hands.at(local)
        await watch_once(url, approvals)
        for by, project, command in commands:
            await door.done(project, command, by)
        with psycopg.connect(url, autocommit=True) as connection:
            projector = Projector(url)
            assert projector.take_lead(connection)
            while projector.step(connection):
                pass
            connection.execute("SELECT pg_advisory_unlock_all()")  # a closed session keeps the lead for a moment

    slow, prompt = uuid4(), uuid4()
    submit, accept = {"command": "submit_item", "item": "land"}, {"command": "accept_item", "item": "land"}
    done = {"command": "complete_item", "item": "land", "outcome": "granted"}
    begun: list[tuple[Actor, dict[str, Any]]] = [(MANAGER, REGISTER), (APPLICANT, submit), (LAND, accept)]
    await on("2026-03-02 09:00", *[(by, project, command) for project in (slow, prompt) for by, command in begun])
    await on("2026-03-05 09:00", (LAND, prompt, done))
    for day in ("2026-03-10 00:01", "2026-03-12 09:00"):
        await on(day)
    appeal = {"command": "appeal_card", "card": "land-2", "reasons": "申请人要求暂缓"}
    verdict = {"command": "decide_appeal", "card": "land-2", "verdict": "uphold", "reasons": "未见书面申请"}
    order = {
        "command": "order_supervision",
        "order": "DB-1",
        "item": "land",
        "about": "说明超期原因",
        "feedback_by": "2026-03-20",
        "card": "land-2",
    }
    answer = {"command": "answer_supervision", "order": "DB-1", "answer": "经办人病假"}
    await on("2026-03-13 09:00", (LAND, slow, appeal), (BUREAU, slow, verdict), (BUREAU, slow, order))
    await on("2026-03-16 09:00", (LAND, slow, answer), (LAND, slow, done))
    return slow


async def test_every_figure_leads_to_the_list_that_it_counts(door: Door, slow: UUID) -> None:
    board = (await door.get("/v1/supervision/board", BUREAU, **MARCH)).json()

    for line in (board["total"], *board["departments"]):
        for figure in (*SIGNAL_FIGURES, *CASE_FIGURES):
            listed = (await door.get(line[figure]["list"], BUREAU)).json()
            rows = listed["decided" if figure in CASE_FIGURES else "cards"]
            assert len(rows) == listed["count"] == line[figure]["count"], figure
            assert {row["department"] for row in rows} <= {line["department"] or "land"}
    land = board["departments"][0]
    assert (land["department"], land["yellow"]["count"], land["decided"]["count"]) == ("land", 1, 2)
    assert (land["on_time_rate"], land["median_working_days"]) == (1.0, 6.5)
    assert (board["before"]["first"], board["before"]["last"]) == ("2026-02-01", "2026-02-16"), (
        "March runs since 16 days"
    )
    assert (board["year_before"]["first"], board["year_before"]["figures"]["decided"]) == ("2025-03-01", 0)


async def test_the_board_of_an_earlier_instant(door: Door, slow: UUID) -> None:
    params = {**MARCH, "as_of": "2026-03-10T09:00:00+08:00"}
    board = (await door.get("/v1/supervision/board", BUREAU, **params)).json()

    assert (board["total"]["warning"]["count"], board["total"]["yellow"]["count"]) == (1, 0)
    assert board["total"]["decided"]["count"] == 1
    assert (await door.get("/v1/supervision/orders", BUREAU, as_of=params["as_of"])).json()["orders"] == []


async def test_lists_come_in_pages_that_keep_their_count(door: Door, slow: UUID) -> None:
    first = (await door.get("/v1/supervision/cards", BUREAU, **MARCH, limit=1)).json()
    second = (await door.get("/v1/supervision/cards", BUREAU, **MARCH, limit=1, cursor=first["next"])).json()

    assert (first["count"], second["count"], second["next"]) == (2, 2, None)
    assert [row["card"] for row in (*first["cards"], *second["cards"])] == ["land-2", "land-1"]
    decided = (await door.get("/v1/supervision/decisions", BUREAU, **MARCH, limit=1)).json()
    assert (decided["count"], bool(decided["next"]), decided["decided"][0]["working_days"]) == (2, True, 10)


@pytest.mark.parametrize(("path", "rows"), [("cards", "cards"), ("decisions", "decided")])
async def test_lists_the_other_way_round_have_the_same_rows(door: Door, slow: UUID, path: str, rows: str) -> None:
    address, oldest = f"/v1/supervision/{path}", {**MARCH, "sort": "oldest"}
    newest = (await door.get(address, BUREAU, **MARCH)).json()[rows]
    first = (await door.get(address, BUREAU, **oldest, limit=1)).json()
    second = (await door.get(address, BUREAU, **oldest, limit=1, cursor=first["next"])).json()

    assert [*first[rows], *second[rows]] == newest[::-1]
    assert len(newest) == 2
    problem(await door.get(address, BUREAU, **MARCH, limit=1, cursor=first["next"]), "invalid-cursor")
    problem(await door.get(address, BUREAU, **MARCH, sort="random"), "invalid-parameter")


async def test_a_card_shows_its_proof_its_days_its_evidence_and_the_exchange(door: Door, slow: UUID) -> None:
    file = (await door.get(f"/v1/projects/{slow}/card", BUREAU, card="land-2")).json()

    assert (file["signal"]["level"], file["signal"]["state"]) == ("yellow", "upheld")
    assert (file["proof"]["clock"], file["proof"]["due_on"]) == ("commitment", "2026-03-11")
    assert sum(day["counted"] for day in file["days"]["days"]) == 7
    assert [entry["fact"]["fact"] for entry in file["evidence"]] == ["item_submitted", "item_accepted"]
    assert [entry["fact"]["fact"] for entry in file["thread"]] == [
        "card_issued",
        "card_appealed",
        "appeal_decided",
        "supervision_ordered",
        "supervision_answered",
    ]
    earlier = await door.get(f"/v1/projects/{slow}/card", BUREAU, card="land-2", as_of="2026-03-12T12:00:00+08:00")
    assert (earlier.json()["signal"]["state"], len(earlier.json()["thread"])) == ("standing", 1)
    refusal = problem(await door.get(f"/v1/projects/{slow}/card", BUREAU, card="land-9"), "not-found")
    assert "land-2" in refusal["remedy"]
    before = await door.get(f"/v1/projects/{slow}/card", BUREAU, card="land-2", as_of="2026-03-11T12:00:00+08:00")
    problem(before, "not-found")
    problem(await door.get(f"/v1/projects/{uuid4()}/card", BUREAU, card="land-2"), "project-unknown")


async def test_orders_are_listed_with_their_answers(door: Door, slow: UUID) -> None:
    (order,) = (await door.get("/v1/supervision/orders", BUREAU)).json()["orders"]

    assert (order["department"], order["feedback_by"], order["answer"]) == ("land", "2026-03-20", "经办人病假")
    assert (await door.get("/v1/supervision/orders", BUREAU, unanswered=True)).json()["orders"] == []


async def test_every_day_is_attributed_to_a_holder(door: Door, slow: UUID) -> None:
    attribution = (await door.get(f"/v1/projects/{slow}/attribution", LAND)).json()

    (land,) = attribution["applications"]
    assert Counter(day["holder"] for day in land["days"]) == land["calendar_days"]
    assert land["working_days"] == {"department": 9}  # the last day is not over
    assert (land["days"][0]["day"], land["days"][0]["holder"]) == ("2026-03-03", "department")


@pytest.mark.parametrize(
    "params",
    [
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"first": "2000-01-01", "last": "2026-03-01"},
        {"first": "1066-01-01", "last": "1066-01-02"},
        {"as_of": "2026-03-02T09:00:00"},
    ],
)
async def test_a_period_or_instant_out_of_range_is_refused(door: Door, params: dict[str, str]) -> None:
    problem(await door.get("/v1/supervision/board", BUREAU, **params), "invalid-parameter")


async def test_supervision_needs_an_identity(door: Door) -> None:
    problem(await door.get("/v1/supervision/board", None), "actor-missing")


def test_the_figures_that_can_be_asked_for_are_those_that_are_counted() -> None:
    assert {figure.value for figure in CardFigure} - {"", IN_FORCE} == SIGNAL_FIGURES.keys()
    assert {figure.value for figure in DecidedFigure} == CASE_FIGURES.keys()
