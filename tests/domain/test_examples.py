"""The domain accepts the story, which holds an example of every command and fact."""

from __future__ import annotations

import msgspec

from domain.core.types import Outcome, Stage
from domain.examples.story import COMMAND_EXAMPLES, PROJECT, STORY, fact_examples, story_entries
from domain.messages import COMMANDS, FACTS, AnyCommand, replay, tag_of
from domain.project.application.correction import AmendEntry, RetractEntry
from tests.examples import LAW

ENTRIES = story_entries(LAW)


def test_every_command_and_fact_has_an_example() -> None:
    assert set(COMMAND_EXAMPLES) == set(COMMANDS)
    assert set(fact_examples(LAW)) == set(FACTS)


def test_every_example_is_a_body_that_can_be_posted() -> None:
    for step in STORY:
        body = msgspec.json.encode(step.dated)

        assert msgspec.json.decode(body, type=AnyCommand) == step.dated


def test_the_story_goes_on_in_time() -> None:
    learned = [entry.recorded_at for entry in ENTRIES]

    assert learned == sorted(learned)
    assert all(entry.occurred_at <= entry.recorded_at for entry in ENTRIES)


def test_the_corrections_of_the_story_hit_what_they_speak_of() -> None:
    targets = {
        tag_of(step.command): tag_of(ENTRIES[step.command.version - 1].fact)
        for step in STORY
        if isinstance(step.command, AmendEntry | RetractEntry)
    }

    assert targets == {"amend_entry": "supplement_requested", "retract_entry": "service_evaluated"}


def test_the_story_ends_as_described() -> None:
    items = replay(PROJECT, ENTRIES).items

    assert {code: (item.stage, item.outcome) for code, item in items.items()} == {
        "land-use": (Stage.DELIVERED, Outcome.GRANTED),
        "site-plan": (Stage.COMPLETED, Outcome.GRANTED),
        "discharge": (Stage.COMPLETED, Outcome.REFUSED),
        "tax": (Stage.COMPLETED, Outcome.GRANTED),
        "drainage": (Stage.WITHDRAWN, None),
    }
