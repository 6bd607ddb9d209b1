"""What a notice would move, page by page: all pages together are the whole, and none reads more than its projects."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import date
from html import unescape
from time import monotonic
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from api.calendar import impact
from api.calendar.impact import NoticeLook, look_at
from api.calendar.links import PREVIEW
from domain.calendar.notice import ImportNotice
from domain.law.calendar.calendar import Notice
from domain.law.calendar.moment import local_day
from domain.project.application.suspension import SuspendClock
from infrastructure.calendar import notice_counts
from infrastructure.calendar.notice_counts import NoticeCounts
from infrastructure.calendar.notice_impact import MoveFigures, figures_of, in_order, preview
from infrastructure.calendar.notice_reach import NoticeQuestion, touched
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.reader import Store
from infrastructure.projector.positions import Views
from projections.clocks.clock_shifts import ClockShift
from projections.clocks.query import VIEWS
from projections.clocks.rows import ClockRow
from projections.snapshots import CursorOutdatedError, PagedReader, settled_snapshot
from tests.api.client import Door
from tests.api.law.test_calendars import say
from tests.effort import PATIENCE_SECONDS
from tests.examples import BUREAU, LAND
from tests.law.questions import at
from tests.projections.zone import project_id, zone_looked_at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("03-01")]
NOW = "04-21 12:00"
A_PAGE = 2  # projects
DAYS = "2026-04-03 班\n2026-04-17 休\n2026-04-25 至 2026-04-26 班\n2026-05-07 休"
NOTICE = Notice(
    "CN-2026-swap",
    date(2026, 4, 21),
    covers_to=date(2026, 12, 28),
    days={
        date(2026, 4, 3): 1,
        date(2026, 4, 17): 0,
        date(2026, 4, 25): 1,
        date(2026, 4, 26): 1,
        date(2026, 5, 7): 0,
    },
)
NEXT = re.compile(r'<a rel="next" href="([^"]+)"')
TILE = re.compile(r"<dd>(≥ )?([\d,]+)</dd>")
ROW = re.compile(r'<tr><th scope="row"><a href="/pages/projects/([0-9a-f-]{36})')


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with zone_looked_at(shared_database_url, HANDS, NOW) as opened:
        yield opened


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impact, "PROJECTS_SHOWN", A_PAGE)
    monkeypatch.setattr(notice_counts, "PROJECTS_A_STEP", A_PAGE)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[UUID]]:
    """The projects whose entries were read, by each query for entries."""
    queries: list[Sequence[UUID]] = []
    streams_in = Store.streams_in

    async def noted(self: Store, cursor: AsyncCursor[TupleRow], streams: Sequence[UUID]) -> list[StoredRow]:
        queries.append(streams)
        return await streams_in(self, cursor, streams)

    monkeypatch.setattr(Store, "streams_in", noted)
    return queries


class IdleCounts(NoticeCounts):
    """Counts that never begin: what a request reads is what it reads itself."""

    async def _keep_counting(self) -> None:
        """Nothing is counted."""


def question() -> NoticeQuestion:
    now = HANDS[0]
    return NoticeQuestion.of(law_book(), "CN", NOTICE, now, local_day(now, "Asia/Shanghai"))


async def whole(store: Store) -> tuple[list[ClockShift], MoveFigures, int]:
    """All that the notice moves, the figures and the number of projects, as the preview in JSON has them."""
    asking = question()
    seen = await preview(store, law_book(), "CN", NOTICE, asking.at, asking.today)
    numbers = MoveFigures(
        later=seen.later,
        earlier=seen.earlier,
        firm=seen.firm,
        judged_anew=seen.judged_anew,
        past_announced=len(seen.past_announced),
    )
    return seen.moved, numbers, seen.projects


async def counted(counts: NoticeCounts, look: NoticeLook) -> MoveFigures:
    """The figures once all is counted, asked for as a page does."""
    patience = monotonic() + PATIENCE_SECONDS
    count = look.count
    while not count.is_whole:
        assert monotonic() < patience
        count = await counts.so_far(look.question, count.projects, count.position, 0.1)
    return count.figures


async def test_all_pages_are_the_whole_and_the_figures_are_its_length(
    approvals: Approvals, read: list[Sequence[UUID]]
) -> None:
    moved, figures, number = await whole(approvals.store)
    assert number > 2 * A_PAGE
    assert figures.later
    assert figures.earlier
    assert figures.judged_anew
    counts, shifts, after, pages = IdleCounts(approvals.store), list[ClockShift](), None, 0
    while pages == 0 or after is not None:
        read.clear()
        look = await look_at(counts, PagedReader(approvals.store, is_paged=True), question(), after)
        assert [len(streams) for streams in read] == [look.last - look.first + 1], "one query, of the page's projects"
        assert (look.first, look.projects) == (pages * A_PAGE + 1, number)
        assert look.shifts == in_order(look.shifts)
        assert not look.count.is_whole
        shifts, after, pages = shifts + look.shifts, look.next, pages + 1
    assert pages == -(-number // A_PAGE)
    assert in_order(shifts) == moved
    assert figures_of(shifts) == figures
    counting = NoticeCounts(approvals.store)
    first = await look_at(counting, PagedReader(approvals.store, is_paged=True), question())
    assert await counted(counting, first) == figures
    assert first.count.number_of_projects == number


async def test_pages_stay_at_the_moment_of_the_first_one(approvals: Approvals) -> None:
    moved, _, _ = await whole(approvals.store)
    asking, counts, reader = question(), IdleCounts(approvals.store), PagedReader(approvals.store, is_paged=True)
    look = await look_at(counts, reader, asking)
    shifts = look.shifts
    later = SuspendClock(item="land", ground="testing")
    await approvals.handle(project_id("running"), later, LAND, uuid4())
    await Views(approvals.store).catch_up(await approvals.store.head(), patience=PATIENCE_SECONDS)
    while look.next:
        look = await look_at(
            counts, PagedReader(approvals.store, is_paged=True, position=reader.position), asking, look.next
        )
        shifts = shifts + look.shifts
    assert in_order(shifts) == moved
    assert (await whole(approvals.store))[0] != moved, "what was recorded since would have made a difference"


async def test_too_many_changes_since_the_first_page_are_said(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "CHANGED_MAX", 2)
    with pytest.raises(CursorOutdatedError):
        await look_at(IdleCounts(approvals.store), PagedReader(approvals.store, is_paged=True, position=1), question())


async def test_rows_and_entries_agree_which_clocks_a_notice_may_move(approvals: Approvals) -> None:
    asking = question()
    async with settled_snapshot(PagedReader(approvals.store, is_paged=True), VIEWS) as settled:
        async with settled.cursor() as cursor:
            await cursor.execute("SELECT * FROM views.clock")
            rows = [ClockRow(*row) for row in await cursor.fetchall()]
        by_rows = await touched(settled, asking)
        assert by_rows == await touched(settled, asking, sorted({row.project for row in rows}))
    reached = [row for row in rows if asking.reach.touches(row)]
    assert {(row.project, (row.item, row.application)) for row in reached} == {
        (project.project, application) for project in by_rows for application in project.applications
    }
    assert sum(row.closed for row in reached) == sum(project.closed for project in by_rows) > 0
    assert sum(not row.closed for row in reached) == sum(project.running for project in by_rows) > 0
    assert len(reached) < len(rows)


async def test_a_count_goes_on_while_it_is_asked_for_and_is_cached(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch, read: list[Sequence[UUID]]
) -> None:
    counts, asking = NoticeCounts(approvals.store), question()
    async with settled_snapshot(PagedReader(approvals.store, is_paged=True), VIEWS) as settled:
        projects, position = await touched(settled, asking), settled.position or 0
    with monkeypatch.context() as impatient:
        impatient.setattr(notice_counts, "INTEREST_SECONDS", -1.0)
        count = await counts.so_far(asking, projects, position, PATIENCE_SECONDS)
        assert (count.counted, read) == (0, []), "nobody asks any more"
    same = await counts.so_far(asking, projects, position, PATIENCE_SECONDS)
    assert same is count
    assert (same.is_whole, same.counted, max(map(len, read))) == (True, len(projects), A_PAGE)
    read.clear()
    assert await counts.so_far(asking, projects, position, PATIENCE_SECONDS) is count
    assert await counts.so_far(asking, projects, position + 1, PATIENCE_SECONDS) is count, "it still holds"
    assert read == []
    assert counts.question(asking.change.before, "CN", NOTICE, asking.at, asking.today) == asking
    monkeypatch.setattr(notice_counts, "HOLDS_SECONDS", -1.0)
    assert await counts.so_far(asking, projects, position, PATIENCE_SECONDS) is count, "nothing was recorded"
    assert await counts.so_far(asking, projects, position + 1, PATIENCE_SECONDS) is not count


async def test_counts_are_of_few_notices_and_one_after_another(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_counts, "COUNTS_CACHED_MAX", 2)
    counts = NoticeCounts(approvals.store)
    async with settled_snapshot(PagedReader(approvals.store, is_paged=True), VIEWS) as settled:
        projects = await touched(settled, question())
        position = settled.position or 0
    started = []
    for day in (18, 19, 25):
        other = Notice("draft", date(2026, 4, 21), days={date(2026, 4, day): 1})
        asking = NoticeQuestion.of(law_book(), "CN", other, HANDS[0], date(2026, 4, 21))
        started.append(await counts.so_far(asking, projects, position, 0))
    await counts.so_far(started[2].question, projects, position, PATIENCE_SECONDS)
    assert [count.is_whole for count in started] == [False, True, True], "the first made room for the last"
    counts.forget()
    assert await counts.so_far(started[2].question, projects, position, PATIENCE_SECONDS) is not started[2]


async def test_what_can_not_be_counted_is_not_passed_over(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, failures = NoticeCounts(approvals.store), [psycopg.OperationalError("away"), ValueError("no such fact")]

    async def fail(*_: object) -> list[ClockShift]:
        raise failures.pop(0)

    async with settled_snapshot(PagedReader(approvals.store, is_paged=True), VIEWS) as settled:
        projects, position = await touched(settled, question()), settled.position or 0
    with monkeypatch.context() as broken:
        broken.setattr(notice_counts, "moved", fail)
        count = await counts.so_far(question(), projects, position, PATIENCE_SECONDS)
        assert "notice_not_counted" in capsys.readouterr().out
        with pytest.raises(ValueError, match="no such fact"):
            await counts.so_far(question(), projects, position, PATIENCE_SECONDS)
    again = await counts.so_far(question(), projects, position, PATIENCE_SECONDS)
    assert again is count, "it goes on where it stopped"
    assert again.is_whole
    counts.close()


async def test_a_look_is_of_one_moment_while_the_count_goes_on(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a page says that all is counted beside figures of before."""
    monkeypatch.setattr(impact, "COUNT_SECONDS", 0.0)
    counts = NoticeCounts(approvals.store)
    look = await look_at(counts, PagedReader(approvals.store, is_paged=True), question())
    before = look.count.counted, look.count.is_whole, look.count.figures
    assert (await counts.so_far(look.question, look.count.projects, look.count.position, PATIENCE_SECONDS)).is_whole
    assert (look.count.counted, look.count.is_whole, look.count.figures) == before
    assert not look.count.is_whole
    counts.close()


async def test_the_page_shows_a_page_of_projects_and_how_far_it_has_counted(
    door: Door, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, figures, number = await whole(approvals.store)
    with monkeypatch.context() as idle:
        idle.setattr(notice_counts, "INTEREST_SECONDS", -1.0)
        page = await shown(door, days=DAYS)
        assert f"已统计 0 个项目，共 {number} 个" in page
        assert 'role="status" data-counting' in page
        assert set(TILE.findall(page)) == {("≥ ", "0")}
    monkeypatch.setattr(impact, "COUNT_SECONDS", PATIENCE_SECONDS)
    page = await shown(door, days=DAYS)
    assert f"以上是全部 {number} 个项目的数字" in page
    assert "data-counting" not in page
    assert [(mark, int(figure)) for mark, figure in TILE.findall(page)] == [
        ("", number) for number in (figures.later, figures.earlier, figures.firm, figures.judged_anew, 0)
    ]
    rows, pages = ROW.findall(page), 1
    while following := NEXT.search(page):
        answer = await door.get(unescape(following[1]), BUREAU)
        page, pages = answer.text, pages + 1
        assert answer.status_code == 200
        assert 'rel="first"' in page
        rows += ROW.findall(page)
    assert pages == -(-number // A_PAGE)
    assert sorted(rows) == sorted(str(shift.project) for shift in moved)
    wrong = await door.get(PREVIEW, BUREAU, days=DAYS, cursor="nonsense")
    assert wrong.status_code == 400


async def test_a_notice_that_waits_is_previewed_by_its_id(door: Door, approvals: Approvals) -> None:
    command = ImportNotice(
        calendar="CN",
        notice=NOTICE.id,
        published=NOTICE.published,
        covers_to=NOTICE.covers_to,
        papers=("https://www.gov.cn/zhengce/example.htm",),
        days=dict(NOTICE.days),
    )
    assert (await say(door, command)).status_code == 200
    page = await shown(door, notice=NOTICE.id)
    first = await look_at(IdleCounts(approvals.store), PagedReader(approvals.store, is_paged=True), question())
    assert ROW.findall(page) == [str(shift.project) for shift in first.shifts]


async def shown(door: Door, **params: str) -> str:
    answer = await door.get(PREVIEW, BUREAU, **params)
    assert answer.status_code == 200, answer.text
    return answer.text
