"""What every page is printed on: its language, its words, its links, times of the place, and escaped templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from api.html.citations import cited
from api.html.numbers import card_number, order_number
from api.html.titles import Titles, grounds, law_title, rule_title, titles_of
from api.html.translations import Language, preferred, wording
from api.web.dependencies import AnyRequest, parts_of, zone_of
from api.web.scope import REGISTER, register_in, registers_of
from projections.clocks.query import is_recounting

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language",
}

MENU = (("progress", "/"), ("desk", "/desk"), ("supervision", "/supervision"), ("information", "/pages/information"))

VISITOR = "visitor"  # where the scope's state has who is signed in: "" for no one, absent on a server without sign-in

NEVER = "–"  # in the place of a time that has not come

ABOUT_ONE = ("/pages/projects/", "/pages/legal-persons/")  # pages that no register is chosen for

UNTITLED = Titles()

PACKAGE = files("api")


@cache
def _places() -> dict[str, Traversable]:
    """Where each template lies, by its name, which is unique: below the folder of its subject."""
    found: dict[str, Traversable] = {}
    for folder in PACKAGE.iterdir():
        if folder.is_dir() and (templates := folder / "templates").is_dir():
            for file in templates.iterdir():
                if file.name in found:
                    raise ValueError(f"two templates are called {file.name}")
                found[file.name] = file
    return found


def _source(name: str) -> str:
    return _places()[name].read_text("utf-8")


templates = Environment(
    loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


class PageContext:
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
        registers: Sequence[str] = (),
        register: str | None = None,
        *,
        recounting: bool = False,
    ) -> None:
        asked = request.query_params.get("lang", "")
        self.chosen = asked if asked in ("zh", "en") else ""
        self.language: Language = preferred(self.chosen or request.headers.get("accept-language", ""))
        self.words = wording(self.language)
        self._visitor: str | None = request.scope.get("state", {}).get(VISITOR)
        self._titles = titles
        self._law = law
        self._lag, self._recounting = lag, recounting
        self._path = request.scope["path"]
        self.register = register_in(request) if register is None else register
        self._registers = registers
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
            "register": self.register,
            "registers": self.registers(),
            "home": self.link("/"),
            "switch": self.here(lang="en" if self.language == "zh" else "zh"),
            "menu": self.menu(),
            "visitor": self._visitor,
            "link": self.link,
            "office": self.office,
            "called": self.called,
            "cited": lambda article: cited(article, self.language),
            "who": self.who,
            "quantity": self.quantity,
            "card_number": card_number,
            "order_number": order_number,
            "ground": lambda reason: grounds(self.language).get(reason, reason),
            "law_title": lambda law: law_title(law, self.language),
            "rule_title": lambda rule: rule_title(rule, self.language),
            "local": self.local,
            "day": self.day,
            "zone": zone_of(self._law).key if self._law else "",
        }
        return given | content

    @property
    def carried(self) -> dict[str, str]:
        """The parameters that every link takes along, as far as they are not empty: the register and the language."""
        return {REGISTER: self.register, "lang": self.chosen}

    def registers(self) -> list[tuple[str, str, bool]]:
        """The scopes that this page can be of: each one's name, the page of it, and whether it is this one.

        Empty where there is nothing but the zone, and on pages about one project or person.
        """
        if not self._registers or self._path.startswith(ABOUT_ONE):
            return []
        chosen = {"lang": self.chosen}
        links = [(name, {REGISTER: name, **chosen}) for name in ("", *self._registers)]
        return [(name, with_query(self._path, asked), name == self.register) for name, asked in links]

    def link(self, path: str, **further: str) -> str:
        """*path* with *further* parameters, as far as they are not empty, keeping register and chosen language."""
        asked = {name: value for name, value in {**further, **self.carried}.items() if value}
        return with_query(path, asked)

    def here(self, **changed: object) -> str:
        """The address of this page with some parameters changed; empty ones and zeros are left out."""
        query = self._query | {name: str(value) if value else "" for name, value in changed.items()}
        return with_query(self._path, query)

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

    def quantity(self, number: float, unit: str) -> str:
        """So many of a unit of the law: "7 天（自然日）", "1 working day"; parts of an hour as they are."""
        said = self.words["one_of" if number == 1 else "unit_of"](unit)
        return f"{number:,g} {said}"


async def paper_of(request: AnyRequest, law: str = "", register: str | None = None) -> PageContext:
    """A page's paper, on which departments and items go by the names that were published so far.

    *register*: whose project the page is about; else the one in the address.
    """
    parts = parts_of(request)
    recounting = await is_recounting(parts.approvals.store, await parts.calendars.laws())
    titles, lag = await titles_of(parts.approvals), await parts.views.lag()
    registers = [one.register for one in await registers_of(request)]
    return PageContext(request, law, titles, lag, registers, register, recounting=recounting)


def with_query(path: str, asked: Mapping[str, str]) -> str:
    """*path* with what is *asked*, as far as it is not empty."""
    given = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


@cache
def style_sheet() -> bytes:
    """The text of app.css."""
    return (PACKAGE / "static" / "app.css").read_bytes()
