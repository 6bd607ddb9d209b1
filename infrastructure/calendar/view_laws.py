"""The law by which views count: that of the package, with the calendar notices applied in this ledger so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from infrastructure.calendar.calendars import laws_now
from infrastructure.law.lawbook import LawBook, law_book
from projections.clocks.fold import Clocks
from projections.clocks.history import ClockHistory
from projections.feedback.fold import Feedback
from projections.feedback.settled import SettledHistory
from projections.view import Projected


def by_law_now(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> tuple[Projected, ...]:
    """*views*, with those that count working days under the notices applied so far; unchanged if they already are.

    Another calendar makes another version of the view (rule B2.6), which has to be rebuilt.
    """
    laws = laws_now(connection, law_book())
    return tuple(_counting(view, laws) for view in views)


def _counting(view: Projected, laws: LawBook) -> Projected:
    if not isinstance(view, Clocks | ClockHistory | Feedback | SettledHistory):
        return view
    other = view.under(lambda: laws)
    return view if other.version == view.version else other
