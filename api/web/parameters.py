"""Query parameters that many lists share: paging, filters, and waiting for a position."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

from api.web.dependencies import AnyRequest, parts_of
from api.web.identity import actor_of, headers_of
from api.web.problems import Problem
from domain.core.types import CODE_CHARACTERS_MAX, Stage
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views

PAGE_ROWS = 100

PAGE_ROWS_MAX = 500  # about 250 kB

OFFSET_MAX = 1_000_000  # a zone has thousands of projects

POSITION_MAX = 2**63 - 1  # a position is stored in eight bytes

WITHOUT_NUL = r"^[^\x00]*$"  # PostgreSQL knows no text with U+0000, so there is none to look for


def code(description: str) -> QueryParameter:
    return QueryParameter(max_length=CODE_CHARACTERS_MAX, pattern=WITHOUT_NUL, description=description)


After = Annotated[
    int, QueryParameter(ge=0, le=POSITION_MAX, description="A receipt's position: wait until the views have it.")
]

Manager = Annotated[str, code("The project manager's id.")]

Department = Annotated[str, code("The department's code.")]

AtStage = Annotated[Stage | None, QueryParameter(description="Has an item at this stage.")]

Stuck = Annotated[
    bool | None,
    QueryParameter(
        description="Of projects that are stuck (受阻), or not: open, with an item refused or declined and not applied"
        " for again, or with nothing on which anybody can act."
    ),
]

Since = Annotated[
    datetime | None, QueryParameter(description="With its offset from UTC; a plus sign is written %2B in an address.")
]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="Rows at most.")]

Offset = Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="The `next` of the page before.")]


async def caught_up(request: AnyRequest, after: int) -> tuple[Views, int]:
    """The views, once they have *after*, and the position all of them have reached.

    Raises ViewBehindError; Problem where the ledger has no such position.
    """
    actor_of(headers_of(request.scope))
    views = parts_of(request).views
    reached = await views.reached()
    if reached < after:
        await _require_recorded(parts_of(request).approvals, after)
        await views.catch_up(after)
        reached = await views.reached()
    return views, reached


async def _require_recorded(approvals: Approvals, after: int) -> None:
    """Refuse a position that the ledger has not come to: waiting for it would not end."""
    if after > (head := await approvals.store.head()):
        raise Problem(
            "invalid-parameter",
            f"after: the ledger ends at position {head}, before {after}",
            remedy="write the position of a receipt, or leave it out",
            parameter="after",
        )
