"""The history of the progress table."""

from __future__ import annotations

from typing import LiteralString

from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT, AXES, covering
from projections.progress.fold import Progress
from projections.progress.rows import CASES, ITEMS, PROJECTS

# Of all items at an instant few are applied for and not decided: those are looked for by their stage.
OPEN: LiteralString = "stage IN ('submitted', 'supplementing', 'accepted')"
# What a department decided in a week is found by when it did, whatever became of it since.
DECIDED: LiteralString = "(department, decided_at) WHERE decided_at IS NOT NULL"
# A page of projects, the last changed first, is read from the moment on: few versions before it are over by then.
CHANGED: LiteralString = "(changed_at DESC, project)"
# Each version of a project is on another page of the table: its index has the columns that most pages are cut by and
# figures are counted by. Those that wait for their applicant are a part of all, and lists of holders may be long.
CUT_BY: tuple[LiteralString, ...] = (
    *("project", "register", "phase_nth"),
    *("items_total", "items_done", "stuck", "changed_at"),
)
WAITS_FOR_APPLICANT: LiteralString = "holders @> ARRAY['applicant']"
OF_APPLICANT = tuple(f"{covering(axis, CUT_BY[:2])} WHERE {WAITS_FOR_APPLICANT}" for axis in AXES)
HISTORY = History(
    Progress(),
    (PROJECTS, ITEMS, CASES),
    {
        PROJECTS.name: (*(covering(axis, CUT_BY) for axis in AXES), *OF_APPLICANT, CHANGED),
        ITEMS.name: (*(f"{index} WHERE {OPEN}" for index in AT_AN_INSTANT), DECIDED),
    },
)
