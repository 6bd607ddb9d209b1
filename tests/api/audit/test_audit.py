"""The auditor's ledger: the chain checked from stored bytes, facts with their hashes, days compared, nothing more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from api.audit.chain import ChainState, chain_state
from api.audit.rails import MARGIN_PX, WIDTH_PX, rails_of
from api.web.entries import ShownEntry
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.note import StepNoted
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.mapper import StoredRow
from infrastructure.projector.positions import Views
from tests.api.client import Door
from tests.api.exports.linked import linked_rows
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LAND, MANAGER, USCC, project_id_of
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("04-01 09:00")]
AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)
PROJECT = project_id_of(UUID(int=12), "audited")
MARK = "<script>alert('x')</script>"
PLAN = (
    PlannedItem(item="land", name=MARK, department="land"),
    PlannedItem(item="plan", name="规划许可", department="land", requires=("land",)),
)
ADDRESS = f"/audit/projects/{PROJECT}"


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """One project, applied for on 2 April and accepted on the 3rd."""
    steps: list[tuple[str, Actor, AnyCommand]] = [
        (
            "04-01 09:00",
            MANAGER,
            RegisterProject(
                name="恒信一期", code="A-1", enterprise=Enterprise("恒信", USCC), manager=MANAGER.id, items=PLAN
            ),
        ),
        ("04-02 09:00", APPLICANT, SubmitItem(item="land")),
        ("04-03 09:00", LAND, AcceptItem(item="land")),
    ]
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        for when, by, command in steps:
            HANDS[0] = at(when)
            await opened.handle(PROJECT, command, by, uuid4())
        HANDS[0] = at("05-20 12:00")
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened


async def page_of(door: Door, by: Actor = AUDITOR, **params: str) -> str:
    response = await door.get(ADDRESS, by, **params)
    assert response.status_code == 200, response.text
    return response.text


async def test_every_fact_has_its_content_and_its_place_in_the_chain(door: Door, approvals: Approvals) -> None:
    rows = await approvals.store.stream(PROJECT)
    page = await page_of(door)
    assert f"{len(rows)}/{len(rows)} 已核对" in page
    for row in rows:
        assert row.hash.hex() in page
    assert "0" * 64 in page
    assert "&#34;fact&#34;" in page or "item_submitted" in page
    assert f"/v1/proofs/{rows[-1].seq}" in page
    assert MARK not in page
    assert page.count('<path class="rail') == len(rows)


async def test_a_day_shows_what_was_recorded_by_its_end(door: Door, approvals: Approvals) -> None:
    assert approvals
    assert len(re.findall(r'<tr id="entry-', await page_of(door, on="2026-04-01"))) == len(
        [row for row in await approvals.store.stream(PROJECT) if row.recorded_at < at("04-02 00:00")]
    )
    assert "该日终了时还没有任何记录" in await page_of(door, on="2026-03-01")
    assert (await door.get(ADDRESS, AUDITOR, on="yesterday")).status_code == 400


async def test_two_days_are_compared_by_their_changed_rows_alone(door: Door) -> None:
    page = await page_of(door, first="2026-04-02", second="2026-04-03")
    table = page.split('id="compared"')[1].split("</section>")[0]
    text = re.sub("<[^>]+>", "|", table)
    assert "已受理" in text
    assert "规划许可" not in text  # nothing of it changed
    assert "受理时间" in text
    assert "这两日之间没有变化" in await page_of(door, first="2026-04-03", second="2026-04-04")
    backwards = await page_of(door, first="2026-04-03", second="2026-04-02", lang="en")
    assert "Accepted" in backwards.split('id="compared"')[1]


async def test_projects_are_found_and_others_see_no_ledger(door: Door) -> None:
    listed = (await door.get("/audit", AUDITOR, text="A-1")).text
    assert ADDRESS in listed
    none = (await door.get("/audit", AUDITOR, text="A-2")).text
    assert "没有符合条件的项目" in none
    (ledger,) = await linked_rows(door, listed, "ledgers", AUDITOR)
    assert ledger["项目标识"] in ADDRESS
    assert ledger["条目数"] in re.findall(r'class="figure"[^>]*>(\d+)<', listed)
    assert await linked_rows(door, none, "ledgers", AUDITOR) == []
    stranger = Actor("x", "water")
    assert (await door.get(ADDRESS, stranger)).status_code == 404
    assert (await door.get("/audit", Actor("xu", "", Role.ADMINISTRATOR))).status_code == 403
    assert (await door.get(f"/audit/projects/{uuid4()}", AUDITOR)).status_code == 404
    wrong = await door.get(ADDRESS, AUDITOR, first="2126-01-01", second="2026-05-01")
    assert (wrong.status_code, 'name="on"' in wrong.text) == (400, False), "a day that this page does not have"


async def test_a_change_in_any_column_breaks_the_chain_there(approvals: Approvals) -> None:
    rows = await approvals.store.stream(PROJECT)
    assert chain_state(rows) == ChainState(len(rows), len(rows))
    for nth, row in enumerate(rows):
        for changed in changes_of(row):
            broken = [*rows[:nth], changed, *rows[nth + 1 :]]
            assert chain_state(broken) == ChainState(len(rows), nth, broken_at=changed.version)
    missing = chain_state([*rows[:1], *rows[2:]])
    assert (missing.is_whole, missing.verified) == (False, 1)


def changes_of(row: StoredRow) -> Sequence[StoredRow]:
    """*row* with each of its hashed columns changed."""
    return [
        structs.replace(row, data=row.data + b" "),
        structs.replace(row, meta=row.meta + b" "),
        structs.replace(row, type=row.type + "x"),
        structs.replace(row, version=row.version + 5),
        structs.replace(row, stream=uuid4()),
        structs.replace(row, occurred_at=row.occurred_at + timedelta(microseconds=1)),
        structs.replace(row, recorded_at=row.recorded_at + timedelta(microseconds=1)),
        structs.replace(row, hash=bytes(32)),
    ]


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=30))
def test_marks_lie_on_the_rails_in_the_order_of_their_times(seconds: list[tuple[int, int]]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [
        ShownEntry(
            version=nth,
            position=nth,
            fact=StepNoted(activity="-"),
            occurred_at=start + timedelta(seconds=happened),
            recorded_at=start + timedelta(seconds=happened + later),
            by=MANAGER,
            command_id=None,
            law="",
            source="",
            hash="",
        )
        for nth, (happened, later) in enumerate(seconds, 1)
    ]
    marks = rails_of(entries).marks
    for mark, (_, later) in zip(marks, seconds, strict=True):
        assert MARGIN_PX <= mark.happened_x <= mark.recorded_x <= WIDTH_PX - MARGIN_PX
        assert mark.is_later == (later > 3600)
    happened = [mark.happened_x for mark in sorted(marks, key=lambda mark: mark.entry.occurred_at)]
    assert happened == sorted(happened)
