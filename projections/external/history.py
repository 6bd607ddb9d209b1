"""The history of external results: what of departments outside was known at an instant, and how long verified."""

from __future__ import annotations

from projections.external.fold import OUTSIDE, External
from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT
from projections.law.shipped import shipped_law

HISTORY = History(External(shipped_law), (OUTSIDE,), {OUTSIDE.name: AT_AN_INSTANT})
