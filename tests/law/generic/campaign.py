"""A campaign on part D: the general clock and its auditor read many drawn histories under drawn laws.

`difference(seed, number)` looks at one of them again; `run` of the licensing law's campaign runs it over all cores.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from functools import cache
from random import Random
from typing import Any

import msgspec

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.generic.rule import AnyGeneralEvent, GeneralRule
from domain.law.generic.state import standing
from domain.law.licensing.rule import Yellow
from domain.law.packs.terms import Extension, NoticeTerms
from tests.law.auditor.campaign import differing_numbers, paths, run, smaller
from tests.law.generic.auditor import audit
from tests.law.generic.stories import EVENT_BYTES, EVENTS_MAX, LAW_BYTES, story_of

Json = dict[str, Any]

CALENDAR_MATTERS = ("provisional",)  # the calendar's to say (C), not the clock's


def story(seed: int, number: int) -> Json:
    """One drawn history with its law and question, the same for the same two numbers."""
    chance = Random(f"general/{seed}/{number}")
    return story_of(chance.randbytes(LAW_BYTES + EVENT_BYTES * chance.randint(0, EVENTS_MAX)))


@cache
def calendar(weekend: tuple[int, ...], holidays: tuple[str, ...], worked: tuple[str, ...]) -> WorkingCalendar:
    days = dict.fromkeys(worked, (True, "worked")) | dict.fromkeys(holidays, (False, ""))
    return WorkingCalendar(weekend, {date.fromisoformat(day): entry for day, entry in days.items()})


def rule_of(law: Json) -> GeneralRule:
    """The same law as the engine takes it."""
    plain = {name: value for name, value in law.items() if name not in ("weekend", "holidays", "worked")}
    built: Json = {
        "calendar": calendar(*(tuple(law[name]) for name in ("weekend", "holidays", "worked"))),
        "hours": tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in law["hours"]),
        "reasons": law["reasons"]
        and {reason: msgspec.convert(terms, NoticeTerms) for reason, terms in law["reasons"].items()},
        "extension": law["extension"] and msgspec.convert({"article": "-", **law["extension"]}, Extension),
        "yellow": msgspec.convert(law["yellow"], Yellow),
    }
    return GeneralRule(**(plain | built))


def by_engine(drawn: Json) -> Json | None:
    """The engine's answer, as far as the auditor speaks of it."""
    events = msgspec.convert(drawn["events"], list[AnyGeneralEvent])
    result = standing(rule_of(drawn["law"]), events, datetime.fromisoformat(drawn["t"]))
    if result is None:
        return None
    answer: Json = msgspec.to_builtins(result, builtin_types=(datetime, date))
    texts = {name: text(value) for name, value in answer.items() if name not in CALENDAR_MATTERS}
    return texts | {"flags": list(result.flags)}


def text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def by_auditor(drawn: Json) -> Json | None:
    return audit(drawn["law"], drawn["events"], datetime.fromisoformat(drawn["t"]))


def differ(drawn: Json) -> bool:
    return by_engine(drawn) != by_auditor(drawn)


def compare(seed: int, numbers: range) -> list[int]:
    """The histories among *numbers* on which the two differ, in this process alone."""
    return differing_numbers(numbers, lambda number: differ(story(seed, number)), f"seed {seed}, general history")


def difference(seed: int, number: int) -> str | None:
    """The history made as small as it still shows the difference, with both answers; None where they agree."""
    drawn = story(seed, number)
    if not differ(drawn):
        return None
    least = smaller(drawn, is_comparable_and_differs)
    lines = [f"seed {seed}, general history {number}: t {least['t']}", f"  law {json.dumps(least['law'])}"]
    lines += [f"  {json.dumps(event)}" for event in least["events"]]
    answers = by_engine(least) or {}, by_auditor(least) or {}
    lines += [f"  {path}: engine {engine}, auditor {auditor}" for path, engine, auditor in paths(*answers)]
    return "\n".join(lines)


def is_comparable_and_differs(drawn: Json) -> bool:
    """Whether the two differ on a history that has all the fields which it needs."""
    try:
        return differ(drawn)
    except (msgspec.ValidationError, KeyError):
        return False


def campaign(seed: int, histories: int) -> int:
    """How many of so many histories the two differ on, over all cores; the first ones are printed."""
    return run(seed, histories, compare, difference)
