"""A campaign: engine and auditor evaluate many drawn histories, over all cores; the first differences are printed.

`run(seed, histories)` gives the number of histories on which they differ; every history follows from the seed and its
number alone, so `difference(seed, number)` looks at one again.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from multiprocessing import get_context
from random import Random

import msgspec

from domain.law.licensing.evaluation import evaluate
from domain.law.licensing.event import LawEvent
from domain.law.licensing.rule import Rule
from tests.law.auditor.auditor import audit
from tests.law.auditor.lives import EVENT_BYTES, RULE_BYTES, Json, life_of
from tests.law.packs.books import CALENDARS, china

CHUNK = 250  # histories that a process takes at a time
TOLD = 3  # differences that are printed in full
EVENTS_MAX = 32
PROGRESS_EVERY = 20  # chunks
VECTOR_ANSWER = ("item_state", "acceptance", "deemed", "card", "flags", "clocks")
VECTOR_FIELDS = {
    *("start", "length", "due", "earliest_due", "yellow_from", "used", "remaining", "overdue_days", "state", "level"),
    "provisional",
}
FIELDS_NEEDED = ("id", "type", "at", "sid", "reason", "days", "dept", "hearing_date", "outcome", "target", "new_at")


@cache
def calendar() -> Json:
    """The shipped calendar, as the auditor reads it."""
    result: Json = json.loads(CALENDARS.read_text(encoding="utf-8"))["calendars"]["CN"]
    return result


def life(seed: int, number: int) -> Json:
    """One drawn history with its question, the same for the same two numbers."""
    chance = Random(f"{seed}/{number}")
    return life_of(chance.randbytes(RULE_BYTES + EVENT_BYTES * (chance.randint(0, EVENTS_MAX) + 1)))


def by_engine(life_story: Json) -> Json:
    """The engine's answer, as far as the golden vectors speak of it."""
    rule, events = msgspec.convert(life_story["rule"], Rule), msgspec.convert(life_story["events"], list[LawEvent])
    result = evaluate(
        rule, events, china(), datetime.fromisoformat(life_story["t"]), datetime.fromisoformat(life_story["known"])
    )
    answer: Json = json.loads(msgspec.json.encode(result))
    for clock in answer["clocks"].values():
        for beyond in clock.keys() - VECTOR_FIELDS:
            del clock[beyond]
    return {name: answer[name] for name in VECTOR_ANSWER}


def by_auditor(life_story: Json) -> Json:
    return audit(life_story["rule"], life_story["events"], calendar(), life_story["t"], life_story["known"])


def differ(life_story: Json) -> bool:
    return by_engine(life_story) != by_auditor(life_story)


def difference(seed: int, number: int) -> str | None:
    """The history made as small as it still shows the difference, with both answers; None where they agree."""
    life_story = life(seed, number)
    if not differ(life_story):
        return None
    least = smaller(life_story, differ)
    rule = json.dumps(least["rule"], ensure_ascii=False)
    lines = [f"seed {seed}, history {number}: t {least['t']}, known {least['known']}", f"  rule {rule}"]
    lines += [f"  {json.dumps(event, ensure_ascii=False)}" for event in least["events"]]
    lines += [
        f"  {path}: engine {by_one}, auditor {other}"
        for path, by_one, other in paths(by_engine(least), by_auditor(least))
    ]
    return "\n".join(lines)


def paths(engine: Json, auditor: Json, above: str = "") -> Iterator[tuple[str, object, object]]:
    """Every value on which two answers differ, under its dotted path."""
    for name in sorted(engine.keys() | auditor.keys()):
        left, other = engine.get(name), auditor.get(name)
        if isinstance(left, dict) and isinstance(other, dict):
            yield from paths(left, other, f"{above}{name}.")
        elif left != other:
            yield f"{above}{name}", left, other


def smaller(life_story: Json, still: Callable[[Json], bool]) -> Json:
    """Leave out event after event, then field after field, as long as the two *still* differ."""
    while True:
        for simpler in simplified(life_story):
            if still(simpler):
                life_story = simpler
                break
        else:
            return life_story


def simplified(life_story: Json) -> Iterator[Json]:
    events = life_story["events"]
    for place in reversed(range(len(events))):
        yield life_story | {"events": events[:place] + events[place + 1 :]}
    for place, event in enumerate(events):
        for name in event.keys() - set(FIELDS_NEEDED):
            lean = {key: value for key, value in event.items() if key != name}
            yield life_story | {"events": [*events[:place], lean, *events[place + 1 :]]}


def compare(seed: int, numbers: range) -> list[int]:
    """The histories among *numbers* on which the two differ, in this process alone."""
    return differing_numbers(numbers, lambda number: differ(life(seed, number)), f"seed {seed}, history")


def differing_numbers(numbers: range, differs: Callable[[int], bool], named: str) -> list[int]:
    """Those of *numbers* of which *differs* is true; an error has the history that it broke on as *named*."""
    result = []
    for number in numbers:
        try:
            if differs(number):
                result.append(number)
        except Exception as fault:
            fault.add_note(f"{named} {number}")
            raise
    return result


def run(
    seed: int,
    histories: int,
    compared: Callable[[int, range], list[int]] = compare,
    described: Callable[[int, int], str | None] = difference,
) -> int:
    """How many of so many histories engine and auditor differ on; prints the seed, progress, and the first ones.

    Those of this campaign, or those that *compared* compares and *described* describes.
    """
    sys.stderr.write(f"auditor: seed {seed}, {histories} histories\n")
    parts = [range(first, min(first + CHUNK, histories)) for first in range(0, histories, CHUNK)]
    result: list[int] = []
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for done, differing in enumerate(pool.imap(partial(compared, seed), parts), 1):
            result += differing
            if done % PROGRESS_EVERY == 0 or done == len(parts):
                sys.stderr.write(f"auditor: {min(done * CHUNK, histories)} of {histories}, {len(result)} differ\n")
    for number in result[:TOLD]:
        sys.stdout.write(f"{described(seed, number)}\n")
    return len(result)
