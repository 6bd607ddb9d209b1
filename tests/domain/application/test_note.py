"""环节记录: an activity without a meaning of ours is kept as it was logged."""

from __future__ import annotations

from domain.project.application.note import NoteStep, StepNoted
from tests.examples import APPLICANT, IMPORTER, LAND, MANAGER, REGISTERED
from tests.spec import given

NOTE = NoteStep(activity="site visit", item="land", label="attended by", value="two", reason="routine")
NOTED = StepNoted(activity="site visit", item="land", label="attended by", value="two", reason="routine")


def test_a_note_is_stored_verbatim_and_changes_nothing_else() -> None:
    for by in (IMPORTER, LAND, MANAGER):
        project = given(REGISTERED).when(NOTE, by=by).then(NOTED).state()

        assert project.items == given(REGISTERED).project.items


def test_a_note_may_belong_to_the_project_as_a_whole() -> None:
    given(REGISTERED).when(NoteStep(activity="kick-off"), by=MANAGER).then(StepNoted(activity="kick-off"))
    given().when(NoteStep(activity="kick-off"), by=MANAGER).refused("not-registered")


def test_a_note_on_an_item_names_one_there_is() -> None:
    given(REGISTERED).when(NoteStep(activity="kick-off", item="moon"), by=MANAGER).refused("unknown-item")


def test_the_applicant_notes_nothing() -> None:
    given(REGISTERED).when(NOTE, by=APPLICANT).refused("wrong-role")
