"""What a calendar notice would move, a page of projects at a time; the figures of all are counted in the background."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.calendar.impact import PROJECTS_SHOWN, NoticeLook, look_at
from api.calendar.links import PREVIEW, YEARS
from api.calendar.lookup import CalendarName, known_calendar, open_notices
from api.calendar.notice_text import days_in
from api.cursors import PAGED, ListPaging, PageCursor
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.law.routes import today_of
from api.route_access import ACCESS, WHOLE_ZONE
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.law.calendar.calendar import Notice
from infrastructure.calendar.notice_counts import NoticeCounts
from infrastructure.calendar.notice_impact import MoveFigures
from infrastructure.calendar.notice_reach import Place
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.progress.titles import names_of
from projections.snapshots import PagedReader

DRAFT = "draft"  # the id of a notice that is not imported
DraftDays = Annotated[
    str, QueryParameter(max_length=2000, description="A line a day or range, or the words of a notice.")
]
NoticeId = Annotated[str, QueryParameter(max_length=200, description="A notice that waits to be applied.")]


class PreviewFigure(Struct, frozen=True):
    """How many clocks a notice would move in one way."""

    name: str
    number: int


def preview_paging(
    *,
    page_cursor: NamedDependency[PageCursor | None],
    list_mark: NamedDependency[bytes],
    now: NamedDependency[datetime],
    list_reader: NamedDependency[PagedReader],
) -> ListPaging:
    """The requested page of projects; no address has it longer, as their entries are read."""
    return ListPaging(PROJECTS_SHOWN, page_cursor, mark=list_mark, at=now, list_reader=list_reader)


class NoticePreviewPages(Controller):
    """The notice is in the address: the id of one that waits, or days that are filled in."""

    @get(
        PREVIEW,
        opt={ACCESS: "read:clocks", WHOLE_ZONE: True},
        dependencies=PAGED | {"paging": Provide(preview_paging, sync_to_thread=False)},
    )
    async def notice_preview(
        self,
        *,
        page: NamedDependency[PageContext],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        notice_counts: NamedDependency[NoticeCounts],
        paging: NamedDependency[ListPaging],
        name: CalendarName = "",
        notice: NoticeId = "",
        days: DraftDays = "",
    ) -> Response[str]:
        """What a notice would move: one that waits to be applied, or days that are filled in. Nothing is changed."""
        name = known_calendar(laws, name)
        today = today_of(laws, name, paging.at)
        waiting = {each.notice.id: each.notice for each in await open_notices(approvals, name)}
        draft, fault = (None, "") if notice in waiting else draft_notice(days, today)
        look = None
        if chosen := waiting.get(notice, draft):
            question = notice_counts.question(laws, name, chosen, paging.at, today)
            look = await look_at(notice_counts, paging.list_reader, question, paging.last(Place))
        return page.render(
            "calendar_preview.html",
            name=name,
            notice=chosen,
            is_draft=notice not in waiting,
            days_text=days,
            fault=fault,
            look=look,
            as_of=paging.at,
            figures=shown_figures(look.count.figures) if look else [],
            names=await names_of(approvals.store, {shift.project for shift in look.shifts} if look else ()),
            clock_name=clock_name(page),
            back=page.link(YEARS, name=name),
            previous=page.here(cursor="") if paging.cursor else "",
            next=_next(page, paging, look),
        )


def draft_notice(text: str, published: date) -> tuple[Notice | None, str]:
    """The notice of the days in *text* as if it were published on that day, or what is wrong with them.

    It makes certain the years whose days it names, as the yearly notices do. Neither for an empty text.
    """
    if not text.strip():
        return None, ""
    try:
        days = days_in(text, published.year)
    except Problem as problem:
        return None, problem.detail
    wrong = [day for day in days if not YEAR_FIRST <= day.year <= YEAR_LAST]
    if wrong:
        return None, f"{wrong[0]} is not in the years {YEAR_FIRST} to {YEAR_LAST}"
    return Notice(DRAFT, published, covers_to=max(days).replace(month=12, day=28), days=days), ""


def shown_figures(figures: MoveFigures) -> list[PreviewFigure]:
    """*figures* in the order in which pages show them."""
    return [
        PreviewFigure("later", figures.later),
        PreviewFigure("earlier", figures.earlier),
        PreviewFigure("firm", figures.firm),
        PreviewFigure("judged", figures.judged_anew),
        PreviewFigure("announced", figures.past_announced),
    ]


def _next(page: PageContext, paging: ListPaging, look: NoticeLook | None) -> str:
    return page.here(cursor=paging.after(look.next)) if look and look.next else ""
