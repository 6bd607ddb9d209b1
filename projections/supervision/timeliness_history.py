"""The history of timeliness: lags by the day of their recording, and suspensions, as known at any instant."""

from __future__ import annotations

from projections.history.fold import History
from projections.law.shipped import shipped_law
from projections.supervision.timeliness import LAGS, SUSPENSIONS, Timeliness

# Both are asked about by a period: what was recorded, or suspended, in it.
HISTORY = History(
    Timeliness(shipped_law),
    (LAGS, SUSPENSIONS),
    {LAGS.name: ("(recorded_on)",), SUSPENSIONS.name: ("(suspended_at)",)},
)
