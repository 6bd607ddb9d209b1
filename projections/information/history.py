"""The history of the information base; figures count from the day they are of."""

from __future__ import annotations

from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT
from projections.information.fold import BY_CATEGORY, PROJECTS, Information, counted_from

HISTORY = History(
    Information(),
    (PROJECTS, BY_CATEGORY),
    {PROJECTS.name: (*AT_AN_INSTANT, "(uscc)", "USING gin (words)")},
    in_effect=counted_from,
)
