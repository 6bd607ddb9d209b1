"""The history of what is waited for."""

from __future__ import annotations

from projections.history.fold import History
from projections.history.versions import AT_AN_INSTANT
from projections.waiting.fold import WAITING, Waiting

# A sixth of all waits is at hand, which is what desks and most lists ask for; the others wait for other items.
AT_HAND = tuple(f"{index} WHERE kind <> 'precondition'" for index in AT_AN_INSTANT)
HISTORY = History(Waiting(), (WAITING,), {WAITING.name: (*AT_AN_INSTANT, *AT_HAND)})
