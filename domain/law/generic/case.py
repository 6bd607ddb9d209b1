"""An item's history on the general clocks: the same events, read as a pack of another law reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct, field

from domain.law.generic.clock_law import ClockLaw
from domain.law.generic.names import names_of
from domain.law.generic.rule import Extended, GeneralEvent, Resumed, Started, Stopped, Suspended, Withdrawn
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.renewal import RENEWAL_GUARD
from domain.law.licensing.review import DECISION, LOWER_REVIEW, Decided, ExtensionEvent
from domain.law.licensing.review import WithdrawnEvent as ItemWithdrawn
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Act
from domain.law.packs.pack import SUPPLEMENT
from domain.law.packs.terms import ClockTerms

NamedAct: TypeAlias = tuple[datetime, Happening, frozenset[str]]

BY_DECISION = frozenset({"decided", "granted", "denied", "published", "delivered"})  # what starts at it, or after it
HELD = frozenset({Suspend, Resume, ExtensionEvent, ItemWithdrawn})  # what `held` is about: few of all events


def is_counted(terms: ClockTerms, clock: str, mode: str, days: int | None) -> bool:
    """Whether a *clock* with these *terms* is counted for an item in *mode*; *days* were recorded or promised for it.

    It needs a length, and to be counted forward. The lower level's clock runs for files that go to the upper level
    (B6.3), and the guard of a renewal ends with the licence, after no number of days: neither starts with just
    any acceptance.
    """
    if clock == RENEWAL_GUARD.name or (clock == LOWER_REVIEW.name and mode != LOWER_REVIEW.name):
        return False
    return terms.direction == "forward" and (days is not None or terms.days is not None or mode in terms.modes)


def named(acts: Iterable[Act]) -> list[NamedAct]:
    """The *acts*, each with the names that a pack may call it by."""
    return [(at, event, names_of(event)) for at, event, _ in acts]


def general_events(law: ClockLaw, acts: Iterable[NamedAct], end: Happening | None) -> Iterator[GeneralEvent]:
    """What the *acts* mean for the clock of *law*: its pack names what starts and stops it.

    Where the law knows a ground for that, a request for papers suspends and their arrival resumes. What ends the
    application, *end*, ends the clock, as one that was withdrawn where that is not what stops it (B3.8).
    """
    begun, requested, lawful = False, False, LawfulStops(law.passes_over)
    ground = law.ground
    for at, event, names in acts:
        runs = begun
        if not begun and not names.isdisjoint(law.start):
            begun = True
            yield Started(at)
        if begun and not names.isdisjoint(law.stop):
            yield Stopped(at)
        elif runs and event is end and is_ended(law, end):
            yield Withdrawn(at)
        if ground is not None and isinstance(event, CorrectionNotice):
            requested = True
            yield Suspended(at, SUPPLEMENT, ground.reason, event.respond_by)
        if requested and isinstance(event, Corrected | Accepted):
            requested = False
            yield Resumed(at, SUPPLEMENT, isinstance(event, Corrected))
        if type(event) in HELD and not lawful.take(event):
            yield from held(event, at, law.clock)


class LawfulStops(Struct):
    """The suspensions, by *reasons* of the law, that a clock passes over; *open* are those without an end so far."""

    reasons: frozenset[str]
    open: set[str] = field(default_factory=set)

    def take(self, event: Happening) -> bool:
        """Whether *event* begins or ends one of them."""
        if isinstance(event, Suspend) and event.reason in self.reasons:
            self.open.add(event.sid)
            return True
        if isinstance(event, Resume) and event.sid in self.open:
            self.open.remove(event.sid)
            return True
        return False


def ending(events: Iterable[Happening]) -> Happening | None:
    """Which of *events*, in their order, ended the application (B3.8); None where it goes on.

    The decision, the withdrawal, or a refusal to admit it: one that came after an acceptance is void, and one that was
    followed by an acceptance or a decision is overtaken by that.
    """
    accepted, refused = False, None
    for event in events:
        if isinstance(event, Decided):
            return event
        if isinstance(event, ItemWithdrawn):
            return refused or event
        if isinstance(event, Accepted):
            accepted, refused = True, None
        elif isinstance(event, RefusedEvent) and not accepted:
            refused = refused or event
    return refused


def is_ended(law: ClockLaw, end: Happening | None) -> bool:
    """Whether the *end* of the application ends the clock of *law*: the decision does not end what starts with it.

    Nor what the law stops later: what runs to the notification, and the clock of the decision where that is published.
    """
    if not isinstance(end, Decided):
        return end is not None
    terms = law.terms
    stops_later = terms.stop_event == "notified" or (
        law.clock == DECISION.name and names_of(end).isdisjoint(terms.stop)
    )
    return not stops_later and BY_DECISION.isdisjoint(law.start)


def from_receipt(acts: Sequence[Act]) -> Sequence[Act]:
    """*acts* as they count: an acceptance dated before the receipt is an answer to it, as of the receipt (B5.11)."""
    nth = next((nth for nth, (_, event, _) in enumerate(acts) if isinstance(event, Received)), 0)
    early = [event for _, event, _ in acts[:nth] if isinstance(event, Accepted)]
    if not early:
        return acts
    at, _, when = received = acts[nth]
    before = [act for act in acts[:nth] if act[1] not in early]
    return [*before, received, *((at, event, when) for event in early), *acts[nth + 1 :]]


def held(event: Happening, at: datetime, clock: str) -> Iterator[GeneralEvent]:
    """Suspensions, extensions of this *clock*, and withdrawal."""
    match event:
        case Suspend(sid=sid, reason=reason, planned_until=until):
            yield Suspended(at, sid, reason, until)
        case Resume(sid=sid):
            yield Resumed(at, sid)
        case ExtensionEvent(days=days, clock=extended, notified=notified) if extended == clock:
            yield Extended(at, days, notified=notified)
        case ItemWithdrawn():
            yield Withdrawn(at)
