"""A read model as it stood at an instant, by what was known at another: folded from the project's own entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.past import settled
from domain.project.state import Project
from domain.vocabulary import Entry
from projections.view import Folded, Rows, View, take


def rows_then(view: View[Any], project: UUID, entries: Sequence[Entry], t: datetime, known: datetime) -> Rows:
    """The rows of *view* for one project whose whole history *entries* are, at *t*, by what was recorded by *known*."""
    folded = Folded(Project(project), {view.name: view.start()})
    take((view,), folded, settled(entries, t, known))
    found: Rows = view.rows(folded.states[view.name], folded.project)
    return found
