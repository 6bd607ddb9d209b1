"""Retention: records outside the ledger, how long they are stored, and which have expired. The ledger itself is
permanent.

Servers remove expired records by themselves; the command line lists them, and removes them at once. Either way a fact
says what was removed, by which rule, how many, and by whom: a removal and the note from which the fact is recorded are
one transaction, so that a process that is killed leaves neither a removal without its fact nor a fact without one.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import structlog
from msgspec import Struct, json, structs
from psycopg import AsyncConnection

from domain.core.ledger import Actor, Role
from domain.retention.removal import RETENTION_STREAM, RecordRemoval, RemovedRecords
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import ClockWrongError
from infrastructure.ledger.committer import BusyError
from infrastructure.settings import Settings
from infrastructure.window.drafts import LIFETIME as DRAFTS

SERVERS = Actor("retention", "", Role.SYSTEM)
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)
DELIVERIES = timedelta(hours=24 * 30)  # of rows about webhooks that were sent
LOOK_SECONDS = 3600.0
LOCK = 0x436F756E_52657465  # advisory lock of a removal
EXPIRED: LiteralString = "expires_at < %(before)s"
SESSION_PAST: LiteralString = "expires_at < %(now)s OR touched_at < %(before)s"
DELIVERED: LiteralString = "state IN ('delivered', 'skipped') AND tried_at < %(before)s"
SECURITY_LOG: LiteralString = "identity.security_log"
REMOVE_LOG: LiteralString = "SELECT identity.prune_security_log(%(before)s)"  # which none else may remove from
NOTE: LiteralString = "INSERT INTO process.removal (id, removed, removed_by, removed_at) VALUES (%s, %s, %s, %s)"
NOTED: LiteralString = "SELECT id, removed, removed_by FROM process.removal ORDER BY removed_at"
RECORDED: LiteralString = "DELETE FROM process.removal WHERE id = %s"
LAST: LiteralString = """
    SELECT greatest((SELECT max(removed_at) FROM process.removal),
                    (SELECT recorded_at FROM ledger.event WHERE stream = %s ORDER BY version DESC LIMIT 1))
"""

log = structlog.get_logger()


class RetentionRule(Struct, frozen=True):
    """Records of one kind, in a *table*: those for which *past* holds, with *before*, have stayed long enough."""

    name: str
    stays: str
    table: LiteralString
    past: LiteralString
    before: datetime


class RetainedRecords(Struct, frozen=True):
    """How many records of a kind there are, how long they stay, how many are *past* that, and how many were removed."""

    name: str
    stays: str
    records: int
    past: int
    removed: int = 0


class RetentionReport(Struct, frozen=True):
    """The records outside the ledger, and the *position* of the fact of their removal; 0 where nothing was removed."""

    kinds: list[RetainedRecords]
    position: int = 0


def rules_of(settings: Settings, now: datetime) -> list[RetentionRule]:
    """The rules at *now*, as the *settings* have them."""
    log_days, hours = settings.security_log_days, settings.session_hours
    used = f"unused for {settings.session_idle_minutes} minutes, or after {hours} hours"
    saved = f"{DRAFTS.days} days after they were saved"
    return [
        RetentionRule("sessions", used, "identity.session", SESSION_PAST, now - settings.session_idle_minutes * MINUTE),
        RetentionRule("begun_sign_ins", "until they expire", "identity.pending_sign_in", EXPIRED, now),
        RetentionRule("logout_tokens", "until they expire", "identity.used_token", EXPIRED, now),
        RetentionRule("one_time_codes", "until they expire", "identity.one_time_code", EXPIRED, now),
        RetentionRule("drafts", saved, "process.application_draft", EXPIRED, now),
        RetentionRule("half_filled_forms", saved, "process.form_draft", EXPIRED, now),
        RetentionRule("sent_webhooks", f"{DELIVERIES.days} days", "webhook.delivery", DELIVERED, now - DELIVERIES),
        RetentionRule("security_log", f"{log_days} days", SECURITY_LOG, "at < %(before)s", now - log_days * DAY),
    ]


class RecordRetention:
    """The records outside the ledger of *approvals*, by the rules of *settings*."""

    def __init__(self, approvals: Approvals, settings: Settings) -> None:
        self._approvals, self._settings = approvals, settings

    async def preview(self) -> RetentionReport:
        """The records of each kind, and how many a removal now would remove."""
        now = self._approvals.clock()
        async with self._approvals.store.connection() as connection:
            return RetentionReport([await _counted(connection, rule, now) for rule in rules_of(self._settings, now)])

    async def remove(self, by: Actor, *, after: timedelta | None = None) -> RetentionReport:
        """Delete expired records, as an act of *by*, and record that.

        *after*: nothing is done where the last removal is not that long ago. Raises ClockWrongError, Refused,
        BusyError, psycopg's errors; what was removed by then is recorded by the next call of `record_noted`.
        """
        await self._approvals.clocks.require_right()
        now = self._approvals.clock()
        async with self._approvals.store.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if after is not None and await _last(connection) > now - after:
                return RetentionReport([])
            rules = rules_of(self._settings, now)
            kinds = [await _removed(connection, rule, now) for rule in rules]
            facts = [_fact_of(rule, kind) for rule, kind in zip(rules, kinds, strict=True)]
            if removed := [fact for fact in facts if fact]:
                note = [uuid4(), *(json.encode(each).decode() for each in (removed, by)), now]
                await connection.execute(NOTE, note)
        return RetentionReport(kinds, await self.record_noted())

    async def record_noted(self) -> int:
        """Record the removals that are noted; the position of the last one, 0 where there is none."""
        store, position = self._approvals.store, 0
        async with store.connection() as connection:
            noted = await (await connection.execute(NOTED)).fetchall()
        for id_, removed, by in noted:
            command = RecordRemoval(removed=json.decode(removed, type=tuple[RemovedRecords, ...]))
            answer = await self._approvals.handle(RETENTION_STREAM, command, json.decode(by, type=Actor), id_)
            position = answer.receipt.position
            async with store.connection() as connection:
                await connection.execute(RECORDED, [id_])
        return position


class RetentionWorker:
    """Removes expired records once a day, on whichever server comes first. `run` until `stop`."""

    def __init__(self, retention: RecordRetention) -> None:
        self._retention = retention
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Look now, and then every hour."""
        while not self._stopping.is_set():
            try:
                await self.step()
            except (psycopg.Error, TimeoutError, BusyError, ClockWrongError) as failure:
                log.warning("retention_not_applied", error=str(failure).strip())
            try:
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def step(self) -> None:
        """Record removals that a killed process left unrecorded, and remove what has expired, once a day."""
        await self._retention.record_noted()
        report = await self._retention.remove(SERVERS, after=DAY)
        if report.position:
            log.info("records_removed", position=report.position, records=sum(kind.removed for kind in report.kinds))


async def _counted(connection: AsyncConnection[Any], rule: RetentionRule, now: datetime) -> RetainedRecords:
    query = f"SELECT count(*), count(*) FILTER (WHERE {rule.past}) FROM {rule.table}"  # noqa: S608 our own
    ((records, past),) = await (await connection.execute(query, {"before": rule.before, "now": now})).fetchall()
    return RetainedRecords(rule.name, rule.stays, records, past)


async def _removed(connection: AsyncConnection[Any], rule: RetentionRule, now: datetime) -> RetainedRecords:
    counted = await _counted(connection, rule, now)
    params = {"before": rule.before, "now": now}
    if rule.table == SECURITY_LOG:
        ((removed,),) = await (await connection.execute(REMOVE_LOG, params)).fetchall()
    else:
        removed = (await connection.execute(f"DELETE FROM {rule.table} WHERE {rule.past}", params)).rowcount  # noqa: S608
    return structs.replace(counted, removed=removed)


def _fact_of(rule: RetentionRule, kind: RetainedRecords) -> RemovedRecords | None:
    return RemovedRecords(rule.name, rule.stays, rule.before, kind.removed) if kind.removed else None


async def _last(connection: AsyncConnection[Any]) -> datetime:
    """When something was last removed."""
    ((last,),) = await (await connection.execute(LAST, [RETENTION_STREAM])).fetchall()
    return last or datetime.min.replace(tzinfo=UTC)
