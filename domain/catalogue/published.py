"""Published catalogues as decisions read them: the edition in force on a day, online services, intake hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import field

from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue, Edition, stream_of
from domain.core.context import Context, PublishedData
from domain.core.ledger import Refused
from domain.law.calendar.moment import local_day
from domain.law.office import IntakeHours


class PublishedCatalogues(PublishedData, frozen=True):
    """Catalogues by stream id."""

    catalogues: Mapping[UUID, Catalogue] = field(default_factory=dict)

    def in_force(self, name: str, at: datetime, zone: str) -> Edition | None:
        """The edition of the catalogue called *name* that is in force on the local day of *at*."""
        catalogue = self.catalogues.get(stream_of(name))
        return catalogue.in_force(local_day(at, zone)) if catalogue else None

    def edition(self, reference: str) -> Edition | None:
        """The edition that facts of a case refer to, such as "beijing-zone@3"."""
        name, _, number = reference.rpartition("@")
        catalogue = self.catalogues.get(stream_of(name))
        editions = catalogue.editions if catalogue else []
        return next((edition for edition in editions if str(edition.number) == number), None)

    def is_online(self, name: str, service: ServiceItem) -> bool:
        """Whether *service*, of an edition of the catalogue called *name*, can be applied for online now."""
        catalogue = self.catalogues.get(stream_of(name))
        return catalogue.is_online(service) if catalogue else service.is_online

    def intake_hours(self, name: str, department: str, at: datetime, zone: str) -> IntakeHours | None:
        """The intake hours of *department* in force on the local day of *at*; None if none are published.

        They are read from the catalogue *name*; for an item outside any catalogue, the latest in any.
        """
        catalogue = self.catalogues.get(stream_of(name)) if name else None
        catalogues = [catalogue] if catalogue else [] if name else list(self.catalogues.values())
        if not catalogues:
            return None
        day = local_day(at, zone)
        dated = [hours for candidate in catalogues if (hours := candidate.hours_on(department, day))]
        return max(dated, key=lambda hours: hours.valid_from).hours if dated else None


def edition_in_force(name: str, context: Context) -> Edition:
    """The edition of the catalogue *name* in force when the command takes effect; refused if there is none."""
    published = context.shelf
    edition = (
        published.in_force(name, context.at, context.law.zone) if isinstance(published, PublishedCatalogues) else None
    )
    if edition is None:
        day = local_day(context.at, context.law.zone)
        raise Refused(
            "unknown-catalogue",
            f"no edition of the catalogue {name} is in force on {day}",
            remedy="publish an edition in force from that day or earlier",
        )
    return edition
