"""Which law the views count by: that of the package, with the calendar notices applied to this ledger by now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from infrastructure.calendar.calendars import laws_now
from infrastructure.law.lawbook import LawBook, law_book
from projections.clocks.fold import Clocks
from projections.view import View


def by_law_now(connection: psycopg.Connection[Any], views: Sequence[View[Any]]) -> tuple[View[Any], ...]:
    """*views*, those that count working days by the notices applied by now; one that does already is itself.

    Another calendar makes another version of the view (rule B2.6): its rows have to be made anew.
    """
    laws = laws_now(connection, law_book())
    return tuple(_counting(view, laws) for view in views)


def _counting(view: View[Any], laws: LawBook) -> View[Any]:
    if not isinstance(view, Clocks):
        return view
    other = view.under(lambda: laws)
    return view if other.version == view.version else other
