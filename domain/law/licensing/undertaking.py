"""告知承诺 decision on an undertaking: granted at once on the applicant's word, checked by the agency afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.calendar.moment import Moment, months_later
from domain.law.licensing.clock import Card, ClockKind, ClockRun
from domain.law.licensing.happening import Happening

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

POST_CHECK = ClockKind("post_check", card=Card.NONE)  # internal (B4)


class Checked(Happening, frozen=True, kw_only=True, tag="checked"):
    """The agency has checked whether the undertaking was honoured."""

    def apply(self, case: Case, when: Moment) -> None:
        if case.undertaking is not None:
            case.undertaking.checked = case.undertaking.checked or when


class Undertaking(Struct, gc=False):
    """A grant that rests on the applicant's word: the day it was decided, and when it was checked."""

    start: int
    minute: int
    checked: Moment | None = None


def runs(case: Case) -> Iterator[ClockRun]:
    """The clock from the grant to the check; void where what was granted was withdrawn before (B3.8).

    So many calendar months; where the last day is a day of rest, through the next working day (Civil Code 202, 203).
    """
    undertaking, months = case.undertaking, case.rule.post_check_months
    if undertaking is None or not months:
        return
    last = months_later(date.fromordinal(undertaking.start), months)[0].toordinal()
    calendar = case.calendar
    due = last if calendar.works(last) else calendar.nth_after(last, 1)
    length = calendar.count_to(due) - calendar.count_to(undertaking.start)
    stop = undertaking.checked or case.withdrawn
    void = stop is not None and undertaking.checked is None
    yield ClockRun(POST_CHECK, POST_CHECK.name, undertaking.start, undertaking.minute, length, stop, void=void)
