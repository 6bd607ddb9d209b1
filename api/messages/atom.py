"""GET /messages/feeds/{token}.atom: a person's messages as an Atom feed (RFC 4287); the token replaces the sign-in."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.clocks.ical import FeedSite, feed_answer, feed_site
from api.html.page import PageContext, templates
from api.html.sentences import plain
from api.html.titles import titles_of
from api.identity.calendars import NEWS, calendar_reader
from api.messages.lines import lines_of
from api.route_access import ACCESS
from domain.access.principal import Caller
from infrastructure.feed.reader import Feed
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.messages.inbox import Inbox

MEDIA_TYPE = "application/atom+xml"
ENTRIES_MAX = 50


class NewsRoutes(Controller):
    """The address is a secret: anyone who has it can read the feed until it is revoked at /account."""

    opt = {ACCESS: "feed"}  # noqa: RUF012  litestar's own spelling
    tags = ("feed",)
    dependencies = {  # noqa: RUF012
        "site": Provide(feed_site, sync_to_thread=False),
        "calendar_reader": Provide(calendar_reader, sync_to_thread=False),
    }

    @get(
        f"{NEWS}{{file:str}}",
        operation_id="get_own_messages",
        summary="The messages of whom a secret address was made for, as an Atom feed",
        media_type=MEDIA_TYPE,
    )
    async def get_own_messages(
        self,
        file: FromPath[str],  # noqa: ARG002  the token: it has become the caller
        site: NamedDependency[FeedSite],
        calendar_reader: NamedDependency[Caller],
        page_feed: NamedDependency[Feed],
        approvals: NamedDependency[Approvals],
    ) -> Response[bytes]:
        """The newest messages of the person's role. Answers 304 to an If-None-Match that fits."""
        page = PageContext(site.address, DEFAULT_LAW, titles=await titles_of(approvals))
        shown = await Inbox(approvals.store, page_feed).page(calendar_reader, 0, ENTRIES_MAX)
        lines = await lines_of(approvals, page, calendar_reader, shown)
        body = templates.get_template("messages.atom").render(
            page.context(lines=lines, base=site.base_url, plain=plain, own=f"{site.base_url}{site.address.path}")
        )
        return feed_answer(site, body.encode(), MEDIA_TYPE)
