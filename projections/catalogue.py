"""Every view there is, in the order in which they are shown."""

from __future__ import annotations

from typing import Any

from projections.progress import Progress
from projections.view import View
from projections.voices import Voices

VIEWS: tuple[View[Any], ...] = (Progress(), Voices())
