"""Caches which version of a law applies to a case at an instant, as every command needs it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import LawBook

PACKS_MAX = 10_000
QUARTER_SECONDS = 900


class LawInForce:
    """Cached queries to a law book, which must not change."""

    def __init__(self, laws: LawBook) -> None:
        self._laws = laws
        self._spans: dict[str, tuple[ZoneInfo, date, date]] = {}  # a law's zone, first and last day
        self._packs: dict[tuple[str, bool, float], Pack] = {}  # by law and quarter of an hour
        self._versions: dict[str, tuple[Pack, ...]] = {}  # by law
        self._regions: dict[str, tuple[str, ...]] = {}  # by calendar

    def at(self, law_id: str, at: datetime, *, begun: bool = False) -> Pack:
        """The version of *law_id* in force on the local day of *at*.

        A case that has *begun* stays under its law after that has expired, and an imported case may be older than it:
        both get the version nearest to the day. Otherwise raises Refused "unknown-law".
        """
        # Offsets from UTC are whole quarter hours, so within one of them it is one day everywhere.
        key = law_id, begun, at.timestamp() // QUARTER_SECONDS
        pack = self._packs.get(key)
        if pack is None:
            if len(self._packs) >= PACKS_MAX:
                self._packs.clear()
            pack = self._packs[key] = self._on(law_id, at, begun=begun)
        return pack

    def versions(self, law_id: str) -> tuple[Pack, ...]:
        """Every version of *law_id*, oldest first."""
        versions = self._versions.get(law_id)
        if versions is None:
            versions = self._versions[law_id] = self._laws.versions(law_id)
        return versions

    def regions(self, pack: Pack) -> tuple[str, ...]:
        """The calendars of regions that stack on the one *pack* names."""
        regions = self._regions.get(pack.calendar)
        if regions is None:
            regions = self._regions[pack.calendar] = self._laws.regions(pack)
        return regions

    def _on(self, law_id: str, at: datetime, *, begun: bool) -> Pack:
        span = self._spans.get(law_id)
        if span is None:
            versions = self._laws.versions(law_id)
            first, last = versions[0], versions[-1]
            span = self._spans[law_id] = ZoneInfo(last.zone), first.valid_from, last.valid_to or date.max
        zone, valid_from, valid_to = span
        day = at.astimezone(zone).date()
        if begun:
            day = min(max(day, valid_from), valid_to)
        return self._laws.in_force(law_id, day)
