"""Identity: composes sign-in from its parts, and resolves the sender of a request, cached for seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from typing import Self
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct, structs

from domain.access.principal import Caller, Grant, PrincipalKind
from infrastructure.identity.accounts import Accounts
from infrastructure.identity.calendar_addresses import DEADLINES, CalendarAddresses
from infrastructure.identity.changes import CHANNEL, announce_change
from infrastructure.identity.claims import TokenRefusedError
from infrastructure.identity.directory import AppointingDirectory, FixedDirectory
from infrastructure.identity.keys import ApiKeys, KeyRefusedError, caller_by
from infrastructure.identity.lookup_cache import LookupCache
from infrastructure.identity.oidc import LOOPBACK, OidcClient, OidcProvider
from infrastructure.identity.passwords import Passwords
from infrastructure.identity.pending import PendingSignIns
from infrastructure.identity.primary import PrimaryStore
from infrastructure.identity.rates import SignInRates, TokenBuckets
from infrastructure.identity.read_log import ReadLog
from infrastructure.identity.security_log import SecurityEvent, SecurityLog
from infrastructure.identity.sessions import Session, Sessions, SignIn
from infrastructure.ledger.clock_check import utc_now
from infrastructure.ledger.reader import Store
from infrastructure.settings import SettingRefusedError, Settings

CALLBACK = "/sign-in/callback"  # below the public URL: where the provider sends people back to
CACHE_SECONDS = 5.0  # how long a change that no notification announced may stay unseen
PRUNE_SECONDS = 3600
RECONNECT_SECONDS = 2.0

log = structlog.get_logger()


class IdentityOptions(Struct, frozen=True, kw_only=True):
    """What an installation chooses about sign-in."""

    idle_minutes: int = 30
    session_hours: int = 12
    key_per_second: int = 100
    oidc: OidcClient | None = None


def options_of(settings: Settings) -> IdentityOptions:
    """What *settings* choose about sign-in. Raises SettingRefusedError where they contradict each other."""
    oidc = None
    if settings.oidc_issuer:
        if not settings.oidc_client_id or not settings.public_url:
            raise SettingRefusedError(
                "COUNTERSIGN_OIDC_ISSUER is set: set COUNTERSIGN_OIDC_CLIENT_ID and COUNTERSIGN_PUBLIC_URL as well."
            )
        oidc = OidcClient(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            f"{settings.public_url}{CALLBACK}",
            settings.oidc_audience,
        )
        require_secure(oidc.issuer)
    return IdentityOptions(
        idle_minutes=settings.session_idle_minutes,
        session_hours=settings.session_hours,
        key_per_second=settings.key_rate,
        oidc=oidc,
    )


def require_secure(issuer: str) -> None:
    """Raises SettingRefusedError where *issuer* is reached without TLS over a network."""
    if not issuer.startswith(("https://", *LOOPBACK)):
        raise SettingRefusedError(f"COUNTERSIGN_OIDC_ISSUER has to be an https address, and is {issuer[:100]}.")


class SignedIn(Struct, frozen=True):
    """A session with the grants its person has now, and its caller once one of them is chosen."""

    session: Session
    name: str
    grants: Sequence[Grant]
    caller: Caller | None


class KeyUse(Struct, frozen=True):
    """One request of a program: who it is, by which grant, and until when its key or token is accepted.

    *bucket* is what its rate is counted by: the key's id, or the client of an access token.
    """

    caller: Caller
    bucket: str
    grant: Grant
    expires_at: datetime | None = None


class Identity:
    """Sign-in of one server: open it in the event loop it serves in."""

    def __init__(
        self,
        store: Store,
        url: str,
        options: IdentityOptions,
        directory: AppointingDirectory | None = None,
        clock: Callable[[], datetime] = utc_now,
        primary: PrimaryStore | None = None,
    ) -> None:
        """*primary*: where *store* is a standby's, what is written goes there."""
        self.options, self.clock = options, clock
        self.primary: Store = primary or store
        self._standby_of = primary
        self.accounts = Accounts(store)
        self.directory: AppointingDirectory = directory or FixedDirectory()
        idle, absolute = timedelta(minutes=options.idle_minutes), timedelta(hours=options.session_hours)
        self.sessions = Sessions(store, idle, absolute, self.primary)
        self.passwords, self.rates = Passwords(self.primary), SignInRates(self.primary)
        self.log = SecurityLog(self.primary)
        self.reads = ReadLog(self.log, clock)
        self.calendars = CalendarAddresses(store, self.primary)
        self.pending, self.keys = PendingSignIns(self.primary), ApiKeys(store, self.directory, self.primary)
        self.provider = OidcProvider(options.oidc, clock) if options.oidc else None
        self.buckets = TokenBuckets(options.key_per_second, 2 * options.key_per_second)
        self._url = primary.url if primary else url
        self._sessions, self._keys = LookupCache[SignedIn | None](), LookupCache[KeyUse]()
        self.changes = 0  # how often the caches were emptied: what was looked up before may hold no longer
        self._tasks: list[asyncio.Task[None]] = []
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._standby_of is not None:
            await self._standby_of.open()
            self._open.push_async_callback(self._standby_of.close)
        await self._open.enter_async_context(self.reads.running())
        self._tasks = [asyncio.create_task(self._prune_hourly())]
        if self._url:  # a standby notifies no one, and without a primary nothing changes
            self._tasks.append(asyncio.create_task(self._listen()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._open.aclose()

    async def signed_in(self, token: str) -> SignedIn | None:
        """The session of *token*, cached for seconds; None where it has ended."""
        digest = sha256(token.encode()).digest()
        if (cached := self._sessions.cached(digest)) is not None:
            return cached

        async def look_up() -> tuple[SignedIn | None, float]:
            session = await self.sessions.find(token, self.clock())
            return await self._described(session) if session else None, CACHE_SECONDS

        return await self._sessions.get(digest, look_up)

    async def still_signed_in(self, token: str) -> SignedIn | None:
        """The same, never cached and without counting as a use: an open page must not prolong its session."""
        session = await self.sessions.find(token, self.clock(), is_use=False)
        return await self._described(session) if session else None

    async def _described(self, session: Session) -> SignedIn | None:
        name = await self.directory.name_of(session.principal)
        if name is None:  # closed since: the session is worth nothing
            return None
        grants = await self.directory.grants_of(session.principal, self.clock())
        return SignedIn(session, name, tuple(grants), _person_by(session.principal, name, grants, session.grant_id))

    async def has_administrator(self) -> bool:
        """Whether any administrator can sign in: without one, a one-time code appoints the first."""
        return await self.accounts.any_signs_in(await self.directory.administrators(self.clock()))

    async def begin(self, sign_in: SignIn) -> tuple[str, SignedIn]:
        """A session for the person in *sign_in*, recorded; where one grant alone holds, it acts by that."""
        now = self.clock()
        grants = await self.directory.grants_of(sign_in.principal, now)
        only = grants[0].id if len(grants) == 1 else None
        token, session = await self.sessions.begin(structs.replace(sign_in, grant_id=only), now)
        await self.log.add(
            SecurityEvent.SIGNED_IN,
            now,
            principal=sign_in.principal,
            address=sign_in.address,
            method=sign_in.method,
            session=session.id,
        )
        described = await self._described(session)
        return token, described or SignedIn(session, sign_in.principal, (), None)

    async def program(self, bearer: str) -> KeyUse:
        """The program that sends *bearer*: one of our keys or the provider's access token.

        Raises KeyRefusedError, TokenRefusedError and ProviderUnreachableError.
        """
        return await self._keys.get(blake2b(bearer.encode()).digest(), lambda: self._key_use(bearer))

    def known_program(self, bearer: bytes) -> KeyUse | None:
        """The cached result of `program`; None if it has to be looked up.

        *bearer* is as it was sent: what is accepted is ASCII, so that no other bytes have its digest. BLAKE2 takes half
        as long as SHA-256, by which secrets are stored, and the digest never leaves this process.
        """
        return self._keys.cached(blake2b(bearer).digest())

    async def _key_use(self, bearer: str) -> tuple[KeyUse, float]:
        """Which program *bearer* belongs to, and for how many seconds that may be cached."""
        now = self.clock()
        if bearer.startswith("cs_"):
            caller, key, grant = await self.keys.caller(bearer, now)
            use = KeyUse(caller, key.id, grant, key.expires_at)
        elif self.provider is not None and bearer.count(".") == 2:  # noqa: PLR2004 the three parts of a JWT
            token = await self.provider.access(bearer)
            linked = await self.accounts.principal_of(token.issuer, token.subject)
            caller, grant = await self.keys.caller_by_token(token, linked, now)
            use = KeyUse(caller, f"token:{token.client}", grant, datetime.fromtimestamp(token.expires_at, UTC))
        else:
            raise KeyRefusedError("neither a key of this server nor a token of the provider")
        if use.expires_at is None:
            return use, CACHE_SECONDS
        return use, min(CACHE_SECONDS, max(0.0, (use.expires_at - now).total_seconds()))

    async def calendar_reader(self, token: str, kind: str = DEADLINES) -> Caller | None:
        """Whose deadlines or messages the address with *token* shows; None where it has ended, or its grant has."""
        now = self.clock()
        address = await self.calendars.find(token, now, kind)
        if address is None or (name := await self.directory.name_of(address.principal)) is None:
            return None
        grants = await self.directory.grants_of(address.principal, now)
        return _person_by(address.principal, name, grants, address.grant_id)

    async def changed(self) -> None:
        """Empty the caches of every server: a session ended, a key was revoked, or a grant has changed."""
        self.forget()
        await announce_change(self.primary)

    def forget(self) -> None:
        """Empty the caches of this server."""
        self.changes += 1
        self._sessions.clear()
        self._keys.clear()

    async def _listen(self) -> None:
        """Empty the caches at each notification of another server."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.forget()  # of what was announced while nothing listened
                    async for _ in connection.notifies():
                        self.forget()
            except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as lost:
                log.warning("identity_listener_lost", error=str(lost).strip())
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _prune_hourly(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            try:
                await self.prune()
            except (psycopg.Error, TimeoutError) as failure:
                log.warning("identity_not_pruned", error=str(failure).strip())

    async def prune(self) -> None:
        """Delete finished rates; what is past its retention time is removed by `infrastructure.retention`."""
        await self.rates.prune(self.clock())


def _person_by(principal: str, name: str, grants: Sequence[Grant], grant_id: UUID | None) -> Caller | None:
    """The person that acts by the grant *grant_id*; None where it is not among the *grants* that hold."""
    chosen = next((grant for grant in grants if grant.id == grant_id), None)
    return caller_by(principal, name, chosen, PrincipalKind.PERSON) if chosen else None


def refusal_of(error: KeyRefusedError | TokenRefusedError) -> tuple[SecurityEvent, str]:
    """What the security log says of a refused credential."""
    if isinstance(error, KeyRefusedError):
        return SecurityEvent.KEY_REFUSED, f"{error.key_id} {error.reason}".strip()
    return SecurityEvent.TOKEN_REFUSED, str(error)
