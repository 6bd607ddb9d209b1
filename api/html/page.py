"""Rendering context shared by all pages: language, translations, links, time zone, escaped templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from markupsafe import Markup
from msgspec import Struct

from api.cursors import mark_of
from api.html.assets import module_address, style_address
from api.html.citations import cited
from api.html.live import POSITION, LivePage, live_page
from api.html.numbers import NUMBERS
from api.html.titles import Titles, grounds, law_title, rule_title, titles_of
from api.html.translations import Language, mark_chinese, preferred, wording
from api.web.as_of import end_of
from api.web.http_request import HttpRequest
from api.web.identity import VISITOR
from api.web.parameters import REGISTER
from api.web.zones import zone_of
from domain.access.table import TABLE
from domain.core.ledger import Role
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.projector.positions import Views
from projections.clocks.query import is_recounting
from projections.scope import RegisterCount

Lang = Annotated[str, QueryParameter(pattern="^(zh|en|)$", description="zh or en; else what the browser asks for.")]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language",
}

MENU = (
    ("progress", "/pages/progress"),
    ("desk", "/desk"),
    ("supervision", "/supervision"),
    ("information", "/pages/information"),
)
READ_BY = {"desk": "worklist", "supervision": "supervision", "information": "information"}  # others than progress

OF_PAGE = ("offset", "limit", "cursor", "open", "view", "sort")  # parameters of how a page shows a list
OF_LANGUAGE = "lang"
EXPORTS = "/pages/exports"  # the address below which the lists of the pages are to be had as files
PUBLIC_EXPORTS = "/window/exports"  # those of the window, without sign-in
REFERENCE = ("reference_data", "/admin/catalogues")  # 目录、流程与日历
OF_REFERENCE = tuple(f"/admin/{acts}{kind}" for acts in ("", "acts/") for kind in ("catalogues", "flows", "calendars"))
KEEPERS = (Role.SUPERVISOR.value, Role.LEADER.value)  # who publish catalogues, flows and calendars
ADMINISTRATION = (("people_grants", "/admin/people"), REFERENCE)  # administrators see no cases

AUDIT = ("audit_ledger", "/audit")  # what auditors have beside the pages of all

HOMES = {Role.PROJECT_MANAGER.value: "mine", Role.LEADER.value: "zone_overview"}  # what `/` is called, by role
AT_THE_WINDOW = {  # what those have first who apply: beside it, no desk
    Role.APPLICANT.value: ("window_my", "/my"),
    Role.WINDOW_CLERK.value: ("window_apply", "/window/apply"),
}


SEE_OTHER = 303

ONE_MICROSECOND = timedelta(microseconds=1)  # before midnight, so that the end of a day is of that day

NEVER = "–"  # in the place of a time that has not come

# Pages that no register is chosen for: they are about one project or person, or about all that there is.
OF_ONE_SUBJECT = ("/pages/projects/", "/pages/legal-persons/", "/projects/", "/items/", "/acts/", "/pages/results")
OF_ALL_SUBJECTS = ("/messages", "/admin", "/supervision/rules", "/supervision/calendars", "/audit/projects/")

UNTITLED = Titles()

CHINESE = re.compile("[\u3400-\u9fff]")  # the ideographs of the basic plane

PACKAGE = files("api")


@cache
def _places() -> dict[str, Traversable]:
    """Where each template lies, by its name, which is unique: below the folder of its subject."""
    places: dict[str, Traversable] = {}
    for folder in PACKAGE.iterdir():
        if folder.is_dir() and (templates := folder / "templates").is_dir():
            for file in templates.iterdir():
                if file.name in places:
                    raise ValueError(f"two templates are called {file.name}")
                places[file.name] = file
    return places


def _source(name: str) -> str:
    return _places()[name].read_text("utf-8")


templates = Environment(
    loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


class Visitor(Struct, frozen=True):
    """Who reads a page, for its header: the name is empty for no one; sessions can be ended from there.

    *hears*: there are messages to the role.
    """

    name: str = ""
    role: str = ""
    over: str = ""
    has_session: bool = False
    hears: bool = False


class PageAddress(Struct, frozen=True):
    """What a page needs to know of its request: the path, the parameters, and the languages a browser prefers.

    *live*: where it hears of changes; None for pages that stay as they are.
    """

    path: str = "/"
    query: Mapping[str, str] = {}
    accept_language: str = ""
    visitor: Visitor | None = None
    live: LivePage | None = None


class PageContext:
    """Rendering context of one page: language, links, times and published names.

    Times are those of the place where *law* holds. So many of the ledger's latest entries may be missing on the page
    as the views *lag* behind; while clocks are *recounting* after a calendar notice, dates may be those from before.
    So many of the reader's messages are *unread*. The page is *made at* an instant; None for error pages.
    """

    def __init__(
        self,
        address: PageAddress,
        law: str = "",
        titles: Titles = UNTITLED,
        lag: int = 0,
        registers: Sequence[str] = (),
        *,
        recounting: bool = False,
        unread: int = 0,
        represented: str = "",
        made_at: datetime | None = None,
    ) -> None:
        lang = address.query.get("lang", "")
        self.chosen = lang if lang in ("zh", "en") else ""
        self.language: Language = preferred(self.chosen or address.accept_language)
        self.words = wording(self.language)
        self._visitor, self._live = address.visitor, address.live
        self._titles = titles
        self.law = law
        self._lag, self._recounting, self._unread, self._represented = lag, recounting, unread, represented
        self._made_at = made_at
        self._path, self._query = address.path, address.query
        self.register = address.query.get(REGISTER, "")
        self._registers = registers

    def under(self, law: str, register: str | None = None) -> PageContext:
        """The same page with times of the place where *law* holds, about a project of *register*."""
        page = copy(self)
        page.law = law
        page.register = self.register if register is None else register
        return page

    def render(self, template: str, **content: object) -> Response[str]:
        """The page that *template* makes of *content*, for which browsers load nothing from elsewhere."""
        return Response(
            self.html(template, **content),
            media_type=MediaType.HTML,
            headers={**HEADERS, "Cache-Control": "no-store"},
        )

    def html(self, template: str, **content: object) -> str:
        """The text of the page."""
        html = templates.get_template(template).render(self.context(**content))
        return html if self.language == "zh" else mark_chinese(html)

    def context(self, **content: object) -> dict[str, Any]:
        """What a template is rendered with: *content*, and what every page is."""
        frame: dict[str, Any] = {
            **self.words,
            **NUMBERS,
            "language": self.language,
            "lag": self._lag,
            "recounting": self._recounting,
            **self._greeting,
            "chosen": self.chosen,
            "register": self.register,
            "registers": self.registers(),
            "home": self.link("/"),
            "style": style_address(),
            "module": module_address,
            "switch": self.here(lang="en" if self.language == "zh" else "zh"),
            "menu": self.menu(),
            "live_page": self._live,
            "same": self.here(),
            "path": self._path,
            "query_fields": list(self._query.items()),
            "now_again": self.here(as_of="", known_at="", on="", offset="", cursor=""),
            "link": self.link,
            "export_link": self.export_link,
            "office": self.office,
            "called": self.called,
            "is_chinese": is_chinese,
            "may_read": self.may_read,
            "cited": lambda article: cited(article, self.language),
            "who": self.who,
            "quantity": self.quantity,
            "ground": self.ground,
            "law_title": lambda law: law_title(law, self.language),
            "rule_title": lambda rule: rule_title(rule, self.language),
            "local": self.local,
            "day": self.day,
            "zone": zone_of(self.law).key if self.law else "",
            "foot_on_paper": self._foot_on_paper(content.get("as_of"), str(content.get("list_path", self._path))),
        }
        return frame | content

    def _foot_on_paper(self, as_of: object, list_path: str) -> str:
        """What each printed sheet says: the instant that the page shows, now unless *as_of* it, and its digest.

        *list_path* is the address of the list, also where the page with it is shown at another one, as at `/`.
        """
        digest = f"{self.words['export']('query_hash')} {question_digest(list_path, self._query)}"
        at = as_of if isinstance(as_of, datetime) else self._made_at
        if at is None:
            return digest
        return f"{self.words['export']('as_of')} {self._clock_time(at, zone_of(self.law), end=True)} · {digest}"

    @property
    def _greeting(self) -> dict[str, object]:
        """Who reads, for which enterprise, and how many messages are unread."""
        return {"visitor": self._visitor, "represented": self._represented, "unread_messages": self._unread}

    @property
    def departments(self) -> tuple[str, ...]:
        """The codes of all departments that are known by name."""
        return tuple(self._titles.departments)

    @property
    def carried(self) -> dict[str, str]:
        """The parameters that every link takes along, as far as they are not empty: the register and the language."""
        return {REGISTER: self.register, "lang": self.chosen}

    def registers(self) -> list[tuple[str, str, bool]]:
        """The scopes that this page can be of: each one's name, the page of it, and whether it is this one.

        Empty where there is nothing but the zone, and on pages about one project or person.
        """
        if not self._registers or self._path.startswith(OF_ONE_SUBJECT + OF_ALL_SUBJECTS):
            return []
        chosen = {"lang": self.chosen}
        links = [(name, {REGISTER: name, **chosen}) for name in ("", *self._registers)]
        return [(name, with_query(self._path, query), name == self.register) for name, query in links]

    def link(self, path: str, **further: str) -> str:
        """*path* with *further* parameters, as far as they are not empty, keeping register and chosen language."""
        return with_query(path, {**further, **self.carried})

    def here(self, **changed: object) -> str:
        """The address of this page with some parameters changed; empty ones and zeros are left out."""
        query = dict(self._query) | {name: str(value) if value else "" for name, value in changed.items()}
        return with_query(self._path, query)

    def at_end_of(self, on: str, now: datetime) -> str:
        """The address of this list at the end of the day *on*; of now where that is empty. Raises Problem."""
        end = end_of(on, self.law, now)
        return self.here(on="", offset="", cursor="", known_at="", as_of=end.isoformat() if end else "")

    def chosen_day(self, at: datetime) -> str:
        """The day at whose end, or during which, the list is shown, where an instant is in the address; else empty."""
        if not self._query.get("as_of"):
            return ""
        return (at.astimezone(zone_of(self.law)) - ONE_MICROSECOND).date().isoformat()

    def paging_links(self, offset: int, limit: int, *, more: bool, **changed: object) -> dict[str, str]:
        """Addresses of the *previous* and *next* page of a list with *limit* rows a page; "" where there is none.

        *more*: rows follow those from *offset* on. *changed* are other parameters that differ from this page's.
        """
        return {
            "previous": self.here(offset=max(offset - limit, 0), **changed) if offset else "",
            "next": self.here(offset=offset + limit, **changed) if more else "",
        }

    def export_link(self, name: str, sheet_format: str) -> str:
        """The address of the list *name* of this page as a file, with the page's filters and instant."""
        below = PUBLIC_EXPORTS if self._path.startswith("/window/") else EXPORTS
        return with_query(f"{below}/{name}/{sheet_format}", {**self._query, **dict.fromkeys(OF_PAGE, "")})

    def local(self, at: datetime | None, law: str = "", *, end: bool = False) -> str:
        """*at* as clocks show it where *law* (else the page's own) holds: a day alone where it began just then.

        As the *end* of a period, midnight is 24:00 of the day that is over then (ISO 8601).

        The offset from UTC is left out where it is that of the page, whose foot names the zone.
        """
        if at is None:
            return NEVER
        zone = zone_of(law or self.law)
        local = at.astimezone(zone).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(local, self._clock_time(at, zone, end=end))

    def _clock_time(self, at: datetime, zone: tzinfo, *, end: bool) -> str:
        """*at* as clocks in *zone* show it, see `local`."""
        local = at.astimezone(zone)
        shown = local.date().isoformat() if local.time() == time() else local.strftime("%Y-%m-%d %H:%M")
        if end and local.time() == time():
            shown = f"{(local - ONE_MICROSECOND).date().isoformat()} 24:00"
        if not self.law or zone != zone_of(self.law):
            shown += f" {local.isoformat()[-6:]}"
        return shown

    def day(self, at: datetime | None) -> str:
        """The day of *at* alone, where the page's law holds: for lists; the times are in the history."""
        if at is None:
            return NEVER
        local = at.astimezone(zone_of(self.law))
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), local.date())

    def menu(self) -> list[tuple[str, str, bool]]:
        """The pages that everything else is reached from: each one's label and address, and whether it is this one."""
        role = self.role
        if role == Role.ADMINISTRATOR:
            return [(label, self.link(path), self._is_at(path, label)) for label, path in ADMINISTRATION]
        pages = tuple(entry for entry in MENU if self.may_read(READ_BY.get(entry[0], "progress")))
        if role in AT_THE_WINDOW:
            pages = (AT_THE_WINDOW[role], *(entry for entry in pages if entry[0] != "desk"))
        home = HOMES.get(role, "")
        pages = ((home, "/"), *pages) if home else pages
        if role == Role.AUDITOR:
            pages = (*pages, AUDIT)
        if role in (*KEEPERS, Role.OFFICER):  # departments list their own items, and say when they take applications in
            pages = (*pages, REFERENCE)
        return [(label, self.link(path), self._is_at(path, home)) for label, path in pages]

    @property
    def role(self) -> str:
        """The reader's role; empty if not signed in."""
        return self._visitor.role if self._visitor else ""

    def may_read(self, subject: str) -> bool:
        """Whether the table of access lets the reader's role read the *subject* of any case; others get no link."""
        return not self.role or self.role in {each.value for each in TABLE[f"read:{subject}"].roles}

    def _is_at(self, path: str, home: str) -> bool:
        """Whether this page is at *path*; `/` is the progress table for those whose role has no *home* of its own."""
        if path == REFERENCE[1]:
            return self._path.startswith(OF_REFERENCE)
        if path == ADMINISTRATION[0][1]:
            return self._path.startswith(path)
        return path == self._path or (self._path == "/" and path == MENU[0][1] and not home)

    def office(self, code: str) -> str:
        """What the department *code* is called."""
        named = self._titles.department(code, self.language)
        return named if named != code else self.words["office_of"](code)

    def called(self, name: str) -> str:
        """What an item, step or phase is called that the ledger calls *name*."""
        return self._titles.name(name, self.language)

    def who(self, holder: str) -> str:
        """Who has to act: the applicant, a body outside, or a department by its name."""
        title = self.words["holder"](holder)
        return self.office(holder) if title == holder else title

    def ground(self, reason: str) -> str:
        """What a ground of suspension is called; *reason* itself where it has no name."""
        return grounds(self.language).get(reason, reason)

    def joined(self, texts: Iterable[str]) -> str:
        """*texts* as one list, with the comma of the page's language between them."""
        return self.words["punctuation"]("listing").join(texts)

    def quantity(self, number: float, unit: str) -> str:
        """So many of a unit of the law: "7 天（自然日）", "1 working day"; parts of an hour as they are."""
        unit_name = self.words["one_of" if number == 1 else "unit_of"](unit)
        return f"{number:,g} {unit_name}"


def see_other(address: str, *cookies: Cookie) -> Response[str]:
    """Another page is next (303), and a browser that goes back asks for it again."""
    headers = {"Location": address, "Cache-Control": "no-store"}
    return Response("", status_code=SEE_OTHER, media_type=MediaType.TEXT, headers=headers, cookies=list(cookies))


def visitor_in(state: Mapping[str, Any]) -> Visitor | None:
    """Who reads a page, by the *state* of its request; None on a server without sign-in."""
    described: Callable[[], Visitor] | None = state.get(VISITOR)
    return described() if described else None


def page_address(request: HttpRequest) -> PageAddress:
    """The address of the page that is asked for."""
    query = {name: str(value) for name, value in request.query_params.items()}
    state, path = request.scope.get("state", {}), request.scope["path"]
    visitor = visitor_in(state)
    role, over = (visitor.role, visitor.over) if visitor else ("", "")
    live = live_page(request.method, path, query, role, over, state.get(POSITION))
    return PageAddress(path, query, request.headers.get("accept-language", ""), visitor, live)


async def page_context(
    *,
    page_address: NamedDependency[PageAddress],
    approvals: NamedDependency[Approvals],
    views: NamedDependency[Views],
    laws: NamedDependency[LawBook],
    registers: NamedDependency[list[RegisterCount]],
    unread: NamedDependency[int],
    represented: NamedDependency[str],
    now: NamedDependency[datetime],
    lang: Lang = "",  # noqa: ARG001  checked here, read from the address as error pages do
) -> PageContext:
    """The context of a page under the installation's own law, with the names that are published by now."""
    recounting = await is_recounting(approvals.store, laws)
    titles, lag = await titles_of(approvals), await views.lag()
    imported = [known.register for known in registers]
    return PageContext(
        page_address,
        DEFAULT_LAW,
        titles,
        lag,
        imported,
        recounting=recounting,
        unread=unread,
        represented=represented,
        made_at=now,
    )


def is_chinese(text: str) -> bool:
    """Whether *text* holds Chinese characters."""
    return bool(CHINESE.search(text))


def question_digest(path: str, query: Mapping[str, str]) -> str:
    """The digest of what the page at *path* answers, on paper and in files: equal for equal filters of one page."""
    return mark_of(path, filters_in(query).items()).hex()


def filters_in(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of *query* that say what is listed, without those of its look, order and language."""
    return {name: text for name, text in query.items() if text and name not in {*OF_PAGE, OF_LANGUAGE}}


def with_query(path: str, query: Mapping[str, str]) -> str:
    """*path* with the parameters of *query* that are not empty."""
    params = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(params)}" if params else path
