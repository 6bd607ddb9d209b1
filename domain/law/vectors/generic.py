"""Golden vectors of the general clock: one JSON object per line, each a rule, its events and the due moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from domain.law.calendar.calendar import SATURDAY_SUNDAY, WorkingCalendar
from domain.law.calendar.closures import closed_days
from domain.law.generic.rule import AnyGeneralEvent, GeneralEvent, GeneralRule, Moment
from domain.law.generic.state import due
from domain.law.packs.terms import Extension, Unit

ROLL_NAMES = {"tw": "saturday_noon", "custom": "saturday_noon"}  # how the vectors call Taiwan's rule
DAY_BEFORE_ROLLS = ("saturday_noon",)  # Taiwan's months end on the day before the corresponding day of day 1
ANY_NUMBER = 2**31 - 1
UNTIL_NAMES = ("until", "date", "to", "due")
AMOUNT_NAMES = {"n": None, "n2": None, "days": None, "weeks": "week", "months": "month", "hours": "working_hour"}
PLAIN_FIELDS = ("zone", "unit", "n", "first_day", "start_shift", "suspension_day_rule", "reset_within", "month_end")

STOP_FIELDS = ("suspension_ends", "term", "term_unit", "stops_max")  # of whatever suspends


class GenericMismatch(Struct, frozen=True):
    """One vector the clock does not reproduce: what it says, what we compute. An unreadable line has no *expected*.

    *id* is the vector's, or names the line where there is no vector to read.
    """

    id: str
    expected: str
    computed: str


class PackVector(Struct, frozen=True):
    """One line of a file: a rule of the general clock, what happened, and the due moment expected of them."""

    rule: dict[str, Any]
    events: list[dict[str, Any]]
    expect: dict[str, Any]
    id: str = "without id"


_decoder = msgspec.json.Decoder(PackVector)


def check_pack_vectors(lines: Iterable[str | bytes]) -> list[GenericMismatch]:
    """Every vector of *lines* that the general clock does not reproduce; empty lines are skipped, not an empty file."""
    mismatches: list[GenericMismatch] = []
    seen = False
    for number, line in enumerate(lines, start=1):
        if line.strip():
            seen = True
            mismatches += check_line(f"line {number}", line)
    return mismatches if seen else [GenericMismatch("line 1", "a vector", "nothing")]


def check_line(place: str, line: str | bytes) -> Iterator[GenericMismatch]:
    """The mismatch of one vector, if there is one; *place* says which line it is."""
    named = place
    try:
        vector = _decoder.decode(line)
        named = f"{place} ({vector.id})"
        expected = moment_of(vector.expect["due"])
        rule = rule_of(vector.rule)
        computed = due(rule, events_of(vector.events, rule.unit))
    except ZoneInfoNotFoundError as fault:
        yield GenericMismatch(named, "", f"not a vector: {fault.args[0]}")
    except KeyError as missing:
        yield GenericMismatch(named, "", f"not a vector: the field {missing} is missing")
    except OverflowError:
        yield GenericMismatch(named, "", "not a vector: a number in it is beyond any calendar")
    except (ValueError, TypeError) as fault:  # no JSON, no UTF-8, a field of another kind
        yield GenericMismatch(named, "", f"not a vector: {fault}")
    else:
        if type(computed) is not type(expected) or computed != expected:
            yield GenericMismatch(vector.id, shown(expected), shown(computed))


def shown(moment: Moment | None) -> str:
    """A moment as a vector writes it."""
    return "null" if moment is None else moment.isoformat()


def moment_of(text: Any) -> Moment | None:
    """A date, an instant or nothing, as a vector writes it; raises ValueError for anything else."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"due is {text!r}: neither a date nor an instant nor null")  # noqa: TRY004 - its value is wrong
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def rule_of(raw: Mapping[str, Any]) -> GeneralRule:
    """The rule of a vector, with its calendar inlined; raises KeyError or ValidationError if it is not one."""
    calendar = msgspec.convert(raw["calendar"], dict[str, Any])
    roll = ROLL_NAMES.get(raw.get("roll", "none"), raw.get("roll", "none"))
    fields = {key: raw[key] for key in PLAIN_FIELDS if key in raw} | {"roll": roll}
    if roll in DAY_BEFORE_ROLLS:
        fields.setdefault("month_end", "day_before")
    if "reset_window" in raw:
        fields["reset_within"] = raw["reset_window"]
    fields["hours"] = [[clock(opens), clock(closes)] for opens, closes in calendar.get("hours", ())]
    if raw.get("unit") == "working_hour" and not any(opens < closes for opens, closes in fields["hours"]):
        raise ValueError("a period in working hours needs a calendar that says from when to when its hours are")
    fields["extension"] = extension_of(raw.get("extension") or {})
    fields["any_reason"] = {name: raw[name] for name in STOP_FIELDS if name in raw}
    return msgspec.convert(fields | {"calendar": calendar_of(calendar)}, GeneralRule)


def clock(text: str) -> time:
    """A time of day, HH:MM; the day's end as its last instant."""
    return time.max if text == "24:00" else time.fromisoformat(text)


def calendar_of(raw: Mapping[str, Any]) -> WorkingCalendar:
    """The inlined calendar: weekend, holidays, and closures as pairs of MM-DD."""
    holidays = [date.fromisoformat(day) for day in raw.get("holidays", ())]
    closures = tuple((first, last) for first, last in raw.get("closures", ()))
    return WorkingCalendar.of_holidays([*holidays, *closed_days(closures)], raw.get("weekend", SATURDAY_SUNDAY))


def extension_of(raw: Mapping[str, Any]) -> Extension:
    """The limits of extension as rule D2 names them; a vector that names none sets none."""
    named = {"max_total": "days_max", "max_count": "count_max"}
    free = {"article": "", "days_max": None, "count_max": ANY_NUMBER, "to_agreed_date": True}
    return msgspec.convert(free | {named.get(key, key): value for key, value in raw.items()}, Extension)


def events_of(raw: Iterable[Mapping[str, Any]], unit: Unit) -> list[GeneralEvent]:
    """The events of a vector, in their order; *unit* is that of its rule."""
    return [msgspec.convert(event_of(event, unit), AnyGeneralEvent) for event in raw]


def event_of(raw: Mapping[str, Any], unit: Unit) -> dict[str, Any]:
    """One event under our names: an amount may have any of AMOUNT_NAMES, an agreed day under UNTIL_NAMES."""
    event = dict(raw)
    if event["type"] == "agree_until":
        name = next((name for name in UNTIL_NAMES if name in event), "until")
        event["until"] = str(event[name])[: len("YYYY-MM-DD")]
    if name := next((name for name in AMOUNT_NAMES if name in event), ""):
        event["n"] = event[name]
        event["unit"] = AMOUNT_NAMES[name] or event.get("unit")
    if name == "days":
        event["unit"] = unit if unit == "working_day" else "calendar_day"
    return event
