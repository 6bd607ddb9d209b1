"""Dependencies that handlers of any subject can name as parameters: services, identity, instants, scope, position.

Handlers and providers state what they need as `NamedDependency[...]`; litestar resolves each once per request. The read
queries are in `queries`, what belongs to one subject is with that subject.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from anyio import CancelScope
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import Scope as RequestScope
from msgspec import Struct

from api.web.as_of import AsOf, Instants, KnownAt, KnownNow, instant_in
from api.web.command_request import command_request, json_body
from api.web.entries import entries_of
from api.web.http_request import HttpRequest
from api.web.identity import CALLER, caller_of, headers_of
from api.web.parameters import After, InRegister, catch_up, paging, scope_named
from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Actor, Role
from domain.messages import Entry
from infrastructure.calendar.calendars import Calendars
from infrastructure.calendar.notice_counts import NoticeCounts
from infrastructure.feed.reader import Feed
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from infrastructure.webhooks.service import Webhooks
from projections.flow.durations_query import Durations
from projections.scope import RegisterCount, Scope, registers_in

ANONYMOUS = Caller("", "", PrincipalKind.PERSON, Role.APPLICANT)


class ApplicationServices(Struct, frozen=True):
    """What one application works with: the write side, the read side, settings, calendars, files.

    *durations*: how long applications took so far. *feed*: events for subscribers, *webhooks*: the
    same sent to them, *page_feed*: the same for open pages, once every view has them. *notice_counts*: what calendar
    notices would move, counted in the background.
    """

    approvals: Approvals
    views: Views
    settings: Settings
    calendars: Calendars
    materials: MaterialStore
    durations: Durations
    feed: Feed
    page_feed: Feed
    webhooks: Webhooks
    notice_counts: NoticeCounts

    def close(self) -> None:
        """End every wait for events, and what is counted: the server stops."""
        self.notice_counts.close()
        self.feed.horizon.close()
        self.page_feed.horizon.close()

    @classmethod
    def of(cls, approvals: Approvals, views: Views, settings: Settings) -> ApplicationServices:
        """The services of an application over *approvals* and *views*."""
        calendars, materials = Calendars(approvals), MaterialStore.of(settings)
        store = approvals.store
        feed, pages = Feed(store, settings.area), Feed(store, settings.area, every=True)
        webhooks = Webhooks.of(store, settings.area, allows_private=settings.webhooks_private)
        durations, counts = Durations(store), NoticeCounts(store)
        approvals.high_water.listeners.append(counts.forget)
        return cls(approvals, views, settings, calendars, materials, durations, feed, pages, webhooks, counts)


class ReadDependency(Provide):
    """Provides what an asynchronous function reads.

    Litestar resolves dependencies side by side and cancels the others where one raises, say Problem project-unknown. A
    cancelled query costs its connection, so a read goes on to its end; the error is answered a moment later.
    """

    __slots__ = ()

    async def __call__(self, **kwargs: Any) -> Any:
        with CancelScope(shield=True):
            return await super().__call__(**kwargs)


def services_of(scope: RequestScope) -> ApplicationServices:
    """The services of the application that answers the request with this *scope*."""
    application: Any = scope["litestar_app"]
    services: ApplicationServices = application.services
    return services


def service(name: str) -> Provide:
    """The dependency on the service *name*, the same for every request of an application."""

    def provide(scope: RequestScope) -> Any:
        return getattr(services_of(scope), name)

    return Provide(provide, sync_to_thread=False)


def actor(request: HttpRequest) -> Actor:
    """Who acts, as the ledger names it. Raises Problem: actor-missing, role-missing, role-reserved, invalid-header."""
    return caller_of(request.scope).actor


def caller(request: HttpRequest) -> Caller:
    """The sender of the request, with role and the person acted for. Raises Problem, as `actor`."""
    return caller_of(request.scope)


def visitor(request: HttpRequest) -> Caller:
    """Who sends a request to a public route; where nothing says so, a person who has to do with nothing."""
    scope = request.scope
    is_named = scope.get("state", {}).get(CALLER) is not None or b"x-actor" in headers_of(scope)
    return caller_of(scope) if is_named else ANONYMOUS


def now(approvals: NamedDependency[Approvals]) -> datetime:
    """The instant at which the request is answered."""
    return approvals.clock()


async def laws(calendars: NamedDependency[Calendars]) -> LawBook:
    """The law book, with the calendar notices applied by now."""
    return await calendars.laws()


def instants(now: NamedDependency[datetime], as_of: AsOf = None, known_at: KnownAt = None) -> Instants:
    """The instant asked about, now where it is left out, and that of knowledge, the same where it is left out."""
    at = instant_in("as_of", as_of) or now
    return Instants(at, instant_in("known_at", known_at) or at, is_now=as_of is None, is_past=bool(as_of or known_at))


def instants_known_now(now: NamedDependency[datetime], as_of: AsOf = None, known_at: KnownNow = None) -> Instants:
    """The instant asked about and that of knowledge, each of them now where it is left out."""
    at, known = instant_in("as_of", as_of) or now, instant_in("known_at", known_at) or now
    return Instants(at, known, is_now=as_of is None, is_past=bool(as_of or known_at))


def instant(now: NamedDependency[datetime], as_of: AsOf = None) -> datetime:
    """The instant asked about, now where it is left out, for what is always shown as known then."""
    return instant_in("as_of", as_of) or now


async def registers(approvals: NamedDependency[Approvals]) -> list[RegisterCount]:
    """The registers that were imported."""
    return await registers_in(approvals.store)


def list_scope(
    registers: NamedDependency[list[RegisterCount]], caller: NamedDependency[Caller], register: InRegister = ""
) -> Scope:
    """The projects that a list is of: the zone's own, or those of one register, as far as the caller may read them.

    Raises Problem invalid-parameter.
    """
    return scope_named(register, [known.register for known in registers], caller)


async def position(views: NamedDependency[Views], approvals: NamedDependency[Approvals], after: After = 0) -> int:
    """The position that all views have reached, at least *after*. Raises ViewBehindError, Problem invalid-parameter."""
    return await catch_up(views, approvals, after)


async def entries(approvals: NamedDependency[Approvals], project_id: FromPath[UUID]) -> list[Entry]:
    """All entries of the project in the path. Raises Problem project-unknown."""
    return await entries_of(approvals, project_id)


# By the names of the parameters that ask for them.
DEPENDENCIES = {
    **{name: service(name) for name in ApplicationServices.__struct_fields__},
    "actor": Provide(actor, sync_to_thread=False),
    "caller": Provide(caller, sync_to_thread=False),
    "visitor": Provide(visitor, sync_to_thread=False),
    "now": Provide(now, sync_to_thread=False),
    "laws": ReadDependency(laws),
    "instants": Provide(instants, sync_to_thread=False),
    "instants_known_now": Provide(instants_known_now, sync_to_thread=False),
    "instant": Provide(instant, sync_to_thread=False),
    "registers": ReadDependency(registers),
    "list_scope": Provide(list_scope, sync_to_thread=False),
    "position": ReadDependency(position),
    "entries": ReadDependency(entries),
    "command_request": Provide(command_request, sync_to_thread=False),
    "json_body": Provide(json_body),
    "paging": Provide(paging, sync_to_thread=False),
}
