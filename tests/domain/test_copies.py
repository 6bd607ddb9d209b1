"""A copy of a state goes its own way: what happens to it never shows in the state that it was copied from."""

from __future__ import annotations

import pytest

from domain.access.departments import Departments
from domain.core.copies import independent
from domain.examples.story import PROJECT, story_entries
from domain.messages import CORRECTING, replay
from domain.project.state.project import Project
from tests.examples import LAW

ENTRIES = story_entries(LAW)


def folded(end: int) -> Project:
    """The project of the story as it was after its first entries."""
    return replay(PROJECT, ENTRIES[:end])


@pytest.mark.parametrize("end", range(0, len(ENTRIES), 8))
def test_what_happens_to_a_copy_does_not_happen_to_the_state(end: int) -> None:
    state = folded(end)
    copied = independent(state)
    assert copied == state

    for entry in ENTRIES[end:]:
        if not isinstance(entry.fact, CORRECTING):
            entry.fact.apply(copied)
    copied.notes.clear()

    assert state == folded(end)
    assert copied != state


def test_lists_are_copied_with_what_changes_in_them() -> None:
    changing = [Departments(PROJECT), {"a": {1}}]
    copied = independent(changing)
    assert copied == changing

    for state, other in zip(changing, copied, strict=True):
        assert other is not state
    assert copied[1] is not changing[1]
