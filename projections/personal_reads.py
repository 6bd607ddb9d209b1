"""Reports reads of personal data: code that shows a contact calls a function here, and the visit of the request records
it.

Queries and schemas of many subjects show contacts; none knows the sender, the address, or where reads are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from uuid import UUID

from msgspec import Struct

from domain.access.table import PERSONAL
from domain.core.personal import ERASED
from domain.legal_person.registration import LegalPersonChanged, LegalPersonRegistered
from domain.messages import AnyFact
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.information.recording import InformationRecorded
from projections.information.fold import CONTACTS

INFORMATION, FEEDBACK, PERSON = "read:information_contact", "read:feedback_contact", "read:legal_person_contact"
PROJECTS, PERSONS = "projects", "legal-persons"
NO_TEXT = frozenset({"", ERASED})


class PersonalRead(Struct, frozen=True):
    """One read: *subject* is whose data it was, as the address below /v1, *kind* is the read by the table of access."""

    subject: str
    kind: str


OnRead = Callable[[PersonalRead], None]
ON_READ: ContextVar[OnRead | None] = ContextVar("personal_reads", default=None)  # of the request, called for each read


class PersonalReads:
    """Calls *on_read* for each read of personal data in a `with` block, also in tasks and threads started there."""

    __slots__ = ("_before", "_on_read")

    def __init__(self, on_read: OnRead) -> None:
        self._on_read = on_read

    def __enter__(self) -> None:
        self._before = ON_READ.set(self._on_read)

    def __exit__(self, *_: object) -> None:
        ON_READ.reset(self._before)


def note_read(action: str, subject: str) -> None:
    """Personal data is shown to the sender of the request. Raises ValueError where *action* is not a read of such."""
    if action not in PERSONAL:
        raise ValueError(f"{action} is no read of personal data")
    if (on_read := ON_READ.get()) is not None:
        on_read(PersonalRead(subject, action.removeprefix("read:")))


def note_project(action: str, project: UUID) -> None:
    """The same of the contacts of a project."""
    note_read(action, f"{PROJECTS}/{project}")


def note_person(person: UUID) -> None:
    """The same of the contact of a legal person."""
    note_read(PERSON, f"{PERSONS}/{person}")


def note_fact(stream: UUID, fact: AnyFact) -> None:
    """A fact of *stream* is shown: note whom to call, where it says so."""
    match fact:
        case InformationRecorded(category=category) if category == CONTACTS:
            if any(field.value not in NO_TEXT for field in fact.fields):
                note_project(INFORMATION, stream)
        case ComplaintFiled(contact=contact) if contact not in NO_TEXT:
            note_project(FEEDBACK, stream)
        case LegalPersonRegistered() | LegalPersonChanged() if fact.particulars.contact:
            note_person(stream)
        case _:
            pass
