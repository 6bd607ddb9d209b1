"""The context in which people act on one item of a simulated project."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.catalogue.item import ServiceItem
from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.law.packs.pack import Pack
from domain.messages import AnyCommand
from domain.project.state.project import Item
from scripts.simulation.acts import Act, Done, Part
from scripts.simulation.chance import Chance
from scripts.simulation.office_time import OfficeTime
from scripts.simulation.people import officer


class Circumstances(Struct, frozen=True):
    """The item, its service, its people, and the *law* that applies to it."""

    code: str
    plan: PlannedItem
    service: ServiceItem
    applicant: Actor
    manager: Actor
    chance: Chance
    time: OfficeTime
    law: Pack

    def officer(self) -> Actor:
        return officer(self.plan.department, self.chance)

    def act(self, at: datetime, days: int, by: Actor, command: AnyCommand) -> Part:
        """*by* sends *command* after so many working days."""
        return (yield Act(self.time.after(at, days), by, command))

    @property
    def days(self) -> int:
        """How many days the item should take: the promised limit, else the statutory one."""
        if self.plan.promise_days is not None:
            return self.plan.promise_days
        try:
            return self.law.limit(self.plan.mode).days
        except KeyError:
            return 5


def item_of(done: Done, about: Circumstances) -> Item:
    return done.project.recorded(about.code)
