"""发布 publication: a catalogue's draft becomes its next edition, with a date of effect."""

from __future__ import annotations

from datetime import date

from domain.catalogue.listing import require_catalogue
from domain.catalogue.state import KEEPERS, AnyState, Catalogue, Edition
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.rules import require_role
from domain.core.types import Code, Line
from domain.law.calendar.moment import local_day


class PublishCatalogue(Command, frozen=True, tag="publish_catalogue"):
    """Publish the draft as the next edition. Applications received before it is in force keep their edition.

    The first edition may be in force from any day; a later one not before the day of its publication, nor before the
    previous edition.
    """

    catalogue: Code
    valid_from: date
    note: Line = ""

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        require_catalogue(self.catalogue, catalogue)
        require_role(context.by, "publish a catalogue", *KEEPERS)
        if not catalogue.items or not catalogue.changed:
            what = "has no items" if not catalogue.items else "was not changed since its last edition"
            raise Refused(
                "nothing-to-publish",
                f"the draft of {self.catalogue} {what}",
                remedy="define, change or withdraw an item first",
            )
        if catalogue.editions:
            earliest = max(catalogue.editions[-1].valid_from, local_day(context.at, context.law.zone))
            if self.valid_from < earliest:
                raise Refused(
                    "edition-too-early",
                    f"an edition published now can't be in force from {self.valid_from}",
                    remedy=f"set valid_from to {earliest} or later",
                )
        number = len(catalogue.editions) + 1
        return (
            CataloguePublished(
                catalogue=self.catalogue,
                edition=number,
                valid_from=self.valid_from,
                items=len(catalogue.items),
                note=self.note,
            ),
        )


class CataloguePublished(Fact, frozen=True, tag="catalogue_published"):
    """The draft, as left by the facts before this one, is now edition *edition* with that number of *items*."""

    catalogue: str
    edition: int
    valid_from: date
    items: int
    note: str = ""

    def apply(self, catalogue: AnyState) -> None:
        catalogue.editions.append(Edition(self.edition, self.valid_from, dict(catalogue.items), self.note))
        catalogue.changed = False
