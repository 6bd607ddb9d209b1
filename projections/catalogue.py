"""Every view there is, in the order in which they are shown."""

from __future__ import annotations

from typing import Any

from projections.adoptions import Adoptions
from projections.clocks import Clocks
from projections.conduct import Conduct
from projections.handled import Handled
from projections.information import Information
from projections.outside import Outside
from projections.persons import Persons
from projections.progress import Progress
from projections.shipped_law import shipped_law
from projections.supervision import Supervision
from projections.view import View
from projections.voices import Voices
from projections.waiting import Waiting

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
)
