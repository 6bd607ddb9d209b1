"""办事指南 guides to service items: the published catalogue in the words of those who apply, searchable by any part."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from api.html.page import PageContext
from domain.catalogue.item import ServiceItem
from domain.core.ledger import Refused
from domain.flow.step import FlowStep
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Limit, Pack
from domain.reference_data import ReferenceData
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals

LIMITS = ("intake", "decision", "delivery")  # in the order in which an application meets them
WORDS_MAX = 20


class GuideItem(Struct, frozen=True):
    """A service item of the *edition* of a *catalogue* that is in force, and whether it is applied for *online* now."""

    catalogue: str
    edition: int
    service: ServiceItem
    online: bool


class GuideLimit(Struct, frozen=True):
    """A limit of the law: the clock's name, and how long by which article."""

    clock: str
    limit: Limit


class Guide(Struct, frozen=True):
    """What the guide to one item says. *groups*: of each at least one item has to be granted first."""

    item: GuideItem
    limits: list[GuideLimit]
    grounds: list[tuple[str, str]]
    groups: list[list[GuideItem]]


async def items_in_force(approvals: Approvals, now: datetime, zone: str) -> list[GuideItem]:
    """Every item of every catalogue in force today, by catalogue and code; of a code listed twice the first."""
    await approvals.shelves.refresh()
    today, shelf = local_day(now, zone), approvals.shelves.shelf
    items: dict[str, GuideItem] = {}
    for catalogue in sorted(shelf.catalogues.values(), key=lambda catalogue: catalogue.name):
        edition = catalogue.in_force(today)
        if edition is None:
            continue
        for code, service in sorted(edition.items.items()):
            items.setdefault(code, GuideItem(catalogue.name, edition.number, service, catalogue.is_online(service)))
    return list(items.values())


def published_names(approvals: Approvals) -> frozenset[str]:
    """What items are called in any edition of a catalogue or flow: names that are no enterprise's."""
    shelf = approvals.shelves.shelf
    items = {
        service.task_name
        for catalogue in shelf.catalogues.values()
        for edition in catalogue.editions
        for service in edition.items.values()
    }
    steps = {step.name for flow in shelf.flows.values() for edition in flow.editions for step in edition.steps}
    return frozenset(items | steps)


def matching(items: Sequence[GuideItem], text: str, page: PageContext) -> list[GuideItem]:
    """Those of *items* that have every word of *text* in their names, code, department or basis."""
    words = _plain(text).split()[:WORDS_MAX]
    return [item for item in items if all(word in haystack for haystack in [_haystack(item, page)] for word in words)]


def guide_of(approvals: Approvals, items: Sequence[GuideItem], item: GuideItem, now: datetime) -> Guide:
    """The guide to *item*, one of all the *items* in force."""
    service = item.service
    law = approvals.law_for(service.law or DEFAULT_LAW, now, begun=True)
    law = law.under(service.special) if service.special in law.specials else law
    by_code = {known.service.task_code: known for known in items}
    grounds = [
        (ground.reason, ground.article)
        for ground in law.grounds
        if ground.is_for(service.mode) and (not service.special_procedure or ground.reason in service.special_procedure)
    ]
    groups = [
        [by_code[code] for code in group if code in by_code]
        for group in preconditions(approvals.shelves.shelf, item.catalogue, service.task_code)
    ]
    return Guide(item, list(_limits(law, service.mode)), grounds, [group for group in groups if group])


def preconditions(shelf: ReferenceData, catalogue: str, code: str) -> list[list[str]]:
    """Groups of items, of each of which one comes before the item *code*: by the flows of its catalogue in force."""
    groups: dict[tuple[str, ...], None] = {}
    for flow in shelf.flows.values():
        edition = flow.editions[-1] if flow.editions else None
        if edition is None or edition.catalogue != catalogue:
            continue
        item_of = {step.step: step.item for step in edition.steps}
        for step in edition.steps:
            if step.item == code:
                groups |= dict.fromkeys(_groups(step, item_of))
    return [list(group) for group in groups]


def _groups(step: FlowStep, item_of: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for group in step.needs:
        yield tuple(item_of[code] for code in group if code in item_of)


def _limits(law: Pack, mode: str) -> Iterator[GuideLimit]:
    for clock in LIMITS:
        try:
            yield GuideLimit(clock, law.limit(mode, clock))
        except (KeyError, Refused):
            continue  # this law sets no such limit for the mode


def _haystack(item: GuideItem, page: PageContext) -> str:
    service = item.service
    named = (service.task_name, service.task_name_en, service.task_code, service.dept_name, service.dept_name_en)
    return _plain(" ".join((*named, page.office(service.dept_code), *service.by_law)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
