"""A project's views at an instant, as known at another: for questions about the past that no table answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.vocabulary import Entry, corrections
from projections.view import CORRECTIONS, Folded, View, fold


def as_it_stood(
    views: Sequence[View[Any]], project: UUID, entries: Sequence[Entry], as_of: datetime, known_at: datetime
) -> Folded:
    """*views* of the project as it stood at *as_of*, by what was recorded up to *known_at*; entries in version order.

    A correction counts once it is known, whatever instant is asked about: it says how things were.
    """
    known = [entry for entry in entries if entry.recorded_at <= known_at]
    amended = corrections(known).amended
    past = [
        entry
        for entry in known
        if isinstance(entry.fact, CORRECTIONS) or amended.get(entry.version, entry.occurred_at) <= as_of
    ]
    return fold(views, project, past)
