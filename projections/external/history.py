"""The history of external results: what of departments outside was known at an instant, and how long verified."""

from __future__ import annotations

from typing import LiteralString

from projections.external.fold import OUTSIDE, External
from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT, AXES, covering
from projections.law.shipped import shipped_law

# Of all results at an instant one in ten is needed by an item that is not decided.
STALE_BY: tuple[LiteralString, ...] = ("project", "zone", "needed", "verified_on")
NEEDED = tuple(f"{covering(axis, STALE_BY)} WHERE needed" for axis in AXES)
HISTORY = History(External(shipped_law), (OUTSIDE,), {OUTSIDE.name: (*AT_AN_INSTANT, *NEEDED)})
