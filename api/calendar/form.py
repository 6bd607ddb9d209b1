"""The forms of a calendar, and the commands that are made of what was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import json

from api.calendar.notice_text import days_in, text_of
from api.commands.aggregates import command_in
from api.commands.targets import TO_CALENDARS
from api.web.form_fields import FormFields
from domain.calendar.messages import CalendarCommand
from domain.law.calendar.calendar import Notice

COMMAND_OF = {
    "import": "import_notice",
    "approve": "approve_notice",
    "apply": "apply_notice",
    "withdraw": "withdraw_notice",
}
FIELDS: Mapping[str, tuple[str, ...]] = {  # by act
    "import": ("notice", "title", "published", "covers_to", "papers", "days"),
    "approve": ("notice",),
    "apply": ("notice",),
    "withdraw": ("notice", "reasons"),
}


def command_of(name: str, act: str, fields: FormFields, today: date) -> CalendarCommand:
    """The command that the form of *act* makes. Raises Problem with the path of the field at fault."""
    members: dict[str, Any] = {"command": COMMAND_OF[act], "calendar": name}
    for field in FIELDS[act]:
        if text := fields.text(field).strip():
            members[field] = text
    if act == "import":
        members["papers"] = [line.strip() for line in fields.text("papers").splitlines() if line.strip()]
        members["days"] = days_in(fields.text("days"), _year_of(fields, today))
    command: CalendarCommand = command_in(json.encode(members), TO_CALENDARS)
    return command


def _year_of(fields: FormFields, today: date) -> int:
    """The year of days that name none: that which the notice covers, else that after its publication."""
    covers_to, published = fields.text("covers_to").strip(), fields.text("published").strip()
    if covers_to[:4].isdecimal():
        return int(covers_to[:4])
    return int(published[:4]) if published[:4].isdecimal() else today.year


def correction_values(corrected: Sequence[Notice]) -> dict[str, str]:
    """What the form to import is filled in with: the days of the notice that is *corrected*; nothing without one."""
    values = dict.fromkeys(FIELDS["import"], "")
    for notice in corrected:
        values |= {"title": notice.title, "papers": "\n".join(notice.papers), "days": text_of(notice.days)}
    return values
