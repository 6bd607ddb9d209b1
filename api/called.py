"""What things are called for people: departments and items by what is published, laws and grounds by the law book."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Literal

from msgspec import Struct, field

from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue
from domain.ledger import Refused
from domain.project.state import LINE_CHARACTERS_MAX
from domain.shelf import Shelf
from infrastructure.lawbook import law_book
from infrastructure.shelves import Shelves

Language = Literal["zh", "en"]
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
        """What an item, step or phase that the ledger calls *chinese* is called; the same where nobody said."""
        return self.english.get(chinese, chinese) if language == "en" else chinese


@lru_cache(maxsize=2)
def _titles(shelves: Shelves, _changes: int) -> Titles:
    """One reading of *shelves*, for as long as nothing new is published."""
    return titles_in(shelves.shelf)


async def titles_of(shelves: Shelves) -> Titles:
    """What is published by now under the names that *shelves* hold."""
    await shelves.current()
    return _titles(shelves, shelves.changes)


def titles_in(shelf: Shelf) -> Titles:
    """The newest names in *shelf*: of departments those in force, of everything else all there ever were."""
    departments: dict[str, tuple[str, str]] = {}
    for catalogue in shelf.catalogues.values():
        for item in _listings(catalogue)[-1].values():
            chinese, english = departments.get(item.dept_code, ("", ""))
            departments[item.dept_code] = (item.dept_name or chinese, item.dept_name_en or english)
    return Titles(departments, {chinese: english for chinese, english in _names(shelf) if chinese and english})


def _listings(catalogue: Catalogue) -> list[Mapping[str, ServiceItem]]:
    """The items of every edition, the oldest first; of the draft where there is none."""
    return [edition.items for edition in catalogue.editions] or [catalogue.items]


def _names(shelf: Shelf) -> Iterator[tuple[str, str]]:
    """Every name in Chinese and in English, the oldest first."""
    for catalogue in shelf.catalogues.values():
        for items in _listings(catalogue):
            yield from ((item.task_name[:LINE_CHARACTERS_MAX], item.task_name_en) for item in items.values())
    for flow in shelf.flows.values():
        for edition in flow.editions:
            yield from ((phase.name, phase.name_en) for phase in edition.phases)
            yield from ((step.name, step.name_en) for step in edition.steps)


@cache
def grounds(language: Language) -> dict[str, str]:
    """What the law book calls the grounds for which time is not counted, by their codes."""
    book = law_book()
    packs = [pack for law in book.ids for pack in book.versions(law)]
    named = [ground for pack in packs for ground in pack.grounds]
    named += [ground for pack in packs for special in pack.specials.values() for ground in special.grounds]
    words = ((one.reason, one.title_zh if language == "zh" else one.title) for one in reversed(named))
    return {reason: word for reason, word in words if word}


@cache
def law_title(law: str, language: Language) -> str:
    """What the law *law* is called, "cn-licensing@2019-04-23" say; a law that is not in the book by its code."""
    try:
        pack = law_book().versions(law.partition("@")[0])[-1]
    except Refused:
        return law
    return (pack.title_zh if language == "zh" else pack.title) or law
