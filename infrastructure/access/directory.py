"""The directory of principals: every grant and key, folded from the ledger and brought up to date at each look-up.

A look-up compares the ledger's last position with the one the directory was read to, and reads the entries in between.
So a grant, a withdrawal or a revoked key holds for the next request, in whatever process it was recorded.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from domain.access.departments import DEPARTMENTS_STREAM, Departments
from domain.access.derived import DeputyPeriod, effective_grants
from domain.access.principal import Grant, Key, KeyHolder, PrincipalKind
from domain.access.state import IssuedKey, Principal
from domain.messages import Entry, tag_of
from domain.streams import DEPARTMENTS, PRINCIPAL, follow, replay
from infrastructure.ledger.clock_check import utc_now
from infrastructure.ledger.mapper import StoredRow, entry_from
from infrastructure.ledger.reader import Store

FACTS = tuple(tag_of(fact) for kind in (PRINCIPAL, DEPARTMENTS) for fact in kind.facts)


class LedgerDirectory:
    """Principals, grants and keys, as the ledger of *store* has them. *clock*: for secrets that expire."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store, self._clock = store, clock
        self._lock = asyncio.Lock()
        self._rounds = 0  # look-ups of the position that have ended
        self.forget()

    def forget(self) -> None:
        """Clear the cache: the next look-up reads the directory from the beginning of the ledger."""
        self._principals: dict[str, Principal] = {}
        self._streams: dict[UUID, Principal] = {}
        self._keys: dict[str, Principal] = {}
        self._deputyships: dict[str, list[DeputyPeriod]] = {}  # by the deputy
        self._departments = Departments(DEPARTMENTS_STREAM)
        self._seen = 0

    async def name_of(self, principal: str) -> str | None:
        """The principal's name; None for one who is not registered or was closed."""
        await self._refresh()
        known = self._open(principal)
        return known.name if known else None

    async def kind_of(self, principal: str) -> PrincipalKind | None:
        """Whether it is a person or a program; None for one who is not registered or was closed."""
        await self._refresh()
        known = self._open(principal)
        return known.kind if known else None

    async def grants_of(self, principal: str, at: datetime) -> Sequence[Grant]:
        """The grants that hold at *at*, with those as a deputy and over departments that were merged."""
        await self._refresh()
        return self._grants_of(principal, at)

    def _grants_of(self, principal: str, at: datetime) -> Sequence[Grant]:
        """The same, of what was read."""
        if self._open(principal, at) is None:
            return ()
        deputyships = [
            deputising for deputising in self._deputyships.get(principal, ()) if self._open(deputising.principal, at)
        ]
        people = {principal, *(deputising.principal for deputising in deputyships)}
        own = {person: list(self._principals[person].grants.values()) for person in people}
        return effective_grants(principal, own, deputyships, self._departments, at)

    async def key(self, key_id: str) -> Key | None:
        """The key *key_id* with the digests of the secrets that are accepted now; None where there is none in use."""
        await self._refresh()
        return self._key_in_use(key_id)

    async def holder(self, key_id: str, at: datetime) -> KeyHolder | None:
        """The key *key_id* with its program and the grants that hold at *at*; None where there is none in use."""
        await self._refresh()
        key = self._key_in_use(key_id)
        if key is None:
            return None
        owner = self._open(key.principal)
        return KeyHolder(key, owner.name if owner else None, tuple(self._grants_of(key.principal, at)))

    def _key_in_use(self, key_id: str) -> Key | None:
        owner = self._keys.get(key_id)
        issued = owner.keys.get(key_id) if owner else None
        if owner is None or issued is None or not _in_use(issued, self._clock()):
            return None
        return _key(owner, issued, self._clock())

    async def all_principals(self) -> list[Principal]:
        """Every principal that was ever registered, by id."""
        await self._refresh()
        return sorted(self._streams.values(), key=lambda principal: principal.principal)

    def _open(self, principal: str, at: datetime | None = None) -> Principal | None:
        """The principal, unless it was closed by *at*."""
        known = self._principals.get(principal)
        if known is None or (known.closed_at is not None and known.closed_at <= (at or self._clock())):
            return None
        return known

    async def _refresh(self) -> None:
        """Read the new entries. Concurrent look-ups are coalesced: those that come during a read share the next."""
        wanted = self._rounds + 1 + self._lock.locked()
        async with self._lock:
            if self._rounds < wanted:
                await self._look()
                self._rounds += 1

    async def _look(self) -> None:
        head = await self._store.head()
        if head < self._seen:  # the ledger was restored to an earlier state
            self.forget()
        rows = await self._store.of_types(FACTS, self._seen) if head > self._seen else []
        entries = await asyncio.to_thread(_decoded, rows) if rows else []
        for entry in entries:
            self._take(entry)
        if entries:
            self._index()
        self._seen = max(head, self._seen, *(row.seq for row in rows))

    def _take(self, entry: Entry) -> None:
        if entry.stream == DEPARTMENTS_STREAM:
            follow(self._departments, entry)
            return
        known = self._streams.get(entry.stream)
        if known is None:
            state = replay(entry.stream, [entry])
            if isinstance(state, Principal):
                self._streams[entry.stream] = state
        else:
            follow(known, entry)

    def _index(self) -> None:
        """Build the indexes: principals and keys by id, and principals by deputy."""
        self._principals = {principal.principal: principal for principal in self._streams.values()}
        self._keys = {}
        for principal in self._streams.values():
            for key in principal.keys:
                self._keys.setdefault(key, principal)  # the program that was registered first
        deputyships: defaultdict[str, list[DeputyPeriod]] = defaultdict(list)
        for principal in self._streams.values():
            for period in principal.deputies:
                deputyships[period.deputy].append(DeputyPeriod(principal.principal, period))
        self._deputyships = dict(deputyships)


def _decoded(rows: Sequence[StoredRow]) -> list[Entry]:
    return [entry_from(row) for row in rows]


def _in_use(issued: IssuedKey, at: datetime) -> bool:
    """Whether the key is accepted at the instant *at*."""
    expired = issued.expires_at is not None and issued.expires_at <= at
    return not expired and (issued.revoked_at is None or at < issued.revoked_at)


def _key(owner: Principal, issued: IssuedKey, at: datetime) -> Key:
    """The key as a request is checked against it."""
    digests = tuple(bytes.fromhex(secret.digest) for secret in issued.secrets if secret.is_accepted(at))
    return Key(issued.id, owner.principal, issued.grant, digests, issued.scopes, issued.expires_at)
