"""The ground of the journeys: the demonstration with its simulated zone, and what is planted in it for a journey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from msgspec import Struct
from playwright.sync_api import Browser

from domain.law.calendar.moment import local_day
from scripts.simulation.office_time import ZONE
from tests.chromium import launched
from tests.conftest import INSTALL, chromium_path
from tests.proofs.journeys.visitor import Manner, Visitor, visiting
from tests.proofs.operating.installation import Installation, installed
from tests.proofs.proof import RefutedError, SkippedError

MANAGER, APPLICANT, OFFICE, BUREAU = "王建国", "陈静怡", "周丽华", "高明"
LEADER, AUDITOR = "顾长庚", "孟静怡"
OFFICER, DEPARTMENT = "梁向阳", "natural-resources"
AFTERWARDS = 30  # items behind the one that is turned down: more than behind any other obstacle of the zone


class Ground(Struct, frozen=True):
    """The demonstration at *address*, and the *browser* in which people visit it."""

    zone: Installation
    browser: Browser

    @contextmanager
    def visit(self, person: str, manner: Manner) -> Iterator[Visitor]:
        """*person* at the zone, signed in."""
        with visiting(self.browser, self.zone.address, person, manner) as visitor:
            yield visitor


@contextmanager
def demonstration() -> Iterator[Ground]:
    """Fill and serve the demonstration as a user does, and open a browser. Raises SkippedError where there is none."""
    program = chromium_path()
    if program is None:
        raise SkippedError(INSTALL)
    with installed() as zone:
        zone.start_demo()
        with launched(program) as browser:
            yield Ground(zone, browser)


def today() -> date:
    """The day in the zone."""
    return local_day(datetime.now(UTC), ZONE)


def plant_applications(visitor: Visitor, count: int, title: str) -> None:
    """Let the manager register *count* projects, each of which has applied to the department of land."""
    for nth in range(count):
        project = str(uuid4())
        plan = {"item": "land-use", "name": "用地预审", "department": DEPARTMENT, "promise_days": 10}
        register(visitor, project, f"{title}第{nth + 1}号", [plan])
        command(visitor, project, {"command": "submit_item", "item": "land-use"})


def plant_stuck(manager: Visitor, officer: Visitor, title: str) -> str:
    """A project whose first item is turned down while all others wait for it; its id."""
    project = str(uuid4())
    first = {"item": "land-use", "name": "用地预审", "department": DEPARTMENT}
    others = [
        {"item": f"after-{nth}", "name": f"后续事项{nth}", "department": "construction", "requires": ["land-use"]}
        for nth in range(AFTERWARDS)
    ]
    register(manager, project, title, [first, *others])
    command(manager, project, {"command": "submit_item", "item": "land-use"})
    command(officer, project, {"command": "decline_item", "item": "land-use", "reasons": "不属于本机关职权范围"})
    return project


def register(visitor: Visitor, project: str, name: str, items: list[dict[str, Any]]) -> None:
    """Register a project with *items*, as whoever has signed in."""
    body = {"command": "register_project", "name": name, "enterprise": {"name": "恒信"}, "manager": MANAGER}
    command(visitor, project, {**body, "items": items})


def command(visitor: Visitor, project: str, body: dict[str, Any]) -> None:
    """Send a command with the session of whoever has signed in. Raises RefutedError where it is refused."""
    answer = visitor.page.request.post(
        f"/v1/projects/{project}/commands",
        data=body,
        headers={"Idempotency-Key": str(uuid4()), "Sec-Fetch-Site": "same-origin"},
    )
    if not answer.ok:
        raise RefutedError(f"{body['command']} was answered {answer.status}: {answer.text()[:1000]}")
