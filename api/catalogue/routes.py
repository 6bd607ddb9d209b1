"""事项目录 /catalogues: service items worked on as a draft and published as editions, read on any day."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from api.catalogue.schemas import (
    CatalogueList,
    ServiceFilter,
    ServiceHistory,
    ServicePage,
    ShownCatalogue,
    departments_of,
    listed_catalogue,
    service_history,
    services_in,
    shown_draft,
    shown_edition,
    shown_hours,
)
from api.commands.aggregates import AggregateReceipt, carry_out
from api.commands.targets import TO_CATALOGUES
from api.web.as_of import AsOf, KnownNow, instant_in
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import PAGE_ENTRIES, HistoryAfter, HistoryLimit, StreamHistory, stream_history
from api.web.identity import actor_of, headers_of
from api.web.parameters import PAGE_ROWS, WITHOUT_NUL, Department, Limit, Offset
from api.web.problems import Problem
from api.web.request_body import ECHO_CHARACTERS_MAX
from domain.catalogue.hours import IntakeHoursSet
from domain.catalogue.item import TASK_CODE_CHARACTERS_MAX, TaskType
from domain.catalogue.listing import OnlineDecided
from domain.catalogue.publication import CataloguePublished
from domain.catalogue.state import Catalogue, stream_of
from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.catalogue.reading import CatalogueAsOf, then

EDITIONS_MAX = 1_000_000

OfEdition = Annotated[
    int, QueryParameter(name="edition", ge=0, le=EDITIONS_MAX, description="Its number; 0: the one in force.")
]
OfDraft = Annotated[bool, QueryParameter(description="The draft of now, instead of an edition.")]
OfType = Annotated[TaskType | None, QueryParameter(description="Of this kind of power or service.")]
PrePhase = Annotated[bool | None, QueryParameter(description="Licences of the pre-phase of investment, or the others.")]
Online = Annotated[bool | None, QueryParameter(description="Those that could be applied for online, or the others.")]
Words = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=WITHOUT_NUL,
        description="Words that all have to be in code, name, department or basis.",
    ),
]
ServiceCode = Annotated[
    str, QueryParameter(min_length=1, max_length=TASK_CODE_CHARACTERS_MAX, description="The item's task_code.")
]


class Catalogues(Controller):
    """What government offers: who handles it, on what basis, in how many days."""

    path = "/catalogues"
    tags = ("catalogues",)

    @post(
        "/{name:str}/commands",
        operation_id=TO_CATALOGUES.operation,
        status_code=200,
        summary="Define or withdraw an item, publish an edition, decide what is online",
    )
    async def post_catalogue_command(self, request: AnyRequest, name: FromPath[str]) -> AggregateReceipt:
        """Carry out one command on a catalogue, once and for all under its Idempotency-Key.

        The first command makes the catalogue. An edition counts from its day on; what was applied for before keeps
        the edition it had.
        """
        return AggregateReceipt.of(name, await carry_out(request, stream_of(name), TO_CATALOGUES))

    @get("/", operation_id="list_catalogues", summary="Every catalogue of service items")
    async def list_catalogues(self, request: AnyRequest) -> CatalogueList:
        """By name, each with the edition in force today."""
        actor_of(headers_of(request.scope))
        approvals = parts_of(request).approvals
        await approvals.shelves.refresh()
        today = local_day(approvals.clock(), zone_of(request))
        known = sorted(approvals.shelves.shelf.catalogues.values(), key=lambda catalogue: catalogue.name)
        return CatalogueList([listed_catalogue(catalogue, today) for catalogue in known])

    @get("/{name:str}", operation_id="get_catalogue", summary="One catalogue: its editions and its draft")
    async def get_catalogue(
        self, request: AnyRequest, name: FromPath[str], as_of: AsOf = None, known_at: KnownNow = None
    ) -> ShownCatalogue:
        """Which edition was in force on the day, how many items each department had, and what the draft changes."""
        at, known = asked(request, as_of, known_at)
        catalogue = await catalogue_then(request, name, at, known)
        edition = catalogue.in_force()
        return ShownCatalogue(
            name=name,
            version=catalogue.catalogue.version,
            as_of=at,
            known_at=known,
            in_force=edition.edition.number if edition else None,
            editions=[shown_edition(one) for one in catalogue.editions],
            departments=departments_of(catalogue),
            hours=shown_hours(catalogue),
            draft=shown_draft(catalogue.catalogue),
        )

    @get("/{name:str}/items", operation_id="list_services", summary="Service items that match every filter")
    async def list_services(
        self,
        request: AnyRequest,
        name: FromPath[str],
        *,
        as_of: AsOf = None,
        known_at: KnownNow = None,
        number: OfEdition = 0,
        draft: OfDraft = False,
        department: Department = "",
        task_type: OfType = None,
        pre_phase: PrePhase = None,
        online: Online = None,
        text: Words = "",
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> ServicePage:
        """Of the edition in force on the day of `as_of`, of one named by its number, or of the draft."""
        at, known = asked(request, as_of, known_at)
        catalogue = await catalogue_then(request, name, at, known)
        edition = None if draft else catalogue.numbered(number) if number else catalogue.in_force()
        if number and not draft and edition is None:
            raise unknown(f"the catalogue {name} has no edition {number}", f"it has 1 to {len(catalogue.editions)}")
        wanted = ServiceFilter(
            department=department, task_type=task_type, pre_phase=pre_phase, online=online, text=text
        )
        known_items = services_in(catalogue, edition.edition.number if edition else None) if edition or draft else []
        found = [service for service in known_items if wanted.matches(service)]
        return ServicePage(
            catalogue=name,
            as_of=at,
            known_at=known,
            edition=shown_edition(edition) if edition else None,
            items=found[offset : offset + limit],
            total=len(found),
            next=offset + limit if len(found) > offset + limit else None,
        )

    @get("/{name:str}/item", operation_id="get_service", summary="One service item over all editions")
    async def get_service(
        self,
        request: AnyRequest,
        name: FromPath[str],
        code: ServiceCode,
        as_of: AsOf = None,
        known_at: KnownNow = None,
    ) -> ServiceHistory:
        """What each edition changed of it, who decided when that it can be applied for online, and its draft."""
        at, known = asked(request, as_of, known_at)
        found = service_history(await catalogue_then(request, name, at, known), code, at, known)
        if found is None:
            raise unknown(f"the catalogue {name} has no item {code}", "look it up among its items")
        return found

    @get("/{name:str}/history", operation_id="get_catalogue_history", summary="Everything said to a catalogue")
    async def get_catalogue_history(
        self, request: AnyRequest, name: FromPath[str], after: HistoryAfter = 0, limit: HistoryLimit = PAGE_ENTRIES
    ) -> StreamHistory:
        """Who defined, withdrew, published or decided what, and when; a page at a time."""
        by = actor_of(headers_of(request.scope))
        state = await catalogue_called(request, name)
        return await stream_history(parts_of(request).approvals, state, by, after, limit)


async def catalogue_called(request: AnyRequest, name: str) -> Catalogue:
    """The catalogue *name* as it is now. Raises Problem not-found."""
    state = await parts_of(request).approvals.state(stream_of(name))
    if not isinstance(state, Catalogue) or not state.version:
        raise unknown(f"there is no catalogue {name}", "GET /catalogues lists them")
    return state


async def catalogue_then(request: AnyRequest, name: str, at: datetime, known: datetime) -> CatalogueAsOf:
    """The catalogue *name* at *at*, by what was recorded by *known*. Raises Problem not-found."""
    entries = await parts_of(request).approvals.told(stream_of(name), CataloguePublished, OnlineDecided, IntakeHoursSet)
    return then(await catalogue_called(request, name), entries, at, known, zone_of(request))


def asked(request: AnyRequest, as_of: datetime | None, known_at: datetime | None) -> tuple[datetime, datetime]:
    """The instant asked about, and that of knowledge: now where they are left out."""
    actor_of(headers_of(request.scope))
    now = parts_of(request).approvals.clock()
    return instant_in("as_of", as_of) or now, instant_in("known_at", known_at) or now


def zone_of(request: AnyRequest) -> str:
    """The time zone of the installation's law."""
    return parts_of(request).approvals.laws.versions(DEFAULT_LAW)[-1].zone


def unknown(sentence: str, remedy: str) -> Problem:
    """What is not there."""
    return Problem("not-found", sentence[:ECHO_CHARACTERS_MAX], remedy=remedy)
