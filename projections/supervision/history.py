"""The history of cards, their states and decisions, as they were known: no more is asked about them."""

from __future__ import annotations

from projections.history.fold import History, recorded
from projections.supervision.fold import DECISIONS, FATES, SIGNALS, Supervision

HISTORY = History(
    Supervision(),
    (SIGNALS, FATES, DECISIONS),
    {SIGNALS.name: ("(happened_at)",), DECISIONS.name: ("(decided_at)",)},
    in_effect=recorded,
    known_alone=True,
)
