"""A campaign on duties: the engine and its auditor judge drawn items, lawful or not, under laws of drawn duties.

`difference(seed, number)` looks at one of them again.
"""

from __future__ import annotations

import json
from datetime import datetime, time
from functools import cache
from random import Random
from typing import Any

import msgspec
from msgspec import structs

from domain.law.generic.evaluate import GeneralTerms
from domain.law.generic.item import general_item
from domain.law.licensing.event import LawEvent
from domain.law.licensing.timeline import Timeline
from domain.law.packs.pack import DEFAULT_MODE, Pack
from domain.law.packs.terms import DutyTerms, Extension, Ground, NoticeTerms
from infrastructure.law.lawbook import law_book
from tests.law.auditor.campaign import calendar, differing_numbers, life, run, smaller
from tests.law.auditor.lives import PROMISED
from tests.law.generic.owed import neglected

Json = dict[str, Any]

BASE = "cn-licensing@2019-04-23/eia_report"  # a law on the general clock with rounds of intake and hearings
DUTIES = ("acceptance", "answer_date", "suspension_notice", "suspension_length", "extension_notice")
OF_SUSPENSIONS = DUTIES[2:4]
DECISION_DAYS = 10  # short enough to be over when an extension comes
OWED = 0.8  # how often a law has one of them
# What the acts of an item may be flagged for, apart from what a single clock says.
FLAGS = {
    *("decided_without_acceptance", "correction_response_overdue", "suspend_not_notified", "suspension_overrun"),
    *("hearing_request_late", "hearing_notice_short", "decided_before_hearing_window_closed"),
}


def item_story(seed: int, number: int) -> Json:
    """One drawn life with the duties and grounds of its law, the same for the same two numbers."""
    chance, drawn = Random(f"item/{seed}/{number}"), life(seed, number)
    duties = {
        name: chance.choice([[], [], chance.sample(PROMISED, 2)]) if name in OF_SUSPENSIONS else []
        for name in DUTIES
        if chance.random() < OWED
    }
    law = {"duties": duties, "grounds": {reason: ground(chance) for reason in PROMISED[: chance.choice([3, 4, 4])]}}
    rule = drawn["rule"] | {"close_of_business": "17:30"}
    rule["hearing"] = rule["hearing"] | {"request_days": 5}
    return drawn | {"rule": rule, "law": law}


def ground(chance: Random) -> Json:
    """Whether the end of a term ends a suspension on this ground, and which term the law sets."""
    return {
        "suspension_ends": chance.choice(["on_answer", "on_answer", "on_answer_or_term"]),
        "term": chance.choice([None, None, 1, 3]),
        "term_unit": chance.choice(["working_day", "calendar_day", "month"]),
        "term_is_limit": chance.choice([True, False]),
    }


@cache
def base() -> Pack:
    return law_book().pack(BASE)


def pack_of(drawn: Json) -> Pack:
    """The same law as a pack."""
    rule, law = drawn["rule"], drawn["law"]
    clocks = dict(base().clocks)
    clocks["intake"] = structs.replace(clocks["intake"], days=rule["intake_days"], start_shift=rule["intake_shift"])
    clocks["decision"] = structs.replace(
        clocks["decision"],
        days=DECISION_DAYS,
        suspension_day_rule=rule["suspension_day_rule"],
        extension=Extension("-", days_max=10),
    )
    clocks["countersign"] = structs.replace(clocks["countersign"], on_silence="deemed_consent")
    grounds = tuple(
        Ground(reason, "-", ("decision",), notice=msgspec.convert(notice, NoticeTerms))
        for reason, notice in law["grounds"].items()
    )
    duties = {name: DutyTerms("-", grounds=tuple(reasons)) for name, reasons in law["duties"].items()}
    return structs.replace(
        base(),
        zone=rule["zone"],
        close_of_business=time.fromisoformat(rule["close_of_business"]),
        clocks=clocks,
        grounds=grounds,
        duties=duties,
    )


def by_engine(drawn: Json) -> list[str]:
    """The engine's flags, as far as the auditor speaks of them."""
    return [flag for flag in item_flags(drawn) if flag.partition(":")[0] in FLAGS]


def item_flags(drawn: Json) -> list[str]:
    """All the flags that the engine raises."""
    pack, t, known = pack_of(drawn), *(datetime.fromisoformat(drawn[name]) for name in ("t", "known"))
    timeline = Timeline(pack.zone, msgspec.convert(drawn["events"], list[LawEvent]))
    terms = GeneralTerms(
        pack=pack,
        calendar=law_book().calendar(pack, timeline.moment(known).local.date()),
        mode=DEFAULT_MODE,
        lengths={},
        request_days={f"countersign:{name}": 3 for name in ("fire", "fire/1", "plan", "plan/1")},
        live=drawn["rule"]["live"],
    )
    return list(general_item(terms, timeline, t, known).flags)


def by_auditor(drawn: Json) -> list[str]:
    return neglected(drawn["law"], drawn["rule"], drawn["events"], calendar(), drawn["t"], drawn["known"])


def differ(drawn: Json) -> bool:
    return by_engine(drawn) != by_auditor(drawn)


def compare(seed: int, numbers: range) -> list[int]:
    """The items among *numbers* on which the two differ, in this process alone."""
    return differing_numbers(numbers, lambda number: differ(item_story(seed, number)), f"seed {seed}, item")


def difference(seed: int, number: int) -> str | None:
    """The item made as small as it still shows the difference, with both answers; None where they agree."""
    drawn = item_story(seed, number)
    if not differ(drawn):
        return None
    least = smaller(drawn, differ)
    lines = [f"seed {seed}, item {number}: t {least['t']}, known {least['known']}"]
    lines += [f"  {name} {json.dumps(least[name], ensure_ascii=False)}" for name in ("law", "rule")]
    lines += [f"  {json.dumps(event, ensure_ascii=False)}" for event in least["events"]]
    return "\n".join([*lines, f"  flags: engine {by_engine(least)}, auditor {by_auditor(least)}"])


def campaign(seed: int, items: int) -> int:
    """How many of so many items the two differ on, over all cores; the first ones are printed."""
    return run(seed, items, compare, difference)
