"""Catalogues of service items as they are shown: editions, the draft, items of one of them, one item's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from api.web.entries import Instant
from domain.catalogue.hours import IntakeHoursSet
from domain.catalogue.item import ServiceItem, TaskType
from domain.catalogue.listing import OnlineDecided
from domain.catalogue.state import Catalogue
from domain.core.ledger import Actor
from domain.law.office import IntakeHours
from domain.messages import Entry
from projections.catalogue.reading import (
    CatalogueAsOf,
    DatedEdition,
    EditionDifference,
    ItemInEdition,
    difference,
    over_editions,
)


class ShownEdition(Struct, frozen=True):
    """One edition, in force from *valid_from* up to the day before *valid_to* (null: until another is published)."""

    number: int
    valid_from: date
    valid_to: date | None
    items: int
    note: str
    published_at: Instant
    recorded_at: Instant
    by: Actor


class ShownDraft(Struct, frozen=True):
    """What the next edition would hold, and how many items that adds to the newest one, changes in it, takes away."""

    items: int
    changed: bool
    added: int
    altered: int
    withdrawn: tuple[str, ...]


class DepartmentItems(Struct, frozen=True):
    """How many items of the edition in force one department handles, and how many of them can be applied for online."""

    department: str
    name: str
    name_en: str
    items: int
    online: int


class ListedCatalogue(Struct, frozen=True):
    """One catalogue of the list. *edition* is in force today, null where none is yet."""

    name: str
    version: int
    editions: int
    edition: int | None
    items: int
    draft_changed: bool


class CatalogueList(Struct, frozen=True):
    """Every catalogue, by name."""

    catalogues: list[ListedCatalogue]


class ShownHours(Struct, frozen=True):
    """Until when a department takes applications in, from *valid_from* on, and what comes after that.

    *in_force* on the day asked about; of several of one department the last that begins by then is.
    """

    department: str
    hours: IntakeHours
    valid_from: date
    in_force: bool
    published: str
    recorded_at: Instant
    by: Actor


class ShownCatalogue(Struct, frozen=True):
    """One catalogue on the day of *as_of*, by what was recorded by *known_at*; the draft is always that of now."""

    name: str
    version: int
    as_of: datetime
    known_at: datetime
    in_force: int | None
    editions: list[ShownEdition]
    departments: list[DepartmentItems]
    hours: list[ShownHours]
    draft: ShownDraft


class FoundItem(Struct, frozen=True):
    """One item, and whether it can be applied for online: as its department decided, else as it is listed.

    *difference* is what its edition, or the draft, did to it.
    """

    service: ServiceItem
    online: bool
    difference: EditionDifference


class ServicePage(Struct, frozen=True):
    """Items of one edition, or of the draft, that match every filter, by code.

    *edition* is null for the draft, and where none was in force; *total* counts all pages, *next* is the `cursor` of
    the next one, null on the last.
    """

    catalogue: str
    as_of: datetime
    known_at: datetime
    edition: ShownEdition | None
    items: list[FoundItem]
    total: int
    next: str | None


class ServiceEdition(Struct, frozen=True):
    """What one edition did to an item: *fields* are those that differ from the edition before."""

    edition: ShownEdition
    difference: EditionDifference
    fields: tuple[str, ...]
    service: ServiceItem | None


class ShownDecision(Struct, frozen=True):
    """Who decided that the item can, or can't, be applied for online; it counted from *decided_at* on."""

    is_online: bool
    reasons: str
    decided_at: Instant
    recorded_at: Instant
    by: Actor


class ServiceHistory(Struct, frozen=True):
    """One item on the day of *as_of*, over all editions known at *known_at*, and in the draft of now.

    *service* is null where the edition in force does not have it, *draft* where it was withdrawn.
    """

    catalogue: str
    task_code: str
    as_of: datetime
    known_at: datetime
    edition: int | None
    service: ServiceItem | None
    online: bool | None
    draft: ServiceItem | None
    editions: list[ServiceEdition]
    decisions: list[ShownDecision]


class ServiceFilter(Struct, frozen=True, kw_only=True):
    """Which items to show; fields left out ask for nothing. *text*: every word in code, name, department or basis."""

    department: str = ""
    task_type: TaskType | None = None
    pre_phase: bool | None = None
    online: bool | None = None
    text: str = ""

    def matches(self, shown: FoundItem) -> bool:
        """Whether the item is asked for."""
        service = shown.service
        if self.department not in ("", service.dept_code) or self.task_type not in (None, service.task_type):
            return False
        if self.pre_phase not in (None, service.pre_phase) or self.online not in (None, shown.online):
            return False
        words = self.text.casefold().split()
        codes, chinese = (service.task_code, service.dept_code), (service.task_name, service.dept_name)
        texts = (*codes, *chinese, service.task_name_en, service.dept_name_en, *service.by_law)
        return not words or all(word in " ".join(texts).casefold() for word in words)


def shown_edition(dated: DatedEdition) -> ShownEdition:
    """*dated* as it is shown."""
    edition, entry = dated.edition, dated.entry
    return ShownEdition(
        number=edition.number,
        valid_from=edition.valid_from,
        valid_to=dated.valid_to,
        items=len(edition.items),
        note=edition.note,
        published_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        by=entry.recorded.by,
    )


def listed_catalogue(catalogue: Catalogue, today: date) -> ListedCatalogue:
    """*catalogue* as a row of the list."""
    edition = catalogue.in_force(today)
    return ListedCatalogue(
        name=catalogue.name,
        version=catalogue.version,
        editions=len(catalogue.editions),
        edition=edition.number if edition else None,
        items=len(edition.items) if edition else 0,
        draft_changed=catalogue.changed,
    )


def shown_draft(catalogue: Catalogue) -> ShownDraft:
    """The draft, compared with the newest edition."""
    newest = catalogue.editions[-1].items if catalogue.editions else {}
    differences = Counter(difference(newest.get(code), service) for code, service in catalogue.items.items())
    return ShownDraft(
        items=len(catalogue.items),
        changed=catalogue.changed,
        added=differences[EditionDifference.ADDED],
        altered=differences[EditionDifference.CHANGED],
        withdrawn=tuple(code for code in newest if code not in catalogue.items),
    )


def departments_of(at: CatalogueAsOf) -> list[DepartmentItems]:
    """The departments of the edition in force, by code."""
    edition = at.in_force()
    services = list(edition.edition.items.values()) if edition else []
    decided = at.online()
    items = Counter(service.dept_code for service in services)
    online = Counter(service.dept_code for service in services if decided.get(service.task_code, service.is_online))
    names = {service.dept_code: (service.dept_name, service.dept_name_en) for service in services}
    return [DepartmentItems(code, *names[code], items[code], online[code]) for code in sorted(items)]


def services_in(at: CatalogueAsOf, number: int | None) -> list[FoundItem]:
    """The items of edition *number* by code; of the draft where it is None."""
    before: Mapping[str, ServiceItem] = {}
    if number is None:
        items: Mapping[str, ServiceItem] = at.catalogue.items
        before = at.catalogue.editions[-1].items if at.catalogue.editions else {}
    else:
        items = at.catalogue.editions[number - 1].items
        before = at.catalogue.editions[number - 2].items if number > 1 else {}
    decided = at.online()
    return [
        FoundItem(service, decided.get(code, service.is_online), difference(before.get(code), service))
        for code, service in sorted(items.items())
    ]


def service_history(at: CatalogueAsOf, code: str, as_of: datetime, known_at: datetime) -> ServiceHistory | None:
    """The item *code* over the editions; None where neither an edition nor the draft ever had it."""
    editions = [_service_edition(edition) for edition in over_editions(code, at.editions)]
    draft = at.catalogue.items.get(code)
    if not editions and draft is None:
        return None
    edition = at.in_force()
    service = edition.edition.items.get(code) if edition else None
    listed = service or draft
    return ServiceHistory(
        catalogue=at.catalogue.name,
        task_code=code,
        as_of=as_of,
        known_at=known_at,
        edition=edition.edition.number if edition else None,
        service=service,
        online=at.online().get(code, listed.is_online) if listed else None,
        draft=draft,
        editions=editions,
        decisions=[
            _decision(entry, entry.fact)
            for entry in at.decisions
            if isinstance(entry.fact, OnlineDecided) and entry.fact.task_code == code
        ],
    )


def _service_edition(edition: ItemInEdition) -> ServiceEdition:
    return ServiceEdition(shown_edition(edition.edition), edition.difference, edition.fields, edition.service)


def _decision(entry: Entry, fact: OnlineDecided) -> ShownDecision:
    return ShownDecision(fact.is_online, fact.reasons, entry.occurred_at, entry.recorded_at, entry.recorded.by)


def shown_hours(catalogue: CatalogueAsOf) -> list[ShownHours]:
    """The intake hours known of every department, in the order in which they were published."""
    hours_facts = [(entry, entry.fact) for entry in catalogue.hours if isinstance(entry.fact, IntakeHoursSet)]
    begun = {fact.department: entry.version for entry, fact in hours_facts if fact.valid_from <= catalogue.day}
    return [
        ShownHours(
            fact.department,
            fact.hours,
            fact.valid_from,
            begun.get(fact.department) == entry.version,
            fact.published,
            entry.recorded_at,
            entry.recorded.by,
        )
        for entry, fact in hours_facts
    ]
