"""What a decision may know beside the state, and what it finds among that which is published."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Edition
from domain.flow.state import Flow
from domain.law.calendar import WorkingCalendar
from domain.law.moment import local_day
from domain.law.pack import Pack
from domain.ledger import Actor, Refused
from domain.project.state import Item
from domain.shelf import Shelf

EMPTY = Shelf()


class Context(Struct, frozen=True, gc=False):
    """What a decision may know beside the state: who, when, the law in force then, and what was published.

    *at* is the instant the act legally took effect; *now* is when the system learned of it. They differ
    where a result is keyed in late.
    """

    by: Actor
    at: datetime
    now: datetime
    law: Pack
    shelf: Shelf | None = None  # catalogues and flows; None where there are none
    calendar: WorkingCalendar | None = None  # as published on the local day of *at*; for commands that need it
    versions: tuple[Pack, ...] = ()  # of the law, oldest first: what was accepted under one stays under it
    regions: tuple[str, ...] = ()  # the calendars that stack on the law's own


def shelf_of(context: Context) -> Shelf:
    """What *context* knows to be published."""
    return context.shelf or EMPTY


def service_of(item: Item, context: Context) -> ServiceItem | None:
    """What the catalogue says of *item*: in the edition it was applied for under, which stays with the case.

    In the one in force where none is on record; None for items that were planned without a catalogue.
    """
    plan, shelf = item.plan, shelf_of(context)
    if not plan.catalogue:
        return None
    edition = shelf.edition(item.edition) or shelf.in_force(plan.catalogue, context.at, context.law.zone)
    return edition.items.get(plan.service) if edition else None


def edition_in_force(name: str, context: Context) -> Edition:
    """The edition of the catalogue *name* in force when the command takes effect; refused where there is none."""
    found = shelf_of(context).in_force(name, context.at, context.law.zone)
    if found is None:
        day = local_day(context.at, context.law.zone)
        raise Refused(
            "unknown-catalogue",
            f"no edition of a catalogue {name} is in force on {day}",
            remedy="publish one, in force from that day or earlier",
        )
    return found


def published_flow(name: str, context: Context) -> Flow:
    """The flow called *name*; refused where nothing was published under it."""
    found = shelf_of(context).flow(name)
    if found is None:
        known = ", ".join(sorted(flow.name for flow in shelf_of(context).flows.values())) or "none"
        raise Refused("unknown-flow", f"no flow {name} was published", remedy=f"published are: {known}")
    return found
