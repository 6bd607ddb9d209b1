"""事项目录 /v1/catalogues: service items worked on as a draft and published as editions, read on any day."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.catalogue.impact import CatalogueEffect, catalogue_effect
from api.catalogue.lookup import catalogue, catalogue_case, edition_listed, every_catalogue, state_of, unknown
from api.catalogue.requests import SERVICE_FILTER, OfDraft, OfEdition, ServiceCode
from api.catalogue.schemas import (
    CatalogueList,
    ServiceFilter,
    ServiceHistory,
    ServicePage,
    ShownCatalogue,
    departments_of,
    service_history,
    services_in,
    shown_draft,
    shown_edition,
    shown_hours,
)
from api.commands.aggregates import AggregateReceipt, carry_out, try_out
from api.commands.targets import TO_CATALOGUES
from api.cursors import PAGED, ListPaging
from api.route_access import ACCESS, COMMANDS
from api.web.as_of import Instants
from api.web.command_request import CommandRequest
from api.web.dependencies import ReadDependency
from api.web.entries import PAGE_ENTRIES, HistoryAfter, HistoryLimit, StreamHistory, stream_history
from domain.access.principal import Caller
from domain.catalogue.state import stream_of
from infrastructure.ledger.approvals import Approvals
from projections.catalogue.reading import CatalogueAsOf

ServiceKey = tuple[str]  # items are sorted by their codes


class CatalogueRoutes(Controller):
    """What government offers: who handles it, on what basis, in how many days."""

    opt = {ACCESS: "read:catalogue"}  # noqa: RUF012  litestar's own spelling
    path = "/catalogues"
    tags = ("catalogues",)
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "catalogue": ReadDependency(catalogue),
        **SERVICE_FILTER,
    }

    @post(
        "/{name:str}/commands",
        operation_id=TO_CATALOGUES.operation,
        status_code=200,
        summary="Define or withdraw an item, publish an edition, decide what is online",
        opt={ACCESS: COMMANDS},
    )
    async def post_catalogue_command(
        self, name: FromPath[str], command_request: NamedDependency[CommandRequest]
    ) -> AggregateReceipt:
        """Carry out one command on a catalogue, once and for all under its Idempotency-Key.

        The first command makes the catalogue. An edition counts from its day on; what was applied for before keeps
        the edition it had.
        """
        return AggregateReceipt.of(
            name, await carry_out(command_request, stream_of(name), TO_CATALOGUES, case_of=catalogue_case)
        )

    @post(
        "/{name:str}/commands/check",
        operation_id="check_catalogue_command",
        status_code=200,
        summary="What a command on a catalogue would do, without carrying it out",
        opt={ACCESS: COMMANDS},
    )
    async def check_catalogue_command(
        self, name: FromPath[str], command_request: NamedDependency[CommandRequest]
    ) -> CatalogueEffect:
        """The facts that would follow, the items that would differ, and how many open projects have them.

        Where the command would be refused, the answer is the problem that it would get. Nothing is stored, and no
        Idempotency-Key is needed.
        """
        stream = stream_of(name)
        seen = await try_out(command_request, stream, TO_CATALOGUES, case_of=catalogue_case)
        return await catalogue_effect(command_request.approvals, command_request.caller, name, seen)

    @get("/", operation_id="list_catalogues", summary="Every catalogue of service items")
    async def list_catalogues(
        self, approvals: NamedDependency[Approvals], now: NamedDependency[datetime]
    ) -> CatalogueList:
        """By name, each with the edition in force today."""
        return CatalogueList(await every_catalogue(approvals, now))

    @get("/{name:str}", operation_id="get_catalogue", summary="One catalogue: its editions and its draft")
    async def get_catalogue(
        self,
        name: FromPath[str],
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
    ) -> ShownCatalogue:
        """Which edition was in force on the day, how many items each department had, and what the draft changes."""
        edition = catalogue.in_force()
        return ShownCatalogue(
            name=name,
            version=catalogue.catalogue.version,
            as_of=instants_known_now.at,
            known_at=instants_known_now.known,
            in_force=edition.edition.number if edition else None,
            editions=[shown_edition(edition) for edition in catalogue.editions],
            departments=departments_of(catalogue),
            hours=shown_hours(catalogue),
            draft=shown_draft(catalogue.catalogue),
        )

    @get(
        "/{name:str}/items",
        operation_id="list_services",
        summary="Service items that match every filter",
        dependencies=PAGED,
    )
    async def list_services(
        self,
        *,
        name: FromPath[str],
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
        number: OfEdition = 0,
        draft: OfDraft = False,
        service_filter: NamedDependency[ServiceFilter],
        paging: NamedDependency[ListPaging],
    ) -> ServicePage:
        """Of the edition in force on the day of `as_of`, of one named by its number, or of the draft."""
        edition = edition_listed(catalogue, number, draft=draft)
        known_items = services_in(catalogue, edition.edition.number if edition else None) if edition or draft else []
        items = [service for service in known_items if service_filter.matches(service)]
        last = paging.last(ServiceKey)
        page = items if last is None else [item for item in items if item.service.task_code > last[0]]
        return ServicePage(
            catalogue=name,
            as_of=instants_known_now.at,
            known_at=instants_known_now.known,
            edition=shown_edition(edition) if edition else None,
            items=paging.shown(page),
            total=len(items),
            next=paging.next_of(page, lambda item: (item.service.task_code,)),
        )

    @get("/{name:str}/item", operation_id="get_service", summary="One service item over all editions")
    async def get_service(
        self,
        name: FromPath[str],
        code: ServiceCode,
        catalogue: NamedDependency[CatalogueAsOf],
        instants_known_now: NamedDependency[Instants],
    ) -> ServiceHistory:
        """What each edition changed of it, who decided when that it can be applied for online, and its draft."""
        history = service_history(catalogue, code, instants_known_now.at, instants_known_now.known)
        if history is None:
            raise unknown(f"the catalogue {name} has no item {code}", "look it up among its items")
        return history

    @get("/{name:str}/history", operation_id="get_catalogue_history", summary="Every entry about a catalogue")
    async def get_catalogue_history(
        self,
        name: FromPath[str],
        approvals: NamedDependency[Approvals],
        visitor: NamedDependency[Caller],
        after_version: HistoryAfter = 0,
        limit: HistoryLimit = PAGE_ENTRIES,
    ) -> StreamHistory:
        """Who defined, withdrew, published or decided what, and when; a page at a time."""
        return await stream_history(approvals, await state_of(approvals, name), visitor, after_version, limit)
