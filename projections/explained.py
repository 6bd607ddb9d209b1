"""Why a clock of an application stands where it does, whatever its law counts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.law.explain import Explanation, explain
from domain.law.general_explain import explain_general
from domain.law.timeline import Timeline
from projections.law_events import ItemHistory, Laws, rule_of
from projections.readings import book_of, general_terms


def explanation(history: ItemHistory, laws: Laws, clock: str, t: datetime, known: datetime) -> Explanation:
    """The *clock* day by day at *t*, by what was known at *known*.

    Raises KeyError if it has not started by then, ValueError if it is counted in hours.
    """
    if not history.law:
        raise KeyError(clock)
    pack, rule = laws.pack(history.law), rule_of(history, laws, clock)
    if rule is not None:
        return explain(rule, history.events, book_of(pack, laws), t, known, clock)
    terms = general_terms(history, laws, known.astimezone(ZoneInfo(pack.zone)).date())
    return explain_general(terms, Timeline(pack.zone, history.events), t, known, clock)
