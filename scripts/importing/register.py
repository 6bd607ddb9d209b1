"""The importer's interface to a kind of register: it recognises its logs, and maps rows to commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.core.ledger import Role
from domain.core.types import Stage
from domain.law.calendar.moment import midnight
from domain.law.packs.pack import Pack
from domain.messages import AnyCommand
from domain.project.state.project import Item, Project
from projections.register_figures.parse import typed_date
from scripts.importing.lines import YEARS
from scripts.importing.reading import SHOWN_CHARACTERS_MAX, CaseListing, EventRow

ITEM = "permit"  # an imported case asks for one thing; its parts are in its name
NO_COMMAND = "no command of ours answers to this activity"


class RowCommand(Struct, frozen=True):
    """A command for a row, with the acting department (empty: the one that handles the case) and role."""

    command: AnyCommand
    department: str = ""
    role: Role = Role.SYSTEM


Meaning = Sequence[RowCommand] | str
"""Commands in order, or the reason why there are none."""


class Situation(Struct):
    """A case as planned so far. *law* applies to the current row; *seen* has the last value of each activity, *remarks*
    the typed days that were invalid, by line. *rows* are all rows of the case in order, as one may be dated by a later
    one.
    """

    project: Project
    listing: CaseListing | None
    law: Pack
    seen: dict[str, str] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    rows: Sequence[EventRow] = ()

    @property
    def item(self) -> Item:
        return self.project.items[ITEM]

    @property
    def stage(self) -> Stage:
        return self.item.stage

    def day(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(ZoneInfo(self.law.zone)).date()

    def typed_on(self, row: EventRow) -> datetime:
        """The start of the day typed in *row*; the row's own instant if it is on the same day, or no day was typed.

        An invalid day is reported.
        """
        day = typed_date(row.value)
        if day is None or day.year not in YEARS:
            if row.value.strip():
                shown = row.value[:SHOWN_CHARACTERS_MAX]
                self.remarks[row.line] = (
                    f"value {shown!r} is no day such as 30-6-2014: its commands have the row's own day"
                )
            return row.occurred_at
        if day == self.day(row.occurred_at):
            return row.occurred_at
        return midnight(day, self.law.zone)


class Register(Protocol):
    """One kind of register."""

    name: str

    def recognises(self, activities: set[str]) -> bool:
        """Whether a log with these activities comes from a register of this kind."""

    def meaning(self, row: EventRow, case: Situation) -> Meaning:
        """The commands that *row* amounts to, in the present state of the case."""

    def ending(self, case: Situation) -> Sequence[RowCommand]:
        """The commands that the list of cases adds once all rows are through; each says when it happened."""


class Unknown:
    """An unknown register: every row is noted, and none is mapped to commands."""

    name = "unknown"

    def recognises(self, activities: set[str]) -> bool:  # noqa: ARG002 any will do
        return True

    def meaning(self, row: EventRow, case: Situation) -> Meaning:  # noqa: ARG002 none has one
        return NO_COMMAND

    def ending(self, case: Situation) -> Sequence[RowCommand]:  # noqa: ARG002 nothing is known of it
        return ()
