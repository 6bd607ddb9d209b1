"""From a pack to the general clock: one of its clocks, with the calendar and closures it is counted on."""

from __future__ import annotations

from datetime import time

from domain.law.calendar.calendar import CalendarBook, CalendarData, Notice, WorkingCalendar
from domain.law.calendar.closures import closed_days
from domain.law.generic.rule import GeneralRule
from domain.law.packs.pack import DEFAULT_MODE, Pack

MIDNIGHT = time()


def general_rule(
    pack: Pack, calendar: WorkingCalendar, clock: str = "decision", mode: str = DEFAULT_MODE, days: int | None = None
) -> GeneralRule:
    """The rule of *clock* in *mode*; *days* replaces the length where one was recorded or published with the item.

    KeyError if the pack has no such clock or no length for it. Only the pack's own grounds stop the clock.
    """
    terms = pack.clocks[clock]
    of_mode = terms.modes.get(mode)
    n = pack.limit(mode, clock).days if days is None else days
    return GeneralRule(
        zone=pack.zone,
        calendar=calendar,
        unit=(of_mode and of_mode.unit) or terms.unit,
        n=n,
        first_day=terms.first_day,
        start_shift=terms.start_shift,
        month_end=terms.month_end,
        roll=terms.roll,
        suspension_day_rule=terms.suspension_day_rule,
        hours=pack.hours or ((MIDNIGHT, pack.close_of_business),),
        reasons={ground.reason: ground.notice for ground in pack.grounds if ground.applies(clock, mode)},
        extension=pack.extension(clock, mode),
        extension_is_notified=pack.owes("extension_notice"),
        yellow=terms.yellow,
        on_silence=pack.silence(clock, mode),
    )


def closed_book(pack: Pack, book: CalendarBook) -> CalendarBook:
    """The calendar *pack* counts on: the named one, with the pack's closures on top if it has any."""
    if not pack.closures:
        return book
    cited = pack.counting_rules.get("closures")
    closures = Notice(
        f"{pack.id}-closures",
        pack.valid_from,
        days=dict.fromkeys(closed_days(pack.closures), 0),
        title=cited.article if cited else "",
    )
    return CalendarBook(f"{book.name}+{pack.id}", CalendarData(notices=(closures,)), book)
