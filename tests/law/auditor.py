"""An auditor who knows no arithmetic: reads the rule book, walks the wall calendar day by day, counts on fingers.

Shares no code with `domain/law`: it takes the JSON of a vector and answers in the JSON of its `expect`.
"""

from datetime import date, datetime, timedelta
from math import ceil

from tests.law.audit_clerk import Clerk
from tests.law.audit_desk import DAY, Json

CARDS = {
    "commitment": "yellow",
    "countersign": "yellow",
    "hearing_request": "none",
    "tolerance_cure": "none",
    "post_check": "none",
}
APPLICANTS = ("hearing_request", "tolerance_cure")


def audit(rule: Json, events: list[Json], calendar: Json, t: str, known: str | None = None) -> Json:
    """What the law says at *t*, by what was known at *known*."""
    return Auditor(rule, events, calendar, t, known or t).report()


class Auditor(Clerk):
    def report(self) -> Json:
        self.go_through()
        self.flag_what_lasts()
        self.read_all()
        return {
            "item_state": self.item_state(),
            "acceptance": self.acceptance and {"kind": self.acceptance["kind"], "date": str(self.acceptance["day"])},
            "deemed": self.renewed(),
            "card": self.card(),
            "flags": sorted(self.flags),
            "clocks": self.clocks,
        }

    def read(self, name: str, run: Json) -> None:
        kind = name.partition(":")[0].partition("#")[0]
        stop, length, start = run["stop"], run["length"], run["at"].date()
        stretches = self.stops_for(kind, stop, length)
        due = self.due_of(run["at"], length, stretches)
        earliest = None if due else self.due_of(run["at"], length, self.stops_for(kind, self.now, length))
        state = self.state_of(kind, run, due)
        last = stop.date() if stop else due if state in ("lapsed", "deemed") else self.now.date() - DAY
        used, day = 0, start
        while last and day < last:
            day += DAY
            used += self.works(day) and not self.taken_out(day, stretches)
        late = self.working_days(due, stop.date() if stop else self.now.date()) if due else 0
        warn = max(self.rule["yellow"]["min"], ceil(length * self.rule["yellow"]["num"] / self.rule["yellow"]["den"]))
        green = self.due_of(run["at"], length - warn, stretches) if length > warn else None
        remaining = max(0, length - used)
        known = due or earliest
        self.clocks[name] = {
            "start": str(start),
            "length": length,
            "due": due and str(due),
            "earliest_due": earliest and str(earliest),
            "yellow_from": str(start) if length <= warn else green and str(green + DAY),
            "used": used,
            "remaining": remaining,
            "overdue_days": late if state in ("overdue", "late", "void") else 0,
            "state": state,
            "level": "none" if kind in APPLICANTS else self.level(state, remaining <= warn),
            "provisional": bool(known and str(known) > self.horizon),
        }

    def state_of(self, kind: str, run: Json, due: date | None) -> str:
        if run["stop"]:
            return "void" if run.get("void") else "late" if due and run["stop"].date() > due else "met"
        if due and self.now.date() > due:
            own = kind not in ("countersign", *APPLICANTS)
            return "unconfirmed" if own and not self.believes_silence(due) else str(run.get("silence", "overdue"))
        stretches = self.stops_for(kind, None, run["length"])
        return "suspended" if any(end is None for _, end in stretches) else "running"

    def level(self, state: str, near: bool) -> str:
        if state in ("overdue", "late", "lapsed", "deemed"):
            return "red"
        if state == "running":
            return "yellow" if near else "green"
        return {"suspended": "paused", "unconfirmed": "yellow", "met": "none", "void": "none"}[state]

    def read_all(self) -> None:
        withdrawn = self.first.get("withdrawn")
        for number, one in enumerate(self.rounds, start=1):
            is_open = self.state == "intake" and number == len(self.rounds)
            stop = one["answered"] or (withdrawn if is_open else None)
            run = {"stop": stop, "void": not one["answered"], "silence": "lapsed", "length": self.rule["intake_days"]}
            self.read(f"intake#{number}", run | {"at": one["at"]})
        for name, run in self.reviews().items():
            self.read(name, run)
        if "decided" in self.first and self.granted:
            stop = self.first.get("delivered") or withdrawn
            void, length = "delivered" not in self.first, self.rule["delivery_days"]
            self.read("delivery", {"at": self.first["decided"], "stop": stop, "void": void, "length": length})
        for name, asked in self.asked.items():
            deemed = self.consents(asked, self.now)
            if deemed:
                self.flags.add("countersign_deemed:" + name)
            run = {"at": asked["at"], "length": self.rule["countersign"]["days"], "void": not asked["reply"]}
            stop = None if deemed else asked["reply"] or asked["moot"] or self.ended
            self.read("countersign:" + name, run | {"stop": stop, "silence": "deemed" if deemed else "overdue"})
        self.read_hearing(withdrawn)
        self.read_promises(withdrawn)
        self.read_guard()

    def read_promises(self, withdrawn: datetime | None) -> None:
        if self.tolerated:
            cured = self.tolerated["cured"]
            self.read("tolerance_cure", self.tolerated | {"stop": cured or self.ended, "void": not cured})
        months = self.rule.get("post_check_months", 0)
        if self.on_undertaking and months:
            begun, checked = self.first["decided"], self.first.get("checked")
            last = self.same_day_later(begun.date(), months)
            last = last if self.works(last) else self.next_working(last)
            length = self.working_days(begun.date(), last)
            self.read("post_check", {"at": begun, "stop": checked or withdrawn, "void": not checked, "length": length})

    def read_hearing(self, withdrawn: datetime | None) -> None:
        asked = self.first.get("hearing_requested")
        if "hearing_told" in self.first:
            cut = self.ended if self.ended and self.ended.date() <= self.last_day_to_ask() else None
            run = {"at": self.first["hearing_told"], "length": self.rule["hearing"]["request_days"]}
            self.read("hearing_request", run | {"stop": asked or cut, "void": not asked, "silence": "lapsed"})
        if asked:
            held = self.first.get("hearing_held")
            run = {"at": asked, "length": self.rule["hearing"]["hold_days"]}
            self.read("hearing_hold", run | {"stop": held or withdrawn, "void": not held})

    def read_guard(self) -> None:
        if not self.rule["licence_expiry"]:
            return
        expiry = date.fromisoformat(self.rule["licence_expiry"])
        filed = self.rounds[0]["day"] if self.rounds else self.acceptance["day"] if self.acceptance else date.min
        timely = filed + timedelta(days=self.rule["renewal"]["file_before_days"]) <= expiry
        if self.rounds and not timely:
            self.flags.add("renewal_filed_late")
        if not self.acceptance:
            return
        today, over = self.now.date(), self.now.date() - DAY
        if self.ended and self.ended.date() <= expiry:
            state, over = "met" if "decided" in self.first else "void", self.ended.date()
        elif today <= expiry:
            state = "running"
        elif self.ended or self.believes_silence(expiry):
            state = "deemed" if timely else "lapsed"
        else:
            state = "unconfirmed"
        left = self.working_days(over, expiry)
        self.clocks["renewal_guard"] = {
            "start": str(self.acceptance["day"]),
            "length": None,
            "due": str(expiry),
            "earliest_due": None,
            "yellow_from": None,
            "used": None,
            "remaining": left,
            "overdue_days": 0,
            "state": state,
            "level": self.level(state, left <= self.rule["renewal"]["yellow_days"]),
            "provisional": str(expiry) > self.horizon,
        }

    def item_state(self) -> str:
        for name in ("withdrawn", "delivered", "decided"):
            if name in self.first:
                return name
        return self.state

    def renewed(self) -> Json | None:
        guard = self.clocks.get("renewal_guard")
        if not guard or guard["state"] != "deemed":
            return None
        return {"kind": "renewed", "from": str(date.fromisoformat(guard["due"]) + DAY)}

    def flag_what_lasts(self) -> None:
        respond_by = self.notice and self.notice.get("respond_by")
        waiting = self.state == "awaiting_correction" and "withdrawn" not in self.first
        if waiting and respond_by and str(self.now.date()) > respond_by:
            self.flags.add("correction_response_overdue")
        for s in self.suspensions:
            ends = [at for at in (s["end"], self.ended, self.now) if at]
            if s.get("planned_until") and str(min(ends, key=datetime.timestamp).date()) > s["planned_until"]:
                self.flags.add("suspension_overrun:" + s["sid"])

    def card(self) -> str:
        cards = {
            CARDS.get(name.split(":")[0], "red")
            for name, clock in self.clocks.items()
            if clock["state"] in ("overdue", "late", "lapsed", "deemed")
        }
        return "red" if "red" in cards else "yellow" if "yellow" in cards else "none"
