"""Caches which version of a law applies to a case at an instant, as every command needs it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import LawBook

TERMS_MAX = 10_000
QUARTER_SECONDS = 900


class LawTerms(Struct, frozen=True, gc=False):
    """What a decision reads of a *law*: every version of it, oldest first, and the calendars of *regions* that stack on
    the one it names.
    """

    law: Pack
    versions: tuple[Pack, ...]
    regions: tuple[str, ...]


class LawInForce:
    """Cached queries to a law book, which must not change."""

    def __init__(self, laws: LawBook) -> None:
        self._laws = laws
        self._spans: dict[str, tuple[ZoneInfo, date, date]] = {}  # a law's zone, first and last day
        self._terms: dict[tuple[str, bool, float], LawTerms] = {}  # by law and quarter of an hour
        self._by_law: dict[str, tuple[Pack, ...]] = {}
        self._by_calendar: dict[str, tuple[str, ...]] = {}

    def at(self, law_id: str, at: datetime, *, begun: bool = False) -> Pack:
        """The version of *law_id* in force on the local day of *at*. Raises Refused, as `terms`."""
        return self.terms(law_id, at, begun=begun).law

    def terms(self, law_id: str, at: datetime, *, begun: bool = False) -> LawTerms:
        """The version of *law_id* in force on the local day of *at*, and what belongs to it.

        A case that has *begun* stays under its law after that has expired, and an imported case may be older than it:
        both get the version nearest to the day. Otherwise raises Refused "unknown-law".
        """
        # Offsets from UTC are whole quarter hours, so within one of them it is one day everywhere.
        key = law_id, begun, at.timestamp() // QUARTER_SECONDS
        terms = self._terms.get(key)
        if terms is None:
            if len(self._terms) >= TERMS_MAX:
                self._terms.clear()
            law = self._on(law_id, at, begun=begun)
            terms = self._terms[key] = LawTerms(law, self._versions(law_id), self._regions(law))
        return terms

    def _versions(self, law_id: str) -> tuple[Pack, ...]:
        versions = self._by_law.get(law_id)
        if versions is None:
            versions = self._by_law[law_id] = self._laws.versions(law_id)
        return versions

    def _regions(self, law: Pack) -> tuple[str, ...]:
        regions = self._by_calendar.get(law.calendar)
        if regions is None:
            regions = self._by_calendar[law.calendar] = self._laws.regions(law)
        return regions

    def _on(self, law_id: str, at: datetime, *, begun: bool) -> Pack:
        span = self._spans.get(law_id)
        if span is None:
            versions = self._versions(law_id)
            first, last = versions[0], versions[-1]
            span = self._spans[law_id] = ZoneInfo(last.zone), first.valid_from, last.valid_to or date.max
        zone, valid_from, valid_to = span
        day = at.astimezone(zone).date()
        if begun:
            day = min(max(day, valid_from), valid_to)
        return self._laws.in_force(law_id, day)
