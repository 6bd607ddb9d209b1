"""Renders mails: a line with a link for each event, in the chosen language; never the content of a fact."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from api.html.page import PageAddress, PageContext
from api.html.titles import titles_of
from domain.access.principal import Caller
from domain.messages import tag_of
from infrastructure.feed.reader import FeedPage
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.messages.addresses import MailAddress, code_of
from infrastructure.messages.mailer import Mail, MailSite
from infrastructure.privacy.current import keystore
from infrastructure.settings import Settings
from projections.progress.titles import ProjectTitles, names_of

MAIL = "/messages/mail"


class MailRenderer(Struct, frozen=True):
    """Renders mails; their links begin with *base*, the public address of this server."""

    approvals: Approvals
    base: str

    @classmethod
    def of(cls, approvals: Approvals, settings: Settings) -> MailRenderer:
        """The renderer for the public address of the server."""
        return cls(approvals, settings.public_url or f"http://{settings.host}:{settings.port}")

    @property
    def site(self) -> MailSite:
        """The two functions that the mailer calls."""
        return MailSite(self.confirmation, self.messages)

    def confirmation(self, address: MailAddress) -> Mail:
        """The mail that asks its reader to confirm the address."""
        say = PageContext(PageAddress(query={"lang": address.language})).words["mail"]
        link = self._link(address)
        text = f"{say('ask_text').format(site=self.base)}\n\n{link}\n"
        return Mail(address.address, say("ask_subject"), text, self._id(address, 0), link)

    async def messages(self, address: MailAddress, caller: Caller, events: FeedPage) -> Mail:
        """The mail that lists *events*; *caller* is its reader."""
        query = {"lang": address.language}
        page = PageContext(PageAddress(query=query), DEFAULT_LAW, await titles_of(self.approvals))
        say, link = page.words["mail"], self._link(address)
        names = await names_of(self.approvals.store, [event.entry.stream for event in events.events])
        number = len(events.events)
        subject = say("subject_one" if number == 1 else "subject").format(number)
        role = page.words["role"](caller.role)
        lines = "\n\n".join(self._lines(page, events, names))
        text = f"{role}\n\n{lines}\n\n--\n{say('stop')}: {link}\n"
        return Mail(address.address, subject, text, self._id(address, events.events[-1].entry.position), link)

    def _lines(self, page: PageContext, events: FeedPage, names: ProjectTitles) -> Iterator[str]:
        for event in events.events:
            entry, item = event.entry, getattr(event.entry.fact, "item", "")
            name = page.called(names.item(entry.stream, item)) if isinstance(item, str) and item else ""
            about = " · ".join(part for part in (name, names.project(entry.stream)) if part)
            yield f"{page.words['fact'](tag_of(entry.fact))} · {about}\n{self.base}/messages/{entry.position}"

    def _link(self, address: MailAddress) -> str:
        return f"{self.base}{MAIL}/{address.id}/{code_of(keystore(), address.id)}?lang={address.language}"

    def _id(self, address: MailAddress, position: int) -> str:
        host = self.base.partition("://")[2].partition("/")[0].partition(":")[0]
        return f"<{address.id}.{position}@{host}>"
