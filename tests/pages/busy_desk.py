"""A zone in which one department has many applications to accept, and a manager results to key in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from domain.core.ledger import Actor
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import DeclineItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.external.results import RecordExternalResult
from infrastructure.ledger.approvals import Approvals
from tests.chromium import finish
from tests.conftest import database_in
from tests.examples import APPLICANT, LAND, MANAGER, USCC, project_id_of
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at

PROJECTS = 14
STUCK, VERIFIED_LONG_AGO = 12, 13  # the last two of them
APPLIED, LOOKED_AT = at("05-06 09:00"), at("05-08 10:00")
PLAN = (
    PlannedItem(item="land", name="用地批准", department="land", promise_days=10),
    PlannedItem(item="tax", name="税务登记", department="tax", live=False),
    PlannedItem(item="permit", name="建筑工程施工许可", department="fire", requires=("land", "tax")),
)


def busy_project(nth: int) -> UUID:
    """The id of the project number *nth*."""
    return project_id_of(UUID(int=9), str(nth))


async def tell_busy_desk(approvals: Approvals) -> None:
    """Register the projects; each of them has applied for its land."""
    for nth in range(PROJECTS):
        register = RegisterProject(
            name=f"第{nth + 1}厂房",
            code=f"P-{nth}",
            enterprise=Enterprise("恒信", USCC),
            manager=MANAGER.id,
            items=PLAN,
        )
        steps: list[tuple[Actor, AnyCommand]] = [(MANAGER, register), (APPLICANT, SubmitItem(item="land"))]
        if nth == STUCK:
            steps.append((LAND, DeclineItem(item="land", reasons="不属于本机关职权范围")))
        if nth == VERIFIED_LONG_AGO:
            steps.append((MANAGER, RecordExternalResult(item="tax", outcome=Outcome.GRANTED, evidence="窗口")))
        for by, command in steps:
            await approvals.handle(busy_project(nth), command, by, uuid4())


@contextmanager
def busy_zone(server_url: str, projected_template: str) -> Iterator[str]:
    """A database with the zone in it, whose views are as far as the ledger."""
    with database_in(server_url, projected_template) as url:
        finish(_tell(url))
        project_all(url)
        yield url


async def _tell(url: str) -> None:
    async with Approvals(url, clock=lambda: APPLIED) as approvals:
        await tell_busy_desk(approvals)
