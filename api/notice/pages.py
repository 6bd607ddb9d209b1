"""监察通知书 the notice of a warning or card, for paper: as a page that prints, and as PDF/UA."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.html.links import card_link
from api.html.page import PageContext
from api.notice.content import NOTICE_SOURCE, SupervisionNotice
from api.notice.document import is_installed, notice_pdf
from api.route_access import ACCESS
from api.supervision.card_file import CLOCK_SOURCE, code_for
from domain.messages import Entry
from infrastructure.settings import Settings

PDF = "application/pdf"


class NoticePages(Controller):
    """For the bureau and the department, without any script."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling
    dependencies = CLOCK_SOURCE | NOTICE_SOURCE

    @get("/pages/projects/{project_id:uuid}/card/notice")
    async def card_notice(
        self,
        page: NamedDependency[PageContext],
        notice: NamedDependency[SupervisionNotice],
        entries: NamedDependency[list[Entry]],
        settings: NamedDependency[Settings],
        instant: NamedDependency[datetime],
    ) -> Response[str]:
        """The notice as was known at the instant, with the code that proves its entry."""
        file = notice.card
        page = page.under(file.rule)
        return page.render(
            "notice.html",
            notice=notice,
            as_of=instant,
            code=await code_for(file, entries, settings, page.words["bureau"]("code")),
            pdf=page.here().replace("/card/notice", "/card/notice.pdf", 1) if is_installed() else "",
            back=card_link(page)(file.signal.project, file.signal.card),
        )

    @get("/pages/projects/{project_id:uuid}/card/notice.pdf")
    async def card_notice_pdf(
        self,
        page: NamedDependency[PageContext],
        notice: NamedDependency[SupervisionNotice],
        entries: NamedDependency[list[Entry]],
        settings: NamedDependency[Settings],
        instant: NamedDependency[datetime],
    ) -> Response[bytes]:
        """The same as a tagged PDF that readers for the blind can read (PDF/UA-1, ISO 14289-1)."""
        file = notice.card
        page = page.under(file.rule)
        code = await code_for(file, entries, settings, page.words["bureau"]("code"))
        content = await notice_pdf(page, notice, code, instant)
        return Response(content, media_type=PDF, headers={"Cache-Control": "no-store"})
