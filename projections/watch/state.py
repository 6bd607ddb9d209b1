"""One project as its watcher has read it so far: what was told, and what its clocks have come to.

It takes in new entries as they come, and works a course of rungs out again only where something may have changed. That
changes no answer: read from all its entries at once, a project gives the same dossier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.law.generic.evaluate import general_course
from domain.law.licensing.escalation import Progression, course
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline
from domain.law.proof import RUNGS, ClockProof
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
from projections.clocks.law_events import Histories, ItemHistory, item_histories, rule_of, take_entry
from projections.clocks.reading import book_of, general_terms, rules_of
from projections.reader import Laws

Basis = tuple[Any, ...]  # what a law that counts otherwise than in working days rests on, beside the calendar
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
    rule: Rule | Basis
    calendar: str
    at: datetime
    course: Progression

    def holds(self, history: ItemHistory, rule: Rule | Basis, calendar: str, now: datetime) -> bool:
        """Whether the course at *now* is still this one: nothing was said since, and its next instant is to come."""
        return (
            self.events == len(history.events)
            and self.at <= now
            and (self.course.next is None or now < self.course.next)
            and self.calendar == calendar
            and self.rule == rule
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
            if not history.law:
                continue
            one = _course_again(self.kept.get(key), history, laws, now)
            found[key] = one.course
            if _settled(history, now):
                self.kept[key] = one
        return found


def _course_again(before: CachedHistory | None, history: ItemHistory, laws: Laws, now: datetime) -> CachedHistory:
    rule = rule_of(history, laws)
    pack = laws.pack(rule.pack if rule else history.law)
    calendar = laws.calendar(pack, now.astimezone(ZoneInfo(pack.zone)).date()).version
    basis = rule or _basis(history)
    if before is not None and before.holds(history, basis, calendar, now):
        return before
    course = course_of(history, rule, laws, now) if rule else general_course_of(history, laws, now)
    return CachedHistory(len(history.events), basis, calendar, now, course)


def _basis(history: ItemHistory) -> Basis:
    """What the general clocks of *history* are counted by, beside its events and the calendar."""
    asked = tuple(history.asked_days.items())
    terms = history.law, history.mode, history.decision_length, history.promise_days, history.hours
    return *terms, asked, history.live


def _settled(history: ItemHistory, now: datetime) -> bool:
    """Whether all that was said had happened and was known by *now*: what is still to come may change the course."""
    return all(event.at <= now and (event.recorded_at or event.at) <= now for event in history.events)


def courses_of(entries: Sequence[Entry], laws: Laws, now: datetime, only: str = "") -> Courses:
    """What the clocks of each application have come to by *now*, from all entries; of *only* one item if named."""
    found: dict[tuple[str, int], Progression] = {}
    for (item, application), history in item_histories(entries).items():
        if history.law and only in ("", item):
            rule = rule_of(history, laws)
            course = course_of(history, rule, laws, now) if rule else general_course_of(history, laws, now)
            found[item, application] = course
    return found


def general_course_of(history: ItemHistory, laws: Laws, now: datetime) -> Progression:
    """What the clocks of one application have come to whose law counts otherwise than in working days."""
    zone = laws.pack(history.law).zone
    terms = general_terms(history, laws, now.astimezone(ZoneInfo(zone)).date())
    return general_course(terms, Timeline(zone, history.events), now)


def as_it_is(rule: Rule) -> Rule:
    """The rule itself."""
    return rule


def course_of(
    history: ItemHistory, rule: Rule, laws: Laws, now: datetime, changed: Callable[[Rule], Rule] = as_it_is
) -> Progression:
    """What the clocks of one application have come to; each consulted department was given days of its own.

    *changed* makes of every rule the one to count by, for whoever asks what another rule would have come to.
    """
    timeline, book = Timeline(rule.zone, history.events), book_of(laws.pack(rule.pack), laws)
    main = course(changed(rule), timeline, book, now)
    passed, coming = list(main.passed), [main.next]
    for other, clocks in rules_of(history, laws, rule):
        own = course(changed(other), timeline, book, now)
        passed = [crossing for crossing in passed if crossing.clock not in clocks]
        passed += [crossing for crossing in own.passed if crossing.clock in clocks]
        coming.append(own.next)
    passed.sort(key=lambda crossing: (crossing.at, RUNGS.index(crossing.rung)))
    return Progression(tuple(passed), min((at for at in coming if at is not None), default=None))


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
