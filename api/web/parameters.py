"""Query parameters that many lists share: filters, the register, paging, and waiting for a position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from litestar.params import QueryParameter

from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.types import CODE_CHARACTERS_MAX, LINE_CHARACTERS_MAX, Stage
from domain.epochs.state import RestorePoint
from infrastructure.feed.epochs import LedgerEpochs, read_epochs
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from projections.scope import Scope

Row = TypeVar("Row")

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
        " for again, or with nothing on which anyone can act."
    ),
]

Since = Annotated[
    datetime | None, QueryParameter(description="With its offset from UTC; a plus sign is written %2B in an address.")
]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="Rows at most.")]

Offset = Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="Rows before the page.")]


REGISTER = "register"  # the parameter's name

InRegister = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=r"^[^\x00]*$",
        description="Of the register imported under this name (`GET /v1/registers`); empty: of the zone itself.",
    ),
]


class Paging:
    """Which rows of a list a page for people shows: *limit* at most, after the first *offset*."""

    def __init__(self, limit: int, offset: int = 0) -> None:
        self.limit, self.offset = limit, offset

    @property
    def rows_read(self) -> int:
        """One row more than the page shows, to know whether there is a next page."""
        return self.limit + 1

    def last(self, kind: Any) -> Any:  # noqa: ARG002  of lists that are read with cursors
        """The sorting values of the row before the page: none, as this page begins by an offset."""
        return None

    def shown(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that the page shows of those read."""
        return list(rows[: self.limit])

    def has_more(self, rows: Sequence[object]) -> bool:
        """Whether rows follow the page, by the rows read."""
        return len(rows) > self.limit


def paging(limit: Limit = PAGE_ROWS, offset: Offset = 0) -> Paging:
    """The page of a list that is asked for."""
    return Paging(limit, offset)


def scope_named(register: str, imported: Sequence[str], caller: Caller) -> Scope:
    """What *caller* may read of *register*, one of those *imported*, or of the zone. Raises Problem."""
    if register and register not in imported:
        raise Problem(
            "invalid-parameter",
            f"{REGISTER}: nothing was imported under the name {register}"[:500],
            remedy=f"leave it out for the zone itself; imported are: {', '.join(imported) or 'none'}",
            parameter=REGISTER,
        )
    return Scope(register, whole=not imported, caller=caller)


async def catch_up(views: Views, approvals: Approvals, after: int) -> int:
    """Wait until the views have taken in the position *after*; the position that all of them have reached.

    Raises ViewBehindError; Problem where the ledger has no such position.
    """
    reached = await views.reached()
    if reached < after:
        await _require_recorded(approvals, after)
        await views.catch_up(after)
        reached = await views.reached()
    return reached


async def _require_recorded(approvals: Approvals, after: int) -> None:
    """Refuse a position that the ledger has not come to: waiting for it would not end."""
    if after > (head := await approvals.store.head()):
        epochs = await read_epochs(approvals.store)
        if point := epochs.lost(after):
            raise position_lost(after, point, epochs)
        raise Problem(
            "invalid-parameter",
            f"after: the ledger ends at position {head}, before {after}",
            remedy="write the position of a receipt, or leave it out",
            parameter="after",
        )


def position_lost(position: int, point: RestorePoint, epochs: LedgerEpochs) -> Problem:
    """The answer to one who names *position*, which was lost by the restore *point*."""
    return Problem(
        "position-lost",
        f"position {position} was lost: the ledger was restored to position {point.kept_to}, behind which epoch"
        f" {point.epoch} begins",
        remedy=f"go on from position {point.kept_to}, forget what came behind it, and send the commands again that were"
        " answered with a position behind it, with the same keys",
        position=position,
        kept_to=point.kept_to,
        lost_to=point.lost_to,
        epoch=epochs.current,
        zone=epochs.zone,
    )
