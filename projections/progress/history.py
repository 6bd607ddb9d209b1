"""The history of the progress table."""

from __future__ import annotations

from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT
from projections.progress.fold import Progress
from projections.progress.rows import CASES, ITEMS, PROJECTS

HISTORY = History(
    Progress(),
    (PROJECTS, ITEMS, CASES),
    {PROJECTS.name: AT_AN_INSTANT, ITEMS.name: ("(department, known_until)", "(department, valid_until)")},
)
