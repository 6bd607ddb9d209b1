"""What commands on a catalogue would do: the items that differ from then on, and the open projects that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from api.commands.aggregates import AggregateEffect, expected
from domain.access.principal import Caller
from domain.catalogue.item import ServiceItem
from domain.catalogue.listing import OnlineDecided
from domain.catalogue.publication import CataloguePublished
from domain.catalogue.state import Catalogue, stream_of
from domain.messages import Entry
from domain.streams import replay
from infrastructure.ledger.approvals import Approvals, CommandPreview
from projections.catalogue.impact import EditionImpact, ItemImpact, PlannedServices
from projections.scope import Scope

Items = Mapping[str, ServiceItem]


class CatalogueEffect(AggregateEffect, frozen=True, kw_only=True):
    """*items* are those that differ once the command takes effect; empty where it only changes the draft.

    *projects* is the number of open projects with any of them that the caller may see. *flows* name an item that would
    be gone: no project can be planned by them then.
    """

    items: list[ItemImpact]
    projects: int
    flows: list[str]


async def catalogue_effect(approvals: Approvals, caller: Caller, name: str, seen: CommandPreview) -> CatalogueEffect:
    """The effect of the command of *seen* on the catalogue *name*."""
    impact = await impact_of(approvals, caller, name, seen.before, seen.added)
    return CatalogueEffect(
        name=name, items=impact.items, projects=impact.projects, flows=impact.flows, **expected(seen)
    )


async def impact_of(
    approvals: Approvals, caller: Caller, name: str, before: Sequence[Entry], added: Sequence[Entry]
) -> EditionImpact:
    """What the entries *added* to those *before* change for projects: a publication, and decisions on online use."""
    await approvals.shelves.refresh()
    earlier, later = (catalogue_after(name, entries) for entries in (before, [*before, *added]))
    facts = [entry.fact for entry in added]
    is_published = any(isinstance(fact, CataloguePublished) for fact in facts)
    decided = {fact.task_code for fact in facts if isinstance(fact, OnlineDecided)}
    old, new = (_in_effect(catalogue, decided, is_published=is_published) for catalogue in (earlier, later))
    planned = PlannedServices(approvals.store, Scope.of_any_register(caller))
    return await planned.impact(name, old, new, approvals.shelves.shelf.flows.values())


def catalogue_after(name: str, entries: Sequence[Entry]) -> Catalogue:
    """The catalogue *name* after *entries*, a new one where there are none."""
    state = replay(stream_of(name), entries)
    return state if isinstance(state, Catalogue) else Catalogue(state.id)


def _in_effect(catalogue: Catalogue, decided: set[str], *, is_published: bool) -> Items:
    """The items of the newest edition where one is published, else those that are *decided* on, as they are online."""
    newest = catalogue.editions[-1].items if catalogue.editions else {}
    return {
        code: structs.replace(item, is_online=catalogue.is_online(item)) if code in decided else item
        for code, item in newest.items()
        if is_published or code in decided
    }
