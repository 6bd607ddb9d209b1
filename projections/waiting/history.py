"""The history of what is waited for."""

from __future__ import annotations

from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT
from projections.waiting.fold import WAITING, Waiting

HISTORY = History(Waiting(), (WAITING,), {WAITING.name: AT_AN_INSTANT})
