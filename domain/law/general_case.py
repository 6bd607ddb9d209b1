"""An item's history on the general clocks: the same events, read as a pack of another law reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache

from domain.law.calendar import WorkingCalendar
from domain.law.general import Standing, standing
from domain.law.general_pack import general_rule
from domain.law.general_rule import Extended, GeneralEvent, Resumed, Started, Stopped, Suspended, Withdrawn
from domain.law.intake import Accepted, Corrected, CorrectionNotice
from domain.law.moment import Happening
from domain.law.pack import DEFAULT_MODE, SUPPLEMENT, Pack
from domain.law.pack_terms import ClockTerms
from domain.law.renewal import RENEWAL_GUARD
from domain.law.review import LOWER_REVIEW, Decided, Extension
from domain.law.review import Withdrawn as ItemWithdrawn
from domain.law.suspension import Resume, Suspend
from domain.law.timeline import Timeline

NOTIFIED = frozenset({"delivered", "delivery_attempted"})  # what stops a clock that runs until the applicant is told


def general_clocks(
    pack: Pack,
    calendar: WorkingCalendar,
    timeline: Timeline,
    t: datetime,
    known: datetime | None = None,
    *,
    mode: str = DEFAULT_MODE,
    lengths: dict[str, int] | None = None,
) -> dict[str, Standing]:
    """How every clock of *pack* that has begun stands at *t*, by what was *known* then (default: at *t*).

    *lengths* replaces the length of a clock by what was recorded or promised. Clocks that are not counted are left out.
    """
    acts = [(at, event) for at, event, _ in timeline.by(t, t if known is None else known)]
    found: dict[str, Standing] = {}
    for clock, terms in pack.clocks.items():
        days = (lengths or {}).get(clock)
        if not is_counted(terms, clock, mode, days):
            continue
        stood = standing(
            general_rule(pack, calendar, clock, mode, days), list(general_events(pack, clock, mode, acts)), t
        )
        if stood is not None:
            found[clock] = stood
    return found


def is_counted(terms: ClockTerms, clock: str, mode: str, days: int | None) -> bool:
    """Whether a *clock* with these *terms* is counted for an item in *mode*; *days* were recorded or promised for it.

    It needs a length, and to be counted forward. The lower level's clock runs for files that go to the upper level
    (B6.3), and the guard of a renewal ends with the licence, after no number of days: neither starts with just
    any acceptance.
    """
    if clock == RENEWAL_GUARD.name or (clock == LOWER_REVIEW.name and mode != LOWER_REVIEW.name):
        return False
    return terms.direction == "forward" and (days is not None or terms.days is not None or mode in terms.modes)


def general_events(
    pack: Pack, clock: str, mode: str, acts: Iterable[tuple[datetime, Happening]]
) -> Iterator[GeneralEvent]:
    """What the *acts* (legal instant, event) mean for *clock* in *mode*: its pack names what starts and stops it.

    Where the law knows a ground for that, a request for papers suspends and their arrival resumes.
    """
    terms, begun, asked = pack.clocks[clock], False, False
    start, stop = frozenset(terms.start), NOTIFIED if terms.stop_event == "notified" else frozenset(terms.stop)
    ground = pack.request_ground(clock, mode)
    for at, event in acts:
        names = names_of(event)
        if not begun and names & start:
            begun = True
            yield Started(at)
        if begun and names & stop:
            yield Stopped(at)
        if ground is not None and isinstance(event, CorrectionNotice):
            asked = True
            yield Suspended(at, SUPPLEMENT, ground.reason, event.respond_by)
        if asked and isinstance(event, Corrected | Accepted):
            asked = False
            yield Resumed(at, SUPPLEMENT, isinstance(event, Corrected))
        yield from held(event, at, clock)


def names_of(event: Happening) -> frozenset[str]:
    """How a pack may call an event: by its stored name, or by the outcome of a decision."""
    return _names(type(event), event.outcome if isinstance(event, Decided) else None)


@cache
def _names(kind: type[Happening], outcome: str | None) -> frozenset[str]:
    return frozenset(name for name in (str(kind.__struct_config__.tag), outcome) if name)


def held(event: Happening, at: datetime, clock: str) -> Iterator[GeneralEvent]:
    """Suspensions, extensions of this *clock*, and withdrawal."""
    match event:
        case Suspend(sid=sid, reason=reason, planned_until=until):
            yield Suspended(at, sid, reason, until)
        case Resume(sid=sid):
            yield Resumed(at, sid)
        case Extension(days=days, clock=extended) if extended == clock:
            yield Extended(at, days)
        case ItemWithdrawn():
            yield Withdrawn(at)
