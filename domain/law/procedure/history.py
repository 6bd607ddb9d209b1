"""One application as its law sees it: its events in the order of recording, and the terms fixed for it."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct, field

from domain.law.licensing.event import LawEvent
from domain.law.office import IntakeHours


class Announcement(Struct):
    """The last day of *clock* as announced to the applicant at an instant; *version* is that of its entry."""

    version: int
    clock: str
    announced_on: date
    provisional: bool
    at: datetime


class ItemHistory(Struct):
    """One application for one item: its events in recording order, and what its rule is made of.

    Events are called "v<version>" after the entry they come from. *law* names the pack that applies, *intake_law* the
    one in force at receipt; empty where none is recorded. *decision_length* is the limit recorded at acceptance, in
    the law's unit. *licence_expiry* is the last day of the licence that is to be renewed, *hours* are those of the
    office that took the application in, where it has published any. *upper* is the deciding department of a forwarded
    file.

    *request_days* holds the limit of each countersignature by its clock. By department and step, *questions* counts how
    often it was asked, and *requested_at* is when it was asked last. *announced* are the last days announced to the
    applicant.
    """

    item: str
    application: int
    department: str
    mode: str
    special: str
    live: bool
    promise_days: int | None
    law: str
    intake_law: str
    decision_length: int | None = None
    licence_expiry: date | None = None
    hours: IntakeHours | None = None
    upper: str = ""
    request_days: dict[str, int] = field(default_factory=dict)
    questions: dict[tuple[str, str], int] = field(default_factory=dict)
    requested_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    events: list[LawEvent] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)
