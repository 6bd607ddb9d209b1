"""The law shipped with the package, the default of views: packs and calendars, read on first use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, cached_property
from importlib.resources import files

from msgspec import structs

from domain.law.calendar.calendar import CalendarBook, WorkingCalendar, decode_books
from domain.law.generic.expand import closed_book
from domain.law.packs.feedback import FeedbackTerms
from domain.law.packs.pack import Pack, PackName
from domain.law.packs.parse import parse_feedback_terms, parse_pack


class ShippedLaw:
    """Packs by the names used in facts. They were validated at the start of the process."""

    def __init__(self) -> None:
        self._law = files("domain.law")
        self._packs: dict[str, Pack] = {}
        self._counted_on: dict[str, CalendarBook] = {}

    def pack(self, name: str) -> Pack:
        """The version called *name*; FileNotFoundError or KeyError for one that is not shipped."""
        if name not in self._packs:
            version, region, special = PackName.of(name)
            law, _, day = version.partition("@")
            text = (self._law / "packs" / law / f"{day}.toml").read_text("utf-8")
            pack = structs.replace(parse_pack(text), feedback=self.feedback)
            self._packs[name] = pack.under(special).counted_in(region)
        return self._packs[name]

    @cached_property
    def feedback(self) -> tuple[FeedbackTerms, ...]:
        """The zone's rules on complaints and evaluations, oldest first."""
        folders = (folder for folder in (self._law / "feedback").iterdir() if folder.is_dir())
        texts = [file.read_text("utf-8") for folder in folders for file in folder.iterdir() if is_toml(file.name)]
        return tuple(sorted(map(parse_feedback_terms, texts), key=lambda terms: terms.valid_from))

    def calendars(self) -> Mapping[str, CalendarBook]:
        """Every calendar shipped, by name."""
        return self._calendars

    @cached_property
    def _calendars(self) -> dict[str, CalendarBook]:
        books: dict[str, CalendarBook] = {}
        for file in (self._law / "calendar" / "data").iterdir():
            if file.name.endswith(".json"):
                books |= decode_books(file.read_bytes())
        return books

    def calendar(self, pack: Pack, known: date) -> WorkingCalendar:
        """The working days *pack* counts, as known on the date *known*, closures included."""
        if pack.name not in self._counted_on:
            self._counted_on[pack.name] = closed_book(pack, self._calendars[pack.calendar])
        return self._counted_on[pack.name].as_known(known)


def is_toml(name: str) -> bool:
    """Whether a file of that name holds an edition."""
    return name.endswith(".toml")


@cache
def shipped_law() -> ShippedLaw:
    """The shared instance of this process."""
    return ShippedLaw()
