"""What templates say clocks with: their names, what is left, and the way to how they are counted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.paper import Paper
from api.progress_paper import left, warned
from api.supervision_paper import clock_name
from projections.readings import Reading

CLOCK = "/pages/projects/{}/clock"


def telling(paper: Paper, as_of: datetime | None = None) -> dict[str, object]:
    """What templates say clocks with: names, what is left, and the address of the working, *as_of* then or now."""

    def why(project: UUID, one: Reading) -> str:
        asked = {"item": one.item, "clock": one.clock, "application": str(one.application)}
        asked |= {"as_of": as_of.isoformat()} if as_of else {}
        return paper.link(CLOCK.format(project), **asked)

    return {"clock_name": clock_name(paper), "left": lambda one: left(paper, one), "warned": warned, "why": why}
