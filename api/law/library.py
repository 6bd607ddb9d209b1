"""The law library, as it is shown: rule packs with their articles, calendars with their days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from domain.law.calendar.calendar import CalendarBook, DayKind, Notice, published
from domain.law.packs.expand import expand
from domain.law.packs.pack import Pack


class ShownPack(Struct, frozen=True):
    """One version of one law. *rules* says whether its clocks are those of the rule book; other laws count by the
    general clock. *modes* are those of handling, and *specials* names that may follow its own after a slash.
    """

    name: str
    id: str
    valid_from: date
    valid_to: date | None
    title: str
    title_zh: str
    zone: str
    calendar: str
    rules: bool
    clocks: list[str]
    modes: list[str]
    specials: list[str]


class Packs(Struct, frozen=True):
    """Every version of every law of this installation, by name."""

    packs: list[ShownPack]


class ShownCalendar(Struct, frozen=True):
    """One calendar as known on a day: its version, and its *horizon*, the last day that is certain (null: none is).

    *weekend* are weekdays, Monday 0. *stacks_on* is the national calendar under a region's own.
    """

    name: str
    known: date
    version: str
    horizon: date | None
    weekend: tuple[int, ...]
    stacks_on: str | None
    notices: int


class CalendarList(Struct, frozen=True):
    """Every calendar of this installation, by name."""

    calendars: list[ShownCalendar]


class ShownDay(Struct, frozen=True):
    """A day that the calendar itself speaks of, not the weekend alone; *notice* is what says so, empty for a day that
    the holiday law names where no notice has come yet.
    """

    day: date
    works: bool
    kind: DayKind
    notice: str
    provisional: bool


class CalendarAsKnown(Struct, frozen=True):
    """A calendar as known on a day: the notices published by then, oldest first, and all days they speak of."""

    calendar: ShownCalendar
    notices: list[Notice]
    days: list[ShownDay]


def shown_pack(pack: Pack) -> ShownPack:
    """*pack* in a few words."""
    return ShownPack(
        name=pack.name,
        id=pack.id,
        valid_from=pack.valid_from,
        valid_to=pack.valid_to,
        title=pack.title,
        title_zh=pack.title_zh,
        zone=pack.zone,
        calendar=pack.calendar,
        rules=_has_rules(pack),
        clocks=list(pack.clocks),
        modes=list(pack.modes),
        specials=list(pack.specials),
    )


def _has_rules(pack: Pack) -> bool:
    try:
        expand(pack)
    except (KeyError, ValueError):
        return False
    return True


def shown_calendar(book: CalendarBook, known: date) -> ShownCalendar:
    """*book* as known on *known*, in a few words."""
    calendar = book.as_known(known)
    return ShownCalendar(
        name=book.name,
        known=known,
        version=calendar.version,
        horizon=calendar.known_until,
        weekend=book.layers[0].weekend,
        stacks_on=book.data.stacks_on,
        notices=len(_notices(book, known)),
    )


def calendar_as_known(book: CalendarBook, known: date) -> CalendarAsKnown:
    """*book* as known on *known*, with everything it says."""
    calendar, notices = book.as_known(known), _notices(book, known)
    spoken_of = {day for notice in notices for day in notice.days} | set(_statutory(book, calendar.known_until))
    days = [(day, calendar.day(day), calendar.provisional(day)) for day in sorted(spoken_of)]
    return CalendarAsKnown(
        calendar=shown_calendar(book, known),
        notices=notices,
        days=[
            ShownDay(day, of_day.works, of_day.kind, of_day.notice, provisional) for day, of_day, provisional in days
        ],
    )


def _notices(book: CalendarBook, known: date) -> list[Notice]:
    """The notices of a calendar and of the one it stacks on."""
    return published([notice for layer in book.layers for notice in layer.notices], known)


def _statutory(book: CalendarBook, horizon: date | None) -> Iterable[date]:
    """Days that the holiday law names, beyond what the notices make certain."""
    for layer in book.layers:
        for year in layer.provisional_off.values():
            yield from (day for day in year if horizon is None or day > horizon)
