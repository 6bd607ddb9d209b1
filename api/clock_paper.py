"""What templates say clocks with: their names, what is left, and the way to how they are counted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.paper import Paper
from api.progress_paper import left, warned
from api.supervision_paper import clock_name
from projections.readings import Reading

CLOCK = "/pages/projects/{}/clock"


def telling(paper: Paper, t: datetime, *, past: bool = False) -> dict[str, object]:
    """What templates say clocks with: names, what is left at *t*, and the address of the working.

    That is of *t* where it lies in the *past*, else of now, so that a page which is looked at later still tells.
    """

    def why(project: UUID, one: Reading) -> str:
        asked = {"item": one.item, "clock": one.clock, "application": str(one.application)}
        asked |= {"as_of": t.isoformat()} if past else {}
        return paper.link(CLOCK.format(project), **asked)

    return {"clock_name": clock_name(paper), "left": lambda one: left(paper, one, t), "warned": warned, "why": why}
