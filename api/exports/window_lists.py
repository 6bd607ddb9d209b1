"""The exports of the public window, for anyone: guides, decisions granted, figures, and missed dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import BATCH_ROWS, EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined
from api.html.clock_names import clock_name
from api.html.page import PUBLIC_EXPORTS, PageContext
from api.route_access import ACCESS
from api.web.parameters import Department
from api.web.zones import home_zone
from api.window.decision_filter import FirstDay, LastDay, Words, check_period
from api.window.guide_pages import Words as WordsOfGuides
from api.window.guides import GuideItem, items_in_force, matching
from api.window.missed import MissedDate
from api.window.published_pages import PUBLISHED, PublishedFigures, why_late
from api.window.share import WindowShareMiddleware
from infrastructure.ledger.approvals import Approvals
from infrastructure.tables.table_file import Row
from projections.snapshots import PagedReader
from projections.supervision.figures import Figures
from projections.window.fold import GrantedRow
from projections.window.granted import GrantedFilter, GrantedKey, PublicDecisions, granted_key

DECISIONS_MAX = 20_000  # in a file for anyone: some seconds of one connection
MISSED_IN_FILE = 1_000  # of each kind; the bureau's own files have all


class WindowExports(Controller):
    """The same rows and filters as on the window's pages, within the window's share of the process."""

    path = PUBLIC_EXPORTS
    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED
    middleware = (WindowShareMiddleware,)

    @get(f"/guides{SHEET_FORMAT}")
    async def export_guides(
        self,
        export: NamedDependency[Export],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        list_reader: NamedDependency[PagedReader],
        q: WordsOfGuides = "",
    ) -> Stream:
        """办事指南: the items in force that have all the words."""
        say = export.page.words["window"]
        columns = [
            export.page.words["export"]("number"),
            *map(say, ("item", "department", "by_law", "promise", "online")),
        ]
        known = await items_in_force(approvals, now, home_zone(approvals.laws))
        rows = [_guide(export, item) for item in matching(known, q, export.page)]
        return await export.file("guides", say("guides"), columns, _whole(rows), now, list_reader)

    @get(f"/granted{SHEET_FORMAT}")
    async def export_granted(
        self,
        *,
        export: NamedDependency[Export],
        list_reader: NamedDependency[PagedReader],
        first: FirstDay = None,
        last: LastDay = None,
        department: Department = "",
        text: Words = "",
    ) -> Stream:
        """准予决定公开: the decisions granted, the latest first, as many as a file may have."""
        check_period(first, last)
        say, columns = export.page.words["window"], ("granted_what", "granted_to", "granted_code", "granted_of_project")
        heads = (*columns, "department", "granted_on", "granted_document", "case_number", "granted_through")
        wanted = GrantedFilter(first=first, last=last, department=department, text=text, limit=BATCH_ROWS)
        rows = _granted_rows(export, PublicDecisions(list_reader), wanted)
        return await export.file(
            "granted", say("granted"), [*map(say, (*heads, "granted_state"))], rows, export.now, list_reader
        )

    @get(f"/published{SHEET_FORMAT}", dependencies=PUBLISHED)
    async def export_published(
        self,
        export: NamedDependency[Export],
        published_figures: NamedDependency[PublishedFigures],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """公示: all departments together, then each."""
        say = export.page.words["window"]
        columns = [*map(say, ("department", "decided", "on_time", "on_time_rate", "median"))]
        rows = [_published(export.page, line) for line in await published_figures.lines()]
        export.of_period(published_figures.period)
        return await export.file("published", say("published"), columns, _whole(rows), export.now, list_reader)

    @get(f"/missed{SHEET_FORMAT}", dependencies=PUBLISHED)
    async def export_missed(
        self,
        export: NamedDependency[Export],
        published_figures: NamedDependency[PublishedFigures],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """未按期的事项: what is still open after its last day, then what was decided after it."""
        say, page = export.page.words["window"], export.page
        columns = [
            page.words["export"]("part"),
            *map(say, ("item", "department", "clock", "due_on", "late_why", "decided", "used_days")),
        ]
        export.of_period(published_figures.period)
        still_open, decided = await published_figures.missed(MISSED_IN_FILE + 1)
        still_open = _cut(export, still_open, "open_late", "cut_open")
        decided = _cut(export, decided, "decided_late", "cut_missed")
        rows = [(say("open_late"), *_missed(export, missed), None, None) for missed in still_open]
        rows += [
            (say("decided_late"), *_missed(export, missed), export.day(missed.decided_at), missed.working_days)
            for missed in decided
        ]
        return await export.file("missed", say("missed"), columns, _whole(rows), export.now, list_reader)


async def _whole(rows: Sequence[Row]) -> Batches:
    yield rows


def _guide(export: Export, item: GuideItem) -> Row:
    service, page = item.service, export.page
    is_online = export.yes(item.online and service.live)
    name, department = page.called(service.task_name), page.office(service.dept_code)
    return (service.task_code, name, department, service.anticipate_day, service.promise_day, is_online)


def _cut(export: Export, missed: list[MissedDate], part: str, note: str) -> list[MissedDate]:
    """As many of *missed*, one kind, as a file may have; where there are more, its `about` says so."""
    if len(missed) > MISSED_IN_FILE:
        words = export.page.words
        export.note(words["export"](note).format(words["window"](part), MISSED_IN_FILE))
    return missed[:MISSED_IN_FILE]


async def _granted_rows(export: Export, decisions: PublicDecisions, wanted: GrantedFilter) -> Batches:
    async def read(criteria: GrantedFilter) -> tuple[Sequence[GrantedRow], GrantedKey | None]:
        return followed(await decisions.listed(criteria), criteria.limit, granted_key)

    room = DECISIONS_MAX
    async for rows in in_batches(read, wanted, key="after"):
        yield [_granted(export.page, row) for row in rows[:room]]
        if len(rows) > room:
            export.note(export.page.words["export"]("cut_decisions").format(DECISIONS_MAX))
            return
        room -= len(rows)


def _granted(page: PageContext, row: GrantedRow) -> Row:
    say, applicant = page.words["window"], page.words["window_applicant"]
    return (
        page.called(row.item_name) if row.item_name else say("unlisted"),
        *(row.applicant or applicant(row.applicant_kind), row.uscc, row.project_name or row.project_code),
        *(page.office(row.department), row.decided_on, row.document, row.case_number, row.valid_through),
        joined(_remarks(page, row)),
    )


def _remarks(page: PageContext, row: GrantedRow) -> list[str]:
    say = page.words["window"]
    revoked = [say("granted_revoked").format(row.revoked_on)] if row.revoked_on else []
    return [*revoked, say("granted_silence")] if row.by_silence else revoked


def _published(page: PageContext, line: Figures) -> Row:
    department = page.office(line.department) if line.department else page.words["window"]("total")
    rate = None if line.on_time_rate is None else round(line.on_time_rate, 4)
    return (department, line.decided, line.on_time, rate, line.median_working_days)


def _missed(export: Export, missed: MissedDate) -> Row:
    page = export.page
    item = page.called(missed.item) if missed.item else page.words["window"]("unlisted")
    reason = "" if missed.decided_at else why_late(page, missed)
    return (item, page.office(missed.department), clock_name(page)(missed.clock), missed.due_on, reason)
