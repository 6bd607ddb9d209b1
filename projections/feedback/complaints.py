"""The row of a complaint: how facts change it, and the clock runs read from it."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from domain.law.feedback.clock import FeedbackRun
from domain.law.feedback.terms import FeedbackStep
from domain.messages import Entry
from domain.project.feedback.complaint import (
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeclined,
    ComplaintExtended,
    ComplaintFiled,
    ComplaintTransferred,
    ComplaintWithdrawn,
)
from domain.project.state.project import Project
from projections.feedback.redaction import named, veiled_fact, words_of

BUREAU, APPLICANT = "supervisor", "applicant"  # holders that are not departments

COMPLAINT_COLUMNS: tuple[tuple[str, LiteralString], ...] = (
    ("project", "uuid"),
    ("complaint", "text"),
    ("item", "text NOT NULL"),
    ("department", "text NOT NULL"),  # its present department; empty: the supervision bureau
    ("filed_with", "text NOT NULL"),  # its first department
    ("state", "text NOT NULL"),  # filed, accepted, answered; closed, declined, withdrawn
    ("about", "text NOT NULL"),
    ("entries", "integer[] NOT NULL"),
    ("step", "text NOT NULL"),
    ("person", "text NOT NULL"),
    ("anonymous", "boolean NOT NULL"),
    ("filed_by", "text NOT NULL"),  # empty for an anonymous complaint
    ("filed_at", "timestamptz NOT NULL"),
    ("position", "bigint NOT NULL"),  # of its filing in the ledger, of which its number is made
    ("rule", "text NOT NULL"),
    ("law", "text NOT NULL"),
    ("transfers", "integer NOT NULL"),
    ("transfer_reasons", "text NOT NULL"),
    ("first_transferred_at", "timestamptz"),  # both only while it was not accepted: later ones stop no clock
    ("transferred_at", "timestamptz"),
    ("accepted_at", "timestamptz"),
    ("accepted_by", "text NOT NULL"),
    ("extension_days", "integer NOT NULL"),
    ("extended_at", "timestamptz"),
    ("extension_reasons", "text NOT NULL"),
    ("extension_approver", "text NOT NULL"),
    ("answer", "text NOT NULL"),
    ("outcome", "text NOT NULL"),  # upheld, partly, unfounded
    ("upheld", "boolean"),
    ("evidence", "integer[] NOT NULL"),
    ("answered_by", "text NOT NULL"),
    ("answered_at", "timestamptz"),
    ("satisfied", "text NOT NULL"),
    ("remarks", "text NOT NULL"),  # reasons of dissatisfaction, declining or withdrawal
    ("closed_at", "timestamptz"),  # however it ended
)


class ComplaintRow(Struct):
    """One complaint, in the columns of the view. *entries* and *evidence* are versions in the project's history;
    *position* is that of its filing in the ledger.
    """

    project: UUID
    complaint: str
    item: str
    department: str
    filed_with: str
    state: str
    about: str
    entries: list[int]
    step: str
    person: str
    anonymous: bool
    filed_by: str
    filed_at: datetime
    position: int
    rule: str
    law: str
    transfers: int = 0
    transfer_reasons: str = ""
    first_transferred_at: datetime | None = None
    transferred_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_by: str = ""
    extension_days: int = 0
    extended_at: datetime | None = None
    extension_reasons: str = ""
    extension_approver: str = ""
    answer: str = ""
    outcome: str = ""
    upheld: bool | None = None
    evidence: list[int] = []
    answered_by: str = ""
    answered_at: datetime | None = None
    satisfied: str = ""
    remarks: str = ""
    closed_at: datetime | None = None


ComplaintFact = (
    ComplaintFiled
    | ComplaintAccepted
    | ComplaintDeclined
    | ComplaintTransferred
    | ComplaintExtended
    | ComplaintWithdrawn
    | ComplaintAnswered
    | ComplaintClosed
)


def begun(fact: ComplaintFiled, entry: Entry, project: Project) -> ComplaintRow:
    """The row of a newly filed complaint."""
    words = words_of(fact, entry.recorded.actor)
    fact = veiled_fact(fact, words) if fact.anonymous else fact
    return ComplaintRow(
        project=project.id,
        complaint=fact.complaint,
        item=fact.item,
        department=fact.department,
        filed_with=fact.department,
        state="filed",
        about=fact.about,
        entries=list(fact.entries),
        step=fact.step,
        person=fact.person,
        anonymous=fact.anonymous,
        filed_by=named(entry, project).id,
        filed_at=entry.occurred_at,
        position=entry.position,
        rule=fact.rule,
        law=entry.recorded.law,
    )


def moved(row: ComplaintRow, fact: ComplaintFact, entry: Entry) -> None:
    """Apply a further fact, that of *entry* after redaction, to *row*."""
    at, by = entry.occurred_at, entry.recorded.actor.id
    match fact:
        case ComplaintAccepted():
            row.state, row.accepted_at, row.accepted_by = "accepted", at, by
        case ComplaintTransferred():
            row.department, row.transfer_reasons = fact.to, fact.reasons
            row.transfers += 1
            if row.accepted_at is None:
                row.transferred_at = at
                row.first_transferred_at = row.first_transferred_at or at
        case ComplaintExtended():
            row.extension_days, row.extended_at = fact.days, at
            row.extension_reasons, row.extension_approver = fact.reasons, fact.approver
        case ComplaintAnswered():
            row.state, row.answer, row.evidence = "answered", fact.answer, list(fact.entries)
            row.outcome, row.upheld, row.answered_by, row.answered_at = fact.outcome, fact.upheld, by, at
        case ComplaintClosed():
            row.state, row.satisfied, row.remarks, row.closed_at = "closed", fact.satisfied.value, fact.remarks, at
        case ComplaintDeclined():
            row.state, row.remarks, row.closed_at = "declined", fact.reasons, at
        case ComplaintWithdrawn():
            row.state, row.remarks, row.closed_at = "withdrawn", fact.reasons, at
        case ComplaintFiled():  # it creates a row and never changes one
            return


def complaint_runs(row: ComplaintRow) -> list[FeedbackRun]:
    """The clock runs of a complaint, in order of their start."""
    holder = row.department or BUREAU
    taken = min((at for at in (row.accepted_at, row.answered_at, row.closed_at) if at), default=None)
    runs = [
        FeedbackRun(
            FeedbackStep.ACCEPTANCE, row.filed_with or BUREAU, row.filed_at, ended_at=row.first_transferred_at or taken
        )
    ]
    if row.transferred_at:
        runs.append(FeedbackRun(FeedbackStep.TRANSFER, holder, row.transferred_at, ended_at=taken))
    if row.accepted_at:
        runs.append(
            FeedbackRun(
                FeedbackStep.ANSWER,
                holder,
                row.accepted_at,
                ended_at=row.answered_at or row.closed_at,
                extension_days=row.extension_days,
                extended_at=row.extended_at,
            )
        )
    if row.answered_at:
        runs.append(FeedbackRun(FeedbackStep.SATISFACTION, APPLICANT, row.answered_at, ended_at=row.closed_at))
    return runs
