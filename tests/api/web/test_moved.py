"""Addresses of earlier releases: not answered any more, and a remedy that names the one that took their place."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from api.app import create_app
from api.moved import new_address
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, problem

PROJECT = UUID(int=7)
MOVED = {
    "/progress": "/v1/progress",
    "/law/packs/cn-licensing": "/v1/law/packs/cn-licensing",
    "/supervision/cards": "/v1/supervision/cards",
    f"/projects/{PROJECT}/history": f"/v1/projects/{PROJECT}/history",
    "/outside": "/v1/external",
    "/v1/outside": "/v1/external",
    f"/projects/{PROJECT}/outside": f"/v1/projects/{PROJECT}/external",
    "/complaints": "/v1/feedback/complaints",
    "/v1/evaluations": "/v1/feedback/evaluations",
    "/voices/summary": "/v1/feedback/summary",
    f"/projects/{PROJECT}/complaints": f"/v1/projects/{PROJECT}/feedback",
    f"/v1/projects/{PROJECT}/path": f"/v1/projects/{PROJECT}/critical-path",
    "/worklist": "/desk",
    "/pages/supervision/conduct": "/pages/supervision/timeliness",
}
UNVERSIONED = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/problems",
    "/schema",
    "/sign-in",
    "/static",
    "/deadlines",
    "/messages/feeds",
)


@pytest.mark.parametrize(("old", "new"), MOVED.items())
async def test_an_address_of_an_earlier_release_is_not_answered_but_names_the_new_one(
    door: Door, old: str, new: str
) -> None:
    assert problem(await door.get(old), "not-found")["remedy"] == f"the address is now {new}"


async def test_a_command_to_the_address_of_an_earlier_release_is_not_carried_out(door: Door) -> None:
    answer = await door.client.post(f"/projects/{PROJECT}/commands", content=b"{}")
    assert problem(answer, "not-found")["remedy"] == f"the address is now /v1/projects/{PROJECT}/commands"


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/v1/projects", "/supervision", "/projectsx", "/"])
def test_what_never_was_an_address_has_no_new_one(path: str) -> None:
    assert new_address(path) is None


def test_every_route_but_a_few_is_below_the_version(approvals: Approvals, tmp_path: Path) -> None:
    without_pages = create_app(approvals, Views(approvals.store), Settings(data=tmp_path))
    paths = {route.path for route in without_pages.routes}
    assert {path for path in paths if not path.startswith(("/v1/", *UNVERSIONED))} == set()
    assert {new_address(path) for path in paths} == {None}
