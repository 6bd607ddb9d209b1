"""Clocks of a carried ledger that today's rules judge otherwise, counted again by the auditors of the tests.

The facts become events of a law by the code of the views; every count from there on is an auditor's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.case import from_receipt
from domain.law.generic.evaluate import GeneralTerms, StartedClock, clocks
from domain.law.generic.rounds import accepted_by_silence
from domain.law.generic.rule import Extended, GeneralRule
from domain.law.licensing.forecast import DISTANT, NOT_COUNTED
from domain.law.licensing.intake import INTAKE
from domain.law.licensing.review import ExtensionEvent
from domain.law.licensing.timeline import Timeline
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import Procedure
from domain.law.procedure.licensing import LicensingProcedure
from infrastructure.law.lawbook import law_book
from projections.clocks.nodes import node_of
from projections.clocks.procedures import procedure_of
from tests.law.auditor import campaign
from tests.law.auditor.auditor import audit as audit_licensing
from tests.law.generic.auditor import audit as audit_general

Json = dict[str, Any]

INSTANT = timedelta(microseconds=1)
LONG = timedelta(days=1_200)  # after so long nothing more comes of a closed clock
CALENDAR_YEARS = range(2005, 2036)
WEEKDAYS = range(7)
EXTENSIONS = (Extended, ExtensionEvent)
STOP = {"used", "stopped_on"}  # the columns that say how a clock stopped
ENDED = ("met", "late", "void")  # states of clocks that an act has ended
UNTIMED = ("paused", "none")  # levels of clocks that no time makes yellow


@dataclass(frozen=True)
class Shown:
    """What an auditor says of a clock at an instant."""

    state: str
    level: str
    due: str | None
    length: int | None


def clock_faults(row: Json, history: ItemHistory, changed: AbstractSet[str]) -> list[str]:
    """What in the *row* of a clock its auditor sees otherwise, at every instant at which the row says something.

    Where no more than its stop has *changed*, that alone.
    """
    faults = stopped(row, history) if changed <= STOP else _faults(row, history)
    return [fault for fault in faults if fault]


def _faults(row: Json, history: ItemHistory) -> Iterator[str]:
    last = max(event.at for event in history.events)
    if row["closed"]:
        yield from differing(row, "state", "level", shown_at(row, history, last + LONG), due="due_on")
    elif row["over_at"] is None:
        yield from differing(row, "state", "level", shown_at(row, history, last), due="due_on")
    else:
        if row["paused_until"] is not None:
            yield from ends_with_term(row, history)
        elif row["over_at"] > last:
            before = shown_at(row, history, row["over_at"] - INSTANT)
            yield from differing(row, "state", "", before, due="due_on")
        after = shown_at(row, history, max(row["over_at"], last))
        yield from differing(row, "over_state", "over_level", after, due="due_on")
    if row["yellow_at"] is not None and row["yellow_at"] > last and not row["closed"]:
        colours = [shown_at(row, history, at) for at in (row["yellow_at"] - INSTANT, row["yellow_at"])]
        if [colour is not None and colour.level == "yellow" for colour in colours] != [False, True]:
            yield f"yellow_at is {row['yellow_at']}, but the auditor says {colours} then"
    yield from extended(row, history, max(row["exists_at"] or last, last))
    yield from stopped(row, history)
    if row["exists_at"] is not None:
        there = [shown_at(row, history, at) is not None for at in (row["exists_at"] - INSTANT, row["exists_at"])]
        if there != [False, True]:
            yield f"exists_at is {row['exists_at']}, but for the auditor it is there just before, and then: {there}"


def extended(row: Json, history: ItemHistory, t: datetime) -> Iterator[str]:
    """Whether the clock has its length, and is counted under the node that is for extensions where one lengthened it.

    An extension lengthens nothing where the clock had come to its end before, which the early code saw later.
    """
    shown = shown_at(row, history, t)
    if shown is None or shown.length != row["length"]:
        yield f"length is {row['length']}, but the auditor says {shown and shown.length}"
        return
    others = [event for event in history.events if not isinstance(event, EXTENSIONS)]
    unextended = shown_at(row, structs.replace(history, events=others), t)
    node = node_of(row["clock"], unextended is not None and unextended.length != shown.length)
    if row["node"] != node:
        yield f"it is counted under {row['node']}, but by what extended it belongs under {node}"


def stopped(row: Json, history: ItemHistory) -> Iterator[str]:
    """Whether a clock of a general law stopped on the day in its row: what was done by then ended it, and not before.

    The days that it used are read from the ledger.
    """
    procedure = procedure_of(history, law_book())
    if procedure is None:
        return
    if isinstance(procedure, LicensingProcedure):
        if row["used"] == NOT_COUNTED:
            yield "its days used are not counted, which they are under the Licensing Law"
        return
    stopped_on, state = row["stopped_on"], row["state"]
    if stopped_on is None or not row["closed"]:
        if stopped_on is not None or (row["closed"] and state != "void"):
            yield f"it stopped on {stopped_on}, and is {'' if row['closed'] else 'not '}closed"
        return
    zone, last = ZoneInfo(procedure.terms.pack.zone), max(event.at for event in history.events)
    by_then, before = (
        [event for event in history.events if event.at.astimezone(zone).date() <= day]
        for day in (stopped_on, stopped_on - timedelta(days=1))
    )
    ended, running = (
        shown_at(row, structs.replace(history, events=events), last + LONG) if events else None
        for events in (by_then, before)
    )
    if ended is None or ended.state != state or (running is not None and running.state in ENDED):
        yield f"it is {state} since {stopped_on}, but the auditor says {running} before, and then {ended}"


def ends_with_term(row: Json, history: ItemHistory) -> Iterator[str]:
    """Whether a paused clock runs again by itself when the term set for the answer is over, and not before."""
    instants = [row["paused_until"] - INSTANT, row["paused_until"]]
    states = [shown.state for shown in (shown_at(row, history, at) for at in instants) if shown]
    if states != ["suspended", "running"]:
        yield f"paused_until is {row['paused_until']}, but the auditor says {states} just before, and then"


def differing(row: Json, state: str, level: str, shown: Shown | None, *, due: str) -> Iterator[str]:
    """Where *row* says otherwise than the auditor in the columns *state*, *level* (empty: not compared) and *due*."""
    if shown is None:
        yield "the auditor has no such clock"
        return
    stated = {state: row[state], due: row[due] and str(row[due])}
    counted = {state: shown.state, due: shown.due}
    if level and row[level] not in UNTIMED and row[state] != "running":
        stated[level], counted[level] = row[level], shown.level
    if stated != counted:
        yield f"{stated}, but the auditor says {counted}"


def shown_at(row: Json, history: ItemHistory, t: datetime) -> Shown | None:
    """The clock of *row* at *t* by its auditor, by all that was ever recorded; None where it has not begun."""
    procedure = procedure_of(history, law_book())
    if procedure is None:
        return None
    if isinstance(procedure, LicensingProcedure):
        return by_licensing_auditor(procedure, row["clock"], history, t)
    return by_general_auditor(procedure, row["clock"], history, t)


def by_licensing_auditor(procedure: LicensingProcedure, clock: str, history: ItemHistory, t: datetime) -> Shown | None:
    rule = procedure.rule_for(history.request_days.get(clock))
    answer = audit_licensing(
        plain(rule), plain(history.events), campaign.calendar(), t.isoformat(), DISTANT.isoformat()
    )
    reading = answer["clocks"].get(clock)
    return reading and Shown(reading["state"], reading["level"], reading["due"], reading["length"])


def by_general_auditor(procedure: Procedure, clock: str, history: ItemHistory, t: datetime) -> Shown | None:
    terms = GeneralTerms(
        pack=procedure.terms.pack,
        calendar=procedure.calendar(DISTANT),
        mode=procedure.terms.mode,
        lengths={
            name: days
            for name, days in (
                ("decision", procedure.terms.decision_days),
                ("commitment", procedure.terms.promise_days),
            )
            if days is not None
        },
        request_days=history.request_days,
        live=procedure.terms.live,
    )
    acts = from_receipt(Timeline(procedure.terms.pack.zone, history.events).by(t, DISTANT))
    begun = {started.name: started for started in clocks(terms, acts)}
    rounds = [started for started in begun.values() if started.clock == INTAKE.name]
    for nth, intake in enumerate(rounds, 1):
        shown = audited(terms, intake, t)
        if shown is not None and shown.state == "deemed":  # silence accepted: all else counts from that (B5.2)
            acts = accepted_by_silence(terms.pack, acts, nth)
            begun = {started.name: started for started in clocks(terms, acts)} | {intake.name: intake}
            break
    return audited(terms, begun[clock], t) if clock in begun else None


def audited(terms: GeneralTerms, started: StartedClock, t: datetime) -> Shown | None:
    """What the auditor says of a clock at *t*; None where it has not begun."""
    reading = audit_general(law_of(started.rule), plain(started.events), t)
    return None if reading is None else in_office(terms, started, reading)


def in_office(terms: GeneralTerms, started: StartedClock, reading: Json) -> Shown:
    """What the auditor says, for a department outside the system, and for a clock that costs no card."""
    state, level = reading["state"], reading["level"]
    if not terms.live and state in ("overdue", "deemed"):
        state, level = "unconfirmed", "yellow"
    if terms.pack.clocks[started.clock].card == "none":
        level = "none"
    return Shown(state, level, reading["due"], reading["length"])


def law_of(rule: GeneralRule) -> Json:
    """The *rule* of a clock as the auditor takes it."""
    fields = {name: value for name, value in structs.asdict(rule).items() if name != "calendar"}
    hours = [[begins.isoformat(), ends.isoformat()] for begins, ends in rule.hours]
    return {**plain(fields), "hours": hours, **days_of(rule.calendar)}


@cache
def days_of(calendar: WorkingCalendar) -> Json:
    """A *calendar* as its days of rest in the week, and the days that are otherwise."""
    first, last = date(CALENDAR_YEARS[0], 1, 1), date(CALENDAR_YEARS[-1], 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    open_days = [sum(calendar.is_working(day) for day in days if day.weekday() == weekday) for weekday in WEEKDAYS]
    weekend = [weekday for weekday in WEEKDAYS if open_days[weekday] * 2 < len(days) / len(WEEKDAYS)]
    rests = [day for day in days if day.weekday() not in weekend and not calendar.is_working(day)]
    worked = [day for day in days if day.weekday() in weekend and calendar.is_working(day)]
    return {"weekend": weekend, "holidays": list(map(str, rests)), "worked": list(map(str, worked))}


def plain(value: object) -> Any:
    """*value* as JSON has it."""
    return json.loads(msgspec.json.encode(value))
