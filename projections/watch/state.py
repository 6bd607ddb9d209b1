"""The cached state of one project for the deadline watcher: the signals issued, and how far its clocks are.

New entries are applied as they come, and the rungs are computed again only where something may have changed. The
result is the same: read from all its entries at once, a project gives the same state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from domain.law.licensing.escalation import Progression
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import Procedure, ProcedureTerms
from domain.law.proof import ClockProof
from domain.messages import Entry, corrections, follow, replay
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.state.project import Project
from domain.project.supervision.appeals import AppealDecided, Verdict
from domain.project.supervision.rescission import CardRescinded
from domain.project.supervision.signals import (
    AcceptanceDeemed,
    CardIssued,
    ConsentDeemed,
    DeadlineWarned,
    RenewalDeemed,
)
from projections.clocks.law_events import Histories, item_histories, take_entry
from projections.clocks.procedures import procedure_of
from projections.reader import Laws

Courses = Mapping[tuple[str, int], Progression]  # by item and application


class IssuedSignal(Struct):
    """One rung as it was recorded; *rescinded* is the version of the entry that rescinded it, 0 for none."""

    version: int
    card: str
    item: str
    proof: ClockProof
    at: datetime
    rescinded: int = 0
    times: int = 0  # how often it was rescinded, retracted rescissions included
    final: bool = False  # revoked on appeal or retracted by hand: decided by a person


class CachedHistory(Struct, frozen=True):
    """A course as it was computed *at* an instant, from so many *events*, under terms and a calendar."""

    events: int
    terms: ProcedureTerms
    calendar: str
    at: datetime
    course: Progression

    def holds(self, history: ItemHistory, terms: ProcedureTerms, calendar: str, now: datetime) -> bool:
        """Whether the course at *now* is still this one: no event was added since, and its next instant is to come."""
        return (
            self.events == len(history.events)
            and self.at <= now
            and (self.course.next is None or now < self.course.next)
            and self.calendar == calendar
            and self.terms == terms
        )


class WatchState(Struct):
    """A project, the history of each application, and the signals issued, by card."""

    project: Project
    command: UUID  # that brought in its first entry
    imported: bool
    histories: Histories
    signals: dict[str, IssuedSignal]
    cached: dict[tuple[str, int], CachedHistory] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> WatchState:
        """The state of a project with these entries, which are all there are, in version order."""
        first = entries[0]
        signals = {signal.card: signal for signal in signals_in(entries)}
        project = replay(first.stream, entries)
        return cls(project, first.recorded.command_id, bool(first.recorded.source), item_histories(entries), signals)

    @property
    def version(self) -> int:
        return self.project.version

    def follow(self, entries: Sequence[Entry]) -> bool:
        """Apply the next entries. False where the whole history has to be folded again."""
        if any(isinstance(entry.fact, EntryRetracted | EntryAmended) for entry in entries):
            return False
        for entry in entries:
            if not follow(self.project, entry):
                return False
            take_entry(self.histories, entry, self.project)
            take_signal(self.signals, entry, retracted=False)
        return True

    def courses(self, laws: Laws, now: datetime) -> Courses:
        """What the clocks of each application have come to by *now*."""
        courses: dict[tuple[str, int], Progression] = {}
        for key, history in self.histories.items():
            procedure = procedure_of(history, laws)
            if procedure is None:
                continue
            cached = _progression(self.cached.get(key), history, procedure, now)
            courses[key] = cached.course
            if _settled(history, now):
                self.cached[key] = cached
        return courses


def _progression(
    before: CachedHistory | None, history: ItemHistory, procedure: Procedure, now: datetime
) -> CachedHistory:
    """The cached course where it still holds, else a new one."""
    calendar = procedure.calendar(now).version
    if before is not None and before.holds(history, procedure.terms, calendar, now):
        return before
    return CachedHistory(len(history.events), procedure.terms, calendar, now, procedure.escalate(history, now))


def _settled(history: ItemHistory, now: datetime) -> bool:
    """Whether all events had happened and were known by *now*: what is still to come may change the course."""
    return all(event.at <= now and (event.recorded_at or event.at) <= now for event in history.events)


def courses_of(entries: Sequence[Entry], laws: Laws, now: datetime, only: str = "") -> Courses:
    """What the clocks of each application have come to by *now*, from all entries; of *only* one item if named."""
    courses: dict[tuple[str, int], Progression] = {}
    for (item, application), history in item_histories(entries).items():
        procedure = procedure_of(history, laws)
        if procedure is not None and only in ("", item):
            courses[item, application] = procedure.escalate(history, now)
    return courses


def signals_in(entries: Sequence[Entry]) -> list[IssuedSignal]:
    """The rungs that were recorded, each with what became of it, in the order of recording."""
    retracted = corrections(entries).retracted
    signals: dict[str, IssuedSignal] = {}
    for entry in entries:
        take_signal(signals, entry, retracted=entry.version in retracted)
    return list(signals.values())


def take_signal(signals: dict[str, IssuedSignal], entry: Entry, *, retracted: bool) -> None:
    """Note the signal, rescission or revocation that *entry* is; *retracted*: it was taken back itself."""
    match entry.fact:
        case (
            DeadlineWarned(card=card, item=item, proof=proof)
            | AcceptanceDeemed(card=card, item=item, proof=proof)
            | ConsentDeemed(card=card, item=item, proof=proof)
            | RenewalDeemed(card=card, item=item, proof=proof)
            | CardIssued(card=card, item=item, proof=ClockProof() as proof)
        ):
            signals[card] = IssuedSignal(entry.version, card, item, proof, entry.occurred_at, final=retracted)
        case CardRescinded(card=card) if card in signals:
            signals[card].times += 1
            if not retracted:
                signals[card].rescinded = entry.version
        case AppealDecided(card=card, verdict=Verdict.REVOKE) if card in signals and not retracted:
            signals[card].final = True
