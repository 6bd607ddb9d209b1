"""One clock of a pack as it is counted for items in one mode: worked out once, and used for many of them."""

from __future__ import annotations

from msgspec import Struct

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.expand import general_rule
from domain.law.generic.rule import GeneralRule
from domain.law.licensing.review import COMMITMENT, DECISION
from domain.law.packs.pack import Ground, Pack
from domain.law.packs.terms import ClockTerms

# What stops a clock that runs until the applicant is notified.
NOTIFIED = frozenset({"delivered", "delivery_attempted"})


class ClockLaw(Struct, frozen=True):
    """What the law says of *clock*: its *terms* and *rule*, and the names of the events that *start* and *stop* it.

    A request for papers suspends it on *ground* (None: it does not). It *passes_over* lawful suspensions for these
    reasons.
    """

    clock: str
    terms: ClockTerms
    rule: GeneralRule
    start: frozenset[str]
    stop: frozenset[str]
    ground: Ground | None
    passes_over: frozenset[str]
    article: str


def clock_law(pack: Pack, calendar: WorkingCalendar, clock: str, mode: str, days: int | None) -> ClockLaw:
    """What *pack* says of *clock* in *mode*; *days* replaces its length where one was recorded or promised.

    KeyError if the pack has no such clock or no length for it.
    """
    terms = pack.clocks[clock]
    return ClockLaw(
        clock,
        terms,
        general_rule(pack, calendar, clock, mode, days),
        frozenset(terms.start),
        NOTIFIED if terms.stop_event == "notified" else frozenset(terms.stop),
        pack.request_ground(clock, mode),
        passed_over(pack, clock, mode),
        pack.clock_article(clock, mode),
    )


def passed_over(pack: Pack, clock: str, mode: str) -> frozenset[str]:
    """The reasons of lawful suspensions that *clock* is not concerned by: nothing stops it, but others they do (B7.1).

    What stops the promise alone has no ground in the statute. The clock of the decision is the one that lacks one.
    """
    if clock == DECISION.name or any(ground.applies(clock, mode) for ground in pack.grounds):
        return frozenset()
    return frozenset(
        ground.reason for ground in pack.grounds if ground.is_for(mode) and set(ground.stops) - {COMMITMENT.name}
    )
