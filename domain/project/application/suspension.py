"""中止计时 suspension: time the law does not count, such as for a hearing or an expert review (Art. 45)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.types import Code, Name, Stage, Text
from domain.project.rules import law_of, require_handler, require_stage, require_to_come, service_of
from domain.project.state.project import Item, Project

# Allowed whatever a catalogue lists: a hearing is the applicant's right (行政许可法 46, 47), force majeure no act.
NEVER_UNLISTED = frozenset({"hearing", "force_majeure"})


class SuspendClock(Command, frozen=True, tag="suspend_clock"):
    """Suspend clocks on a statutory ground. *notified*: the applicant was informed in writing of the duration."""

    item: Code
    ground: Code
    suspension: Name = ""  # its id; empty: the next of s1, s2, ...
    reason: Text = ""
    notified: bool = False
    planned_until: date | None = None

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        require_stage(self.item, item, "be suspended", Stage.ACCEPTED)
        law = law_of(item, context)
        ground, mode = law.ground(self.ground), item.mode
        if ground is None or not ground.is_for(mode):
            known = ", ".join(ground.reason for ground in law.grounds if ground.is_for(mode))
            raise Refused(
                "no-statutory-ground",
                f"the law does not suspend a clock on the ground {self.ground}",
                article=law.article("suspension"),
                remedy=f"choose one of: {known}",
                ground=self.ground,
            )
        require_to_come(self.planned_until, "the end of the suspension", context)
        require_listed(self.ground, item, context)
        if self.suspension in item.suspension_ids:
            raise Refused(
                "suspension-repeated",
                f"the suspension id {self.suspension} is already in use for {self.item}",
                remedy="choose another id, or leave it out to get the next one",
            )
        return (
            ClockSuspended(
                item=self.item,
                suspension=self.suspension or next_id(item),
                ground=self.ground,
                article=ground.article,
                stops=ground.stops,
                reason=self.reason,
                notified=self.notified,
                planned_until=self.planned_until,
            ),
        )


class ClockSuspended(Fact, frozen=True, tag="clock_suspended"):
    """The clocks in *stops* are suspended. The day of suspension no longer counts."""

    item: str
    suspension: str
    ground: str
    article: str
    stops: tuple[str, ...]
    reason: str = ""
    notified: bool = False
    planned_until: date | None = None

    def apply(self, project: Project) -> None:
        item = project.recorded(self.item)
        item.suspensions[self.suspension] = self.ground
        item.suspension_ids.add(self.suspension)


class ResumeClock(Command, frozen=True, tag="resume_clock"):
    """End one suspension; others may still be open."""

    item: Code
    suspension: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        item = project.item(self.item)
        require_handler(self.item, item, context.by)
        if self.suspension not in item.suspensions:
            opened = ", ".join(item.suspensions) or "none"
            raise Refused(
                "not-suspended",
                f"{self.item} has no open suspension {self.suspension}",
                remedy=f"open suspensions: {opened}",
            )
        return (ClockResumed(item=self.item, suspension=self.suspension),)


class ClockResumed(Fact, frozen=True, tag="clock_resumed"):
    """One suspension ended. The day of resumption counts again, unless another suspension is open."""

    item: str
    suspension: str

    def apply(self, project: Project) -> None:
        project.recorded(self.item).suspensions.pop(self.suspension, None)


def next_id(item: Item) -> str:
    """The first unused id of s1, s2, ... in this application."""
    number = len(item.suspension_ids) + 1
    while f"s{number}" in item.suspension_ids:
        number += 1
    return f"s{number}"


def require_listed(ground: str, item: Item, context: Context) -> None:
    """Refuse a ground that the case's catalogue does not list for the item, if it lists any (特别程序)."""
    service = service_of(item, context)
    listed = service.special_procedure if service else ()
    if listed and ground not in NEVER_UNLISTED.union(listed):
        raise Refused(
            "ground-not-listed",
            f"the catalogue does not list the special procedure {ground} for {item.plan.item}",
            article=context.law.article("suspension"),
            remedy=f"choose one of: {', '.join(listed)}; a hearing is always allowed",
            ground=ground,
        )
