"""The cases of an event log, read from the ledger history by history: no free text and no name of the public.

A case of an imported register has the events that its own register recorded. A project of the zone has an event for
each of its facts, without what was retracted and at the instants that were amended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.core.ledger import Role
from domain.messages import SOURCE_SEPARATOR, Entry, corrections, register_of, tag_of
from domain.project.application.note import StepNoted
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from infrastructure.projector.histories import histories

# Whose ids are those of officials or programs, not of applicants: these are named by their role alone.
NAMED = frozenset({Role.OFFICER, Role.PROJECT_MANAGER, Role.SUPERVISOR, Role.LEADER, Role.SYSTEM, Role.INTEGRATOR})


class LogEvent(Struct, frozen=True):
    """One event. *id* is unique in the log; *item* is empty where it concerns the whole project."""

    id: str
    activity: str
    label: str
    at: datetime
    recorded_at: datetime
    resource: str
    department: str
    role: str
    item: str


class LogItem(Struct, frozen=True):
    """One item of a project, as planned."""

    item: str
    name: str
    department: str


class LogCase(Struct, frozen=True):
    """One project: its events in order, and its items."""

    project: UUID
    code: str
    name: str
    register: str
    law: str
    items: tuple[LogItem, ...]
    events: tuple[LogEvent, ...]


class LogCounts(Struct):
    """What was written; *variants* are distinct sequences of activities."""

    cases: int = 0
    events: int = 0
    variants: int = 0


class LogTally:
    """Counts cases, events and variants while a log is written; a variant takes eight bytes."""

    def __init__(self) -> None:
        self._counts, self._variants = LogCounts(), set[int]()

    def add(self, case: LogCase) -> None:
        """Count *case*."""
        self._counts.cases += 1
        self._counts.events += len(case.events)
        self._variants.add(hash(tuple(event.activity for event in case.events)))

    @property
    def counts(self) -> LogCounts:
        """The counts so far."""
        self._counts.variants = len(self._variants)
        return self._counts


def cases_of(
    url: str, register: str = "", progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Iterator[LogCase]:
    """The cases of *register*, or of the zone itself where it is empty, from one snapshot of the ledger at *url*.

    *progress* is called with (entries read, entries in all).
    """
    for entries in histories(url, progress):
        case = case_from(entries)
        if case is not None and case.register == register:
            yield case


def case_from(entries: Sequence[Entry]) -> LogCase | None:
    """The case of a project's *entries*; None where nothing of it is left."""
    first = entries[0]
    if not isinstance(first.fact, ProjectRegistered):
        return None
    registered, corrected = first.fact, corrections(entries)
    register = register_of(first)
    prefix = SOURCE_SEPARATOR.join((register, registered.code, "")) if register else ""
    lines = [entry for entry in entries if entry.version not in corrected.retracted]
    read = (event_from(entry, corrected.amended.get(entry.version, entry.occurred_at), prefix) for entry in lines)
    events = [event for event in read if event is not None]
    if not register:
        events.sort(key=lambda event: event.at)  # stable: equal instants stay in the order of recording
    plans = [*registered.items, *(entry.fact.plan for entry in lines if isinstance(entry.fact, ItemPlanned))]
    items = {plan.item: LogItem(plan.item, plan.name, plan.department) for plan in plans}
    return LogCase(
        first.stream, registered.code, registered.name, register, registered.law, tuple(items.values()), tuple(events)
    )


def event_from(entry: Entry, at: datetime, prefix: str) -> LogEvent | None:
    """The event of one entry; with a *prefix* only of what a register recorded itself, whose sources begin so."""
    fact, by = entry.fact, entry.recorded.actor
    activity, label = tag_of(fact), ""
    if prefix:
        source = entry.recorded.source
        if not isinstance(fact, StepNoted) or not source.startswith(prefix) or source == prefix:
            return None
        activity, label = fact.activity, fact.label
    item = getattr(fact, "item", "")
    return LogEvent(
        id=f"{entry.stream}/{entry.version}",
        activity=activity,
        label=label,
        at=at,
        recorded_at=entry.recorded_at,
        resource=by.id if by.role in NAMED else "",
        department=by.department if by.role in NAMED else "",
        role=by.role.value,
        item=item if isinstance(item, str) else "",
    )
