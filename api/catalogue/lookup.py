"""Looks up the catalogue in the path of a request, at its instants; and whose part of it a command is about."""

from __future__ import annotations

from datetime import datetime

from litestar.di import NamedDependency
from litestar.params import FromPath

from api.catalogue.schemas import ListedCatalogue, listed_catalogue
from api.web.as_of import Instants
from api.web.problems import Problem
from api.web.request_body import ECHO_CHARACTERS_MAX
from api.web.zones import home_zone
from domain.access.decision import NO_CASE, AccessCase
from domain.catalogue.hours import IntakeHoursSet, SetIntakeHours
from domain.catalogue.listing import DecideOnline, DefineServiceItem, OnlineDecided, WithdrawServiceItem
from domain.catalogue.messages import CatalogueCommand
from domain.catalogue.publication import CataloguePublished
from domain.catalogue.state import Catalogue, stream_of
from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import Approvals
from projections.catalogue.reading import CatalogueAsOf, DatedEdition, then


async def catalogue_as_of(approvals: Approvals, name: str, instants: Instants) -> CatalogueAsOf:
    """The catalogue *name* at an instant, as was recorded by another. Raises Problem not-found."""
    entries = await approvals.entries_with(stream_of(name), CataloguePublished, OnlineDecided, IntakeHoursSet)
    state = await state_of(approvals, name)
    return then(state, entries, instants.at, instants.known, home_zone(approvals.laws))


async def catalogue(
    approvals: NamedDependency[Approvals], name: FromPath[str], instants_known_now: NamedDependency[Instants]
) -> CatalogueAsOf:
    """The catalogue in the path, at the instants of the request. Raises Problem not-found."""
    return await catalogue_as_of(approvals, name, instants_known_now)


def catalogue_case(state: object, command: CatalogueCommand) -> AccessCase:
    """Whose item, or whose hours, *command* to a catalogue is about: a department looks after its own."""
    match command:
        case DefineServiceItem(service=service):
            return AccessCase(department=service.dept_code)
        case SetIntakeHours(department=department):
            return AccessCase(department=department)
        case WithdrawServiceItem(task_code=code) | DecideOnline(task_code=code) if isinstance(state, Catalogue):
            listed = state.items.get(code)
            return AccessCase(department=listed.dept_code if listed else "")
        case _:
            return NO_CASE


async def state_of(approvals: Approvals, name: str) -> Catalogue:
    """The catalogue *name* as it is now. Raises Problem not-found."""
    state = await approvals.state(stream_of(name))
    if not isinstance(state, Catalogue) or not state.version:
        raise unknown(f"there is no catalogue {name}", "GET /v1/catalogues lists them")
    return state


async def every_catalogue(approvals: Approvals, now: datetime) -> list[ListedCatalogue]:
    """Every catalogue by name, each with the edition in force today."""
    await approvals.shelves.refresh()
    today = local_day(now, home_zone(approvals.laws))
    known = sorted(approvals.shelves.shelf.catalogues.values(), key=lambda catalogue: catalogue.name)
    return [listed_catalogue(catalogue, today) for catalogue in known]


def edition_numbered(catalogue: CatalogueAsOf, number: int) -> DatedEdition:
    """Edition *number* of *catalogue*. Raises Problem not-found."""
    edition = catalogue.numbered(number)
    if edition is None:
        sentence = f"the catalogue {catalogue.catalogue.name} has no edition {number}"
        raise unknown(sentence, f"it has 1 to {len(catalogue.editions)}")
    return edition


def edition_listed(catalogue: CatalogueAsOf, number: int, *, draft: bool) -> DatedEdition | None:
    """The edition whose items are asked for: *number*, else the one in force; None for the *draft*, and for no edition.

    Raises Problem not-found.
    """
    if draft:
        return None
    return edition_numbered(catalogue, number) if number else catalogue.in_force()


def unknown(sentence: str, remedy: str) -> Problem:
    """The problem of what does not exist."""
    return Problem("not-found", sentence[:ECHO_CHARACTERS_MAX], remedy=remedy)
