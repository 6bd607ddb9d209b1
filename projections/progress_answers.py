"""The rows of the progress table, as they are answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class ProgressItem(Struct, frozen=True):
    """One item's row, as it is answered.

    *holders*: who has to act on it, in order: a department by its code, else `applicant`, `outside`, `outside_body`,
    `project_manager` or `nobody`; none where it waits for other items, or is done. *holder* is the first.
    """

    project: UUID
    item: str
    nth: int
    name: str
    department: str
    mode: str
    live: bool
    stage: str
    outcome: str
    application: int
    holder: str
    holders: list[str]
    unmet: list[str]
    missing: list[str]
    suspended: list[str]
    awaiting: list[str]
    queued: list[str]
    promise_days: int | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    delivered_at: datetime | None
    document: str
    external: bool
    verified_at: datetime | None
    last_fact: str
    changed_at: datetime | None
    changed_by: str


class ProgressProject(Struct, frozen=True):
    """One project's row, as it is answered.

    *phase* is the first of its flow in which something is not granted, *phase_nth* of *phases*; empty and 0 where it
    runs by no flow, empty and the last where all is granted. *changed_at* is when what was recorded last happened,
    *happened_at* when what happened last did, *recorded_at* when the last of it was learned. *register* is the log that
    it was imported from, empty for the zone's own. *items_done* are granted or terminated; *stuck*: it is open, and has
    items that were turned down (refused or declined, and not applied for again), or nobody who can act on any of them.
    """

    project: UUID
    code: str
    name: str
    enterprise: str
    manager: str
    law: str
    register: str
    kind: str
    phase: str
    phase_name: str
    phase_nth: int
    phases: int
    registered_at: datetime | None
    items_total: int
    items_open: int
    items_done: int
    items_turned_down: int
    stuck: bool
    holders: list[str]
    complaints_open: int
    last_fact: str
    changed_at: datetime | None
    changed_by: str
    version: int
    position: int
    happened_at: datetime | None
    recorded_at: datetime | None
