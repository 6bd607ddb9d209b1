"""The outermost layer: finds out who sends a request, refuses who must not come further, completes every answer.

It wraps the whole application, so that commands, which bypass routing, pass through it as well. A person comes with a
session's cookie, a program with a bearer key or token, and where the settings allow it a gateway asserts who acts.
Handlers read the caller from the scope's state. Identity headers that a client sends are removed here, but where any
client is believed.
"""

from __future__ import annotations

from collections.abc import Awaitable
from time import monotonic
from typing import Any

from api.identity.calendars import SECRET_ADDRESSES
from api.identity.cookies import SESSION, cookie_in
from api.identity.gateway import ASSERTIONS, SECRET, GatewayMode
from api.identity.origin import UNIX_SOCKET, Origin, Proxies
from api.identity.public import IsPublic, is_public
from api.identity.rate_headers import rate_headers
from api.identity.refused import RefusedRequests, is_browser
from api.identity.security_headers import SecurityHeaders
from api.identity.visit import EnteredVisit, LateBody, Pairs, ProgramVisits, Visit, browser_of, leave
from api.web.identity import actor_of, caller_by_headers, named_headers, require_once
from api.web.problems import Problem, unauthorized
from api.web.response_filter import ResponseFilter, send_whole
from domain.access.principal import Caller
from infrastructure.identity.claims import TokenRefusedError
from infrastructure.identity.keys import KeyRefusedError
from infrastructure.identity.oidc import ProviderUnreachableError
from infrastructure.identity.rates import TokenBuckets
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import Identity, KeyUse, SignedIn, refusal_of
from infrastructure.settings import Settings

OF_PRINCIPALS = ("/v1/principals/", "/v1/departments/")  # commands here grant roles, issue keys and end them
SECRET_PREFIXES = tuple(prefix for prefix, _ in SECRET_ADDRESSES.values())
BEARER = b"Bearer "  # as nearly all programs spell it
BEARER_LENGTH = len(BEARER)
STRIPPED = frozenset({*ASSERTIONS, SECRET})
STRIPPED_OF_PROGRAMS = STRIPPED | {b"origin", b"sec-fetch-site"}
UNUSUAL = STRIPPED_OF_PROGRAMS | {b"cookie"}  # what programs leave out, so that nothing of it has to be removed
CREDENTIALS = frozenset({b"authorization", b"cookie"})
LOGGED_PER_SECOND, LOGGED_BURST = 0.1, 20  # refusals of one address that the security log takes


class IdentityMiddleware:
    """An ASGI application around *app*. *public* says which requests need no sign-in."""

    def __init__(self, app: Any, identity: Identity, settings: Settings, public: IsPublic = is_public) -> None:
        self.app, self.identity, self._public = app, identity, public
        self._gateway = GatewayMode(settings)
        self._proxies = Proxies(settings.trusted_proxies, settings.public_url)
        self._headers = SecurityHeaders(settings.oidc_issuer)
        self._refused = RefusedRequests(settings)
        self._programs = ProgramVisits(identity)
        self._logged = TokenBuckets(LOGGED_PER_SECOND, LOGGED_BURST)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = named_headers(scope)
        origin = self._proxies.origin(scope, headers)
        extra: Pairs = []

        completed: Any = CompletedAnswer(send, self._headers, extra, is_secure=origin.is_secure)
        if scope["method"] == "POST" and scope["path"].startswith(OF_PRINCIPALS):
            completed = self._announced(completed)
        try:
            entered = self._known_program(scope, headers, origin, extra)
            if entered is None:
                entered = await self._entered(scope, headers, origin, extra)
        except Exception as error:  # noqa: BLE001 the one place before the application where errors turn into answers
            await self._refuse(error, scope, receive, headers, origin, completed)
            return
        before = entered.enter(scope["state"])
        try:
            await self.app(scope, LateBody(receive, entered.visit), completed)
        finally:
            leave(before)

    def _announced(self, completed: Any) -> Any:
        """*completed*, with the caches emptied before the answer is sent, so that what was withdrawn holds for no
        further request.
        """

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                await self.identity.changed()
            await completed(message)

        return send

    def _known_program(
        self, scope: Any, headers: dict[bytes, bytes], origin: Origin, extra: Pairs
    ) -> EnteredVisit | None:
        """The visit of a program that is cached; None where the request has to be looked at in full. Raises Problem.

        No task and no coroutine: most requests that have to be quick are of this kind.
        """
        sent = headers.get(b"authorization", b"")
        if not sent.startswith(BEARER) or len(headers) != len(scope["headers"]) or not UNUSUAL.isdisjoint(headers):
            return None
        bearer = sent[BEARER_LENGTH:]
        use = self.identity.known_program(bearer)
        if use is None or scope["path"].startswith(SECRET_PREFIXES):
            return None
        self._count(use, extra)
        return self._programs.visit(use, origin, headers.get(b"user-agent", b""), bearer)

    async def _entered(self, scope: Any, headers: dict[bytes, bytes], origin: Origin, extra: Pairs) -> EnteredVisit:
        """The visit of any request, whose headers are then those that its sender may send. Raises as `_visit`."""
        visit = await self._visit(scope, headers, origin, extra)
        self._require_caller(scope, headers, visit)
        scope["headers"] = self._stripped(scope["headers"], headers, visit)
        return EnteredVisit.of(visit)

    def _count(self, use: KeyUse, extra: Pairs) -> None:
        """Count a request of a program against its rate, and say in the answer what is left. Raises Problem."""
        buckets = self.identity.buckets
        allowance = buckets.take(use.bucket, monotonic())
        extra += rate_headers("key", buckets, allowance)
        if not allowance.allowed:
            raise too_many(allowance.seconds)

    async def _visit(self, scope: Any, headers: dict[bytes, bytes], origin: Origin, extra: Pairs) -> Visit:
        """Who sends the request. Raises Problem, and what the identity store raises."""
        if len(headers) != len(scope["headers"]):
            require_once(scope["headers"], CREDENTIALS)
        browser = browser_of(headers.get(b"user-agent", b""))
        base = (self.identity, origin.address, origin.is_secure, origin.is_local, browser)
        if scope["path"].startswith(SECRET_PREFIXES):
            return Visit(*base, caller=await self._reader_at(scope["path"]))
        if authorization := headers.get(b"authorization"):
            scheme, _, bearer = authorization.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                raise unauthorized("credential-invalid", "Authorization has a scheme other than Bearer")
            use = await self.identity.program(bearer := bearer.strip())
            self._count(use, extra)
            return Visit(*base, caller=use.caller, key_use=use, bearer=bearer)
        token = cookie_in(headers.get(b"cookie", b""), SESSION, is_secure=origin.is_secure)
        signed_in: SignedIn | None = await self.identity.signed_in(token) if token else None
        if signed_in is not None:
            return Visit(*base, token, signed_in, signed_in.caller)
        if self._gateway.is_open:
            return Visit(*base, caller=_believed(headers))
        peer = origin.address if scope.get("client") else UNIX_SOCKET
        actor = self._gateway.actor(peer, headers, scope["headers"])
        return Visit(*base, caller=caller_by_headers(actor) if actor else None)

    async def _reader_at(self, path: str) -> Caller:
        """Whose deadlines or messages are at the secret address *path*. Raises Problem where there is none."""
        kind = next(kind for kind, (prefix, _) in SECRET_ADDRESSES.items() if path.startswith(prefix))
        prefix, suffix = SECRET_ADDRESSES[kind]
        token = path.removeprefix(prefix)
        is_whole = token.endswith(suffix)
        reader = await self.identity.calendar_reader(token.removesuffix(suffix), kind) if is_whole else None
        if reader is None:
            raise Problem(
                "not-found",
                f"there are no {kind} at this address",
                remedy="make a new address at /account: this one was ended, or the role it was made for",
            )
        return reader

    def _require_caller(self, scope: Any, headers: dict[bytes, bytes], visit: Visit) -> None:
        """Raise Problem where the request needs sign-in and has none."""
        if visit.caller is not None or self._public(scope["method"], scope["path"]):
            return
        if visit.signed_in is not None:
            if scope["path"] in ("/account", "/account/role", "/account/sessions", "/sign-out"):
                return
            raise Problem(
                "role-not-chosen",
                "you hold several roles, or none, and have chosen none for this session",
                remedy="choose one at /account",
            )
        is_person = is_browser(headers) and b"x-actor" not in headers
        if is_person or not self._gateway.is_open:
            raise unauthorized("signin-required", "the request does not say who sends it")

    def _stripped(self, pairs: Pairs, headers: dict[bytes, bytes], visit: Visit) -> Pairs:
        """The request's headers without those that only a gateway may send.

        A program whose browser-like headers come without a cookie can't be a page of another site abusing a session.
        """
        dropped = STRIPPED
        if b"authorization" in headers:
            dropped = STRIPPED if b"cookie" in headers else STRIPPED_OF_PROGRAMS
        elif self._gateway.is_open and visit.signed_in is None:
            return pairs  # as the client sent them
        return pairs if dropped.isdisjoint(headers) else [pair for pair in pairs if pair[0] not in dropped]

    async def _refuse(
        self, error: Exception, scope: Any, receive: Any, headers: dict[bytes, bytes], origin: Origin, send: Any
    ) -> None:
        """Answer a request that comes no further: a browser that wants a page is sent to sign-in."""
        if isinstance(error, KeyRefusedError | TokenRefusedError):
            await self._note(*refusal_of(error), origin.address)
            error = unauthorized("credential-invalid", "the key or token is not accepted", error="invalid_token")
        elif isinstance(error, ProviderUnreachableError):
            error = Problem(
                "provider-away",
                "the sign-in provider does not answer",
                remedy="try again in a moment",
                headers={"Retry-After": "5"},
            )
        if isinstance(error, Problem) and error.kind.code == "gateway-refused":
            await self._note(SecurityEvent.GATEWAY_REFUSED, error.detail, origin.address)
        status, pairs, body = await self._refused.answer(scope, receive, headers, error)
        pairs = [*pairs, (b"content-length", b"%d" % len(body))]
        await send_whole(ResponseFilter(scope, send), status, pairs, body)

    async def _note(self, event: SecurityEvent, detail: str, address: str) -> None:
        """Record a refusal, as far as one address may fill the log."""
        now = self.identity.clock()
        if self._logged.take(address, now.timestamp()).allowed:
            await self.identity.log.add(event, now, address=address, detail=detail)


class CompletedAnswer:
    """An ASGI `send` that gives the head of an answer the headers that every answer has."""

    __slots__ = ("_extra", "_headers", "_is_secure", "_send")

    def __init__(self, send: Any, headers: SecurityHeaders, extra: Pairs, *, is_secure: bool) -> None:
        self._send, self._headers, self._extra, self._is_secure = send, headers, extra, is_secure

    def __call__(self, message: Any) -> Awaitable[None]:
        """The coroutine that sends *message*, without another one around it."""
        if message["type"] == "http.response.start":
            pairs = message.get("headers", ())
            message["headers"] = self._headers.complete(pairs, self._extra, is_secure=self._is_secure)
        sending: Awaitable[None] = self._send(message)
        return sending


def too_many(seconds: int) -> Problem:
    """The problem of a request beyond its rate."""
    return Problem(
        "too-many-requests",
        "too many requests came in a short time",
        remedy=f"wait {seconds} s",
        headers={"Retry-After": str(seconds)},
    )


def _believed(headers: dict[bytes, bytes]) -> Any:
    """The caller whom any client may assert; None where it asserts none, or what the application will refuse."""
    if b"x-actor" not in headers:
        return None
    try:
        return caller_by_headers(actor_of(headers))
    except Problem:
        return None
