"""Drawn laws of part D and drawn histories under them, lawful or not, as plain data.

Every time is a multiple of five minutes, so that the auditor may walk in such steps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.law.auditor.lives import Dice

Json = dict[str, Any]

LAW_BYTES, EVENT_BYTES, EVENTS_MAX = 64, 8, 14
STEPS_A_DAY = 24 * 12
STEP = timedelta(minutes=5)
FIRST = date(2026, 1, 1)
LONGEST = {"working_hour": 24, "working_day": 45, "calendar_day": 90, "week": 13, "month": 6}
UNITS = ("working_hour", "working_day", "working_day", "calendar_day", "calendar_day", "week", "month", "month")
OFFICE = [["09:00", "12:00"], ["13:00", "18:00"]]
EFFECTS = ("suspend", "suspend", "suspend", "reset", "restart_with", "none")
SILENCES = (
    *("overdue", "overdue", "nothing", "lapses", "penalty", "target_only"),
    *("deemed_accepted", "deemed_granted", "deemed_renewed", "deemed_consent", "deemed_refused"),
)
ZONES = ("Asia/Shanghai", "Asia/Taipei", "Europe/Amsterdam", "America/New_York")
DAY_RULES = ("[s,e)", "(s,e]", "(s,e)", "[s,e]")
REASONS = ("papers", "report", "visit")
KINDS = (
    *("suspend", "suspend", "suspend", "resume", "resume", "resume", "extend", "extend", "agree_until"),
    *("reset", "start", "stop", "withdraw"),
)

# Requests that are answered late or not at all, one after the other; the other course has anything at any time.
PATIENT = ("suspend", "resume", "suspend", "resume", "extend")


def some_holidays(seed: int) -> list[str]:
    """Days off, some of them in a row."""
    chance = Random(seed)
    firsts = [FIRST + timedelta(days=chance.randrange(300)) for _ in range(5 * bool(seed))]
    return sorted({str(first + timedelta(days=n)) for first in firsts for n in range(4)})


HOLIDAYS = [some_holidays(seed) for seed in range(4)]
# Rest days that are worked instead of others: the Saturdays and Sundays of some weeks.
WORKED = [[], [], [str(FIRST + timedelta(days=first + n)) for first in range(2, 330, 21) for n in (0, 1)]]


def maybe(dice: Dice, value: Any) -> Any:
    return dice.any(None, value)


def notice(dice: Dice) -> Json:
    """What a request made for one reason does."""
    return {
        "effect": dice.any(*EFFECTS),
        "restart_with": dice.any(1, 5, 20, 40),
        "within": dice.any(None, None, dice.upto(12)),
        "late_effect": dice.any("none", "suspend", "reset"),
        "again_effect": dice.any(None, None, "suspend", "reset", "none"),
        "again_within": dice.any(None, None, dice.upto(9)),
        "suspension_ends": dice.any("on_answer", "on_answer_or_term", "on_answer_or_term"),
        "term": maybe(dice, 1 + dice.upto(9)),
        "term_unit": dice.any("working_day", "calendar_day", "month"),
        "term_is_limit": dice.any(True, False),
        "stops_max": dice.any(None, None, 1, 2),
    }


def extension(dice: Dice, unit: str) -> Json:
    """How far a law lets a clock be extended."""
    own = [unit, "calendar_day", "week"] if unit not in ("working_day", "working_hour") else [unit]
    return {
        "days_max": dice.any(None, 5, 10, 20),
        "max_ratio": dice.any(None, None, [1, 2], [1, 1]),
        "count_max": dice.any(1, 1, 2, 9),
        "before_expiry": dice.any(True, True, False),
        "to_agreed_date": dice.any(True, False),
        "excess": dice.any("void", "flagged"),
        "unit": dice.any(None, *own),
    }


def law_of(dice: Dice) -> Json:
    """Any law that D2 has the parameters for."""
    unit = dice.any(*UNITS)
    num, den, least = dice.any((1, 5, 1), (0, 1, 2), (1, 3, 1), (1, 4, 3), (0, 1, 0))
    return {
        "zone": dice.any(*ZONES),
        "weekend": dice.any([5, 6], [5, 6], [6], [4, 5], []),
        "holidays": dice.any(*HOLIDAYS),
        "worked": dice.any(*WORKED),
        "unit": unit,
        "n": dice.upto(LONGEST[unit]) if dice.upto(9) else 0,
        "first_day": dice.any("excluded", "included"),
        "start_shift": dice.any("none", "none", "next_working_day"),
        "month_end": dice.any("same_day", "day_before"),
        "roll": dice.any("none", "forward", "saturday_noon"),
        "suspension_day_rule": dice.any(*DAY_RULES),
        "hours": OFFICE if unit == "working_hour" else dice.any([], OFFICE),
        "reasons": dice.any(None, *[{reason: notice(dice) for reason in REASONS[:2]} for _ in range(3)]),
        "extension": dice.any(None, *[extension(dice, unit)] * 3),
        "extension_is_notified": dice.any(True, False),
        "reset_within": dice.any(None, dice.upto(20)),
        "yellow": {"num": num, "den": den, "min": least},
        "on_silence": dice.any(*SILENCES),
    }


def details(dice: Dice, kind: str, at: datetime) -> Json:
    """The fields beside type and at."""

    def day(last: int) -> str:
        return str(at.date() + timedelta(days=dice.upto(last + 3) - 3))

    fields: dict[str, Callable[[], Json]] = {
        "suspend": lambda: {
            "sid": dice.any(*"aab"),
            "reason": dice.any(*REASONS[:2], *REASONS),
            "until": maybe(dice, day(20)),
        },
        "resume": lambda: {"sid": dice.any(*"aab"), "is_answer": dice.any(True, True, False)},
        "reset": lambda: {"n": dice.any(None, 3, 10)},
        "extend": lambda: {
            "n": dice.any(1, 3, 5, 10, 11),
            "unit": dice.any(None, None, None, "working_day", "calendar_day", "week", "month"),
            "notified": dice.any(True, False),
        },
        "agree_until": lambda: {"until": day(90)},
    }
    return fields.get(kind, dict)()


def story_of(luck: bytes) -> Json:
    """A law, a history under it, and the instant of the question."""
    dice = Dice(luck[:LAW_BYTES])
    law = law_of(dice)
    midnight = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    start = midnight + STEP * dice.upto(STEPS_A_DAY * 200)
    first = {"type": "start", "at": start.isoformat()}
    at, events = start - STEP * dice.any(0, 0, 0, STEPS_A_DAY), [first]
    gaps = [0, 0, 1, 2] if law["unit"] == "working_hour" else [0, 0, 1, 2, 5, 9, 21]
    course = dice.any(None, None, PATIENT)
    for number in range(len(luck[LAW_BYTES:]) // EVENT_BYTES):
        beginning = LAW_BYTES + number * EVENT_BYTES
        own = Dice(luck[beginning : beginning + EVENT_BYTES])
        at += timedelta(days=own.any(*gaps)) + STEP * own.upto(STEPS_A_DAY // 3) * own.upto(1)
        kind = own.any(*KINDS) if course is None or own.upto(9) == 0 else course[number % len(course)]
        events.append({"type": kind, "at": at.isoformat(), **details(own, kind, at)})
        if own.upto(9) == 0:
            events[-1], events[-2] = events[-2], events[-1]  # ties keep the order of the record
    t = start + STEP * dice.upto(STEPS_A_DAY * dice.any(6, 60, 200)) - STEP * STEPS_A_DAY
    return {"law": law, "events": events, "t": t.isoformat()}
