"""Which cache keeps the states of some views between batches."""

from __future__ import annotations

from collections.abc import Sequence

from infrastructure.projector import fold_cache, history_cache
from infrastructure.projector.batch import ChangeCache
from infrastructure.projector.fold_cache import FoldCache
from infrastructure.projector.history_cache import HistoryCache
from projections.history.fold import History
from projections.view import Projected


def are_histories(views: Sequence[Projected]) -> bool:
    """Whether *views* are histories: these are followed by a projector of their own."""
    return any(isinstance(view, History) for view in views)


def cache_for(views: Sequence[Projected], share: int = 1) -> ChangeCache:
    """A cache for *views*, by one of *share* processes that follow them together."""
    if are_histories(views):
        return HistoryCache(history_cache.FACTS_MAX // share)
    return FoldCache(fold_cache.FACTS_MAX // share)
