"""Titles for people: of departments and items as published, of laws and grounds from the law book."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache

from litestar import Controller, get
from litestar.di import NamedDependency
from msgspec import Struct, field

from api.html.translations import Language, wording
from api.route_access import ACCESS
from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue
from domain.core.ledger import Refused
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day
from domain.reference_data import ReferenceData
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.ledger.reference_data import ReferenceDataCache

CLOCK_ENDS = re.compile("[#:]")  # behind the kind of a clock, whose name may go on

Name = Callable[[str], str]


class Titles(Struct, frozen=True):
    """What was published under a shelf's names. *departments*: in Chinese and English, "" where not said, by code.

    *english*: by the Chinese name of an item, step or phase. A case keeps the name it was planned under; that name is
    looked up, not the item's code, so that in English too it is called as it was then.
    """

    departments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)

    def department(self, code: str, language: Language) -> str:
        """What the department *code* is called: in English where it was said, else in Chinese, else by its code."""
        chinese, english = self.departments.get(code, ("", ""))
        return (english if language == "en" else "") or chinese or code

    def name(self, chinese: str, language: Language) -> str:
        """What an item, step or phase that the ledger calls *chinese* is called; the same without an English name."""
        return self.english.get(chinese, chinese) if language == "en" else chinese


@lru_cache(maxsize=2)
def _titles(shelves: ReferenceDataCache, _changes: int, day: date) -> Titles:
    """One reading of *shelves*, for as long as nothing new is published or comes into force."""
    return titles_in(shelves.shelf, day)


async def titles_of(approvals: Approvals) -> Titles:
    """The names that are published by now, as they are in force today."""
    shelves = approvals.shelves
    await shelves.current()
    today = local_day(approvals.clock(), law_book().versions(DEFAULT_LAW)[-1].zone)
    return _titles(shelves, shelves.changes, today)


def titles_in(shelf: ReferenceData, day: date) -> Titles:
    """The names in *shelf*. What several editions name goes by the one in force on *day*, else by the one before."""
    listed = [item for catalogue in shelf.catalogues.values() for item in _listed(catalogue, day)]
    departments: dict[str, tuple[str, str]] = {}
    for item in listed:
        chinese, english = departments.get(item.dept_code, ("", ""))
        earlier_name = english if item.dept_name in ("", chinese) else ""  # a new name is not called as the old one was
        departments[item.dept_code] = (item.dept_name or chinese, item.dept_name_en or earlier_name)
    names = [(item.task_name[:LINE_CHARACTERS_MAX], item.task_name_en) for item in listed]
    for flow in shelf.flows.values():
        names += [(phase.name, phase.name_en) for edition in flow.editions for phase in edition.phases]
        names += [(step.name, step.name_en) for edition in flow.editions for step in edition.steps]
    return Titles(departments, {chinese: english for chinese, english in names if chinese and english})


def _listed(catalogue: Catalogue, day: date) -> list[ServiceItem]:
    """The items of every edition, those still to come first, that in force last; of the draft where there is none."""
    in_order = sorted(catalogue.editions, key=lambda edition: edition.valid_from <= day)
    listings = [edition.items for edition in in_order] or [catalogue.items]
    return [item for items in listings for item in items.values()]


@cache
def grounds(language: Language) -> dict[str, str]:
    """What the law book calls the grounds for which time is not counted, by their codes."""
    book = law_book()
    packs = [pack for law in book.ids for pack in book.versions(law)]
    named = [ground for pack in packs for ground in pack.grounds]
    named += [ground for pack in packs for special in pack.specials.values() for ground in special.grounds]
    words = ((ground.reason, ground.title_zh if language == "zh" else ground.title) for ground in reversed(named))
    return {reason: word for reason, word in words if word}


@cache
def rule_title(rule: str, language: Language) -> str:
    """What the version *rule* of a law is called, "cn-licensing@2019-04-23/eia_report" say: title, day, special law."""
    law, _, special = rule.partition("/")
    try:
        pack = law_book().pack(rule)
    except Refused:
        return law_title(law, language)
    words = wording(language)
    title = (pack.title_zh if language == "zh" else pack.title) or law
    version = words["law_version"]("since").format(title, pack.valid_from)
    terms = pack.specials.get(special)
    named = (terms.title_zh if language == "zh" else terms.title) if terms else ""
    return f"{version}{words['punctuation']('colon')}{named}" if named else version


@cache
def clock_unit(rule: str, clock: str) -> str:
    """The unit in which the law's version *rule* counts *clock*, by its stored name; empty without one."""
    try:
        terms = law_book().pack(rule).clocks.get(CLOCK_ENDS.split(clock, maxsplit=1)[0])
    except Refused:
        return ""
    return terms.unit if terms else ""


@cache
def law_title(law: str, language: Language) -> str:
    """What the law *law* is called, "cn-licensing@2019-04-23" say; a law that is not in the book by its code."""
    try:
        pack = law_book().versions(law.partition("@")[0])[-1]
    except Refused:
        return law
    return (pack.title_zh if language == "zh" else pack.title) or law


class NamedDepartment(Struct, frozen=True):
    """A department as it is called now; an unknown name is empty."""

    department: str
    name: str
    name_en: str


class EnglishName(Struct, frozen=True):
    """What is called *name* in the ledger, an item, a step or a phase, is called *name_en* in English."""

    name: str
    name_en: str


class PublishedNames(Struct, frozen=True):
    """*departments* by code; *names* of items, steps and phases by name, of all editions that gave an English one."""

    departments: list[NamedDepartment]
    names: list[EnglishName]


class NameRoutes(Controller):
    """Cases keep the Chinese name their item was planned under; by that name its English one is found here."""

    opt = {ACCESS: "read:names"}  # noqa: RUF012  litestar's own spelling
    path = "/names"
    tags = ("catalogues",)

    @get("/", operation_id="get_names", summary="Names of departments, items and phases in Chinese and English")
    async def get_names(self, approvals: NamedDependency[Approvals]) -> PublishedNames:
        """The names that the pages use: for answers with a department's code, or an item's name in Chinese."""
        titles = await titles_of(approvals)
        return PublishedNames(
            departments=[NamedDepartment(code, *names) for code, names in sorted(titles.departments.items())],
            names=[EnglishName(name, english) for name, english in sorted(titles.english.items())],
        )
