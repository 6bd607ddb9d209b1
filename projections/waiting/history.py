"""The history of what is waited for."""

from __future__ import annotations

from typing import LiteralString

from projections.history.fold import History
from projections.history.versions import AXES, covering
from projections.waiting.fold import WAITING, Waiting

# A sixth of all waits is at hand, which is what desks and most lists ask for; the others wait for other items. Each of
# them is on another page of the table, so that indexes have the columns which a list is cut by, and holders counted by.
AT_HAND: LiteralString = "kind <> 'precondition'"
BLOCKED: LiteralString = "kind = 'precondition'"
PARTS = (AT_HAND, BLOCKED)
CUT_BY: tuple[LiteralString, ...] = (
    *("project", "item", "kind", "ref", "nth"),
    *("department", "held_by", "holder", "since"),
)
COUNTED_BY: tuple[LiteralString, ...] = ("project", "kind", "department", "held_by", "holder")
INDEXES = tuple(
    f"{covering(axis, columns)} WHERE {part}"
    for part, columns in zip(PARTS, (CUT_BY, COUNTED_BY), strict=True)
    for axis in AXES
)
HISTORY = History(Waiting(), (WAITING,), {WAITING.name: INDEXES})
