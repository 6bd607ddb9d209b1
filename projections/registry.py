"""All views, in display order, and the histories of their rows."""

from __future__ import annotations

from typing import Any

from projections.access.fold import AccessView
from projections.access.grants import DepartmentsView, PrincipalsView
from projections.clocks.fold import Clocks
from projections.clocks.history import ClockHistory
from projections.external.fold import External
from projections.feedback.fold import Feedback
from projections.flow.durations import Handled
from projections.flow.fold import Adoptions
from projections.history.fold import History
from projections.information import history as information
from projections.information.fold import Information
from projections.law.shipped import shipped_law
from projections.legal_person.fold import Persons
from projections.progress import history as progress
from projections.progress.fold import Progress
from projections.supervision import history as supervision
from projections.supervision.fold import Supervision
from projections.supervision.timeliness import Timeliness
from projections.view import Projected, View
from projections.waiting import history as waiting
from projections.waiting.fold import Waiting

VIEWS: tuple[View[Any], ...] = (
    Progress(),
    Feedback(),
    Clocks(shipped_law),
    Supervision(),
    External(shipped_law),
    Persons(),
    Information(),
    Waiting(),
    Handled(),
    Adoptions(),
    Timeliness(shipped_law),
    AccessView(),
    PrincipalsView(),
    DepartmentsView(),
)

HISTORIES: tuple[History, ...] = (
    progress.HISTORY,
    waiting.HISTORY,
    information.HISTORY,
    ClockHistory(Clocks(shipped_law)),
    supervision.HISTORY,
)
EVERY_VIEW: tuple[Projected, ...] = (*VIEWS, *HISTORIES)
