"""Tracking by number and code: what is shown to whom, and that guessing leads nowhere."""

from __future__ import annotations

from tests.api.window.visits import CaseOf, Window
from tests.projections.zone import project_id


async def test_number_and_code_lead_to_the_case(window: Window, case_of: CaseOf) -> None:
    page = await window.track(case_of(project_id("running"), "land"))
    print(page.text)
    assert page.status_code == 200
    assert "is examining it" in page.text
