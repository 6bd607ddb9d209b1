"""The timeline: a history prepared once, which says what was known and effective at any instant (B1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from domain.law.calendar.moment import Moment, moment
from domain.law.licensing.event import Amend, LawEvent, Retract
from domain.law.licensing.happening import Happening

Act = tuple[datetime, Happening, Moment]

INSTANTS_CACHED_MAX = 256  # the same instant is looked up in many histories


@lru_cache(maxsize=INSTANTS_CACHED_MAX)
def cached_moment(at: datetime, zone: ZoneInfo) -> Moment:
    """As `moment` of a question, cached."""
    return moment(at, zone)


class Timeline:
    """Events in recording order, with their local dates in *zone* worked out once."""

    def __init__(self, zone: str, events: Sequence[LawEvent]) -> None:
        self.zone, self.events = zone, events
        self._tz = tz = ZoneInfo(zone)
        self._recorded: list[Act] = []
        self._corrections: list[LawEvent] = []
        known = None
        for place, event in enumerate(events):
            if event.corrects:
                self._corrections.append(event)
                continue
            at, recorded = event.at, event.recorded_at or event.at
            self._recorded.append((at, event, moment(at, tz, place)))
            known = recorded if known is None or recorded > known else known
        self._acts: list[Act] = sorted(self._recorded, key=itemgetter(0))
        self._happened = self._acts[-1][0] if self._acts else None  # all of it, by then
        self._known = known

    def moment(self, at: datetime) -> Moment:
        """Where the instant *at* falls in the zone."""
        return cached_moment(at, self._tz)

    def by(self, t: datetime, known: datetime) -> list[Act]:
        """What had happened by *t*, as was known at *known*: by `at`, ties in recording order (B1.3)."""
        if not self._corrections and self._happened and self._known and t >= self._happened and known >= self._known:
            return self._acts
        acts = self._corrected(known) if self._corrections else self._acts
        return [act for act in acts if act[0] <= t and (act[1].recorded_at or act[1].at) <= known]

    def _corrected(self, known: datetime) -> list[Act]:
        """All acts as amended and retracted by *known*; the last recorded amendment wins (B1.4)."""
        corrections = [c for c in self._corrections if (c.recorded_at or c.at) <= known]
        annulled: set[str] = set()
        for correction in reversed(corrections):  # a retraction may itself have been retracted later
            if isinstance(correction, Retract) and correction.id not in annulled:
                annulled.add(correction.target)
        moved = {c.target: c.new_at for c in corrections if isinstance(c, Amend) and c.id not in annulled}
        acts: list[Act] = []
        for act in self._recorded:
            _, event, when = act
            if event.id not in annulled:
                at = moved.get(event.id)
                acts.append(act if at is None else (at, event, moment(at, self._tz, when.place)))
        return sorted(acts, key=itemgetter(0))
