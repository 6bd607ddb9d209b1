"""Time zones in which days begin: that of a law, and that of the installation."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from zoneinfo import ZoneInfo

from domain.core.ledger import Refused
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW


@cache
def zone_of(law: str) -> ZoneInfo:
    """The zone in which the days of *law* begin; UTC for a law that is not in the book."""
    try:
        return ZoneInfo(law_book().versions(law.partition("@")[0])[-1].zone)
    except Refused:
        return ZoneInfo(str(UTC))


def home_zone(laws: LawBook) -> str:
    """The zone of the installation's own law, in whose days periods and lists are given."""
    return laws.versions(DEFAULT_LAW)[-1].zone
