"""The eventsourcing library's contract on our tables: whatever is written against the library works here too."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from psycopg.sql import SQL, Composed
from psycopg_pool import ConnectionPool

from domain.messages import FACTS
from domain.streams import kind_named_by
from infrastructure.ledger.hash_chain import GENESIS, chained
from infrastructure.ledger.mapper import opened, sealed
from infrastructure.ledger.pg_binary import microseconds
from infrastructure.ledger.reader import CHANNEL, configure, head_of

POOL_MAX = 10  # more threads than this take turns
APPEND = """
    SELECT base, status FROM ledger.append(
        %s::uuid[], %s::bytea[], %s::bytea[], %s::uuid[], %s::text[], %s::int[], %s::int[], %s::int[], %s::bytea[],
        %s::bytea[], %s::int[], %s::int[], %s::text[], %s::bytea[], %s::bytea[], %s::timestamptz[], %s::timestamptz[],
        %s::bytea[])
"""
EVENT_COLUMNS = SQL("stream, version, type, data, meta, occurred_at, recorded_at")


class LedgerAggregateRecorder(AggregateRecorder):
    """Streams of the ledger, without positions."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.pool = pool

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        self._insert(stored_events)
        return None

    def _insert(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        """Store all or none. Raises IntegrityError where a stream is not at the version expected."""
        if not stored_events:
            return []
        try:
            with self.pool.connection() as connection:
                params, order = _batch(connection, stored_events)
                row = connection.execute(APPEND, params).fetchone()
                base, status = cast("tuple[int, str]", row)
                if status.strip("s"):
                    raise IntegrityError("another writer was first, or a version is missing")
        except psycopg.errors.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error
        return [base + 1 + nth for nth in order]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = SQL(
            "SELECT {} FROM ledger.event WHERE stream = %s AND version > coalesce(%s, -1)"
            " AND version <= coalesce(%s, 2147483647) ORDER BY version {} LIMIT %s"
        ).format(EVENT_COLUMNS, SQL("DESC" if desc else "ASC"))
        with self.pool.connection() as connection:
            rows = connection.execute(query, [originator_id, gt, lte, limit]).fetchall()
        return [StoredEvent(*_event(*row)) for row in rows]


class LedgerRecorder(LedgerAggregateRecorder, ApplicationRecorder):
    """The whole ledger in its order."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        positions = self._insert(stored_events)
        if positions:
            with suppress(psycopg.Error), self.pool.connection() as connection:
                connection.execute(SQL("SELECT pg_notify({}, '')").format(CHANNEL))  # never inside the write
        return positions

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        conditions = [SQL("true")]
        params: list[object] = []
        if start is not None:
            conditions.append(SQL("seq >= %s") if inclusive_of_start else SQL("seq > %s"))
            params.append(start)
        if stop is not None:
            conditions.append(SQL("seq <= %s"))
            params.append(stop)
        if topics:
            conditions.append(SQL("type = ANY(%s)"))
            params.append(list(topics))
        query: Composed = SQL("SELECT {}, seq FROM ledger.event WHERE {} ORDER BY seq LIMIT %s").format(
            EVENT_COLUMNS, SQL(" AND ").join(conditions)
        )
        with self.pool.connection() as connection:
            rows = connection.execute(query, [*params, limit]).fetchall()
        return [Notification(*_event(*row[:-1]), row[-1]) for row in rows]

    def max_notification_id(self) -> int | None:
        with self.pool.connection() as connection:
            return head_of(connection) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return LedgerSubscription(self, gt, topics)


class LedgerSubscription(ListenNotifySubscription[LedgerRecorder]):
    """Notifications as they come; woken by NOTIFY, and every second in case one was missed."""

    POLL_SECONDS = 1.0

    def __init__(self, recorder: LedgerRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        self._listener.join()

    def _listen(self) -> None:
        try:
            with self._recorder.pool.connection() as connection:
                connection.autocommit = True
                connection.execute(SQL("LISTEN {}").format(CHANNEL))
                while not self._has_been_stopped:
                    for _ in connection.notifies(timeout=self.POLL_SECONDS / 4, stop_after=1):
                        pass
                    self._has_been_notified.set()
                connection.execute(SQL("UNLISTEN {}").format(CHANNEL))
                connection.autocommit = False
        except psycopg.Error as error:
            self._thread_error = OperationalError(str(error))
            self.stop()


class LedgerFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorders from COUNTERSIGN_LEDGER_URL. Projections and snapshots have no place in the ledger."""

    URL = "LEDGER_URL"

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        url = self.env.get(self.URL)
        if not url:
            raise OSError(f"{self.URL} is not set: it has to hold the address of the ledger's database")
        self.pool = ConnectionPool(url, min_size=0, max_size=POOL_MAX, configure=configure, open=True)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        if purpose != "events":
            raise ProgrammingError("a project loads in a millisecond or two, so there are no snapshots")
        return LedgerAggregateRecorder(self.pool)

    def application_recorder(self) -> ApplicationRecorder:
        return LedgerRecorder(self.pool)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:  # noqa: ARG002 the library's signature
        raise ProgrammingError("views keep their own positions: see infrastructure/projector/projector.py")

    def process_recorder(self) -> ProcessRecorder:
        raise ProgrammingError("views keep their own positions: see infrastructure/projector/projector.py")

    def close(self) -> None:
        self.pool.close()


def _event(
    stream: UUID, version: int, type_: str, data: bytes, meta: bytes, occurred_at: datetime, recorded_at: datetime
) -> tuple[UUID, int, str, bytes]:
    return stream, version, type_, sealed(occurred_at, recorded_at, meta, data) if meta else data


def _batch(
    connection: psycopg.Connection[Any], stored_events: Sequence[StoredEvent]
) -> tuple[list[list[object]], list[int]]:
    """The parameters of ledger.append, one item per stream; and the place of each given event among the stored ones."""
    now = datetime.now(UTC)
    by_stream: dict[UUID, list[int]] = {}
    for index, event in enumerate(stored_events):
        by_stream.setdefault(UUID(str(event.originator_id)), []).append(index)
    heads = _heads(connection, list(by_stream))
    facts: list[tuple[object, ...]] = []
    items: list[tuple[object, ...]] = []
    order = [0] * len(stored_events)
    for item, (stream, indices) in enumerate(by_stream.items(), 1):
        version, previous = heads.get(stream, (None, GENESIS))
        first = stored_events[indices[0]].originator_version
        if first not in ((0, 1) if version is None else (version + 1,)):
            raise IntegrityError(f"{stream} is at version {version}, so {first} can't come next")
        before = previous
        for index in indices:
            order[index] = len(facts)
            fact, previous = _fact(stream, stored_events[index], previous, now)
            facts.append((item, *fact))
        last = stored_events[indices[-1]].originator_version
        kind = _kind(stored_events[indices[0]].topic)
        items.append((None, None, None, stream, kind, first, last, len(facts), before, previous))
    return [list(column) for table in (items, facts) for column in zip(*table, strict=True)], order


def _kind(topic: str) -> str:
    """The kind of aggregate whose stream begins with this fact; empty for another application's."""
    return kind_named_by(FACTS[topic]) if topic in FACTS else ""


def _fact(stream: UUID, event: StoredEvent, previous: bytes, now: datetime) -> tuple[tuple[object, ...], bytes]:
    """One event's columns, and its hash; *now* is its time where it was not made by our mapper."""
    envelope = opened(event.topic, event.state)
    data, meta = (bytes(envelope.fact), bytes(envelope.recorded)) if envelope else (event.state, b"")
    occurred_at, recorded_at = (envelope.occurred_at, envelope.recorded_at) if envelope else (now, now)
    version, name = event.originator_version, event.topic
    times = microseconds(occurred_at), microseconds(recorded_at)
    hashed = chained(previous, stream, version, name.encode(), data, meta, *times)
    return (version, name, data, meta, occurred_at, recorded_at, hashed), hashed


def _heads(connection: psycopg.Connection[Any], streams: list[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """The last version of each stream, and its hash."""
    rows = connection.execute(
        "SELECT stream, version, hash FROM ledger.stream WHERE stream = ANY(%s)", [streams]
    ).fetchall()
    return {stream: (version, previous) for stream, version, previous in rows}
