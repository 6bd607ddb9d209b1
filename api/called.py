"""What codes are called for people: departments by the catalogue, laws and grounds of suspensions by the law book."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal

from domain.ledger import Refused
from domain.shelf import Shelf
from infrastructure.lawbook import law_book

Language = Literal["zh", "en"]
Name = Callable[[str], str]


def departments_in(shelf: Shelf) -> dict[str, str]:
    """What the catalogues of *shelf* call departments, by code: their newest editions, else their drafts."""
    found: dict[str, str] = {}
    for catalogue in shelf.catalogues.values():
        items = catalogue.editions[-1].items if catalogue.editions else catalogue.items
        found |= {item.dept_code: item.dept_name for item in items.values() if item.dept_name}
    return found


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
