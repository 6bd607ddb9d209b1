"""An officer, a manager and the bureau give commands by forms: filled in, reviewed, given, and refused beside a field."""

from __future__ import annotations

from tests.api.client import Door
from tests.api.forms.conftest import form, seen
import pytest

from tests.examples import LAND
from tests.projections.zone import project_id

pytestmark = pytest.mark.usefixtures("projector")


async def test_an_officer_accepts_an_application(door: Door) -> None:
    accept = form(door, "accept_item", project_id("silent"), "land", by=LAND)
    page = await accept.open()
    print(seen(page))
    page = await accept.review(lacking__all="complete")
    print(seen(page))
    to = await accept.act()
    page = (await door.get(to, LAND)).text
    print(seen(page))
    assert 0
