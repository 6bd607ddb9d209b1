"""State of a catalogue: its draft, its editions, and which items can be applied for online."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, field

from domain.catalogue.item import ServiceItem
from domain.core.ledger import Refused, Role
from domain.law.office import IntakeHours

NAMESPACE = UUID("6f0d9a52-0f4e-4f0b-9d7e-0a4f7d1b3c18")  # permanent: a catalogue's entries are found by its name
KEEPERS = (Role.SUPERVISOR, Role.LEADER, Role.SYSTEM)  # roles that maintain a zone's catalogue


class Edition(Struct, frozen=True):
    """A published edition, in force from *valid_from* until the next one is."""

    number: int
    valid_from: date
    items: Mapping[str, ServiceItem]
    note: str = ""


class DatedHours(Struct, frozen=True):
    """A department's intake hours, in force from *valid_from* until the next ones are."""

    valid_from: date
    hours: IntakeHours


class Catalogue(Struct):
    """The service items of a zone: the current draft and all published editions."""

    id: UUID
    version: int = 0
    name: str = ""
    items: dict[str, ServiceItem] = field(default_factory=dict)  # the draft
    changed: bool = False  # since the last edition
    editions: list[Edition] = field(default_factory=list)
    online: dict[str, bool] = field(default_factory=dict)  # decided by departments; in effect in every edition at once
    hours: dict[str, list[DatedHours]] = field(default_factory=dict)  # by department, in force one after the other

    law: ClassVar[str] = ""  # none of its own: its commands are recorded under the installation's law

    def item(self, code: str) -> ServiceItem:
        """The item *code* of the draft; refused if there is none."""
        try:
            return self.items[code]
        except KeyError:
            raise Refused(
                "unknown-service-item",
                f"the catalogue {self.name} has no item {code}",
                remedy="define it first, or check its code",
            ) from None

    def in_force(self, day: date) -> Edition | None:
        """The edition in force on *day*; None before the first."""
        return next((edition for edition in reversed(self.editions) if edition.valid_from <= day), None)

    def hours_on(self, department: str, day: date) -> DatedHours | None:
        """The intake hours of *department* in force on *day*; None before the first."""
        dated = self.hours.get(department, [])
        return next((hours for hours in reversed(dated) if hours.valid_from <= day), None)

    def is_online(self, item: ServiceItem) -> bool:
        """Whether *item* can be applied for online: as its department decided, else as listed."""
        return self.online.get(item.task_code, item.is_online)


AnyState: TypeAlias = Catalogue | Any  # facts of all aggregates lie in one union; only a catalogue's fold applies these


def stream_of(name: str) -> UUID:
    """The stream id of the catalogue called *name*."""
    return uuid5(NAMESPACE, name)
