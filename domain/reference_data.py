"""Published reference data that decisions read: catalogues of service items and approval flows."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import field

from domain.catalogue.published import PublishedCatalogues
from domain.core.context import Context
from domain.core.ledger import Refused
from domain.flow.state import Flow, stream_of


class ReferenceData(PublishedCatalogues, frozen=True):
    """Catalogues and flows by stream id."""

    flows: Mapping[UUID, Flow] = field(default_factory=dict)

    def flow(self, name: str) -> Flow | None:
        """The flow called *name*, if it has a published edition."""
        return self.flows.get(stream_of(name))


EMPTY = ReferenceData()


def shelf_of(context: Context) -> ReferenceData:
    """The published reference data of *context*; empty where it has none."""
    return context.shelf if isinstance(context.shelf, ReferenceData) else EMPTY


def published_flow(name: str, context: Context) -> Flow:
    """The flow called *name*; refused if it has no published edition."""
    published = shelf_of(context).flow(name)
    if published is None:
        known = ", ".join(sorted(flow.name for flow in shelf_of(context).flows.values())) or "none"
        raise Refused("unknown-flow", f"no flow {name} is published", remedy=f"choose one of: {known}")
    return published
