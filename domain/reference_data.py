"""Published reference data that decisions read: catalogues of service items and approval flows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue, Edition
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.context import Context
from domain.core.ledger import Refused
from domain.flow.state import Flow
from domain.flow.state import stream_of as flow_stream
from domain.law.calendar.moment import local_day
from domain.law.office import IntakeHours


class ReferenceData(Struct, frozen=True):
    """Catalogues and flows by stream id."""

    catalogues: Mapping[UUID, Catalogue] = field(default_factory=dict)
    flows: Mapping[UUID, Flow] = field(default_factory=dict)

    def in_force(self, name: str, at: datetime, zone: str) -> Edition | None:
        """The edition of the catalogue called *name* that is in force on the local day of *at*."""
        catalogue = self.catalogues.get(catalogue_stream(name))
        return catalogue.in_force(local_day(at, zone)) if catalogue else None

    def edition(self, reference: str) -> Edition | None:
        """The edition that facts of a case refer to, such as "beijing-zone@3"."""
        name, _, number = reference.rpartition("@")
        catalogue = self.catalogues.get(catalogue_stream(name))
        editions = catalogue.editions if catalogue else []
        return next((edition for edition in editions if str(edition.number) == number), None)

    def is_online(self, name: str, service: ServiceItem) -> bool:
        """Whether *service*, of an edition of the catalogue called *name*, can be applied for online now."""
        catalogue = self.catalogues.get(catalogue_stream(name))
        return catalogue.is_online(service) if catalogue else service.is_online

    def intake_hours(self, name: str, department: str, at: datetime, zone: str) -> IntakeHours | None:
        """The intake hours of *department* in force on the local day of *at*; None if none are published.

        They are read from the catalogue *name*; for an item outside any catalogue, the latest in any.
        """
        catalogue = self.catalogues.get(catalogue_stream(name)) if name else None
        catalogues = [catalogue] if catalogue else [] if name else list(self.catalogues.values())
        day = local_day(at, zone)
        dated = [hours for candidate in catalogues if (hours := candidate.hours_on(department, day))]
        return max(dated, key=lambda hours: hours.valid_from).hours if dated else None

    def flow(self, name: str) -> Flow | None:
        """The flow called *name*, if it has a published edition."""
        return self.flows.get(flow_stream(name))


EMPTY = ReferenceData()


def shelf_of(context: Context) -> ReferenceData:
    """The published reference data of *context*."""
    return context.shelf or EMPTY


def published_flow(name: str, context: Context) -> Flow:
    """The flow called *name*; refused if it has no published edition."""
    published = shelf_of(context).flow(name)
    if published is None:
        known = ", ".join(sorted(flow.name for flow in shelf_of(context).flows.values())) or "none"
        raise Refused("unknown-flow", f"no flow {name} is published", remedy=f"choose one of: {known}")
    return published
