"""登记 registration of a legal person under its eighteen-character code, and changes of its particulars."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Code, Line
from domain.legal_person.codes import require_uscc
from domain.legal_person.state import AnyPerson, LegalPerson, Particulars, PersonChange, require_keeper, require_open


class RegisterLegalPerson(Command, frozen=True, tag="register_legal_person"):
    """Register a legal person. *particulars* need a name and a kind; *source* is where they come from."""

    code: Code
    particulars: Particulars
    source: Line = ""

    def decide(self, person: LegalPerson, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.code, person, context, "register a legal person")
        require_uscc(self.code)
        if person.code:
            raise Refused(
                "person-registered", f"{self.code} is already registered", remedy="use change_legal_person instead"
            )
        lacking = [what for what in ("name", "kind") if getattr(self.particulars, what) is None]
        if lacking:
            raise Refused(
                "particulars-missing",
                f"{self.code} can't be registered without its {' and '.join(lacking)}",
                remedy=f"give particulars.{lacking[0]}",
            )
        founded = self.particulars.founded_on
        if founded is not None:
            require_past(founded, f"{self.code} can't have been founded on {founded}", context)
        return (LegalPersonRegistered(code=self.code, particulars=self.particulars, source=self.source),)


class LegalPersonRegistered(Fact, frozen=True, tag="legal_person_registered"):
    """法人入库."""

    code: str
    particulars: Particulars
    source: str = ""

    def apply(self, person: AnyPerson) -> None:
        person.code = self.code
        person.changes.append(PersonChange(None, person.version + 1, self.particulars))


class ChangeLegalPerson(Command, frozen=True, tag="change_legal_person"):
    """Record particulars that changed on *effective_on*, with their source. Fields left out stay as they were.

    Changes may be recorded in any order; of two for the same day and field the last recorded one counts.
    """

    code: Code
    particulars: Particulars
    effective_on: date
    source: Line

    def decide(self, person: LegalPerson, context: Context) -> tuple[Fact, ...]:
        require_open(self.code, person, context, "change a legal person")
        if not self.particulars.filled():
            raise Refused(
                "particulars-missing",
                f"the change of {self.code} has no particulars",
                remedy="give at least one of the particulars",
            )
        if not self.source.strip():
            raise Refused(
                "change-unsourced",
                f"a change of {self.code} needs its source",
                remedy="name the register or the document it comes from",
            )
        require_past(self.effective_on, f"{self.code} can't have changed on {self.effective_on}", context)
        return (LegalPersonChanged(particulars=self.particulars, effective_on=self.effective_on, source=self.source),)


class LegalPersonChanged(Fact, frozen=True, tag="legal_person_changed"):
    """变更登记: particulars in effect since *effective_on*."""

    particulars: Particulars
    effective_on: date
    source: str

    def apply(self, person: AnyPerson) -> None:
        person.changes.append(PersonChange(self.effective_on, person.version + 1, self.particulars))


def require_past(day: date, what: str, context: Context) -> None:
    """Refuse a *day* after the current local day."""
    if day > context.at.astimezone(ZoneInfo(context.law.zone)).date():
        raise Refused("in-the-future", f"{what}: that day is still to come", remedy="give today or an earlier day")
