"""The auditor's calendar: one question, does this day work, and how far the answer is certain (rule book B2)."""

from __future__ import annotations

from datetime import date
from typing import Any

Json = dict[str, Any]


class Days:
    """The working days by the notices published until one date. Days are ordinals, as `date.toordinal` gives them."""

    def __init__(self, calendar: Json, published: list[Json]) -> None:
        self.calendar = calendar
        self.weekend = calendar.get("weekend", [5, 6])
        self.declared = {
            date.fromisoformat(day): works for notice in published for day, works in notice["days"].items()
        }
        self.horizon = max((notice["covers_to"] for notice in published if notice.get("covers_to")), default="")
        self._answers: dict[int, bool] = {}

    def work(self, ordinal: int) -> bool:
        """Whether the day is a working day (B2.1)."""
        answer = self._answers.get(ordinal)
        if answer is None:
            answer = self._answers[ordinal] = self._look_up(date.fromordinal(ordinal))
        return answer

    def _look_up(self, day: date) -> bool:
        if day in self.declared:
            return bool(self.declared[day])
        statutory = self.calendar["provisional_off"].get(str(day.year), [])
        if str(day) > self.horizon and str(day) in statutory:
            return False
        return day.weekday() not in self.weekend

    def are_guessed(self, ordinal: int) -> bool:
        """Whether the day lies beyond what any notice makes certain (B2.4, B2.5)."""
        return str(date.fromordinal(ordinal)) > self.horizon

    def between(self, after: int, through: int) -> int:
        """How many working days there are after the one day, through the other."""
        return sum(self.work(day) for day in range(after + 1, through + 1))

    def first_from(self, day: int) -> int:
        """The first working day, not before *day*."""
        while not self.work(day):
            day += 1
        return day


_calendars: dict[tuple[int, int], Days] = {}


def days_known(calendar: Json, known: date) -> Days:
    """The calendar by what had been published on *known*, later notices over earlier ones (B2.3)."""
    published = [notice for notice in calendar["notices"] if notice["published"] <= str(known)]
    key = (id(calendar), len(published))  # the days hold their calendar, so its id is not used again
    if key not in _calendars:
        _calendars[key] = Days(calendar, sorted(published, key=lambda notice: str(notice["published"])))
    return _calendars[key]
