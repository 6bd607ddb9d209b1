"""The histories of views, and all that is projected."""

from __future__ import annotations

from projections.clocks.fold import Clocks
from projections.clocks.history import ClockHistory
from projections.external import history as external
from projections.feedback import history as feedback
from projections.feedback.settled import SettledFeedback, SettledHistory
from projections.history.fold import History
from projections.information import history as information
from projections.law.shipped import shipped_law
from projections.progress import history as progress
from projections.registry import VIEWS
from projections.supervision import history as supervision
from projections.supervision import timeliness_history as timeliness
from projections.view import Projected
from projections.waiting import history as waiting

HISTORIES: tuple[History, ...] = (
    progress.HISTORY,
    waiting.HISTORY,
    information.HISTORY,
    ClockHistory(Clocks(shipped_law)),
    supervision.HISTORY,
    feedback.HISTORY,
    SettledHistory(SettledFeedback(shipped_law)),
    external.HISTORY,
    timeliness.HISTORY,
)
EVERY_VIEW: tuple[Projected, ...] = (*VIEWS, *HISTORIES)
