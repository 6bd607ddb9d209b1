"""Whose stream it is, a project's or a calendar's: its first entry tells, and a command is decided on its own kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, get_args
from uuid import UUID

from domain import vocabulary
from domain.calendar.state import Calendar
from domain.ledger import Context, Refused
from domain.project.state import Project
from domain.vocabulary import AnyCommand, AnyFact, CalendarCommand, CalendarFact, Entry, SystemCommand

State: TypeAlias = Project | Calendar
EveryCommand: TypeAlias = AnyCommand | SystemCommand | CalendarCommand

TO_CALENDARS: tuple[type, ...] = get_args(CalendarCommand)
OF_CALENDARS: tuple[type, ...] = get_args(CalendarFact)


def of_project(entries: Sequence[Entry]) -> bool:
    """Whether *entries*, of one stream, are a project's."""
    return not entries or not isinstance(entries[0].fact, OF_CALENDARS)


def replay(stream: UUID, entries: Sequence[Entry]) -> State:
    """What the entries of one stream, in version order, amount to; an unborn project where there are none."""
    if of_project(entries):
        return vocabulary.replay(stream, entries)
    calendar = Calendar(stream)
    for entry in entries:
        entry.fact.apply(calendar)  # type: ignore[arg-type]  # a calendar's stream holds a calendar's facts alone
        calendar.version = entry.version
    return calendar


def follow(state: State, entry: Entry) -> bool:
    """Let *state* take one new entry in. False, and nothing changed, where only a replay can tell the new state."""
    if isinstance(state, Project):
        return not isinstance(entry.fact, OF_CALENDARS) and vocabulary.follow(state, entry)
    if entry.version != state.version + 1:
        return False
    entry.fact.apply(state)  # type: ignore[arg-type]  # as in `replay`
    state.version = entry.version
    return True


def decide(command: EveryCommand, state: State, context: Context) -> tuple[AnyFact, ...]:
    """The facts that follow from *command*; Refused where a rule forbids it, or where it is for another kind."""
    asked: Any = command
    if not isinstance(command, TO_CALENDARS):
        if isinstance(state, Project):
            return vocabulary.decide(asked, state, context)
        raise _misdirected(state)
    if isinstance(state, Project) and state.version:
        raise _misdirected(state)
    vocabulary.require_happened(context)
    facts: tuple[AnyFact, ...] = asked.decide(state if isinstance(state, Calendar) else Calendar(state.id), context)
    return facts


def _misdirected(state: State) -> Refused:
    kind = type(state).__name__.lower()
    return Refused(
        "wrong-stream",
        f"{state.id} is a {kind}, to which this command says nothing",
        remedy="check the id it was sent to",
    )
