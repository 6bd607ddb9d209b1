"""One visit: who sends a request and from where, as the identity middleware resolved it before any handler ran."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar.types import Scope
from msgspec import Struct

from api.html.page import Visitor
from api.web.identity import CALLER, VISITOR
from api.web.problems import Problem
from domain.access.principal import Caller
from infrastructure.identity.read_log import DataReader
from infrastructure.identity.service import Identity, KeyUse, SignedIn
from infrastructure.messages.inbox import recipients

VISIT = "visit"  # where the scope's state has it

Pairs = list[tuple[bytes, bytes]]


class Visit(Struct, frozen=True):
    """A request's origin, and by what it is known who sends it: a session with its *token*, a key, or a gateway.

    *is_local*: from this machine, and not by way of a proxy.
    """

    identity: Identity
    address: str
    is_secure: bool
    is_local: bool
    browser: str = ""
    token: str = ""
    signed_in: SignedIn | None = None
    caller: Caller | None = None
    key_use: KeyUse | None = None

    @property
    def reader(self) -> DataReader:
        """Who reads, as the security log names it."""
        session = self.signed_in.session if self.signed_in else None
        method = session.method if session else "key" if self.key_use else "gateway"
        return DataReader(self.caller.id if self.caller else "", self.address, method, session.id if session else None)


def visit_of(scope: Scope) -> Visit:
    """The visit of the request with this *scope*. Raises Problem where this server has no sign-in."""
    visit: Visit | None = scope.get("state", {}).get(VISIT)
    if visit is None:
        raise Problem("not-ready", "this server has no sign-in", remedy="start it by `countersign serve`")
    return visit


def enter_visit(state: dict[str, Any], visit: Visit) -> None:
    """Put *visit* where handlers look for who sends a request, and pages for whom to greet: commands greet no one."""
    state[VISIT], state[CALLER], state[VISITOR] = visit, visit.caller, partial(visitor_of, visit)


def visitor_of(visit: Visit) -> Visitor:
    """Who reads a page, as its header says."""
    caller, signed_in = visit.caller, visit.signed_in
    name = signed_in.name if signed_in else caller.name if caller else ""
    role, over = (caller.role.value, caller.over) if caller else ("", "")
    hears = caller is not None and caller.role in recipients()
    return Visitor(name, role, over, has_session=signed_in is not None, hears=hears)


def state_of(scope: Scope) -> dict[str, Any]:
    """The request's own state, made where a server gave none."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state
