"""更正 correction: entries are amended or retracted by further entries; nothing is rewritten."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import require_reasons
from domain.core.types import Text
from domain.project.state.project import FactNote, Project

Instant = Annotated[datetime, Meta(tz=True)]  # a time without a UTC offset is ambiguous
Version = Annotated[int, Meta(ge=1)]
REGISTRATION = "project_registered"
QUESTION = "countersignature_asked"
ACTS_ON_QUESTIONS = ("item_countersigned", "countersignature_forwarded", "countersignature_recalled", "opinion_kept")
BY_COMPLAINANTS = ("complaint_filed", "complaint_closed", "complaint_withdrawn")  # perhaps anonymously


class AmendEntry(Command, frozen=True, tag="amend_entry"):
    """Correct the time at which an earlier entry took effect. *version* is its number in the project, from 1."""

    version: Version
    new_occurred_at: Instant
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        target = correctable(project, self.version, context.by)
        require_reasons(self.reasons, f"amending entry {self.version}", "")
        require_order(project, self.version, target, self.new_occurred_at)
        if self.new_occurred_at > context.now:
            raise Refused(
                "in-the-future",
                f"entry {self.version} can't have happened at {self.new_occurred_at.isoformat()}, still to come",
                remedy="give a time that has passed",
            )
        return (
            EntryAmended(
                version=self.version,
                item=target.item,
                new_occurred_at=self.new_occurred_at,
                reasons=self.reasons,
            ),
        )


class EntryAmended(Fact, frozen=True, tag="entry_amended"):
    """Entry *version* took effect at *new_occurred_at*; of several amendments the last recorded counts."""

    version: int
    item: str
    new_occurred_at: datetime
    reasons: str

    def apply(self, project: Project) -> None:
        """No effect here: `domain.messages.corrections` resolves it, for the clocks."""


class RetractEntry(Command, frozen=True, tag="retract_entry"):
    """Retract an earlier entry that should never have been made."""

    version: Version
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        target = correctable(project, self.version, context.by)
        if target.fact == REGISTRATION:
            raise Refused(
                "registration-stays",
                "a project's registration can't be retracted",
                remedy="withdraw its items instead",
            )
        require_reasons(self.reasons, f"retracting entry {self.version}", "")
        return (EntryRetracted(version=self.version, item=target.item, reasons=self.reasons),)


class EntryRetracted(Fact, frozen=True, tag="entry_retracted"):
    """Entry *version* no longer counts, but stays readable."""

    version: int
    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        """No effect here: `domain.messages.replay` replays the project without the retracted entry."""


def require_order(project: Project, version: int, target: FactNote, new_occurred_at: datetime) -> None:
    """Refuse to move a countersignature request after an entry that followed from it."""
    if target.fact != QUESTION:
        return
    for later, note in project.notes.items():
        about_it = later > version and later not in project.retracted and note.item == target.item
        if about_it and note.fact in ACTS_ON_QUESTIONS and note.occurred_at < new_occurred_at:
            raise Refused(
                "before-the-question",
                f"entry {later}, which follows from it, is dated {note.occurred_at.isoformat()}, before that time",
                remedy="amend or retract that entry first, if it is the wrong one",
                version=later,
            )


def correctable(project: Project, version: int, by: Actor) -> FactNote:
    """The entry *version*; refused unless it exists, still counts, and *by* may correct it."""
    note = project.notes.get(version)
    if note is None:
        raise Refused(
            "no-such-entry",
            f"the project has no entry {version}",
            remedy=f"choose an entry from 1 to {project.version}",
        )
    if version in project.retracted:
        raise Refused("already-retracted", f"entry {version} was retracted", remedy="retract the retraction instead")
    same_department = by.role is Role.OFFICER and by.department and by.department == note.by.department
    own_entry = by.role in (Role.PROJECT_MANAGER, Role.INTEGRATOR, Role.SYSTEM) and by.id == note.by.id
    if not (same_department or own_entry or by.role is Role.SUPERVISOR):
        raise Refused(
            "not-yours-to-correct",
            f"entry {version} was recorded by {_recorder(note)}",
            remedy="the department that recorded it or the supervision bureau can correct it",
        )
    return note


def _recorder(note: FactNote) -> str:
    """The recorder of the entry, hidden if that could reveal an anonymous complainant."""
    corrected = note.fact in ("entry_amended", "entry_retracted") and note.by.role is not Role.OFFICER
    if note.fact in BY_COMPLAINANTS or corrected:
        return "another person"
    return f"{note.by.id} of {note.by.department or 'no department'}"
