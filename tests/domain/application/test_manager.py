"""移交 a project passes to another project manager."""

from __future__ import annotations

from domain.project.application.manager import AssignManager, ManagerAssigned
from tests.examples import APPLICANT, LAND, LEADER, MANAGER, REGISTERED
from tests.spec import given


def test_a_manager_hands_the_project_over() -> None:
    command = AssignManager(manager="zhou", reasons="moved")
    handed = given(REGISTERED).when(command, by=MANAGER)
    handed.then(ManagerAssigned(manager="zhou", former="wang", reasons="moved"))
    assert handed.state().manager == "zhou"


def test_a_leader_may_too_and_others_may_not() -> None:
    given(REGISTERED).when(AssignManager(manager="zhou"), by=LEADER).then(
        ManagerAssigned(manager="zhou", former="wang")
    )
    for other in (APPLICANT, LAND):
        given(REGISTERED).when(AssignManager(manager="zhou"), by=other).refused("wrong-role")


def test_nothing_is_handed_to_the_manager_in_charge() -> None:
    given(REGISTERED).when(AssignManager(manager="wang"), by=MANAGER).refused("manager-unchanged", "wang")
