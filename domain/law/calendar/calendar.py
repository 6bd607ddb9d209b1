"""The working-day calendar: State Council notices as they were known on a date, and fast counting over them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from hashlib import sha256
from itertools import accumulate, compress
from typing import Literal, NamedTuple

from msgspec import Struct, field
from msgspec.json import Decoder

DAYS_PER_WEEK = 7
LAST_ORDINAL = date.max.toordinal()  # Python's calendar ends with the year 9999
TABLE_FIRST = date(1990, 1, 1).toordinal()  # a table answers for the years anyone asks about;
TABLE_AFTER = date(2101, 1, 1).toordinal()  # arithmetic, three times slower, for all others
DIGEST_CHARS = 8  # enough to distinguish two calendars on paper; the whole is in the notices themselves
SATURDAY_SUNDAY = (5, 6)
WEB = ("http://", "https://")


class Notice(Struct, frozen=True):
    """One published schedule: *days* maps a date to 1 (working, 调休上班) or 0 (off).

    It applies from the local date it was *published* (B2.3). *covers_to* is the last day it makes certain, None for
    a revision, which makes nothing certain that was not before (B2.4). *papers* are numbers and web addresses.
    """

    id: str
    published: date
    covers_to: date | None = None
    papers: tuple[str, ...] = ()
    days: dict[date, Literal[0, 1]] = field(default_factory=dict)
    title: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the documents it consists of: 国办发明电〔2025〕7号."""
        return tuple(paper for paper in self.papers if not paper.startswith(WEB))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it can be read."""
        return tuple(paper for paper in self.papers if paper.startswith(WEB))

    @property
    def days_in_its_past(self) -> tuple[date, ...]:
        """Days it changes that were over when it was published: loading it needs a second person (B2.7)."""
        return tuple(sorted(day for day in self.days if day <= self.published))


class CalendarData(Struct, frozen=True):
    """One named calendar as stored: *weekend* as weekdays (Monday 0), *provisional_off* by year (B2.5).

    *stacks_on* names the national calendar under that of an autonomous region (B2.8).
    """

    weekend: tuple[int, ...] = SATURDAY_SUNDAY
    notices: tuple[Notice, ...] = ()
    provisional_off: dict[str, tuple[date, ...]] = field(default_factory=dict)
    stacks_on: str | None = None


class CalendarFile(Struct, frozen=True):
    """The shape of a calendar file: schema 1, any number of named calendars."""

    calendars: dict[str, CalendarData]
    schema: Literal[1] = 1
    zone: str = "Asia/Shanghai"


class DayKind(StrEnum):
    """Why a day works or rests."""

    WORKING = "working"
    MAKE_UP = "make_up"  # 调休上班: a weekend day that a notice declares working
    REST = "rest"  # a weekend day
    HOLIDAY = "holiday"  # off by a notice
    STATUTORY = "statutory"  # beyond the last notice: off because the holiday regulation itself names it


class Day(NamedTuple):
    """What the calendar says of one date; *notice* is the id of the notice that says it, else empty."""

    works: bool
    kind: DayKind
    notice: str


class WorkingCalendar:
    """A calendar as known on one date: a weekly pattern plus exceptions; it answers for every date there is.

    Counting is a sum: working days of the weekly pattern, shifted by the exceptions passed. So every question takes
    one bisection, however far apart its dates are, and one look into a table for the years 1990 to 2100. Methods on
    ordinals (`date.toordinal`) are for the clocks, their twins on dates for everyone else.
    """

    def __init__(
        self,
        weekend: Iterable[int] = SATURDAY_SUNDAY,
        days: Mapping[date, tuple[bool, str]] | None = None,
        *,
        provisional_off: Iterable[date] = (),
        known_until: date | None = date.max,
        name: str = "",
    ) -> None:
        """Take *days* as {date: (works, notice id)}; *known_until* None means nothing is certain.

        Raises ValueError if *weekend* leaves no working weekday, as no period would ever end.
        """
        rests = frozenset(weekend)
        pattern = [weekday not in rests for weekday in range(DAYS_PER_WEEK)]
        if not any(pattern):
            raise ValueError("a week needs at least one working day, or no period would ever end")
        self.known_until = known_until
        self._known_to = known_until.toordinal() if known_until else 0
        self._pattern = pattern
        self._worked = (0, *accumulate(pattern))  # working days in the first r days of a week
        self._per_week = self._worked[DAYS_PER_WEEK]
        self._nth_weekday = [weekday + 1 for weekday in range(DAYS_PER_WEEK) if pattern[weekday]]
        self._noticed = {day.toordinal(): (bool(works), notice) for day, (works, notice) in (days or {}).items()}
        self._statutory = {day.toordinal() for day in provisional_off} - self._noticed.keys()
        self._index_exceptions()
        self._tabulate()
        self.version = f"{name or 'plain'}/{self._digest()}"

    @classmethod
    def of_holidays(cls, holidays: Iterable[date], weekend: Iterable[int] = SATURDAY_SUNDAY) -> WorkingCalendar:
        """A plain calendar of another country: the weekend and a set of holidays, certain without end."""
        return cls(weekend, dict.fromkeys(holidays, (False, "")))

    def _index_exceptions(self) -> None:
        """Keep only the days that differ from the weekly pattern: their ordinals, running shifts and counts."""
        works = {ordinal: entry[0] for ordinal, entry in self._noticed.items()} | dict.fromkeys(self._statutory, False)
        self._exceptions = sorted(o for o, w in works.items() if w != self._pattern[(o - 1) % DAYS_PER_WEEK])
        steps = (1 if works[ordinal] else -1 for ordinal in self._exceptions)
        self._shift = [0, *accumulate(steps)]
        self._count_at = [self._weekly(o) + self._shift[i] for i, o in enumerate(self._exceptions, start=1)]
        self._exceptional = frozenset(self._exceptions)

    def _tabulate(self) -> None:
        """Lay out the counts to each day and the working days themselves, for the table's years."""
        monday = TABLE_FIRST - (TABLE_FIRST - 1) % DAYS_PER_WEEK
        weeks = (TABLE_AFTER - monday) // DAYS_PER_WEEK + 1
        works = bytearray(bytes(self._pattern) * weeks)[TABLE_FIRST - monday : TABLE_AFTER - monday]
        for ordinal in self._exceptions:
            if TABLE_FIRST <= ordinal < TABLE_AFTER:
                works[ordinal - TABLE_FIRST] ^= 1
        self._before = self._count(TABLE_FIRST - 1)
        self._counts = array("i", accumulate(works, initial=self._before))[1:]
        self._working = array("i", compress(range(TABLE_FIRST, TABLE_AFTER), works))

    def _digest(self) -> str:
        exceptions = [(o, self._noticed[o][0]) for o in sorted(self._noticed)]
        whole = repr((self._pattern, exceptions, sorted(self._statutory), self._known_to))
        return sha256(whole.encode()).hexdigest()[:DIGEST_CHARS]

    def _weekly(self, ordinal: int) -> int:
        """Working days of the weekly pattern in 1..ordinal; ordinal 1 is a Monday."""
        return self._per_week * (ordinal // DAYS_PER_WEEK) + self._worked[ordinal % DAYS_PER_WEEK]

    # -- on ordinals --

    def works(self, ordinal: int) -> bool:
        """Whether the day is a working day."""
        return self._pattern[(ordinal - 1) % DAYS_PER_WEEK] != (ordinal in self._exceptional)

    def count_to(self, ordinal: int) -> int:
        """Working days in 1..ordinal; the difference of two counts is the working days between them."""
        if TABLE_FIRST <= ordinal < TABLE_AFTER:
            return self._counts[ordinal - TABLE_FIRST]
        return self._count(ordinal)

    def _count(self, ordinal: int) -> int:
        return self._weekly(ordinal) + self._shift[bisect_right(self._exceptions, ordinal)]

    def at_count(self, count: int) -> int:
        """The working day on which `count_to` first reaches *count* (>= 1); not beyond the year 9999."""
        place = count - self._before - 1
        if 0 <= place < len(self._working):
            return self._working[place]
        return self._find(count)

    def _find(self, count: int) -> int:
        passed = bisect_left(self._count_at, count)
        weeks, rest = divmod(count - self._shift[passed] - 1, self._per_week)
        ordinal = weeks * DAYS_PER_WEEK + self._nth_weekday[rest]
        if passed < len(self._exceptions):  # a make-up day before the pattern's next working day
            ordinal = min(ordinal, self._exceptions[passed])
        return min(ordinal, LAST_ORDINAL)

    def nth_after(self, ordinal: int, n: int) -> int:
        """The *n*-th (>= 1) working day after the day, which itself never counts (B3.1)."""
        return self.at_count(self.count_to(ordinal) + n)

    def is_provisional(self, ordinal: int) -> bool:
        """Whether the day lies beyond the published notices (B2.5)."""
        return ordinal > self._known_to

    # -- on dates --

    def is_working(self, day: date) -> bool:
        """Whether *day* is a working day."""
        return self.works(day.toordinal())

    def working_days_between(self, after: date, through: date) -> int:
        """Working days d with after < d <= through; 0 if there is none."""
        return max(0, self.count_to(through.toordinal()) - self.count_to(after.toordinal()))

    def nth_working_day_after(self, day: date, n: int) -> date:
        """The *n*-th (>= 1) working day after *day*."""
        return date.fromordinal(self.nth_after(day.toordinal(), n))

    def nth_working_day_before(self, day: date, n: int) -> date:
        """The *n*-th (>= 1) working day before *day*."""
        return date.fromordinal(self.at_count(max(1, self.count_to(day.toordinal() - 1) - n + 1)))

    def next_working_day(self, day: date) -> date:
        """*day* itself if it works, else the first working day after it."""
        return day if self.is_working(day) else self.nth_working_day_after(day, 1)

    def provisional(self, day: date) -> bool:
        """Whether what is said of *day* may still be changed by the next yearly notice."""
        return self.is_provisional(day.toordinal())

    def day(self, day: date) -> Day:
        """Whether *day* works, why, and by which notice."""
        ordinal = day.toordinal()
        weekly = self._pattern[day.weekday()]
        if ordinal in self._statutory:
            return Day(works=False, kind=DayKind.STATUTORY, notice="")
        if ordinal not in self._noticed:
            return Day(weekly, DayKind.WORKING if weekly else DayKind.REST, "")
        works, notice = self._noticed[ordinal]
        if works:
            return Day(works=True, kind=DayKind.WORKING if weekly else DayKind.MAKE_UP, notice=notice)
        return Day(works=False, kind=DayKind.HOLIDAY, notice=notice)


class CalendarBook:
    """All notices of one named calendar, over those of the national calendar it may stack on (B2.8)."""

    def __init__(self, name: str, data: CalendarData, base: CalendarBook | None = None) -> None:
        self.name, self.data, self.base = name, data, base
        self.layers: tuple[CalendarData, ...] = (*(base.layers if base else ()), data)
        self._published = sorted(notice.published for layer in self.layers for notice in layer.notices)
        self._known: dict[int, WorkingCalendar] = {}

    @property
    def notice_ids(self) -> tuple[str, ...]:
        """The ids of its notices, those of the calendar that it stacks on first."""
        return tuple(notice.id for layer in self.layers for notice in layer.notices)

    def as_known(self, on: date) -> WorkingCalendar:
        """The calendar as it was known on the local date *on*: notices published by then, later ones win (B2.3)."""
        applied = bisect_right(self._published, on)
        if applied not in self._known:
            self._known[applied] = self._as_known(on)
        return self._known[applied]

    def notice(self, notice_id: str) -> Notice | None:
        """The notice of that id, in its own layer or in one below; None if there is none."""
        every = (notice for layer in self.layers for notice in layer.notices)
        return next((notice for notice in every if notice.id == notice_id), None)

    def _as_known(self, on: date) -> WorkingCalendar:
        days: dict[date, tuple[bool, str]] = {}
        off: set[date] = set()
        ends: list[date | None] = []
        latest = ""
        for depth, layer in enumerate(self.layers):
            notices = published(layer.notices, on)
            for notice in notices:
                days.update((day, (works == 1, notice.id)) for day, works in notice.days.items())
            covered = max((n.covers_to for n in notices if n.covers_to), default=None)
            if covered or depth == 0:  # a region whose holidays need no yearly notice limits nothing
                ends.append(covered)
            horizon = covered or date.min
            off.update(day for year in layer.provisional_off.values() for day in year if day > horizon)
            latest = notices[-1].id if notices else latest
        known_until = None if None in ends else min(end for end in ends if end)
        name = f"{self.name}/{latest}" if latest else self.name
        return WorkingCalendar(self.layers[0].weekend, days, provisional_off=off, known_until=known_until, name=name)


def published(notices: Sequence[Notice], on: date) -> list[Notice]:
    """The notices published by *on*, in order of publication; ties keep the order of the file."""
    return sorted((notice for notice in notices if notice.published <= on), key=lambda notice: notice.published)


def books_of(file: CalendarFile) -> dict[str, CalendarBook]:
    """One book per named calendar; raises ValueError unless each region stacks on a national calendar of the file."""
    national = {name: CalendarBook(name, data) for name, data in file.calendars.items() if data.stacks_on is None}
    regional: dict[str, CalendarBook] = {}
    for name, data in file.calendars.items():
        if data.stacks_on is not None:
            if data.stacks_on not in national:
                raise ValueError(f"calendar {name} stacks on {data.stacks_on}, which is no national calendar here")
            regional[name] = CalendarBook(name, data, national[data.stacks_on])
    return national | regional


_decoder = Decoder(CalendarFile)


def decode_books(raw: bytes | str) -> dict[str, CalendarBook]:
    """Read a calendar file's bytes; raises msgspec.DecodeError or ValidationError with the path of the fault."""
    return books_of(_decoder.decode(raw))
