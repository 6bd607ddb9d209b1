"""Every golden vector holds for the clock in JavaScript as well, in Node and in a browser."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.effort import chosen
from tests.law.auditor.campaign import by_engine, life, paths
from tests.law.generic import item_stories
from tests.law.javascript.runner import answers, in_browser

DATA = Path(__file__).parents[1] / "data"
LICENSING = ("vectors.jsonl.gz", "vectors_acts.jsonl.gz")
QUESTIONS_MIN = 1_168
HISTORIES, ITEMS, SEED = 200, 500, 20_261_129
IN_BROWSER_EVERY = chosen(4, 1)  # of the questions, all of which Node is asked
Json = dict[str, Any]


def lines(name: str) -> list[Json]:
    """The vectors of a file."""
    file = DATA / name
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def questions() -> list[tuple[str, Json, Json]]:
    """Name, question and expected answer of every vector of the licensing law."""
    return [
        (
            f"{vector['id']} at {point['t']}",
            {key: vector[key] for key in ("rule", "events", "calendar")}
            | {"call": "evaluate", "t": point["t"], "known": point.get("known", point["t"])},
            point["expect"],
        )
        for name in LICENSING
        for vector in lines(name)
        for point in vector["as_of"]
    ]


def wrong(vectors: list[tuple[str, Json, Json]], computed: list[Any]) -> list[str]:
    """Every value that is not the expected one."""
    return [
        f"{name}: {path} is {got}, expected {expected}"
        for (name, _, expect), answer in zip(vectors, computed, strict=True)
        for path, got, expected in paths(answer, expect)
    ]


def test_every_golden_vector_of_the_licensing_law_holds() -> None:
    vectors = questions()

    assert len(vectors) >= QUESTIONS_MIN
    assert wrong(vectors, answers([question for _, question, _ in vectors])) == []


def test_a_wrong_date_is_noticed() -> None:
    ((name, question, expect), *_) = questions()
    expect["clocks"]["decision"]["due"] = "2026-03-29"

    assert wrong([(name, question, expect)], answers([question])) == [
        f"{name}: clocks.decision.due is 2026-03-30, expected 2026-03-29"
    ]


def test_every_golden_vector_of_other_laws_holds() -> None:
    vectors = [vector for name in ("vectors_packs.jsonl.gz", "vectors_terms.jsonl") for vector in lines(name)]
    computed = answers([{"call": "due", "rule": vector["rule"], "events": vector["events"]} for vector in vectors])

    differing = [
        (vector["id"], got, vector["expect"]["due"])
        for vector, got in zip(vectors, computed, strict=True)
        if not is_same(got, vector["expect"]["due"])
    ]
    assert differing == []


def is_same(got: str | None, expected: str | None) -> bool:
    """Whether two ends are the same day, or the same instant."""
    if got is None or expected is None or "T" not in got + expected:
        return got == expected
    return datetime.fromisoformat(got) == datetime.fromisoformat(expected)


def test_it_agrees_with_the_engine_on_drawn_histories() -> None:
    drawn = [life(SEED, number) for number in range(HISTORIES)]
    computed = answers([history | {"call": "evaluate", "calendar": "CN"} for history in drawn])

    differing = [
        (number, list(paths(by_engine(history), answer)))
        for number, (history, answer) in enumerate(zip(drawn, computed, strict=True))
        if by_engine(history) != answer
    ]
    assert differing == []


def test_it_agrees_with_the_engine_on_what_drawn_laws_owe() -> None:
    drawn = [item_stories.item_story(SEED, number) for number in range(ITEMS)]
    computed = answers([item | {"call": "neglected", "calendar": "CN"} for item in drawn])

    assert {flag.partition(":")[0] for flags in computed for flag in flags} == item_stories.FLAGS
    differing = [
        (number, item_stories.by_engine(item), flags)
        for number, (item, flags) in enumerate(zip(drawn, computed, strict=True))
        if item_stories.by_engine(item) != flags
    ]
    assert differing == []


@pytest.mark.long
@pytest.mark.slow
def test_a_browser_counts_as_node_does(program: str) -> None:
    vectors = questions()[::IN_BROWSER_EVERY]

    assert wrong(vectors, in_browser(program, [question for _, question, _ in vectors])) == []


def test_acts_of_one_instant_count_in_their_order() -> None:
    """A suspension that begins behind the end of a clock, at the same instant, takes no day out of it."""
    drawn = life(SEED, 0)
    rule = drawn["rule"] | {
        "mode": "lower_review",
        "suspension_day_rule": "[s,e]",
        "statutory_suspend_reasons": ["testing"],
    }
    accepted = {"id": "e1", "type": "accepted", "at": "2026-01-30T04:00:00+00:00"}
    ended = {"id": "e2", "type": "forwarded", "at": "2026-02-11T06:00:00+00:00"}
    suspended = {"id": "e3", "type": "suspend", "at": ended["at"], "sid": "s", "reason": "testing"}
    question = {
        "call": "evaluate",
        "calendar": "CN",
        "t": "2026-04-26T03:00:00+00:00",
        "known": "2026-04-26T03:00:00+00:00",
    }
    histories = [
        question | {"rule": rule, "events": [accepted, *acts]} for acts in ([ended, suspended], [suspended, ended])
    ]
    used = [answer["clocks"]["lower_review"]["used"] for answer in answers(histories)]
    assert used == [by_engine(history)["clocks"]["lower_review"]["used"] for history in histories]
    assert used[0] == used[1] + 1
