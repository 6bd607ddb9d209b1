"""The unions of catalogue commands and catalogue facts."""

from __future__ import annotations

from domain.catalogue.hours import IntakeHoursSet, SetIntakeHours
from domain.catalogue.listing import (
    DecideOnline,
    DefineServiceItem,
    OnlineDecided,
    ServiceItemDefined,
    ServiceItemWithdrawn,
    WithdrawServiceItem,
)
from domain.catalogue.publication import CataloguePublished, PublishCatalogue

CatalogueCommand = DefineServiceItem | WithdrawServiceItem | DecideOnline | PublishCatalogue | SetIntakeHours
CatalogueFact = ServiceItemDefined | ServiceItemWithdrawn | OnlineDecided | CataloguePublished | IntakeHoursSet
