"""What every page is printed on: its language, its words, its links, times of the place, and escaped templates."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from api.called import Titles, grounds, law_title, titles_of
from api.citation import cited
from api.parts import AnyRequest, parts_of
from api.wording import Language, preferred, wording
from domain.ledger import Refused
from infrastructure.clocks import is_recounting
from infrastructure.lawbook import law_book

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language",
}
MENU = (("progress", "/"), ("desk", "/desk"), ("supervision", "/supervision"), ("information", "/pages/information"))
NEVER = "–"  # in the place of a time that has not come
UNTITLED = Titles()
PACKAGE = files("api")


def _source(name: str) -> str:
    return (PACKAGE / "templates" / name).read_text("utf-8")


templates = Environment(
    loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


class Paper:
    """One page for one *request*, in the language chosen in its address or else what the browser prefers.

    Its times are those of the place where *law* holds; *titles* are the names that were published. So many of the
    ledger's entries, the latest, may be missing on it as the views *lag* behind; while clocks are *recounting* after a
    calendar notice, its dates may be those from before.
    """

    def __init__(
        self,
        request: AnyRequest,
        law: str = "",
        titles: Titles = UNTITLED,
        lag: int = 0,
        *,
        recounting: bool = False,
    ) -> None:
        asked = request.query_params.get("lang", "")
        self.chosen = asked if asked in ("zh", "en") else ""
        self.language: Language = preferred(self.chosen or request.headers.get("accept-language", ""))
        self.words = wording(self.language)
        self._titles = titles
        self._law = law
        self._lag, self._recounting = lag, recounting
        self._path = request.scope["path"]
        self._query = {name: str(value) for name, value in request.query_params.items()}

    def print(self, template: str, **content: object) -> str:
        """The page that *template* makes of *content*."""
        return templates.get_template(template).render(self.context(**content))

    def context(self, **content: object) -> dict[str, Any]:
        """What a template is rendered with: *content*, and what every page is."""
        given: dict[str, Any] = {
            **self.words,
            "language": self.language,
            "lag": self._lag,
            "recounting": self._recounting,
            "chosen": self.chosen,
            "home": self.link("/"),
            "switch": self.here(lang="en" if self.language == "zh" else "zh"),
            "menu": self.menu(),
            "link": self.link,
            "office": self.office,
            "called": self.called,
            "cited": lambda article: cited(article, self.language),
            "who": self.who,
            "ground": lambda reason: grounds(self.language).get(reason, reason),
            "law_title": lambda law: law_title(law, self.language),
            "local": self.local,
            "day": self.day,
            "zone": zone_of(self._law).key if self._law else "",
        }
        return given | content

    def link(self, path: str, **further: str) -> str:
        """*path* with *further* parameters, as far as they are not empty, keeping a language that was chosen."""
        asked = {name: value for name, value in {**further, "lang": self.chosen}.items() if value}
        return f"{path}?{urlencode(asked)}" if asked else path

    def here(self, **changed: object) -> str:
        """The address of this page with some parameters changed; empty ones and zeros are left out."""
        query = self._query | {name: str(value) if value else "" for name, value in changed.items()}
        kept = {name: value for name, value in query.items() if value}
        return f"{self._path}?{urlencode(kept)}" if kept else self._path

    def local(self, at: datetime | None, law: str = "") -> str:
        """*at* as clocks show it where *law* (else the page's own) holds: a day alone where it began just then.

        The offset from UTC is left out where it is that of the page, whose foot tells the zone.
        """
        if at is None:
            return NEVER
        zone = zone_of(law or self._law)
        there = at.astimezone(zone)
        shown = there.date().isoformat() if there.time() == time() else there.strftime("%Y-%m-%d %H:%M")
        if not self._law or zone != zone_of(self._law):
            shown += f" {there.isoformat()[-6:]}"
        return Markup('<time datetime="{}">{}</time>').format(there.isoformat(timespec="seconds"), shown)

    def day(self, at: datetime | None) -> str:
        """The day of *at* alone, where the page's law holds: for lists whose times stand in the history."""
        if at is None:
            return NEVER
        there = at.astimezone(zone_of(self._law))
        return Markup('<time datetime="{}">{}</time>').format(there.isoformat(timespec="seconds"), there.date())

    def menu(self) -> list[tuple[str, str, bool]]:
        """The pages that everything else is reached from: each one's label and address, and whether it is this one."""
        return [(label, self.link(path), path == self._path) for label, path in MENU]

    def office(self, code: str) -> str:
        """What the department *code* is called."""
        named = self._titles.department(code, self.language)
        return named if named != code else self.words["office_of"](code)

    def called(self, name: str) -> str:
        """What an item, step or phase is called that the ledger calls *name*."""
        return self._titles.name(name, self.language)

    def who(self, holder: str) -> str:
        """Who has to act: the applicant, somebody outside, or a department by its name."""
        said = self.words["holder"](holder)
        return self.office(holder) if said == holder else said


async def paper_of(request: AnyRequest, law: str = "") -> Paper:
    """A page's paper, on which departments and items go by the names that were published so far."""
    parts = parts_of(request)
    recounting = await is_recounting(parts.approvals.store, await parts.calendars.laws())
    titles, lag = await titles_of(parts.approvals), await parts.views.lag()
    return Paper(request, law, titles, lag, recounting=recounting)


@cache
def zone_of(law: str) -> ZoneInfo:
    """The zone in which the days of *law* begin; UTC for a law that is not in the book."""
    try:
        return ZoneInfo(law_book().versions(law.partition("@")[0])[-1].zone)
    except Refused:
        return ZoneInfo(str(UTC))


@cache
def style_sheet() -> bytes:
    """The text of app.css."""
    return (PACKAGE / "static" / "app.css").read_bytes()
