"""One project as its watcher has read it so far: what was told, and what its clocks have come to.

It takes in new entries as they come, and works a course of rungs out again only where something may have changed. That
changes no answer: read from all its entries at once, a project gives the same dossier.
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
    """One rung as it was told; *rescinded* is the version of the entry that rescinded it, 0 for none."""

    version: int
    card: str
    item: str
    proof: ClockProof
    at: datetime
    rescinded: int = 0
    times: int = 0  # how often it was rescinded, retracted rescissions included
    final: bool = False  # revoked on appeal or retracted by hand: people have spoken


class CachedHistory(Struct, frozen=True):
    """A course as it was worked out *at* an instant, from so many *events*, under a rule and a calendar."""

    events: int
    terms: ProcedureTerms
    calendar: str
    at: datetime
    course: Progression

    def holds(self, history: ItemHistory, terms: ProcedureTerms, calendar: str, now: datetime) -> bool:
        """Whether the course at *now* is still this one: nothing was said since, and its next instant is to come."""
        return (
            self.events == len(history.events)
            and self.at <= now
            and (self.course.next is None or now < self.course.next)
            and self.calendar == calendar
            and self.terms == terms
        )


class WatchState(Struct):
    """A project, the history of each application, and what was told, by card."""

    project: Project
    command: UUID  # that brought in its first entry
    imported: bool
    histories: Histories
    told: dict[str, IssuedSignal]
    kept: dict[tuple[str, int], CachedHistory] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> WatchState:
        """The dossier of a project with these entries, which are all there are, in version order."""
        first = entries[0]
        told = {one.card: one for one in told_in(entries)}
        project = replay(first.stream, entries)
        return cls(project, first.recorded.command_id, bool(first.recorded.source), item_histories(entries), told)

    @property
    def version(self) -> int:
        return self.project.version

    def follow(self, entries: Sequence[Entry]) -> bool:
        """Take in the entries that come next. False where only the whole history tells what they make of it."""
        if any(isinstance(entry.fact, EntryRetracted | EntryAmended) for entry in entries):
            return False
        for entry in entries:
            if not follow(self.project, entry):
                return False
            take_entry(self.histories, entry, self.project)
            take_told(self.told, entry, retracted=False)
        return True

    def courses(self, laws: Laws, now: datetime) -> Courses:
        """What the clocks of each application have come to by *now*."""
        found: dict[tuple[str, int], Progression] = {}
        for key, history in self.histories.items():
            procedure = procedure_of(history, laws)
            if procedure is None:
                continue
            one = _progression(self.kept.get(key), history, procedure, now)
            found[key] = one.course
            if _settled(history, now):
                self.kept[key] = one
        return found


def _progression(
    before: CachedHistory | None, history: ItemHistory, procedure: Procedure, now: datetime
) -> CachedHistory:
    """The cached course where it still holds, else a new one."""
    calendar = procedure.calendar(now).version
    if before is not None and before.holds(history, procedure.terms, calendar, now):
        return before
    return CachedHistory(len(history.events), procedure.terms, calendar, now, procedure.escalate(history, now))


def _settled(history: ItemHistory, now: datetime) -> bool:
    """Whether all that was said had happened and was known by *now*: what is still to come may change the course."""
    return all(event.at <= now and (event.recorded_at or event.at) <= now for event in history.events)


def courses_of(entries: Sequence[Entry], laws: Laws, now: datetime, only: str = "") -> Courses:
    """What the clocks of each application have come to by *now*, from all entries; of *only* one item if named."""
    found: dict[tuple[str, int], Progression] = {}
    for (item, application), history in item_histories(entries).items():
        procedure = procedure_of(history, laws)
        if procedure is not None and only in ("", item):
            found[item, application] = procedure.escalate(history, now)
    return found


def told_in(entries: Sequence[Entry]) -> list[IssuedSignal]:
    """The rungs that were told, each with what became of it, in the order of telling."""
    retracted = corrections(entries).retracted
    told: dict[str, IssuedSignal] = {}
    for entry in entries:
        take_told(told, entry, retracted=entry.version in retracted)
    return list(told.values())


def take_told(told: dict[str, IssuedSignal], entry: Entry, *, retracted: bool) -> None:
    """Note what *entry*, itself *retracted* or not, tells of rungs."""
    match entry.fact:
        case (
            DeadlineWarned(card=card, item=item, proof=proof)
            | AcceptanceDeemed(card=card, item=item, proof=proof)
            | ConsentDeemed(card=card, item=item, proof=proof)
            | RenewalDeemed(card=card, item=item, proof=proof)
            | CardIssued(card=card, item=item, proof=ClockProof() as proof)
        ):
            told[card] = IssuedSignal(entry.version, card, item, proof, entry.occurred_at, final=retracted)
        case CardRescinded(card=card) if card in told:
            told[card].times += 1
            if not retracted:
                told[card].rescinded = entry.version
        case AppealDecided(card=card, verdict=Verdict.REVOKE) if card in told and not retracted:
            told[card].final = True
