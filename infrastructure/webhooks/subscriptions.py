"""Subscriptions: which events are sent where, and under which grant and key they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct, structs
from psycopg.rows import TupleRow

from domain.access.principal import Caller, PrincipalDirectory, PrincipalKind
from domain.core.ledger import Role
from infrastructure.feed.reader import FEED, FeedCriteria
from infrastructure.identity.keys import caller_by
from infrastructure.ledger.reader import Store

SUBSCRIPTIONS_MAX = 20  # of one principal
WEBHOOKS = "webhooks"
READS = (FEED, WEBHOOKS)  # the scopes that a subscription has, whatever the key that made it has beside them
TOKEN = "token:"  # noqa: S105  before the client's id, where an access token of the provider made it

COLUMNS: LiteralString = """
    id, principal, kind, grant_id, key_id, role, over, url, types, project, department, position, generation,
    old_until, created_at, delivered_at, failures, away_since, next_at, stopped_at, trouble
"""
INSERT: LiteralString = f"""
    INSERT INTO webhook.subscription
        (id, principal, kind, grant_id, key_id, role, over, url, types, project, department, position, created_at)
    SELECT %(id)s, %(principal)s, %(kind)s, %(grant_id)s, %(key_id)s, %(role)s, %(over)s, %(url)s, %(types)s,
           %(project)s, %(department)s, %(position)s, %(created_at)s
    WHERE (SELECT count(*) FROM webhook.subscription WHERE principal = %(principal)s) < {SUBSCRIPTIONS_MAX}
    ON CONFLICT (id) DO NOTHING RETURNING {COLUMNS}
"""  # noqa: S608  our own constants
FIND: LiteralString = f"SELECT {COLUMNS} FROM webhook.subscription WHERE id = %s AND principal = %s"  # noqa: S608
OF: LiteralString = f"SELECT {COLUMNS} FROM webhook.subscription WHERE principal = %s ORDER BY created_at, id"  # noqa: S608
ALL: LiteralString = f"SELECT {COLUMNS} FROM webhook.subscription ORDER BY id"  # noqa: S608
DELETE: LiteralString = "DELETE FROM webhook.subscription WHERE id = %s AND principal = %s RETURNING id"
ROTATE: LiteralString = f"""
    UPDATE webhook.subscription SET generation = generation + 1, old_until = %s
    WHERE id = %s AND principal = %s RETURNING {COLUMNS}
"""  # noqa: S608
REPLAY: LiteralString = "INSERT INTO webhook.replay (subscription, next, until) VALUES (%s, %s, %s)"
REPLAYS: LiteralString = "SELECT count(*) FROM webhook.replay WHERE subscription = %s"
AWAY: LiteralString = """
    UPDATE webhook.subscription SET failures = %(failures)s, away_since = %(since)s, next_at = %(next_at)s,
        trouble = %(trouble)s, stopped_at = %(stopped_at)s
    WHERE id = %(id)s
"""
REACHED: LiteralString = """
    UPDATE webhook.subscription SET failures = 0, away_since = NULL, next_at = NULL, stopped_at = NULL, trouble = '',
        delivered_at = coalesce(%(delivered_at)s, delivered_at)
    WHERE id = %(id)s
"""
TROUBLE: LiteralString = "UPDATE webhook.subscription SET trouble = %s WHERE id = %s AND trouble <> %s"


class WebhookSubscription(Struct, frozen=True):
    """One subscription, with its cursor on the feed and the state of its deliveries."""

    id: UUID
    principal: str
    kind: PrincipalKind
    grant_id: UUID | None
    key_id: str
    role: Role
    over: str
    url: str
    types: tuple[str, ...]
    project: UUID | None
    department: str
    position: int
    generation: int
    old_until: datetime | None
    created_at: datetime
    delivered_at: datetime | None = None
    failures: int = 0
    away_since: datetime | None = None
    next_at: datetime | None = None
    stopped_at: datetime | None = None
    trouble: str = ""

    @property
    def criteria(self) -> FeedCriteria:
        """Which events it is for."""
        return FeedCriteria(frozenset(self.types), self.project, self.department)


class NewSubscription(Struct, frozen=True):
    """What is asked for, by whom."""

    id: UUID
    caller: Caller
    grant_id: UUID | None
    key_id: str
    url: str
    criteria: FeedCriteria
    position: int


def subscription_of(row: TupleRow) -> WebhookSubscription:
    """The subscription in a row of the table."""
    subscription = WebhookSubscription(*row)
    return structs.replace(
        subscription,
        kind=PrincipalKind(subscription.kind),
        role=Role(subscription.role),
        types=tuple(subscription.types),
    )


class Subscriptions:
    """The subscriptions in one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, new: NewSubscription, now: datetime) -> WebhookSubscription | None:
        """Store a subscription; one of the same id stays as it is. None where its principal has as many as one may."""
        caller, criteria = new.caller, new.criteria
        params = {
            "id": new.id,
            "principal": caller.id,
            "kind": caller.kind.value,
            "grant_id": new.grant_id,
            "key_id": new.key_id,
            "role": caller.role.value,
            "over": caller.over,
            "url": new.url,
            "types": sorted(criteria.types),
            "project": criteria.project,
            "department": criteria.department,
            "position": new.position,
            "created_at": now,
        }
        row = await self._row(INSERT, params)
        return subscription_of(row) if row else await self.find(new.id, caller.id)

    async def find(self, subscription: UUID, principal: str) -> WebhookSubscription | None:
        """The subscription of *principal* with this id."""
        row = await self._row(FIND, [subscription, principal])
        return subscription_of(row) if row else None

    async def of(self, principal: str) -> list[WebhookSubscription]:
        """All subscriptions of *principal*, the oldest first."""
        return await self._all(OF, [principal])

    async def all(self) -> list[WebhookSubscription]:
        """All subscriptions there are."""
        return await self._all(ALL, [])

    async def end(self, subscription: UUID, principal: str) -> bool:
        """Delete a subscription with its queue; False where it is none of *principal*'s."""
        return await self._row(DELETE, [subscription, principal]) is not None

    async def rotate(self, subscription: UUID, principal: str, old_until: datetime) -> WebhookSubscription | None:
        """A new secret; the one before signs as well until *old_until*."""
        row = await self._row(ROTATE, [old_until, subscription, principal])
        return subscription_of(row) if row else None

    async def replay(self, subscription: UUID, first: int, last: int, replays_max: int) -> bool:
        """Queue again what lies between two positions; False where as many stretches as *replays_max* wait already."""
        waiting = await self._row(REPLAYS, [subscription])
        if waiting is not None and waiting[0] >= replays_max:
            return False
        await self._run(REPLAY, [subscription, first - 1, last])
        return True

    async def note_away(
        self, subscription: WebhookSubscription, now: datetime, next_at: datetime, trouble: str, *, stops: bool
    ) -> None:
        """Record that the receiver was not reached, and when it is tried again; *stops*: never."""
        params = {
            "id": subscription.id,
            "failures": subscription.failures + 1,
            "since": subscription.away_since or now,
            "next_at": next_at,
            "trouble": trouble,
            "stopped_at": now if stops else None,
        }
        await self._run(AWAY, params)

    async def note_reached(self, subscription: UUID, delivered_at: datetime | None) -> None:
        """Record that the receiver answers."""
        await self._run(REACHED, {"id": subscription, "delivered_at": delivered_at})

    async def note_trouble(self, subscription: UUID, trouble: str) -> None:
        """Record why nothing is sent."""
        await self._run(TROUBLE, [trouble, subscription, trouble])

    async def _row(self, query: LiteralString, params: Any) -> TupleRow | None:
        async with self._store.connection() as connection:
            return await (await connection.execute(query, params)).fetchone()

    async def _all(self, query: LiteralString, params: Any) -> list[WebhookSubscription]:
        async with self._store.connection() as connection:
            return [subscription_of(row) for row in await (await connection.execute(query, params)).fetchall()]

    async def _run(self, query: LiteralString, params: Any) -> None:
        async with self._store.connection() as connection:
            await connection.execute(query, params)


class LostRightsError(Exception):
    """The subscriber may not have events any more. The message says why."""


class SubscriberRights:
    """The caller as whom a subscription reads: looked up each time, so that what ends in the ledger ends here too."""

    def __init__(self, directory: PrincipalDirectory) -> None:
        self._directory = directory

    async def caller(self, subscription: WebhookSubscription, now: datetime) -> Caller:
        """The caller that the subscriber is at *now*. Raises LostRightsError."""
        if subscription.grant_id is None:  # a gateway said so: the server has no other word
            return Caller(
                subscription.principal,
                subscription.principal,
                subscription.kind,
                subscription.role,
                subscription.over,
                scopes=READS,
            )
        name = await self._directory.name_of(subscription.principal)
        if name is None:
            raise LostRightsError(f"{subscription.principal} is not registered any more")
        grants: Sequence[Any] = await self._directory.grants_of(subscription.principal, now)
        grant = next((held for held in grants if held.id == subscription.grant_id), None)
        if grant is None:
            raise LostRightsError("the grant that the subscription reads by does not hold")
        if not await self._has_key(subscription.key_id):
            raise LostRightsError(f"the key {subscription.key_id}, which made the subscription, was revoked")
        return caller_by(subscription.principal, name, grant, subscription.kind, READS)

    async def _has_key(self, key_id: str) -> bool:
        return not key_id or key_id.startswith(TOKEN) or await self._directory.key(key_id) is not None
