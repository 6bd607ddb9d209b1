"""Odd lives: histories as they come in from real offices, out of order, late, repeated, corrected, impossible."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

Json = dict[str, Any]

STATUTORY = ["hearing", "inspection", "testing"]
PROMISED = [*STATUTORY, "site_survey"]
PROCEDURE = [
    *("received", "correction_notice", "corrected", "correction_notice", "corrected", "accepted"),
    *("suspend", "resume", "suspend", "suspend", "resume", "resume", "countersign_request", "extension"),
    *("countersign_request", "countersign_reply", "countersign_reply", "hearing_told", "hearing_requested"),
    *("suspend", "hearing_notice", "hearing_held", "resume", "forwarded", "upper_received", "extension"),
    *("papers_received", "countersign_recall", "decided", "delivered", "checked"),
]
SELDOM = [
    *("received", "accepted", "refused", "withdrawn", "attest", "decided", "amend", "retract"),
    *("papers_received", "checked", "countersign_recall", "application_revised"),
]
# Acts inside an unanswered round of intake; afterwards what was in force is taken back.
SILENT = [
    *("received", "forwarded", "extension", "countersign_request", "upper_received", "hearing_told", "suspend"),
    *("hearing_requested", "countersign_reply", "resume", "accepted", "retract", "extension", "forwarded", "attest"),
    *("upper_received", "correction_notice", "suspend", "hearing_held", "extension", "decided", "delivered"),
]
# Acts dated before the receipt, the acceptance among them.
EARLY = [
    *("extension", "suspend", "countersign_request", "accepted", "extension", "forwarded", "upper_received"),
    *("hearing_told", "suspend", "received", "resume", "extension", "papers_received", "accepted", "forwarded"),
    *("hearing_requested", "countersign_reply", "upper_received", "decided", "received", "delivered", "checked"),
]
# Everything that can be open when the application ends, and what is done all the same.
ENDED = [
    *("received", "countersign_request", "hearing_told", "suspend", "hearing_requested", "countersign_request"),
    *("refused", "countersign_reply", "hearing_held", "resume", "suspend", "extension", "accepted", "hearing_notice"),
    *("countersign_request", "suspend", "withdrawn", "resume", "countersign_recall", "attest", "decided", "refused"),
    *("application_revised", "hearing_told", "delivered", "accepted", "withdrawn", "checked", "papers_received"),
]
EXTENDED = ["decision", "decision", "commitment", "lower_review", "delivery"]
WINDOWS = [
    *(date(2018, 11, 20), date(2019, 4, 1), date(2020, 1, 5)),  # the calendar was revised there
    *(date(2023, 12, 1), date(2026, 1, 20), date(2026, 9, 1)),
]
LENGTHS = [0, 1, 2, 3, 5, 8, 10, 20, 45]
MINUTES_PER_DAY = 24 * 60
# Mostly to the minute; coarse times make many events share an instant, and leave their order to the record (B1.3).
CLOCK_STEPS = [timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=4)]
MIDNIGHT = datetime(2018, 1, 1, tzinfo=UTC)
RULE_BYTES = 16
EVENT_BYTES = 8  # one event's luck


class Dice:
    """Drawn bytes, spent choice by choice: far cheaper to draw than each choice by itself, and still shrinkable."""

    def __init__(self, luck: bytes) -> None:
        self.left = int.from_bytes(luck, "little")

    def upto(self, n: int) -> int:
        self.left, drawn = divmod(self.left, n + 1)
        return drawn

    def any(self, *choices: Any) -> Any:
        return choices[self.upto(len(choices) - 1)]


def rule_of(dice: Dice) -> Json:
    """Any fully expanded rule."""

    def period() -> Json:
        return {"days": dice.any(*LENGTHS), "max_extension": dice.any(0, 5, 10)}

    num, den, least = dice.any((1, 5, 1), (0, 1, 2), (1, 3, 1), (1, 4, 3), (0, 1, 0))
    silence = {"days": dice.any(*LENGTHS), "on_silence": dice.any("deemed_consent", "overdue")}
    expiry = str(dice.any(*WINDOWS) + timedelta(days=40))
    return {
        "pack": "TEST",
        "zone": dice.any(*["Asia/Shanghai"] * 3, "America/New_York", "Asia/Kathmandu", "UTC"),
        "mode": dice.any("single", "lower_review", "lower_review", "joint", "on_the_spot", "renewal"),
        "intake_days": dice.any(5, 5, 5, 3, 0),
        "intake_shift": dice.any("none", "next_working_day"),
        "close_of_business": dice.any("17:30", "24:00"),
        "decision": period(),
        "lower_review": period(),
        "commitment": dice.any(None, period(), period()),
        "delivery_days": dice.any(*LENGTHS),
        "countersign": dice.any(None, silence, silence),
        "hearing": {"request_days": dice.any(5, 0), "hold_days": 20, "notice_clear_days": 7},
        "suspension_day_rule": dice.any(*["[s,e)"] * 3, "(s,e]", "(s,e)", "[s,e]"),
        "statutory_suspend_reasons": STATUTORY,
        "commitment_suspend_reasons": PROMISED,
        "yellow": {"num": num, "den": den, "min": least},
        "licence_expiry": dice.any(None, expiry),
        "live": dice.any(True, True, False),
        "renewal": {"file_before_days": 30, "yellow_days": 5},
        "post_check_months": dice.any(2, 2, 1, 0),
    }


class Course(NamedTuple):
    """How a history is drawn: its acts in their usual order, the days between them, and how much it is muddled."""

    procedure: list[str]
    gaps: list[int]
    odd_in: int  # one act in so many is an oddity
    earlier_minutes: int  # so much earlier than its place may an act be dated


COURSES = [
    Course(PROCEDURE, [0, 0, 0, 1, 1, 2, 3, 5, 9, 21], 8, 600),
    Course(PROCEDURE, [0, 1, 1, 2, 3, 5, 9], 60, 0),
    Course(SILENT, [0, 0, 0, 0, 1, 1, 2, 9], 8, 600),
    Course(EARLY, [0, 0, 0, 1, 1, 2, 5], 8, 600),
    Course(ENDED, [0, 0, 0, 1, 1, 2, 5, 9], 8, 600),
]


def history_of(luck: bytes, start: datetime, course: Course, clock_step: timedelta) -> list[Json]:
    """Events after *start* in recording order: a procedure with holes, hours muddled, oddities strewn in.

    Where *clock_step* is long, many fall on the same instant.
    """
    at, place, events = start, 0, list[Json]()
    for number in range(1, len(luck) // EVENT_BYTES + 1):
        dice = Dice(luck[(number - 1) * EVENT_BYTES : number * EVENT_BYTES])
        kind = course.procedure[place % len(course.procedure)]
        if dice.upto(course.odd_in - 1) == 1:
            kind = dice.any(*SELDOM)
        else:
            place += dice.any(1, 1, 1, 2, 3)
        at += timedelta(days=dice.any(*course.gaps))
        when = at + timedelta(minutes=dice.upto(MINUTES_PER_DAY + course.earlier_minutes) - course.earlier_minutes)
        when -= (when - MIDNIGHT) % clock_step
        event: Json = {"id": f"e{number}", "type": kind, "at": iso(when), **details(dice, kind, events, when)}
        if dice.upto(5) == 1:
            event["recorded_at"] = iso(when + timedelta(days=dice.upto(12)))
        events.append(event)
    return events


def details(dice: Dice, kind: str, before: list[Json], when: datetime) -> Json:
    """The fields beside id, type and at that an event of *kind* after those *before* has."""

    def day(first: int, last: int) -> str:
        return str(when.date() + timedelta(days=first + dice.upto(last - first)))

    def earlier() -> str:
        """An entry before, an acceptance as often as any other, or the entry itself."""
        accepted = [event["id"] for event in before if event["type"] == "accepted"]
        own = f"e{len(before) + 1}"
        return str(dice.any(*(accepted or [own]), *(event["id"] for event in before), own))

    fields: dict[str, Callable[[], Json]] = {
        "correction_notice": lambda: {"new_items": dice.any(True, False), "respond_by": dice.any(None, day(0, 9))},
        "suspend": lambda: {
            "sid": dice.any(*"abc"),
            "reason": dice.any(*PROMISED),
            "notified": dice.any(True, True, False),
            "planned_until": dice.any(None, day(0, 5)),
        },
        "resume": lambda: {"sid": dice.any(*"abc")},
        "extension": lambda: {
            "days": dice.any(3, 5, 10, 11),
            "clock": dice.any(*EXTENDED),
            "notified": dice.any(True, False),
        },
        "countersign_request": lambda: {
            "dept": dice.any("plan", "fire"),
            "step": dice.any(None, "1"),
            "replaces": dice.any(None, None, None, "", "1"),
        },
        "countersign_recall": lambda: {"dept": dice.any("plan", "fire"), "step": dice.any(None, "1")},
        "accepted": lambda: {"cure_days": dice.any(None, 1, 4, 10)},
        "countersign_reply": lambda: {"dept": dice.any("plan", "fire"), "step": dice.any(None, "1")},
        "hearing_notice": lambda: {"hearing_date": day(-2, 20)},
        "decided": lambda: {"outcome": dice.any("granted", "denied"), "on_undertaking": dice.any(True, False)},
        "amend": lambda: {"target": earlier(), "new_at": f"{day(-9, 4)}T{dice.any('08', '20')}:00:00Z"},
        "retract": lambda: {"target": earlier()},
    }
    return fields.get(kind, dict)()


def life_of(luck: bytes) -> Json:
    """A whole question in the shape of a golden vector: rule, events, t, known."""
    dice = Dice(luck[RULE_BYTES : RULE_BYTES + EVENT_BYTES])
    day = dice.any(*WINDOWS) + timedelta(days=dice.upto(40))
    start = datetime(day.year, day.month, day.day, dice.upto(23), tzinfo=UTC)
    t = start + timedelta(hours=dice.upto(24 * dice.any(110, 110, 25)) - 48)
    known = t + timedelta(days=dice.any(0, 0, 9, -4, 90))
    course, clock_step = dice.any(*COURSES), dice.any(*CLOCK_STEPS)
    events = history_of(luck[RULE_BYTES + EVENT_BYTES :], start, course, clock_step)
    return {"rule": rule_of(Dice(luck[:RULE_BYTES])), "events": events, "t": iso(t), "known": iso(known)}


def lives(**rule: Any) -> st.SearchStrategy[Json]:
    """Any life; *rule* sets fields of its rule."""
    shortest, longest = RULE_BYTES + EVENT_BYTES, RULE_BYTES + EVENT_BYTES * 32
    luck = st.binary(min_size=shortest, max_size=longest) | st.binary(min_size=longest // 2, max_size=longest)
    return luck.map(life_of).map(lambda life: life | {"rule": life["rule"] | rule})


def iso(at: datetime) -> str:
    return at.isoformat()
