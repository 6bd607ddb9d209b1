"""An item's history on the general clocks: the same events, read as a pack of another law reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.law.calendar import WorkingCalendar
from domain.law.general import Standing, standing
from domain.law.general_pack import general_rule
from domain.law.general_rule import Extended, GeneralEvent, Resumed, Started, Stopped, Suspended, Withdrawn
from domain.law.intake import Accepted, Corrected, CorrectionNotice
from domain.law.moment import Happening
from domain.law.pack import DEFAULT_MODE, Pack
from domain.law.review import Decided, Extension
from domain.law.review import Withdrawn as ItemWithdrawn
from domain.law.suspension import Resume, Suspend
from domain.law.timeline import Timeline

SUPPLEMENT = "supplement"  # the ground on which a request to complete the papers stops a clock, where the law has one


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

    *lengths* replaces the length of a clock by what was recorded or promised. Clocks without a length and those that
    count backward are left out.
    """
    acts = [(at, event) for at, event, _ in timeline.by(t, t if known is None else known)]
    found: dict[str, Standing] = {}
    for clock, terms in pack.clocks.items():
        days = (lengths or {}).get(clock)
        if terms.direction == "backward" or (days is None and terms.days is None and mode not in terms.modes):
            continue
        stood = standing(general_rule(pack, calendar, clock, mode, days), list(general_events(pack, clock, acts)), t)
        if stood is not None:
            found[clock] = stood
    return found


def general_events(pack: Pack, clock: str, acts: Iterable[tuple[datetime, Happening]]) -> Iterator[GeneralEvent]:
    """What the *acts* (legal instant, event) mean for *clock*: its pack names the events that start and stop it.

    Where the law knows the ground "supplement", a request for papers suspends and their arrival resumes.
    """
    terms, begun, asked = pack.clocks[clock], False, False
    supplements = SUPPLEMENT in pack.reasons(clock)
    for at, event in acts:
        names = names_of(event)
        if not begun and names & set(terms.start):
            begun = True
            yield Started(at)
        if begun and names & set(terms.stop):
            yield Stopped(at)
        if supplements and isinstance(event, CorrectionNotice):
            asked = True
            yield Suspended(at, SUPPLEMENT, SUPPLEMENT)
        if asked and isinstance(event, Corrected | Accepted):
            asked = False
            yield Resumed(at, SUPPLEMENT)
        yield from held(event, at, clock)


def names_of(event: Happening) -> set[str]:
    """How a pack may call an event: by its stored name, or by the outcome of a decision."""
    names = {str(event.__struct_config__.tag)}
    return names | {event.outcome} if isinstance(event, Decided) else names


def held(event: Happening, at: datetime, clock: str) -> Iterator[GeneralEvent]:
    """Suspensions, extensions of this *clock*, and withdrawal."""
    match event:
        case Suspend(sid=sid, reason=reason):
            yield Suspended(at, sid, reason)
        case Resume(sid=sid):
            yield Resumed(at, sid)
        case Extension(days=days, clock=extended) if extended == clock:
            yield Extended(at, days)
        case ItemWithdrawn():
            yield Withdrawn(at)
