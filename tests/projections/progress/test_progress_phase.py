"""The progress table says in which phase of its flow a project is, and who has nothing to do any more."""

from __future__ import annotations

from domain.core.plan import Phase, PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyFact
from domain.project.application.registration import ItemPlanned
from domain.project.external.results import ExternalResultRecorded
from domain.project.flow.adoption import FlowAdopted
from projections.progress.fold import Progress
from projections.progress.rows import ProgressProject
from projections.view import fold
from tests.examples import REGISTERED, completed
from tests.spec import PROJECT, entry

PHASES = (Phase(code="p1", name="立项"), Phase(code="none"), Phase(code="p2"))
PLANNED = tuple(
    ItemPlanned(item=code, plan=PlannedItem(item=code, department="land", phase=phase, live=False))
    for code, phase in (("one", "p1"), ("two", "p2"))
)
ADOPTED = FlowAdopted(flow="f", edition=1, kind="factory", phases=PHASES, steps=("one", "two"))


def granted(item: str) -> ExternalResultRecorded:
    return ExternalResultRecorded(item=item, outcome=Outcome.GRANTED, evidence="seen")


def row(*facts: AnyFact) -> ProgressProject:
    folded = fold((Progress(),), PROJECT, [entry(number, fact) for number, fact in enumerate(facts, 1)])
    (project_row,) = Progress().rows(folded.states[Progress.name], folded.project)["project"]
    return ProgressProject.of(project_row)


def phase(*facts: AnyFact) -> tuple[str, str, str, int, int]:
    project_row = row(*facts)
    return project_row.kind, project_row.phase, project_row.phase_name, project_row.phase_nth, project_row.phases


def test_a_project_is_in_the_first_phase_in_which_something_is_not_granted() -> None:
    bare = row(REGISTERED)
    begun: tuple[AnyFact, ...] = (*PLANNED, ADOPTED)

    assert phase(REGISTERED) == ("", "", "", 0, 0)
    assert phase(*begun) == ("factory", "p1", "立项", 1, 3)
    assert phase(*begun, granted("one")) == ("factory", "p2", "p2", 3, 3)
    assert phase(*begun, granted("two")) == ("factory", "p1", "立项", 1, 3)
    assert phase(*begun, granted("one"), granted("two")) == ("factory", "", "", 3, 3)
    assert bare.items_total == 4


def test_an_outside_department_that_has_decided_is_waited_for_no_longer() -> None:
    assert row(*PLANNED).holders == ["outside"]
    assert row(*PLANNED, granted("one"), granted("two")).holders == []
    assert "land" in row(REGISTERED, completed("land")).holders
