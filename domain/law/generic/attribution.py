"""Who held the case on each day under a law counted by the generic engine: read from the acts themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from domain.law.attribution import HeldDay, Holder
from domain.law.calendar.moment import Moment
from domain.law.generic.evaluate import GeneralTerms
from domain.law.licensing.countersign import CountersignRecall, CountersignReply, CountersignRequest, name_of
from domain.law.licensing.explain import EXPLAINED_DAYS_MAX
from domain.law.licensing.happening import Happening
from domain.law.licensing.intake import Accepted, Corrected, CorrectionNotice, Received, RefusedEvent
from domain.law.licensing.review import DECISION, Decided, Delivered, UpperReceived, WithdrawnEvent
from domain.law.licensing.suspension import Resume, Suspend
from domain.law.licensing.timeline import Act, Timeline
from domain.law.packs.pack import Ground

Stage = Literal["coming", "received", "accepted", "granted"]


class Hands(Struct):
    """The holder of the case, followed act by act. The act that ends the case changes nothing: the last day is the last
    holder's.
    """

    own: Holder
    grounds: tuple[str, ...]  # that stop the decision's clock
    asking: Ground | None  # on which a request for papers stops it
    termed: frozenset[str] = frozenset()  # those of them that end with the term set for the answer
    stage: Stage = "coming"
    begun: Moment | None = None
    ended: bool = False
    awaiting: bool = False  # the applicant was asked for papers
    above: bool = False  # the upper level has the file
    open: dict[str, str] = field(default_factory=dict)  # the suspensions: sid -> ground
    consulted: dict[str, None] = field(default_factory=dict)  # the departments that have yet to answer
    last_days: dict[str, int] = field(default_factory=dict)  # of the terms set: sid, or "" for papers -> ordinal

    def through(self, day: int, acts: Sequence[Act], following: int) -> int:
        """Apply the acts through *day*, from index *following* until the case ends; the index of the next one."""
        while following < len(acts) and acts[following][2].day <= day and not self.ended:
            self.take(acts[following][1], acts[following][2])
            following += 1
        return following

    def lapse(self, day: int) -> None:
        """Give back what waited for an answer whose term was over before *day*: the clock runs again."""
        for sid in [sid for sid, last in self.last_days.items() if last < day]:
            del self.last_days[sid]
            self.open.pop(sid, None)
            self.awaiting = self.awaiting and sid != ""

    def _set_term(self, sid: str, ground: str, until: date | None) -> None:
        if until is not None and ground in self.termed:
            self.last_days[sid] = until.toordinal()

    def take(self, event: Happening, when: Moment) -> None:
        """Apply one act."""
        match event:
            case Received() | Accepted():
                self.begun = self.begun or when
                if self.stage != "granted":
                    self.stage = "accepted" if isinstance(event, Accepted) else "received"
                self.awaiting = False
            case CorrectionNotice(respond_by=until):
                self.awaiting = True
                self._set_term("", self.asking.reason if self.asking else "", until)
            case Corrected():
                self.awaiting = False
            case UpperReceived():
                self.above = True
            case Decided(outcome="granted"):
                self.stage = "granted"
            case Decided() | WithdrawnEvent():
                self.ended = True
            case RefusedEvent() if self.stage == "received":
                self.ended = True
            case Delivered() if self.stage == "granted":
                self.ended = True
            case _:
                self._pause(event)

    def _pause(self, event: Happening) -> None:
        match event:
            case Suspend(sid=sid, reason=reason, planned_until=until) if reason in self.grounds:
                self.open.setdefault(sid, reason)
                self._set_term(sid, reason, until)
            case Resume(sid=sid):
                self.open.pop(sid, None)
            case CountersignRequest(dept=dept, step=step):
                self.consulted[name_of(dept, step)] = None
            case CountersignReply(dept=dept, step=step) | CountersignRecall(dept=dept, step=step):
                self.consulted.pop(name_of(dept, step), None)

    @property
    def holder(self) -> tuple[Holder, tuple[str, ...]]:
        """Who has the case now, and by what name."""
        if self.stage == "granted" or (self.ended and self.open):  # what ends the case ends a suspension (B7.8)
            return self.own, ()
        if self.awaiting or (self.asking is not None and self.asking.reason in self.open.values()):
            return Holder.APPLICANT, ()
        if self.open:
            return Holder.LEGAL_SUSPENSION, tuple(self.open.values())
        if self.consulted:
            return Holder.OTHER_DEPARTMENT, tuple(self.consulted)
        return (Holder.OTHER_DEPARTMENT, ("upper",)) if self.above else (self.own, ())


def general_held_days(terms: GeneralTerms, timeline: Timeline, until: datetime, known: datetime) -> Iterator[HeldDay]:
    """Each day from the one after receipt to the end of the case, or to yesterday as seen from *until*.

    As known at *known*. A day belongs to the holder of the case at its end; at most `EXPLAINED_DAYS_MAX` are listed.
    """
    acts = timeline.by(until, known)
    termed = frozenset(g.reason for g in terms.pack.grounds if g.notice.suspension_ends == "on_answer_or_term")
    own = Holder.DEPARTMENT if terms.live else Holder.OUTSIDE
    asking = terms.pack.request_ground(DECISION.name, terms.mode)
    hands = Hands(own, terms.pack.reasons(DECISION.name), asking, termed)
    following, today = 0, timeline.moment(until).day
    ordinal = acts[0][2].day if acts else today
    last = min(today - 1, ordinal + EXPLAINED_DAYS_MAX)
    while ordinal <= last and not hands.ended:
        following = hands.through(ordinal, acts, following)
        hands.lapse(ordinal)
        if hands.begun is not None and ordinal > hands.begun.day:
            yield HeldDay(date.fromordinal(ordinal), *hands.holder, terms.calendar.works(ordinal))
        ordinal += 1
