"""A slice of the campaign on part D, and what it says where the two clocks differ."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.effort import tried
from tests.law.generic import campaign, item_stories
from tests.law.generic.stories import DAY_RULES, LONGEST, SILENCES

SEED, HISTORIES = 20261130, tried(150)
STATES = {"running", "suspended", "met", "late", "overdue", "deemed", "void"}


def test_clock_and_auditor_agree_under_drawn_laws() -> None:
    assert [campaign.difference(SEED, number) for number in campaign.compare(SEED, range(HISTORIES))] == []


@pytest.mark.long
def test_histories_come_to_whatever_may_become_of_a_clock() -> None:
    """A campaign that draws nothing but running clocks would prove little."""
    drawn = [campaign.story(SEED, number) for number in range(1_000)]
    laws = [story["law"] for story in drawn]
    answers = [answer for answer in map(campaign.by_auditor, drawn) if answer is not None]
    flags = Counter(flag.partition(":")[0] for answer in answers for flag in answer["flags"])

    assert {answer["state"] for answer in answers} == STATES
    assert {answer["level"] for answer in answers} == {"green", "yellow", "red", "paused", "none"}
    assert any(answer["due"] is None for answer in answers)
    assert {law["unit"] for law in laws} == set(LONGEST)
    assert {law["suspension_day_rule"] for law in laws} == set(DAY_RULES)
    assert {law["on_silence"] for law in laws} == set(SILENCES)
    assert flags.keys() >= {
        *("duplicate_start", "duplicate_suspend", "resume_without_suspend", "suspend_no_statutory_ground"),
        *("notice_without_effect", "stopped_too_often", "answered_after_term", "reset_too_late"),
        *("extension_outside_clock", "extension_unknown_to_this_law", "extension_other_unit", "extension_repeated"),
        *("extension_exceeds_limit", "extension_late", "agreement_unknown_to_this_law", "extension_not_notified"),
    }


def test_engine_and_auditor_agree_on_what_drawn_laws_owe() -> None:
    numbers = range(tried(500))
    seen = {flag.partition(":")[0] for number in numbers for flag in by_auditor_of_items(number)}

    assert seen == item_stories.FLAGS
    assert [item_stories.difference(SEED, number) for number in item_stories.compare(SEED, numbers)] == []


def by_auditor_of_items(number: int) -> list[str]:
    return item_stories.by_auditor(item_stories.item_story(SEED, number))


def test_the_smallest_item_on_which_they_differ_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(drawn: dict[str, Any]) -> list[str]:
        """An auditor that never sees an applicant uninformed."""
        return [flag for flag in item_stories.by_engine(drawn) if not flag.startswith("suspend_not_notified")]

    monkeypatch.setattr(item_stories, "by_auditor", blind)
    differing = item_stories.compare(SEED, range(100))
    report = item_stories.difference(SEED, differing[0])

    assert report is not None
    heading, *lines, last = report.splitlines()
    happened = [json.loads(line)["type"] for line in lines if line.startswith('  {"id"')]
    assert heading.startswith(f"seed {SEED}, item {differing[0]}: t ")
    assert happened.count("suspend") == 1
    assert last.startswith("  flags: engine ['suspend_not_notified:")


def test_the_smallest_history_on_which_they_differ_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing = campaign.by_auditor

    def blind(drawn: dict[str, Any]) -> dict[str, Any] | None:
        """An auditor that sees no extension."""
        return seeing(drawn | {"events": [event for event in drawn["events"] if event["type"] != "extend"]})

    monkeypatch.setattr(campaign, "by_auditor", blind)
    differing = campaign.compare(SEED, range(100))
    report = campaign.difference(SEED, differing[0])

    assert report is not None
    heading, law, *rest = report.splitlines()
    happened = [json.loads(line)["type"] for line in rest if line.startswith('  {"type"')]
    assert heading.startswith(f"seed {SEED}, general history {differing[0]}: t ")
    assert json.loads(law.removeprefix("  law "))["unit"] in LONGEST
    assert happened.count("extend") == 1
    assert all(": engine " in line for line in rest[len(happened) :])
