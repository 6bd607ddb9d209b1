"""The events that a project's entries are to the law, one history for each application, corrections included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import structs

from domain.core.ledger import Fact
from domain.law.licensing import countersign
from domain.law.licensing.event import Amend, LawEvent, Retract
from domain.law.licensing.forecast import DISTANT
from domain.law.licensing.timeline import Timeline
from domain.law.packs.pack import PackName
from domain.law.procedure.history import ItemHistory
from domain.messages import Entry, corrections
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.announcement import DateAnnounced
from domain.project.application.correction import EntryAmended, EntryRetracted
from domain.project.application.forwarding import ItemForwarded
from domain.project.application.procedure import ModeChanged
from domain.project.application.submission import ItemSubmitted
from domain.project.countersignature.forwarding import CountersignatureForwarded, CountersignatureRecalled
from domain.project.countersignature.request import ItemCountersigned
from domain.project.countersignature.revision import ApplicationRevised, OpinionKept
from domain.project.countersignature.rules import CountersignatureAsked
from domain.project.state.project import Item, Project
from projections.clocks.announcements import amend, announcement
from projections.clocks.law_kinds import EVENT_FIELDS, IN_PARTS, KINDS, NOTHING
from projections.view import CORRECTIONS, Folded, View, fold


def folded_as_of(
    views: Sequence[View[Any]], project: UUID, entries: Sequence[Entry], as_of: datetime, known_at: datetime
) -> Folded:
    """*views* of the project at *as_of*, by what was recorded up to *known_at*; entries in version order.

    A correction counts once it is known, at any *as_of*: it says how things were.
    """
    known = [entry for entry in entries if entry.recorded_at <= known_at]
    amended = corrections(known).amended
    past = [
        entry
        for entry in known
        if isinstance(entry.fact, CORRECTIONS) or amended.get(entry.version, entry.occurred_at) <= as_of
    ]
    return fold(views, project, past)


LAWS_CACHED_MAX = 1024  # a few for each law: the calendars of its regions, its special laws
Histories = dict[tuple[str, int], ItemHistory]


def item_histories(entries: Sequence[Entry], known_at: datetime | None = None) -> Histories:
    """Each application's history, by item and number of the application, from one project's entries in version order.

    Corrections become events, and what was retracted stays among them: the engine decides what counted when. Which
    entries make an application, under which terms, follows from what was known at *known_at* (None: all there is).
    """
    if known_at is not None:
        entries = [entry for entry in entries if entry.recorded_at <= known_at]
    retracted = corrections(entries).retracted
    project = Project(entries[0].stream if entries else UUID(int=0), retracted=retracted)
    histories: Histories = {}
    for number, entry in enumerate(entries, start=1):
        counts = entry.version not in retracted
        if counts:
            entry.fact.apply(project)
        changed = take_entry(histories, entry, project, counts=counts)
        if isinstance(entry.fact, CORRECTIONS):
            for history in map(histories.__getitem__, changed):
                history.events += moved_along(history.events, history.requested_at, entries[:number])
    return histories


def take_entry(
    histories: Histories, entry: Entry, project: Project, *, counts: bool = True
) -> Sequence[tuple[str, int]]:
    """Add one entry, which *project* already has; the keys of the histories it changed.

    Not *counts*: the entry was retracted, so it is an event but sets no terms.
    """
    fact: Any = entry.fact
    kind = type(fact)
    if kind not in KINDS and kind not in BESIDE:
        return _take_correction(histories, entry, fact, counts=counts) if kind in CORRECTIONS else ()
    item = project.items.get(fact.item)
    if item is None or (kind is ModeChanged and not item.application):
        return ()
    key = (item.plan.item, item.application)
    history = histories.get(key)
    if history is None:
        history = histories[key] = _begun(item, entry)
    if kind is DateAnnounced:
        return _take_announcement(history, entry, fact, counts=counts)
    if counts and kind in TERMS:
        TERMS[kind](history, fact)
    if kind in BESIDE:
        return (key,)
    event = _event(history, entry, counts=counts)
    if event is not None:
        history.events.append(event)
    return (key,)


def _begun(item: Item, entry: Entry) -> ItemHistory:
    """A new application. Until a fact says under which law, it is the one its first entry was recorded under."""
    plan = item.plan
    law = _law_for(entry.recorded.law, plan.calendar, plan.special)
    return ItemHistory(
        plan.item,
        item.application,
        plan.department,
        item.mode,
        plan.special,
        plan.live,
        plan.promise_days,
        law,
        law,
    )


@lru_cache(maxsize=LAWS_CACHED_MAX)
def _law_for(recorded: str, calendar: str, special: str) -> str:
    """The law of an application, by the one *recorded* with its first entry: with its calendar, and the special law."""
    whole = not recorded or recorded != PackName.of(recorded).version
    return recorded if whole else str(PackName(recorded, calendar, special))


def _submitted(history: ItemHistory, fact: ItemSubmitted) -> None:
    history.law = history.intake_law = fact.law
    if fact.promise_days is not None:
        history.promise_days = fact.promise_days
    history.licence_expiry = fact.renews.valid_through if fact.renews else None
    history.hours = fact.hours


def _accepted(history: ItemHistory, fact: ItemAccepted) -> None:
    history.law, history.mode, history.promise_days = fact.law, fact.mode, fact.promise_days
    history.decision_length = fact.limit


def _in_another_mode(history: ItemHistory, fact: ModeChanged) -> None:
    history.mode, history.decision_length = fact.mode, fact.limit


def _forwarded(history: ItemHistory, fact: ItemForwarded) -> None:
    history.upper = fact.upper


def _note_request(history: ItemHistory, fact: CountersignatureAsked) -> None:
    times = history.questions[fact.department, fact.step] = history.questions.get((fact.department, fact.step), 0) + 1
    name = countersign.name_of(fact.department, _name(fact.step, times))
    history.request_days[f"{countersign.COUNTERSIGN.name}:{name}"] = fact.limit


BESIDE = (DateAnnounced, ModeChanged)  # no events to the law, but part of the application's history

# What a fact fixes for the rest of the application (rule B6.1).
TERMS: Mapping[type[Fact], Callable[[ItemHistory, Any], None]] = {
    ItemSubmitted: _submitted,
    ItemAccepted: _accepted,
    ItemForwarded: _forwarded,
    ModeChanged: _in_another_mode,
    CountersignatureAsked: _note_request,
}


def _step(history: ItemHistory, department: str, step: str, *, counts: bool) -> str | None:
    """The step's name for the law, which has one question a step: a second question counts as another step."""
    return _name(step, history.questions.get((department, step), 0) + (not counts))


def _name(step: str, times: int) -> str | None:
    """What the *times*-th question at *step* is called."""
    return (step if times <= 1 else f"{step}#{times}") or None


def _take_announcement(
    history: ItemHistory, entry: Entry, fact: DateAnnounced, *, counts: bool
) -> Sequence[tuple[str, int]]:
    """Store the date announced to the applicant, beside the one that is counted: it is no event to the law."""
    if not counts:
        return ()
    history.announced.append(announcement(entry, fact))
    return ((history.item, history.application),)


def _take_correction(
    histories: Histories, entry: Entry, fact: EntryAmended | EntryRetracted, *, counts: bool
) -> Sequence[tuple[str, int]]:
    """Add the correction to every application of the item: it names the event it is about."""
    keys = [key for key in histories if key[0] == fact.item]
    for key in keys:
        histories[key].events.append(_correction(entry, fact))
        if counts and isinstance(fact, EntryAmended):
            amend(histories[key].announced, fact.version, fact.new_occurred_at)
    return keys


def _correction(entry: Entry, fact: EntryAmended | EntryRetracted) -> LawEvent:
    members = {"id": id_of(entry.version), "at": entry.occurred_at, "recorded_at": entry.recorded_at}
    if isinstance(fact, EntryRetracted):
        return Retract(**members, target=id_of(fact.version))  # type: ignore[arg-type]  # the names are spelt out above
    return Amend(**members, target=id_of(fact.version), new_at=fact.new_occurred_at)  # type: ignore[arg-type]  # as above


def _event(history: ItemHistory, entry: Entry, *, counts: bool) -> LawEvent | None:
    """The event that *entry* is to the law; None where it only completes what another began."""
    fact: Any = entry.fact
    kind, at, recorded = type(fact), entry.occurred_at, entry.recorded_at
    if kind in IN_PARTS and not fact.complete:
        return None
    members = EVENT_FIELDS[kind](fact) if kind in EVENT_FIELDS else NOTHING
    if kind in ABOUT_QUESTIONS:
        at, members = effective(history.requested_at, entry, counts=counts), _of_question(history, fact, counts=counts)
    return KINDS[kind](id_of(entry.version), at, None if recorded == at else recorded, **members)  # type: ignore[no-any-return]  # any of the law's events


def _of_question(history: ItemHistory, fact: Any, *, counts: bool) -> Mapping[str, Any]:
    """Which question a fact is about, to the law."""
    if isinstance(fact, ApplicationRevised):
        return NOTHING  # it is about all of them
    if not isinstance(fact, CountersignatureAsked):
        return {"dept": fact.department, "step": _step(history, fact.department, fact.step, counts=True)}
    times = history.questions.get((fact.department, fact.step), 0) - counts
    before = _name(fact.step, times) or "" if times else None
    step = _step(history, fact.department, fact.step, counts=counts)
    return {"dept": fact.department, "step": step, "replaces": before}


IDS = tuple(f"v{version}" for version in range(2048))  # shared by all projects: most have a few hundred entries

ABOUT_QUESTIONS: frozenset[type[Fact]] = frozenset(
    (
        *(CountersignatureAsked, ItemCountersigned, CountersignatureRecalled, CountersignatureForwarded),
        *(OpinionKept, ApplicationRevised),
    )
)


def id_of(version: int) -> str:
    """The id of an entry's event in the histories that the law reads."""
    return IDS[version] if version < len(IDS) else f"v{version}"


def effective(requested_at: dict[tuple[str, str], datetime], entry: Entry, *, counts: bool) -> datetime:
    """When *entry* took effect for the clocks.

    A question whose ground was recorded late starts its clock when it was put, not before. What was done about it on
    paper before that, and is keyed in now, ends the clock where it starts. *requested_at* is when each department was
    last consulted at a step, and is updated by this entry unless that was retracted (not *counts*).
    """
    fact, at = entry.fact, entry.occurred_at
    match fact:
        case CountersignatureAsked(department=department, step=step, asked_at=then):
            at = max(at, then or at)
            if counts:
                requested_at[department, step] = at
        case ItemCountersigned() | CountersignatureRecalled() | CountersignatureForwarded() | OpinionKept():
            at = max(at, requested_at.get((fact.department, fact.step), at))
        case ApplicationRevised():
            at = max((at, *requested_at.values()))
    return at


def moved_along(
    events: Sequence[LawEvent], requested_at: dict[tuple[str, str], datetime], entries: Sequence[Entry]
) -> list[LawEvent]:
    """What the correction that is the last of *entries* moves without naming it, as amendments recorded with it.

    *events* are those of one application, the correction among them. *requested_at* is updated to what holds after it.
    """
    names = {event.id for event in events}
    about = [entry for entry in entries if type(entry.fact) in ABOUT_QUESTIONS and id_of(entry.version) in names]
    if not about:
        return []
    settled, correction = corrections(entries), entries[-1]
    effective_at = {event.id: at for at, event, _ in Timeline("UTC", events).by(DISTANT, DISTANT)}
    requested_at.clear()
    moved: list[LawEvent] = []
    for entry in about:
        if entry.version in settled.retracted:
            continue
        occurred_at = settled.amended.get(entry.version, entry.occurred_at)
        name = id_of(entry.version)
        at = effective(requested_at, structs.replace(entry, occurred_at=occurred_at), counts=True)
        if at != effective_at[name]:
            moved.append(
                Amend(
                    id=f"{id_of(correction.version)}:{name}",
                    at=correction.occurred_at,
                    recorded_at=correction.recorded_at,
                    target=name,
                    new_at=at,
                )
            )
    return moved
