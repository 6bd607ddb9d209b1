"""The law book: all law packs and calendars that ship with the package, by law and date."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Self

from msgspec import structs

from domain.core.ledger import Refused
from domain.law.calendar.calendar import CalendarBook, CalendarFile, Notice, WorkingCalendar, books_of, decode_books
from domain.law.generic.expand import closed_book, general_rule
from domain.law.generic.rule import GeneralRule
from domain.law.packs.checks import calendar_faults, digest_faults
from domain.law.packs.feedback import FeedbackTerms
from domain.law.packs.pack import DEFAULT_MODE, Pack, PackName
from domain.law.packs.parse import PackInvalidError, parse_feedback_terms, parse_pack

DIGESTS = "DIGESTS.toml"


class LawBook:
    """Packs by name and calendars by name. *texts* maps "id@valid_from" to TOML, *calendars* a file name to JSON.

    *feedback* holds the editions of the zone's rules on complaints and evaluations, as *texts* holds the packs.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        calendars: Mapping[str, bytes],
        digests: Mapping[str, str],
        feedback: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._texts, self._calendar_files, self._digests = texts, calendars, digests
        self._feedback_texts = feedback
        self._packs: dict[str, Pack] = {}
        self._counted_on: dict[str, CalendarBook] = {}

    @classmethod
    def shipped(cls) -> Self:
        """The law book inside the package; `law_book` caches one per process."""
        law = files("domain.law")
        packs, feedback = law / "packs", law / "feedback"
        calendars = {
            file.name: file.read_bytes() for file in entries(law / "calendar" / "data") if file.name.endswith(".json")
        }
        digests = digests_in(packs) | digests_in(feedback)
        return cls(editions_in(packs), calendars, digests, editions_in(feedback))

    def check(self, today: date) -> None:
        """The checks at startup: every pack is valid, unedited, named correctly, and its calendar covers *today*.

        Raises PackInvalidError with all faults.
        """
        faults = list(digest_faults({**self._texts, **self._feedback_texts}, self._digests))
        for name in self._texts:
            try:
                faults += calendar_faults(self.pack(name), self.calendars(), today)
            except PackInvalidError as invalid:
                faults += invalid.faults
        names = {terms.name for terms in self.feedback}
        faults += [f"{name} does not lie where its id and date belong" for name in names ^ self._feedback_texts.keys()]
        if faults:
            raise PackInvalidError("book", tuple(faults))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The laws known, in alphabetical order."""
        return tuple(sorted({name.partition("@")[0] for name in self._texts}))

    @property
    def names(self) -> tuple[str, ...]:
        """Every version of every law, in alphabetical order."""
        return tuple(sorted(self._texts))

    @cached_property
    def packs(self) -> tuple[Pack, ...]:
        """Every version of every law, the newest of each first."""
        return tuple(pack for law_id in self.ids for pack in reversed(self.versions(law_id)))

    def pack(self, name: str) -> Pack:
        """The version called *name*, with its region and special law ("cn-licensing@2019-04-23+CN-GX/eia_report").

        Raises Refused "unknown-law" for an unknown name; PackInvalidError if the pack has faults.
        """
        version, region, special = PackName.of(name)
        if version not in self._texts:
            raise unknown(name, self.names)
        if version not in self._packs:
            self._packs[version] = self._read(version)
        pack = self._packs[version]
        if special and special not in pack.specials:
            raise unknown(name, tuple(f"{version}/{key}" for key in pack.specials))
        if region and region not in self.regions(pack):
            raise unknown(name, tuple(f"{version}+{key}" for key in self.regions(pack)))
        return pack.under(special).counted_in(region)

    def regions(self, pack: Pack) -> tuple[str, ...]:
        """The calendars that stack on the one *pack* names: those of regions with holidays of their own (rule B2.8)."""
        return tuple(sorted(n for n, book in self._calendars.items() if book.data.stacks_on == pack.calendar))

    def _read(self, version: str) -> Pack:
        pack = parse_pack(self._texts[version])
        if pack.name != version:
            raise PackInvalidError(pack.name, (f"{pack.name} lies where {version} belongs",))
        return structs.replace(pack, feedback=self.feedback)

    @cached_property
    def feedback(self) -> tuple[FeedbackTerms, ...]:
        """The zone's rules on complaints and evaluations, oldest first."""
        return tuple(
            sorted(map(parse_feedback_terms, self._feedback_texts.values()), key=lambda terms: terms.valid_from)
        )

    def versions(self, law_id: str) -> tuple[Pack, ...]:
        """Every version of one law, oldest first; Refused "unknown-law" if there is none."""
        versions = [self.pack(name) for name in self._texts if name.partition("@")[0] == law_id]
        if not versions:
            raise unknown(law_id, self.ids)
        return tuple(sorted(versions, key=lambda pack: pack.valid_from))

    def in_force(self, law_id: str, on: date) -> Pack:
        """The newest version of *law_id* that is the law on the date *on*; Refused "unknown-law" if there is none.

        A newer version ends an older one by its date alone, so that no published file is ever edited.
        """
        versions = self.versions(law_id)
        for pack in reversed(versions):
            if pack.in_force(on):
                return pack
        names = [pack.name for pack in versions]
        spans = (f"{pack.name} is from {pack.valid_from} to {pack.valid_to or 'now'}" for pack in versions)
        raise Refused(
            "unknown-law",
            f"no version of {law_id} is the law on {on}",
            remedy=f"name a law of that day, or a day of the law: {'; '.join(spans)}",
            asked=f"{law_id} on {on}",
            known=names,
        )

    def calendars(self) -> Mapping[str, CalendarBook]:
        """All calendars by name: as shipped, with the notices of `with_notices`."""
        return self._calendars

    @cached_property
    def _calendars(self) -> dict[str, CalendarBook]:
        books: dict[str, CalendarBook] = {}
        for raw in self._calendar_files.values():
            books |= decode_books(raw)
        return books

    def with_notices(self, applied: Mapping[str, Iterable[Notice]]) -> Self:
        """The same law with further notices, by calendar; notices of unknown calendars are ignored."""
        layers = {name: book.data for name, book in self._calendars.items()}
        for name in layers.keys() & applied.keys():
            shipped = layers[name].notices
            further = tuple(notice for notice in applied[name] if notice not in shipped)
            layers[name] = structs.replace(layers[name], notices=shipped + further)
        amended = type(self)(self._texts, self._calendar_files, self._digests, self._feedback_texts)
        amended._packs, amended._calendars = self._packs, books_of(CalendarFile(layers))  # noqa: SLF001  its own kind
        return amended

    def calendar(self, pack: Pack, known: date) -> WorkingCalendar:
        """The working days *pack* counts, as known on the date *known*, closures included."""
        if pack.name not in self._counted_on:
            self._counted_on[pack.name] = closed_book(pack, self._calendars[pack.calendar])
        return self._counted_on[pack.name].as_known(known)

    def general_rule(
        self, pack: Pack, known: date, clock: str = "decision", mode: str = DEFAULT_MODE, days: int | None = None
    ) -> GeneralRule:
        """One clock of *pack* for the general clock; KeyError if it has no such clock or no length for it."""
        return general_rule(pack, self.calendar(pack, known), clock, mode, days)


def entries(folder: Traversable) -> list[Traversable]:
    """The entries of a packaged folder, ordered by name."""
    return sorted(folder.iterdir(), key=lambda entry: entry.name)


def editions_in(folder: Traversable) -> dict[str, str]:
    """The TOML of every dated file in the folders of *folder*, by "folder@date"."""
    return {
        f"{law.name}@{file.name.removesuffix('.toml')}": file.read_text("utf-8")
        for law in entries(folder)
        if law.is_dir()
        for file in entries(law)
        if file.name.endswith(".toml")
    }


def digests_in(folder: Traversable) -> dict[str, str]:
    """The recorded digests of those files, by the same names."""
    return tomllib.loads((folder / DIGESTS).read_text("utf-8"))


def unknown(what: str, known: tuple[str, ...]) -> Refused:
    """The refusal of a law, a version or a special law that is not in the book."""
    listed = ", ".join(known) or "none"
    return Refused(
        "unknown-law", f"{what} is not in the law book", remedy=f"it has: {listed}", asked=what, known=list(known)
    )


@cache
def law_book() -> LawBook:
    """The shipped law book of this process, read on first use. It never changes while the process runs."""
    return LawBook.shipped()
