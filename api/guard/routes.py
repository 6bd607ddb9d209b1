"""The guard of every route, by what the route asks for; and the check, before serving, that each route says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import FromPath

from api.guard.judging import PROJECT_UNKNOWN, ProjectAccess, project_of, require_allowed, require_somewhere
from api.route_access import ACCESS, COMMANDS, ITSELF, PUBLIC, WHOLE_ZONE
from api.web.dependencies import ReadDependency, services_of
from api.web.identity import caller_of
from api.web.query_params import require_canonical_ids
from domain.access.decision import may
from domain.access.principal import Caller
from domain.access.table import COMMAND_ACTIONS, TABLE
from domain.messages import COMMANDS as COMMANDS_OF_PROJECTS
from domain.streams import KINDS
from infrastructure.ledger.approvals import Approvals

OPENAPI, SCHEMA = "/schema", "read:schema"


class UndeclaredAccessError(RuntimeError):
    """Routes or commands without a rule of access: the application must not start."""


async def require_access(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route. Raises Problem: 401, 404 for what the caller may not know of, 403."""
    require_canonical_ids(connection.scope)
    action = action_of(handler)
    if is_public(action):
        return
    caller = caller_of(connection.scope)
    if action in (COMMANDS, ITSELF):
        return
    judged = may(caller, action)
    if judged.allowed:
        return
    project = project_of(connection.path_params)
    if project is not None:
        access = ProjectAccess(caller, await services_of(connection.scope).approvals.project(project))
        require_allowed(access.may(action), PROJECT_UNKNOWN, caller)
    elif handler.opt.get(WHOLE_ZONE):
        require_allowed(judged, "", caller)
    else:
        require_somewhere(caller, action)


async def project_access(
    approvals: NamedDependency[Approvals], caller: NamedDependency[Caller], project_id: FromPath[UUID]
) -> ProjectAccess:
    """What the caller may do in the project of the path, as it is now."""
    return ProjectAccess(caller, await approvals.project(project_id))


ACCESS_DEPENDENCIES = {"project_access": ReadDependency(project_access)}


def action_of(handler: BaseRouteHandler) -> str:
    """What *handler* asks for; the OpenAPI document's, which litestar makes, say nothing and are public."""
    action: str = handler.opt.get(ACCESS, SCHEMA)
    return action


def is_public(action: str) -> bool:
    """Whether a route that asks for *action* is for everyone."""
    return action == PUBLIC or (action in TABLE and TABLE[action].public)


def handlers_of(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every handler with its path, but for answers to OPTIONS and the OpenAPI document, which litestar makes."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            made = handler.http_methods == {"OPTIONS"} or route.path == OPENAPI or route.path.startswith(f"{OPENAPI}/")
            if isinstance(handler, HTTPRouteHandler) and not made:
                yield route.path, handler


def require_declared(app: Litestar, commands: Iterable[str] | None = None) -> None:
    """Raise UndeclaredAccessError where a route of *app*, or one of *commands*, all there are, has no rule."""
    known = {PUBLIC, COMMANDS, ITSELF, *TABLE}
    lacking = [
        f"{'/'.join(sorted(handler.http_methods))} {path}"
        for path, handler in handlers_of(app)
        if handler.opt.get(ACCESS) not in known
    ]
    every = [*COMMANDS_OF_PROJECTS, *(tag for kind in KINDS for tag in kind.by_tag)] if commands is None else commands
    lacking += [f"the command {tag}" for tag in every if tag not in COMMAND_ACTIONS]
    if lacking:
        raise UndeclaredAccessError(f"no rule of access is declared for: {', '.join(sorted(lacking))}")
