"""All views, in display order."""

from __future__ import annotations

from typing import Any

from projections.access.fold import AccessView
from projections.access.grants import DepartmentsView, PrincipalsView
from projections.clocks.fold import Clocks
from projections.external.fold import Outside
from projections.feedback.fold import Voices
from projections.flow.durations import Handled
from projections.flow.fold import Adoptions
from projections.information.fold import Information
from projections.law.shipped import shipped_law
from projections.legal_person.fold import Persons
from projections.progress.fold import Progress
from projections.supervision.fold import Supervision
from projections.supervision.timeliness import Conduct
from projections.view import View
from projections.waiting.fold import Waiting

VIEWS: tuple[View[Any], ...] = (
    Progress(),
    Voices(),
    Clocks(shipped_law),
    Supervision(),
    Outside(shipped_law),
    Persons(),
    Information(),
    Waiting(),
    Handled(),
    Adoptions(),
    Conduct(shipped_law),
    AccessView(),
    PrincipalsView(),
    DepartmentsView(),
)
