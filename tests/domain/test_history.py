"""Whatever people do, the ledger replays to the state that decided it, and a retracted entry never happened."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from domain.core.context import Context
from domain.core.ledger import Refused
from domain.core.types import FRESH_STAGES, Stage
from domain.examples.story import PROJECT as STORY_PROJECT
from domain.examples.story import STORY, story_entries
from domain.messages import AnyCommand, Entry, decide, replay, tag_of
from domain.project.application.correction import EntryRetracted
from domain.project.application.note import StepNoted
from domain.project.state.project import Project
from tests.examples import BUREAU, LAW
from tests.histories import World, stored, worlds
from tests.spec import PROJECT, entry

STORY_ENTRIES = story_entries(LAW)
# What may be said twice: it is true again, moves on to the next one, or names another time.
REPEATABLE = {
    "amend_entry",
    "attest_record",
    "give_hearing_notice",
    "issue_card",
    "note_step",
    "record_information",
    "reconcile_external_result",
    "request_supplement",
    "suspend_clock",
    "verify_external_result",
}


def decided(project: Project) -> dict[str, Any]:
    """What later decisions depend on, apart from the book-keeping of corrections."""
    state = msgspec.structs.asdict(project)
    return {name: state[name] for name in state if name not in ("notes", "version", "retracted")}


@given(worlds())
def test_any_history_replays_to_the_state_that_decided_it(world: World) -> None:
    assert [entry.version for entry in world.entries] == list(range(1, len(world.entries) + 1))
    assert replay(PROJECT, world.entries) == world.project
    assert replay(PROJECT, stored(world.entries)) == world.project
    assert stored(world.entries) == world.entries


@given(worlds())
def test_no_history_leaves_a_state_that_contradicts_itself(world: World) -> None:
    assume(not world.project.retracted)
    for item in world.project.items.values():
        assert (item.application == 0) is (item.stage is Stage.NOT_STARTED)
        assert not (item.suspensions and item.stage is not Stage.ACCEPTED)
        assert item.suspensions.keys() <= item.suspension_ids
        assert (item.outcome is None) is (item.stage not in (Stage.COMPLETED, Stage.DELIVERED))
        assert not (item.stage in FRESH_STAGES and item.external)


@given(worlds(), st.data())
def test_a_retracted_entry_never_happened(world: World, data: st.DataObject) -> None:
    assume(len(world.entries) > 1)
    target = data.draw(st.sampled_from(world.entries[1:])).version
    assume(target not in world.project.retracted)
    retraction = entry(len(world.entries) + 1, EntryRetracted(version=target, item="", reasons="because"), BUREAU)
    nothing = StepNoted(activity="nothing")  # in its place, as entries are distinguished by their numbers
    without = [entry if entry.version != target else structs.replace(entry, fact=nothing) for entry in world.entries]

    assert decided(replay(PROJECT, [*world.entries, retraction])) == decided(replay(PROJECT, without))


@given(worlds(), st.data())
def test_retracting_a_retraction_restores_what_was(world: World, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(world.entries)).version
    here = len(world.entries)
    back_and_forth = [
        entry(here + 1, EntryRetracted(version=target, item="", reasons="because"), BUREAU),
        entry(here + 2, EntryRetracted(version=here + 1, item="", reasons="because"), BUREAU),
    ]

    after = replay(PROJECT, [*world.entries, *back_and_forth])

    assert decided(after) == decided(world.project)
    assert after.retracted == world.project.retracted | {here + 1}


@given(st.permutations(STORY_ENTRIES), st.integers(0, len(STORY_ENTRIES)))
def test_applying_never_fails_whatever_came_before(entries: list[Entry], count: int) -> None:
    project = Project(STORY_PROJECT)
    for earlier in entries[:count]:
        earlier.fact.apply(project)

    assert project.version == 0


def granted(command: AnyCommand, project: Project, context: Context) -> bool:
    """Whether *command* would be granted."""
    try:
        return bool(decide(command, project, context))
    except Refused:
        return False


def test_what_is_done_is_not_done_twice() -> None:
    """A repeated request is answered by its key, outside the domain; here the second one is a mistake."""
    project, twice = Project(STORY_PROJECT), set[str]()
    for step in STORY:
        context = Context(step.by, step.command.occurred_at or step.at, step.at, LAW)
        version = project.version + len(decide(step.command, project, context))
        project = replay(STORY_PROJECT, STORY_ENTRIES[:version])
        if granted(step.command, project, context):
            twice.add(tag_of(step.command))

    assert twice == REPEATABLE
