"""Countersignature (会签): a consulted department's own clock inside the decision clock, and its silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from domain.law.calendar.moment import Moment
from domain.law.licensing.clock import Card, ClockKind, ClockRun, State
from domain.law.licensing.counting import on_the_spot
from domain.law.licensing.happening import Happening

if TYPE_CHECKING:
    from domain.law.licensing.case import Case

COUNTERSIGN = ClockKind("countersign", card=Card.YELLOW, of_agency=False)


def name_of(dept: str, step: str | None) -> str:
    """One clock per department and step, so that a department may act at several steps."""
    return dept if step is None else f"{dept}/{step}"


class CountersignRequest(Happening, frozen=True, kw_only=True, tag="countersign_request"):
    """The lead department asks *dept* for its opinion. *replaces* is the step of an earlier question, now moot."""

    dept: str
    step: str | None = None
    replaces: str | None = None

    def apply(self, case: Case, when: Moment) -> None:
        if self.replaces is not None:
            take_back(case, name_of(self.dept, self.replaces or None), when)
        if case.rule.countersign is not None and case.ended is None:
            name = name_of(self.dept, self.step)
            case.consultations.setdefault(name, ConsultedDepartment.of(case, when, case.rule.countersign.days))


class CountersignReply(Happening, frozen=True, kw_only=True, tag="countersign_reply"):
    """*dept* answers; after deemed consent the answer is recorded without effect (B9.3)."""

    dept: str
    step: str | None = None

    def apply(self, case: Case, when: Moment) -> None:
        name = name_of(self.dept, self.step)
        consultation = case.consultations.get(name)
        if consultation is None or not consultation.open:
            return
        if consultation.consents(case, when.day):
            case.flags.add(f"countersign_reply_after_deemed:{name}")
        elif case.ended is None:
            consultation.reply = when


class CountersignRecall(Happening, frozen=True, kw_only=True, tag="countersign_recall"):
    """The lead department takes its question to *dept* back: that clock ends without a verdict."""

    dept: str
    step: str | None = None

    def apply(self, case: Case, when: Moment) -> None:
        take_back(case, name_of(self.dept, self.step), when)


class ApplicationRevisedEvent(Happening, frozen=True, kw_only=True, tag="application_revised"):
    """The application was changed: a department that has not answered about the old one no longer has to."""

    def apply(self, case: Case, when: Moment) -> None:
        for name in case.consultations:
            take_back(case, name, when)


def take_back(case: Case, name: str, when: Moment) -> None:
    """End a clock that still runs, or has run out unanswered, without a verdict; what silence brought about stays."""
    consultation = case.consultations.get(name)
    if consultation and consultation.open and case.ended is None and not consultation.consents(case, when.day):
        consultation.recall = when


class ConsultedDepartment(Struct, gc=False):
    """One question to one department: day 0, last day to answer, and the answer, or when it was taken back."""

    start: int
    minute: int
    length: int
    due: int
    reply: Moment | None = None
    recall: Moment | None = None

    @property
    def open(self) -> bool:
        """Whether an answer is still owed, as far as the question goes."""
        return self.reply is None and self.recall is None

    @classmethod
    def of(cls, case: Case, when: Moment, days: int) -> ConsultedDepartment:
        """The consultation that begins at *when*; nothing suspends it (B9.2)."""
        if days:
            due = case.calendar.nth_after(when.day, days)
        else:
            due = on_the_spot(case.calendar, when.day, when.minute, case.rule.close_minute)
        return cls(when.day, when.minute, days, due)

    def consents(self, case: Case, day: int) -> bool:
        """Whether its silence counts as consent by *day*: nothing came, and no decision overtook it (B9.3)."""
        terms = case.rule.countersign
        if terms is None or terms.on_silence != "deemed_consent" or self.reply is not None or day <= self.due:
            return False
        ended = self.recall or case.ended
        return ended is None or ended.day > self.due

    def run(self, case: Case, name: str) -> ClockRun:
        """Its clock."""
        deemed = self.consents(case, case.now.day)
        stop, void = (None, False) if deemed else case.stop_of(self.reply or self.recall)
        silence = State.DEEMED if deemed else State.OVERDUE
        void = void or (stop is not None and self.reply is None)
        clock = f"{COUNTERSIGN.name}:{name}"
        return ClockRun(COUNTERSIGN, clock, self.start, self.minute, self.length, stop, void, silence)


def flag_silence(case: Case) -> None:
    """Flag every department that has consented by silence."""
    for name, consultation in case.consultations.items():
        if consultation.consents(case, case.now.day):
            case.flags.add(f"countersign_deemed:{name}")


def runs(case: Case) -> Iterator[ClockRun]:
    """One clock per department and step, in the order of the requests."""
    for name, consultation in case.consultations.items():
        yield consultation.run(case, name)
