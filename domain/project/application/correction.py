"""更正 correction: a mistake in the ledger is corrected by a further entry; nothing is rewritten."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.rules import require_reasons
from domain.core.types import Text
from domain.project.state.project import FactNote, Project

Instant = Annotated[datetime, Meta(tz=True)]  # a time without a zone says nothing
Version = Annotated[int, Meta(ge=1)]
REGISTRATION = "project_registered"
QUESTION = "countersignature_asked"
ACTS_ON_QUESTIONS = ("item_countersigned", "countersignature_forwarded", "countersignature_recalled", "opinion_kept")
BY_COMPLAINANTS = ("complaint_filed", "complaint_closed", "complaint_withdrawn")  # perhaps anonymously


class AmendEntry(Command, frozen=True, tag="amend_entry"):
    """Correct when an earlier entry legally happened. *version* is its place in the project's ledger, from 1."""

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
    """Entry *version* legally happened at *new_occurred_at*; of several amendments the last recorded counts."""

    version: int
    item: str
    new_occurred_at: datetime
    reasons: str

    def apply(self, project: Project) -> None:
        """Moves no decision, only clocks: `vocabulary.corrections` resolves it."""


class RetractEntry(Command, frozen=True, tag="retract_entry"):
    """Take back an earlier entry that should never have been made."""

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
    """Entry *version* counts no longer, as if it had never happened; it stays readable."""

    version: int
    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        """Takes a replay without the retracted entry: `vocabulary.replay` does it."""


def require_order(project: Project, version: int, target: FactNote, new_occurred_at: datetime) -> None:
    """Refuse to move a question to a department behind what was done about it (as no answer may come before it)."""
    if target.fact != QUESTION:
        return
    for later, note in project.notes.items():
        about_it = later > version and later not in project.retracted and note.item == target.item
        if about_it and note.fact in ACTS_ON_QUESTIONS and note.occurred_at < new_occurred_at:
            raise Refused(
                "before-the-question",
                f"entry {later} was done about {target.item} at {note.occurred_at.isoformat()}, before that",
                remedy="amend or retract that entry first, if it is the wrong one",
                version=later,
            )


def correctable(project: Project, version: int, by: Actor) -> FactNote:
    """The entry *version*, if it is there, still counts, and *by* may correct it; refused otherwise."""
    note = project.notes.get(version)
    if note is None:
        raise Refused(
            "no-such-entry", f"the project's ledger has no entry {version}", remedy=f"it has 1 to {project.version}"
        )
    if version in project.retracted:
        raise Refused("already-retracted", f"entry {version} was retracted", remedy="retract the retraction instead")
    same_department = by.role is Role.OFFICER and by.department and by.department == note.by.department
    own_entry = by.role in (Role.PROJECT_MANAGER, Role.INTEGRATOR, Role.SYSTEM) and by.id == note.by.id
    if not (same_department or own_entry or by.role is Role.SUPERVISOR):
        raise Refused(
            "not-yours-to-correct",
            f"entry {version} was recorded by {_recorder(note)}",
            remedy="the department that recorded it or the supervision bureau corrects it",
        )
    return note


def _recorder(note: FactNote) -> str:
    """Who recorded the entry, unless that could be an anonymous complainant, or one who corrected the complaint."""
    corrected = note.fact in ("entry_amended", "entry_retracted") and note.by.role is not Role.OFFICER
    if note.fact in BY_COMPLAINANTS or corrected:
        return "somebody else"
    return f"{note.by.id} of {note.by.department or 'no department'}"
