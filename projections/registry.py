"""All views, in display order."""

from __future__ import annotations

from typing import Any

from projections.access.fold import AccessView
from projections.access.grants import DepartmentsView, PrincipalsView
from projections.clocks.fold import Clocks
from projections.external.fold import External
from projections.feedback.fold import Feedback
from projections.flow.conformance import Conformance
from projections.flow.durations import Handled
from projections.flow.fold import Adoptions
from projections.information.fold import Information
from projections.law.shipped import shipped_law
from projections.legal_person.fold import Persons
from projections.progress.fold import Progress
from projections.supervision.fold import Supervision
from projections.supervision.timeliness import Timeliness
from projections.view import View
from projections.waiting.fold import Waiting
from projections.window.fold import GrantedDecisions

VIEWS: tuple[View[Any], ...] = (
    Progress(),
    Feedback(shipped_law),
    Clocks(shipped_law),
    Supervision(),
    External(shipped_law),
    Persons(),
    Information(),
    Waiting(),
    Handled(),
    Adoptions(),
    Conformance(),
    Timeliness(shipped_law),
    AccessView(),
    PrincipalsView(),
    DepartmentsView(),
    GrantedDecisions(),
)
