"""Reading a catalogue: as of a day, as known at an instant, and the history of one item over its editions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.catalogue.hours import IntakeHoursSet
from domain.catalogue.item import ServiceItem
from domain.catalogue.listing import OnlineDecided
from domain.catalogue.publication import CataloguePublished
from domain.catalogue.state import Catalogue, Edition
from domain.law.calendar.moment import local_day
from domain.messages import Entry


class DatedEdition(Struct, frozen=True):
    """An edition with the entry that published it; in force until the day before *valid_to*, None: without end."""

    edition: Edition
    entry: Entry
    valid_to: date | None


class CatalogueAsOf(Struct, frozen=True):
    """A catalogue at the instant *at*, as known at *known*: its editions and decisions."""

    catalogue: Catalogue
    editions: Sequence[DatedEdition]
    decisions: Sequence[Entry]  # on online application, in order of recording
    day: date
    hours: Sequence[Entry] = ()  # publications of intake hours, in order of recording

    def in_force(self) -> DatedEdition | None:
        """The edition in force on the day; None before the first."""
        return next((dated for dated in reversed(self.editions) if dated.edition.valid_from <= self.day), None)

    def numbered(self, number: int) -> DatedEdition | None:
        """Edition *number*; None if it was unknown then."""
        return next((dated for dated in self.editions if dated.edition.number == number), None)

    def online(self) -> dict[str, bool]:
        """The departments' decisions on online application, by item code."""
        facts = (entry.fact for entry in self.decisions)
        return {fact.task_code: fact.is_online for fact in facts if isinstance(fact, OnlineDecided)}


def then(catalogue: Catalogue, entries: Iterable[Entry], at: datetime, known: datetime, zone: str) -> CatalogueAsOf:
    """*catalogue* at *at*, in the time zone *zone*; *entries* are its publications and decisions, in order."""
    recorded = [entry for entry in entries if entry.recorded_at <= known]
    published = [(entry, entry.fact) for entry in recorded if isinstance(entry.fact, CataloguePublished)]
    editions = [catalogue.editions[fact.edition - 1] for _, fact in published]
    ends: list[date | None] = [edition.valid_from for edition in editions[1:]]
    dated = [
        DatedEdition(edition, entry, end)
        for edition, (entry, _), end in zip(editions, published, [*ends, None], strict=False)
    ]
    decisions = [entry for entry in recorded if isinstance(entry.fact, OnlineDecided) and entry.occurred_at <= at]
    hours = [entry for entry in recorded if isinstance(entry.fact, IntakeHoursSet)]
    return CatalogueAsOf(catalogue, dated, decisions, local_day(at, zone), hours)


class EditionDifference(StrEnum):
    """The change of an item in one edition."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    WITHDRAWN = "withdrawn"


class ItemInEdition(Struct, frozen=True):
    """One item in one edition, and its *fields* that differ from the previous one. *service*: None if removed."""

    edition: DatedEdition
    difference: EditionDifference
    fields: tuple[str, ...]
    service: ServiceItem | None


def over_editions(code: str, editions: Iterable[DatedEdition]) -> Iterator[ItemInEdition]:
    """The item *code* edition by edition, from the first that has it; editions without it are skipped."""
    before: ServiceItem | None = None
    for edition in editions:
        service = edition.edition.items.get(code)
        if service is not None or before is not None:
            yield ItemInEdition(edition, difference(before, service), differing(before, service), service)
        before = service


def difference(before: ServiceItem | None, after: ServiceItem | None) -> EditionDifference:
    """The kind of change from *before* to *after*."""
    if before is None:
        return EditionDifference.ADDED
    if after is None:
        return EditionDifference.WITHDRAWN
    return EditionDifference.SAME if before == after else EditionDifference.CHANGED


def differing(before: ServiceItem | None, after: ServiceItem | None) -> tuple[str, ...]:
    """The names of the fields that differ; none if either is missing."""
    if before is None or after is None:
        return ()
    return tuple(name for name in ServiceItem.__struct_fields__ if getattr(before, name) != getattr(after, name))
