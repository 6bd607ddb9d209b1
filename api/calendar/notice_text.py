"""The days of a notice as people write them: one day or range per line, or the State Council's wording.

A day off is 休 or 放假, a working day 班 or 上班. Days of the week that a text names are held against the calendar, so
that the notice of another year is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

from api.web.problems import Problem
from domain.law.calendar.moment import next_day

DAYS_MAX = 60  # of one range; the longest holiday has nine
# The words of notices and of the State Council, as they are pasted: input to parse, shown on no page.
WORKS: dict[str, Literal[0, 1]] = {"上班": 1, "班": 1, "work": 1, "1": 1, "放假": 0, "休": 0, "off": 0, "0": 0}
MARKED = re.compile(r"(上班|班|work|放假|休|off|(?<=\s)[01])[。.]?$", re.IGNORECASE)
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
WEEKDAY = r"(?:[（(][^）)]*?(?:星期|周)(?P<{}>[一二三四五六日天])[^）)]*[）)])?"
RANGE = re.compile(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日"
    + WEEKDAY.format("weekday")
    + r"(?:\s*(?:至|—|-|–|到)\s*(?:(?P<year2>\d{4})年)?(?:(?P<month2>\d{1,2})月)?(?P<day2>\d{1,2})日"
    + WEEKDAY.format("weekday2")
    + ")?"
)
WEEKDAYS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
CLAUSE_ENDS = re.compile(r"[。；;\n]|(?<=放假)[，,]|(?<=调休)[，,]")

Days = dict[date, Literal[0, 1]]


def days_in(text: str, year: int) -> Days:
    """The days that *text* lists, in order; those without a year are in *year*. Raises Problem invalid-field."""
    days: Days = {}
    for clause in CLAUSE_ENDS.split(text):
        listed = list(_dates(clause, year))
        if not listed:
            continue
        works = _works(clause)
        if works is None:
            raise _unreadable(clause, "it does not say whether the days are worked (班) or off (休)")
        for day in listed:
            if days.setdefault(day, works) != works:
                raise _unreadable(clause, f"{day} is both worked and off")
    if not days:
        raise _unreadable(text, "no day was recognised")
    return dict(sorted(days.items()))


def text_of(days: Days) -> str:
    """*days* a line each, as `days_in` reads them."""
    return "\n".join(f"{day.isoformat()} {'班' if works else '休'}" for day, works in sorted(days.items()))


def _works(clause: str) -> Literal[0, 1] | None:
    """Whether the days of *clause* are worked; None where it does not say."""
    if mark := MARKED.search(clause.strip()):
        return WORKS[mark[1].lower()]
    if "上班" in clause:
        return 1
    return 0 if "放假" in clause or "休息" in clause else None


def _dates(clause: str, year: int) -> Iterator[date]:
    iso = [_date(clause, *(int(part) for part in match.groups())) for match in ISO.finditer(clause)]
    if iso:
        yield from _between(clause, iso[0], iso[-1]) if len(iso) == 2 else iso  # noqa: PLR2004 a first and a last day
        return
    for match in RANGE.finditer(clause):
        first_year = int(match["year"] or year)
        first = _date(clause, first_year, int(match["month"]), int(match["day"]))
        _require_weekday(clause, first, match["weekday"])
        if match["day2"] is None:
            yield first
            continue
        month = int(match["month2"] or match["month"])
        last_year = int(match["year2"] or first_year + (month < first.month))
        last = _date(clause, last_year, month, int(match["day2"]))
        _require_weekday(clause, last, match["weekday2"])
        yield from _between(clause, first, last)


def _between(clause: str, first: date, last: date) -> list[date]:
    days = (last - first).days + 1
    if not 1 <= days <= DAYS_MAX:
        raise _unreadable(clause, f"{first} to {last} are {days} days, at most {DAYS_MAX}")
    between = [first]
    while between[-1] < last:
        between.append(next_day(between[-1]))
    return between


def _date(clause: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _unreadable(clause, f"there is no day {year}-{month:02}-{day:02}") from None


def _require_weekday(clause: str, day: date, named: str | None) -> None:
    if named is not None and WEEKDAYS[named] != day.weekday():
        right = "一二三四五六日"[day.weekday()]
        raise _unreadable(clause, f"{day} is a 星期{right}, not a 星期{named}; is the year right?")


def _unreadable(clause: str, sentence: str) -> Problem:
    return Problem(
        "invalid-field",
        f"“{clause.strip()[:60]}”: {sentence}",
        remedy="write one day or range per line, such as 2026-10-01 至 2026-10-07 休, or paste the words of the notice",
        path="$.days",
    )
