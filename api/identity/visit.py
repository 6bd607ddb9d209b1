"""One visit: who sends a request and from where, as the identity middleware resolved it before any handler ran."""

from __future__ import annotations

from contextvars import Token
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from litestar.types import Scope
from msgspec import Struct

from api.guard.admission import ADMISSION, StillAccepted
from api.html.page import Visitor
from api.identity.origin import Origin
from api.web.identity import CALLER, VISITOR
from api.web.problems import Problem, unauthorized
from domain.access.principal import Caller
from infrastructure.identity.claims import TokenRefusedError
from infrastructure.identity.keys import KeyRefusedError
from infrastructure.identity.oidc import ProviderUnreachableError
from infrastructure.identity.read_log import DataReader
from infrastructure.identity.service import Identity, KeyUse, SignedIn
from infrastructure.messages.inbox import recipients
from projections.personal_reads import ON_READ, OnRead

VISIT = "visit"  # where the scope's state has it
LATE_SECONDS = 5.0  # a body that needs longer may be held back on purpose: a megabyte can be made to last for a day
BROWSER_CHARACTERS_MAX = 200
leave = ON_READ.reset  # ends a visit as its request is answered: reads from here on are not recorded as its own
PROGRAMS_MAX = 10_000  # as many keys as are cached, about a kilobyte each

Pairs = list[tuple[bytes, bytes]]


class Visit(Struct, frozen=True):
    """A request's origin, and by what it is known who sends it: a session with its *token*, a key, or a gateway.

    *is_local*: from this machine, and not by way of a proxy. *bearer*: the key or token that a program sent.
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
    bearer: str = ""

    def admission(self) -> StillAccepted:
        """Whether the sender is still accepted, from now on."""
        identity = self.identity
        return StillAccepted(self._is_accepted, lambda: identity.changes, identity.clock, self._ends_at)

    @property
    def _ends_at(self) -> datetime | None:
        """When the key, token, session or grant ends by itself; None where none of them does."""
        ends: list[datetime | None] = []
        if self.key_use is not None:
            ends = [self.key_use.expires_at, self.key_use.grant.valid_until]
        elif self.signed_in is not None:
            session = self.signed_in.session
            chosen = [grant for grant in self.signed_in.grants if grant.id == session.grant_id]
            ends = [session.expires_at, *(grant.valid_until for grant in chosen)]
        return min((end for end in ends if end is not None), default=None)

    async def _is_accepted(self) -> bool:
        """Whether the same key, token or session is accepted now, for the same caller."""
        if self.key_use is not None:
            try:
                return (await self.identity.program(self.bearer)).caller == self.caller
            except (KeyRefusedError, TokenRefusedError, ProviderUnreachableError):
                return False
        if self.signed_in is not None:
            signed_in = await self.identity.still_signed_in(self.token)
            return signed_in is not None and signed_in.caller == self.caller
        return True

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


class EnteredVisit(Struct, frozen=True):
    """A visit with what its requests find in their state, and what records their reads of personal data."""

    visit: Visit
    state: dict[str, Any]
    on_read: OnRead

    @classmethod
    def of(cls, visit: Visit) -> EnteredVisit:
        state = {
            VISIT: visit,
            CALLER: visit.caller,
            VISITOR: partial(visitor_of, visit),  # who is greeted, for pages
            ADMISSION: visit.admission,
        }
        return cls(visit, state, visit.identity.reads.recorder(lambda: visit.reader))

    def enter(self, state: dict[str, Any]) -> Token[OnRead | None]:
        """Store it in the request's state, where handlers look for the caller, and pages for the visitor.

        Reads of personal data are recorded until `leave` is called with what this returns.
        """
        state.update(self.state)
        return ON_READ.set(self.on_read)


class LateBody:
    """An ASGI `receive` over another one: raises Problem at a piece of a body that comes too late for its *visit*."""

    __slots__ = ("_admission", "_begun", "_receive", "_visit")

    def __init__(self, receive: Any, visit: Visit) -> None:
        self._receive, self._visit, self._begun = receive, visit, monotonic()
        self._admission: StillAccepted | None = None  # once the body is late

    async def __call__(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request" and monotonic() - self._begun > LATE_SECONDS:
            if self._admission is None:
                self._admission = self._visit.admission()
            if not await self._admission.holds():
                raise unauthorized("credential-invalid", "the key, token or session ended while the body was coming")
        return message


class ProgramVisits:
    """The last visit of each program: the next one is the same if its key, its origin and its browser are."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._last: dict[str, tuple[KeyUse, Origin, bytes, EnteredVisit]] = {}

    def visit(self, use: KeyUse, origin: Origin, browser: bytes, bearer: bytes) -> EnteredVisit:
        """The visit of the program that *use* is of; *use* itself says until when: it is what was looked up last.

        A *use* is of one *bearer*.
        """
        last = self._last.get(use.bucket)
        if last is not None and last[0] is use and last[1] == origin and last[2] == browser:
            return last[3]
        where = origin.address, origin.is_secure, origin.is_local, browser_of(browser)
        visit = Visit(self._identity, *where, caller=use.caller, key_use=use, bearer=bearer.decode("latin-1"))
        entered = EnteredVisit.of(visit)
        if len(self._last) >= PROGRAMS_MAX:
            self._last.clear()
        self._last[use.bucket] = use, origin, browser, entered
        return entered


def browser_of(user_agent: bytes) -> str:
    """The User-Agent of a browser, cut to the stored length."""
    return user_agent[:BROWSER_CHARACTERS_MAX].decode("latin-1")


def visitor_of(visit: Visit) -> Visitor:
    """Who reads a page, as its header says."""
    caller, signed_in = visit.caller, visit.signed_in
    name = signed_in.name if signed_in else caller.name if caller else ""
    role, over = (caller.role.value, caller.over) if caller else ("", "")
    hears = caller is not None and caller.role in recipients()
    return Visitor(name, role, over, has_session=signed_in is not None, hears=hears)
