"""The timeline: a history prepared once, to be asked what was known and effective at any instant (B1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

from domain.law.event import Amend, LawEvent, Retract
from domain.law.moment import Happening, Moment, moment

Act = tuple[datetime, Happening, Moment]


class Timeline:
    """Events in recording order, with their local dates in *zone* worked out once."""

    def __init__(self, zone: str, events: Sequence[LawEvent]) -> None:
        self.zone, self.events = zone, events
        self._tz = ZoneInfo(zone)
        self._told: list[Act] = [
            (event.at, event, moment(event.at, self._tz)) for event in events if not event.corrects
        ]
        self._acts: list[Act] = sorted(self._told, key=itemgetter(0))
        self._happened = self._acts[-1][0] if self._acts else None  # all of it, by then
        self._known = max((event.recorded_at or event.at for _, event, _ in self._acts), default=None)
        self._corrections = [event for event in events if event.corrects] if len(self._acts) < len(events) else []

    def moment(self, at: datetime) -> Moment:
        """Where an instant falls in the zone."""
        return moment(at, self._tz)

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
        for act in self._told:
            event = act[1]
            if event.id not in annulled:
                at = moved.get(event.id)
                acts.append(act if at is None else (at, event, self.moment(at)))
        return sorted(acts, key=itemgetter(0))
