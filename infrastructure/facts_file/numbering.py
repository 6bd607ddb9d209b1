"""Case numbers for applications from before there were any, once their facts are in a ledger of this release."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid5

from domain.core.ledger import Actor, Refused, Role
from domain.project.application.numbering import NumberCase
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals

NUMBERING = Actor("import-facts", "countersign", Role.SYSTEM)
PROJECTS_AT_ONCE = 64
# Without a number, and in no project that another register's log brought in: its cases have numbers of their own.
WITHOUT = """
    SELECT DISTINCT e.stream FROM ledger.event AS e
    WHERE e.type = 'item_submitted' AND coalesce(convert_from(e.data, 'UTF8')::jsonb ->> 'case_number', '') = ''
      AND convert_from(e.meta, 'UTF8')::jsonb ->> 'source' = '' ORDER BY 1
"""


async def number_cases(approvals: Approvals, progress: Callable[[int, int], None]) -> int:
    """Give every current application of the zone's own the case number that it lacks; how many were given.

    Cut short, it may be run again: what has a number keeps it.
    """
    async with approvals.store.cursor() as cursor:
        await cursor.execute(WITHOUT)
        projects = [project for (project,) in await cursor.fetchall()]
    numbered = done = 0
    waiting = iter(projects)

    async def work() -> None:
        nonlocal numbered, done
        for project in waiting:
            numbered += await _number(approvals, project)
            done += 1
            progress(done, len(projects))

    async with asyncio.TaskGroup() as group:
        for _ in range(PROJECTS_AT_ONCE):
            group.create_task(work())
    return numbered


async def _number(approvals: Approvals, project_id: UUID) -> int:
    project, numbered = await approvals.project(project_id), 0
    for code, item in project.items.items() if isinstance(project, Project) and not project.register else ():
        if not item.application or item.case_number or item.external:
            continue
        key = uuid5(project_id, f"case number {code} {item.application}")
        try:
            answer = await approvals.handle(project_id, NumberCase(item=code), NUMBERING, key)
        except Refused:  # its application was retracted
            continue
        numbered += not answer.repeated
    return numbered
