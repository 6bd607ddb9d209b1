"""The history of timeliness: lags by the day of their recording, and suspensions, as known at any instant."""

from __future__ import annotations

from typing import LiteralString

from projections.history.fold import History
from projections.law.shipped import shipped_law
from projections.supervision.timeliness import LAGS, SUSPENSIONS, UNUSUAL, Timeliness

# Both are queried by a period: what was recorded, or suspended, in it. Acts are the most, and summed from an index.
RECORDED: LiteralString = (
    "(recorded_on) INCLUDE (known_from, known_until, valid_from, valid_until, project, department, live, law,"
    " happened_on, acts)"
)
HISTORY = History(
    Timeliness(shipped_law),
    (LAGS, SUSPENSIONS),
    {LAGS.name: (RECORDED,), SUSPENSIONS.name: (UNUSUAL,)},
)
