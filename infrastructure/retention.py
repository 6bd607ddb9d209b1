"""Retention: what is beside the ledger, how long it stays, and what is past that. The ledger itself is for good.

Servers remove what is past its time by themselves, once an hour; this shows it, and removes it at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import LiteralString

from msgspec import Struct

from infrastructure.identity.security_log import SecurityEvent, SecurityLog
from infrastructure.ledger.reader import Store
from infrastructure.settings import Settings
from infrastructure.webhooks.sender import RETENTION as DELIVERIES
from infrastructure.window.drafts import LIFETIME as DRAFTS

COMMAND_LINE = "command line"
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)
EXPIRED: LiteralString = "expires_at < %s"
SESSION_PAST: LiteralString = "expires_at < clock_timestamp() OR touched_at < %s"
SECURITY_LOG: LiteralString = "identity.security_log"


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


def rules_of(settings: Settings, now: datetime) -> list[RetentionRule]:
    """The rules at *now*, as the *settings* have them."""
    log_days, hours = settings.security_log_days, settings.session_hours
    used = f"unused for {settings.session_idle_minutes} minutes, or after {hours} hours"
    delivered: LiteralString = "state IN ('delivered', 'skipped') AND tried_at < %s"
    return [
        RetentionRule("sessions", used, "identity.session", SESSION_PAST, now - settings.session_idle_minutes * MINUTE),
        RetentionRule("begun sign-ins", "until they expire", "identity.pending_sign_in", EXPIRED, now),
        RetentionRule("logout tokens", "until they expire", "identity.used_token", EXPIRED, now),
        RetentionRule("one-time codes", "until they expire", "identity.one_time_code", EXPIRED, now),
        RetentionRule("drafts", f"{DRAFTS.days} days after they were saved", "process.application_draft", EXPIRED, now),
        RetentionRule("webhooks sent", f"{DELIVERIES.days} days", "webhook.delivery", delivered, now - DELIVERIES),
        RetentionRule("security log", f"{log_days} days", SECURITY_LOG, "at < %s", now - log_days * DAY),
    ]


async def retained(store: Store, settings: Settings, now: datetime, *, remove: bool) -> list[RetainedRecords]:
    """What there is beside the ledger. With *remove* what is past its time is deleted, which the security log says."""
    answers = []
    for rule in rules_of(settings, now):
        async with store.connection() as connection:
            query = f"SELECT count(*), count(*) FILTER (WHERE {rule.past}) FROM {rule.table}"  # noqa: S608 our own
            ((records, past),) = await (await connection.execute(query, [rule.before])).fetchall()
            removed = 0
            if remove and past and rule.table == SECURITY_LOG:
                removed = await SecurityLog(store).prune(rule.before)
            elif remove and past:
                gone = await connection.execute(f"DELETE FROM {rule.table} WHERE {rule.past}", [rule.before])  # noqa: S608
                removed = gone.rowcount
        answers.append(RetainedRecords(rule.name, rule.stays, records, past, removed))
    if remove:
        named = [f"{answer.removed} {answer.name}" for answer in answers if answer.removed]
        detail = ", ".join(named) or "nothing"
        await SecurityLog(store).add(SecurityEvent.RETENTION_APPLIED, now, method=COMMAND_LINE, detail=detail)
    return answers
