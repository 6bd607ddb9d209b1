"""通知草案 days off and make-up days of a notice that is not imported, read from a form to preview what it moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from litestar.params import QueryParameter
from msgspec import Struct

from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.law.calendar.calendar import Notice
from domain.law.calendar.moment import next_day

DAYS_MAX = 120  # a year's notice names some forty
TEXT_CHARACTERS_MAX = 2000
BETWEEN = re.compile(r"[\s,;，；、]+")
SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:(?:\.\.|–|—|~|至)(\d{4}-\d{2}-\d{2}))?")
DRAFT = "draft"  # the id of a notice that nobody has imported

DraftDays = Annotated[
    str,
    QueryParameter(max_length=TEXT_CHARACTERS_MAX, description="Days such as 2027-02-05..2027-02-11, 2027-02-20."),
]


class DraftForm(Struct, frozen=True):
    """What was filled in: days *off* and days to work *on*, as texts."""

    off: str = ""
    on: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.off.strip() or self.on.strip())


def draft_notice(form: DraftForm, published: date) -> tuple[Notice | None, Mapping[str, str]]:
    """The notice of the form as if it were published on that day, or by field the name of the sentence about a fault.

    It makes certain the years whose days it names, as the yearly notices do.
    """
    faults: dict[str, str] = {}
    days: dict[date, Literal[0, 1]] = {}
    for name, text, works in (("off", form.off, 0), ("work", form.on, 1)):
        named = _days(text)
        if named is None:
            faults[name] = "bad_days"
        elif any(day in days for day in named):
            faults[name] = "twice"
        else:
            days.update(dict.fromkeys(named, 1 if works else 0))
    if not faults and len(days) > DAYS_MAX:
        faults["off"] = "too_many"
    if faults or not days:
        return None, faults
    return Notice(DRAFT, published, covers_to=max(days).replace(month=12, day=28), days=days), {}


def _days(text: str) -> list[date] | None:
    """The days that *text* names, None where part of it is no day and no span of days."""
    days: list[date] = []
    for part in filter(None, BETWEEN.split(text.strip())):
        match = SPAN.fullmatch(part)
        try:
            first, last = (
                (date.fromisoformat(each) for each in (match[1], match[2] or match[1])) if match else (None, None)
            )
        except ValueError:
            return None
        if first is None or last is None or last < first or not YEAR_FIRST <= first.year <= last.year <= YEAR_LAST:
            return None
        while first <= last:
            days.append(first)
            first = next_day(first)
            if len(days) > 2 * DAYS_MAX:
                return days
    return days
