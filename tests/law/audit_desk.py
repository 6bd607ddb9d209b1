"""The auditor's desk: the record as amended, the wall calendar, and counting days with a finger."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Stretch = tuple[datetime, datetime | None]
DAY = timedelta(days=1)


def later(one: datetime, other: datetime) -> bool:
    """Compare instants, not wall clocks: two datetimes of one zone compare by what the wall clock shows."""
    return one.timestamp() > other.timestamp()


class Desk:
    def __init__(self, rule: Json, events: list[Json], calendar: Json, t: str, known: str) -> None:
        self.rule, self.zone = rule, ZoneInfo(rule["zone"])
        self.now, self.known = self.local(t), self.local(known)
        self.hang_up(calendar)
        self.acts = self.effective(events)

    def local(self, at: str) -> datetime:
        return datetime.fromisoformat(at).astimezone(self.zone)

    def effective(self, events: list[Json]) -> list[tuple[datetime, Json]]:
        heard = [e for e in events if not later(self.local(e.get("recorded_at") or e["at"]), self.known)]
        gone: set[str] = set()
        for e in reversed(heard):
            if e["type"] == "retract" and e["id"] not in gone:
                gone.add(e["target"])
        when = {e["id"]: e["at"] for e in heard}
        for e in heard:
            if e["type"] == "amend" and e["id"] not in gone:
                when[e["target"]] = e["new_at"]
        acts = [(self.local(when[e["id"]]), e) for e in heard if e["type"] not in ("amend", "retract")]
        acts = [act for act in acts if act[1]["id"] not in gone and not later(act[0], self.now)]
        acts.sort(key=lambda act: act[0].timestamp())
        return acts

    def hang_up(self, calendar: Json) -> None:
        published = [n for n in calendar["notices"] if date.fromisoformat(n["published"]) <= self.known.date()]
        published.sort(key=lambda notice: str(notice["published"]))
        self.printed: dict[str, int] = {}
        for notice in published:
            self.printed.update(notice["days"])
        self.horizon = max([n["covers_to"] for n in published if n["covers_to"]], default="")
        self.statutory = {d for year in calendar["provisional_off"].values() for d in year if d > self.horizon}

    def works(self, day: date) -> bool:
        name = day.isoformat()
        if name in self.printed:
            return self.printed[name] == 1
        return day.weekday() < 5 and name not in self.statutory

    def working_days(self, after: date, through: date) -> int:
        count = 0
        day = after
        while day < through:
            day += DAY
            count += self.works(day)
        return count

    def next_working(self, day: date) -> date:
        day += DAY
        while not self.works(day):
            day += DAY
        return day

    def same_day_later(self, day: date, months: int) -> date:
        """Found by walking: the day of that number in the month so many later, or that month's last."""
        found, left = day, months
        while left:
            found += DAY
            left -= found.day == 1
        while found.day < day.day and (found + DAY).month == found.month:
            found += DAY
        return found

    def open_for_business(self, at: datetime) -> bool:
        return self.works(at.date()) and f"{at:%H:%M}" < self.rule["close_of_business"]

    def taken_out(self, day: date, stretches: list[Stretch]) -> bool:
        midnight = datetime.combine(day + DAY, time(), self.zone)
        for start, end in stretches:
            last = date.max if end is None else end.date()
            out = {
                "[s,e)": start < midnight and (end is None or end >= midnight),  # suspended when the day ends
                "(s,e]": start.date() < day <= last,
                "(s,e)": start.date() < day < last,
                "[s,e]": start.date() <= day <= last,
            }
            if out[self.rule["suspension_day_rule"]]:
                return True
        return False

    def due_of(self, at: datetime, length: int, stretches: list[Stretch]) -> date | None:
        if length == 0:
            return at.date() if self.open_for_business(at) else self.next_working(at.date())
        counted, day = 0, at.date()
        while not any(end is None and day > start.date() for start, end in stretches):  # from then on all is taken out
            day += DAY
            counted += self.works(day) and not self.taken_out(day, stretches)
            if counted == length:
                return day
        return None
