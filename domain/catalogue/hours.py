"""收件时间 intake hours: when a department takes applications in, published with a date of effect."""

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
    """Publish a department's intake hours, in force from a day on. *published*: where they can be read.

    The first may be in force from any day; later ones not before the day of their publication, nor before the previous
    ones. Applications received before that day keep the hours they had. Without published hours, receipt counts on its
    own day at any hour, and the law's closing time ends the day for items decided on the spot.
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
                f"{self.department} has already published these hours, in force from {last.valid_from}",
                remedy="nothing needs to be done",
            )
        earliest = max(last.valid_from, local_day(context.at, context.law.zone))
        if self.valid_from < earliest:
            raise Refused(
                "hours-too-early",
                f"hours published now can't be in force from {self.valid_from}",
                article=context.law.article("publication"),
                remedy=f"set valid_from to {earliest} or later",
            )


class IntakeHoursSet(Fact, frozen=True, tag="intake_hours_set"):
    """收件时间公布: the department's intake hours, in force from *valid_from*."""

    catalogue: str
    department: str
    hours: IntakeHours
    valid_from: date
    published: str = ""

    def apply(self, catalogue: AnyState) -> None:
        catalogue.name = self.catalogue
        catalogue.hours.setdefault(self.department, []).append(DatedHours(self.valid_from, self.hours))


def require_office(department: str, by: Actor) -> None:
    """Refuse unless *by* maintains the catalogue, or is an officer of *department*."""
    if by.role in KEEPERS or (by.role is Role.OFFICER and by.department == department):
        return
    raise Refused(
        "wrong-department",
        f"{by.department or by.id} can't publish the intake hours of {department}",
        remedy=f"an officer of {department} has to do this",
        department=department,
    )
