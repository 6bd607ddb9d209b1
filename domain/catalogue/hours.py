"""收件时间 intake hours: a department publishes until when it takes applications in, and what comes after that."""

from __future__ import annotations

from datetime import date

from domain.catalogue.listing import require_catalogue
from domain.catalogue.state import KEEPERS, AnyState, Catalogue, DatedHours
from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.types import Code, Line
from domain.law.calendar.moment import local_day
from domain.law.office import IntakeHours


class SetIntakeHours(Command, frozen=True, tag="set_intake_hours"):
    """Publish a department's intake hours, in force from a day on. *published* says where they can be read.

    The first may be in force from any day; later ones neither before the day they are published on nor before others.
    What was applied for before that day keeps the hours it had. Without any, receipt counts on its own day at whatever
    hour, and the law's own closing time ends the day on which something is decided on the spot.
    """

    catalogue: Code
    department: Code
    hours: IntakeHours
    valid_from: date
    published: Line = ""

    def decide(self, catalogue: Catalogue, context: Context) -> tuple[Fact, ...]:
        require_catalogue(self.catalogue, catalogue)
        require_office(self.department, context.by)
        dated = catalogue.hours.get(self.department, [])
        if dated:
            self._require_later(dated[-1], context)
        return (
            IntakeHoursSet(
                catalogue=self.catalogue,
                department=self.department,
                hours=self.hours,
                valid_from=self.valid_from,
                published=self.published,
            ),
        )

    def _require_later(self, last: DatedHours, context: Context) -> None:
        if last.hours == self.hours:
            raise Refused(
                "hours-unchanged",
                f"{self.department} has published exactly these hours, from {last.valid_from} on",
                remedy="there is nothing to do",
            )
        earliest = max(last.valid_from, local_day(context.at, context.law.zone))
        if self.valid_from < earliest:
            raise Refused(
                "hours-too-early",
                f"hours published now can't have been in force on {self.valid_from}",
                article=context.law.article("publication"),
                remedy=f"let them be in force from {earliest} or later",
            )


class IntakeHoursSet(Fact, frozen=True, tag="intake_hours_set"):
    """收件时间公布: from *valid_from* on the department takes applications in by these hours."""

    catalogue: str
    department: str
    hours: IntakeHours
    valid_from: date
    published: str = ""

    def apply(self, catalogue: AnyState) -> None:
        catalogue.name = self.catalogue
        catalogue.hours.setdefault(self.department, []).append(DatedHours(self.valid_from, self.hours))


def require_office(department: str, by: Actor) -> None:
    """Refuse unless *by* keeps the catalogue, or is an officer of the *department* itself."""
    if by.role in KEEPERS or (by.role is Role.OFFICER and by.department == department):
        return
    raise Refused(
        "wrong-department",
        f"the intake hours of {department} are published by itself or by the zone, not by {by.department or by.id}",
        remedy=f"an officer of {department} has to do this",
        department=department,
    )
