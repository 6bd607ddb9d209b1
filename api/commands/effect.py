"""What a command would change in a project: its facts, clocks, warnings and cards, and which items could begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.web.entries import Instant
from domain.law.licensing.clock import State
from domain.law.proof import Colour, Rung
from domain.messages import AnyFact, Entry, replay
from domain.project.state.project import Project
from domain.project.state.signals import Appeal, Signal
from infrastructure.ledger.approvals import CommandPreview
from projections.clocks.law_events import item_histories
from projections.clocks.reading import ItemReading, Reading, read
from projections.reader import Laws

ClockKey = tuple[str, int, str]  # an item, which of its applications, and the clock


class ExpectedFact(Struct, frozen=True):
    """A fact that would be recorded, when it would legally happen, and under which law."""

    fact: AnyFact
    occurred_at: Instant
    law: str


class ClockDifference(Struct, frozen=True):
    """A clock that would begin, end or move: as it is at the instant of the check, and as it would be."""

    item: str
    application: int
    clock: str
    before: Reading | None
    after: Reading | None


class EndingSignal(Struct, frozen=True):
    """A warning or card that would no longer be in force."""

    card: str
    item: str
    department: str
    level: Rung
    colour: Colour | None


class CommandEffect(Struct, frozen=True):
    """What a command would do at the instant *at*. *version* is the project's before it, for If-Match.

    *ends* are warnings and cards, *unblocked* and *blocked* items whose preconditions would be met, or no longer met.
    """

    at: Instant
    version: int
    facts: list[ExpectedFact]
    clocks: list[ClockDifference]
    ends: list[EndingSignal]
    unblocked: list[str]
    blocked: list[str]


def effect_of(project_id: UUID, preview: CommandPreview, laws: Laws) -> CommandEffect:
    """The effect of the command of *preview*, whose entries are of the project *project_id*."""
    at = preview.added[-1].recorded_at
    before, after = preview.before, (*preview.before, *preview.added)
    earlier, later = replay(project_id, before), replay(project_id, after)
    clocks_before, clocks_after = clocks_of(before, laws, at), clocks_of(after, laws, at)
    met_before, met_after = startable(earlier), startable(later)
    return CommandEffect(
        at=at,
        version=len(before),
        facts=[expected_fact(entry) for entry in preview.added],
        clocks=changes(clocks_before, clocks_after),
        ends=[
            EndingSignal(card, signal.item, signal.department, signal.rung, signal.colour)
            for card, signal in earlier.signals.items()
            if in_force(signal, clocks_before) and not in_force(later.signals.get(card), clocks_after)
        ],
        unblocked=sorted(met_after & earlier.items.keys() - met_before),
        blocked=sorted(met_before & later.items.keys() - met_after),
    )


def expected_fact(entry: Entry) -> ExpectedFact:
    """The fact of *entry*, which is not stored."""
    return ExpectedFact(entry.fact, entry.occurred_at, entry.recorded.law)


def clocks_of(entries: Sequence[Entry], laws: Laws, at: datetime) -> dict[ClockKey, Reading]:
    """Every clock of a project at *at*, by all that is known then."""
    readings: list[ItemReading | None] = [
        read(history, laws, at, at) for history in item_histories(entries, at).values()
    ]
    return {
        (clock.item, clock.application, clock.clock): clock
        for reading in readings
        if reading is not None
        for clock in reading.clocks
    }


def changes(before: Mapping[ClockKey, Reading], after: Mapping[ClockKey, Reading]) -> list[ClockDifference]:
    """The clocks that differ, those of before first."""
    return [
        ClockDifference(*key, before.get(key), after.get(key))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    ]


def in_force(signal: Signal | None, clocks: Mapping[ClockKey, Reading]) -> bool:
    """Whether a warning or card is in force: a warning ends with its clock, a card when it is rescinded or revoked."""
    if signal is None or signal.rescinded or signal.appeal is Appeal.REVOKED:
        return False
    if signal.rung is not Rung.WARNING or signal.key is None:
        return signal.rung in (Rung.WARNING, Rung.CARD)
    clock = clocks.get((signal.item, signal.key[0], signal.key[1]))
    return clock is not None and not clock.closed and clock.state in (State.RUNNING, State.SUSPENDED)


def startable(project: Project) -> set[str]:
    """The items whose preconditions are met."""
    granted = project.granted
    return {code for code in project.items if not project.blockers(code, granted)}
