"""The auditor's clerk: writes down, article by article, what each event of the record brings about."""

from collections.abc import Callable
from datetime import date, datetime, time

from tests.law.audit_desk import DAY, Desk, Json, Stretch, later

SUSPENDS = {"lower_review": "statutory", "decision": "statutory", "commitment": "commitment"}


class Clerk(Desk):
    def __init__(self, rule: Json, events: list[Json], calendar: Json, t: str, known: str) -> None:
        super().__init__(rule, events, calendar, t, known)
        self.flags: set[str] = set()
        self.clocks: dict[str, Json] = {}
        self.rounds: list[Json] = []
        self.state = "nonexistent"
        self.notice: Json | None = None
        self.acceptance: Json | None = None
        self.first: dict[str, datetime] = {}
        self.asked: dict[str, Json] = {}
        self.suspensions: list[Json] = []
        self.longer: dict[str, int] = {}
        self.attested = date.min
        self.tolerated: Json | None = None
        self.on_undertaking = False

    def go_through(self) -> None:
        for at, event in self.acts:
            if "withdrawn" in self.first and event["type"] not in ("suspend", "resume", "extension", "attest"):
                continue
            if self.state == "nonexistent" and event["type"] not in ("received", "accepted", "decided"):
                continue
            self.presume_silence(at)
            handler: Callable[[datetime, Json], None] = getattr(self, "on_" + event["type"])
            handler(at, event)
        self.presume_silence(self.now)

    @property
    def ended(self) -> datetime | None:
        return self.first.get("decided") or self.first.get("withdrawn")

    def believes_silence(self, due: date) -> bool:
        return bool(self.rule["live"]) or self.attested > due

    def presume_silence(self, at: datetime) -> None:
        if self.state == "intake" and "withdrawn" not in self.first:
            last = self.rounds[-1]
            if at.date() > last["due"] and self.believes_silence(last["due"]):
                self.accept("deemed", last["day"], last["at"])

    def accept(self, kind: str, day: date, at: datetime) -> None:
        self.state, self.acceptance = "in_review", {"kind": kind, "day": day, "at": at}

    def answer(self, at: datetime) -> None:
        if self.state == "intake":
            self.rounds[-1]["answered"] = at

    def submit(self, at: datetime) -> None:
        if self.rule["intake_shift"] == "next_working_day" and not self.open_for_business(at):
            at = datetime.combine(self.next_working(at.date()), time(), self.zone)
        due = self.due_of(at, self.rule["intake_days"], [])
        self.rounds.append({"day": at.date(), "at": at, "due": due, "answered": None})
        if self.acceptance:  # the receipt is dated after the act that answers it
            self.rounds[-1]["answered"] = self.acceptance["at"]
        else:
            self.state = "intake"

    def on_received(self, at: datetime, event: Json) -> None:
        if self.rounds:
            self.flags.add("duplicate_receipt")
        else:
            self.submit(at)

    def on_correction_notice(self, at: datetime, event: Json) -> None:
        if self.acceptance:
            deemed = self.acceptance["kind"] == "deemed"
            self.flags.add("correction_notice_late" if deemed else "correction_after_acceptance")
        elif self.state == "intake" and len(self.rounds) >= 2 and event.get("new_items"):
            self.flags.add("correction_repeated_new_items")
        elif self.state == "intake":
            self.answer(at)
            self.state, self.notice = "awaiting_correction", event

    def on_corrected(self, at: datetime, event: Json) -> None:
        if self.state == "awaiting_correction":
            self.submit(at)

    def on_accepted(self, at: datetime, event: Json) -> None:
        if self.acceptance:
            deemed = self.acceptance["kind"] == "deemed"
            self.flags.add("accepted_after_deemed" if deemed else "duplicate_acceptance")
        else:
            self.answer(at)
            self.accept("explicit", at.date(), at)
            if event.get("cure_days"):
                self.tolerated = {"at": at, "length": event["cure_days"], "cured": None}

    def on_papers_received(self, at: datetime, event: Json) -> None:
        if self.tolerated and not self.tolerated["cured"] and not self.ended:
            self.tolerated["cured"] = at

    def on_checked(self, at: datetime, event: Json) -> None:
        if self.on_undertaking:
            self.first.setdefault("checked", at)

    def on_refused(self, at: datetime, event: Json) -> None:
        if self.acceptance:
            self.flags.add(f"refused_after_{'deemed' if self.acceptance['kind'] == 'deemed' else 'acceptance'}")
        elif self.state in ("intake", "awaiting_correction"):
            self.answer(at)
            self.state = "refused"

    def on_suspend(self, at: datetime, event: Json) -> None:
        if [s for s in self.suspensions if s["sid"] == event["sid"] and s["end"] is None]:
            self.flags.add("duplicate_suspend")
            return
        self.suspensions.append({**event, "start": at, "end": None})
        if event["reason"] not in self.rule["statutory_suspend_reasons"]:
            self.flags.add("suspend_no_statutory_ground:" + event["reason"])
        if event.get("notified") is False:
            self.flags.add("suspend_not_notified:" + event["sid"])

    def on_resume(self, at: datetime, event: Json) -> None:
        still_open = [s for s in self.suspensions if s["sid"] == event["sid"] and s["end"] is None]
        if still_open:
            still_open[0]["end"] = at
        else:
            self.flags.add("resume_without_suspend")

    def on_extension(self, at: datetime, event: Json) -> None:
        clock = event.get("clock", "decision")
        run = self.reviews().get(clock)
        if run is None or run["stop"]:
            fault = "extension_outside_clock"
        elif clock in self.longer:
            fault = "extension_repeated"
        elif event["days"] > self.rule[clock]["max_extension"]:
            fault = "extension_exceeds_limit"
        else:
            due = self.due_of(run["at"], run["length"], self.stops_for(clock, None, run["length"]))
            fault = "extension_late" if due and at.date() > due else ""
        if fault:
            self.flags.add(f"{fault}:{clock}")
        else:
            self.longer[clock] = event["days"]
            if event.get("notified") is False:
                self.flags.add("extension_not_notified:" + clock)

    def on_forwarded(self, at: datetime, event: Json) -> None:
        if self.rule["mode"] == "lower_review" and self.acceptance and not self.ended:
            self.first.setdefault(event["type"], at)

    on_upper_received = on_forwarded

    def on_countersign_request(self, at: datetime, event: Json) -> None:
        if event.get("replaces") is not None:
            self.take_back(event["dept"] + ("/" + event["replaces"] if event["replaces"] else ""), at)
        if self.rule["countersign"] and not self.ended:
            due = self.due_of(at, self.rule["countersign"]["days"], [])
            self.asked.setdefault(self.desk_of(event), {"at": at, "due": due, "reply": None, "moot": None})

    def desk_of(self, event: Json) -> str:
        return str(event["dept"] + ("/" + event["step"] if event.get("step") is not None else ""))

    def take_back(self, name: str, at: datetime) -> None:
        asked = self.asked.get(name)
        if asked and not (asked["reply"] or asked["moot"] or self.ended or self.consents(asked, at)):
            asked["moot"] = at

    def on_countersign_recall(self, at: datetime, event: Json) -> None:
        self.take_back(self.desk_of(event), at)

    def on_application_revised(self, at: datetime, event: Json) -> None:
        for name in self.asked:
            self.take_back(name, at)

    def on_countersign_reply(self, at: datetime, event: Json) -> None:
        name = self.desk_of(event)
        asked = self.asked.get(name)
        if asked and not asked["reply"] and not asked["moot"]:
            if self.consents(asked, at):
                self.flags.add("countersign_reply_after_deemed:" + name)
            elif not self.ended:
                asked["reply"] = at

    def consents(self, asked: Json, at: datetime) -> bool:
        silent = not asked["reply"] and self.rule["countersign"]["on_silence"] == "deemed_consent"
        ended = asked["moot"] or self.ended
        overtaken = ended is not None and ended.date() <= asked["due"]
        return bool(silent and at.date() > asked["due"] and not overtaken)

    def on_hearing_told(self, at: datetime, event: Json) -> None:
        if not self.ended:
            self.first.setdefault("hearing_told", at)

    def last_day_to_ask(self) -> date:
        last = self.due_of(self.first["hearing_told"], self.rule["hearing"]["request_days"], [])
        assert last is not None
        return last

    def on_hearing_requested(self, at: datetime, event: Json) -> None:
        if "hearing_requested" in self.first or self.ended:
            return
        if "hearing_told" in self.first and at.date() > self.last_day_to_ask():
            self.flags.add("hearing_request_late")
        else:
            self.first["hearing_requested"] = at

    def on_hearing_notice(self, at: datetime, event: Json) -> None:
        clear = self.working_days(at.date(), date.fromisoformat(event["hearing_date"]) - DAY)
        if clear < self.rule["hearing"]["notice_clear_days"]:
            self.flags.add("hearing_notice_short")

    def on_hearing_held(self, at: datetime, event: Json) -> None:
        if "hearing_requested" in self.first:
            self.first.setdefault("hearing_held", at)

    def on_decided(self, at: datetime, event: Json) -> None:
        if "decided" in self.first:
            return
        if not self.acceptance:
            self.flags.add("decided_without_acceptance")
            self.answer(at)
            self.accept("implied", at.date(), at)
        self.first["decided"], self.granted = at, event["outcome"] == "granted"
        self.on_undertaking = self.granted and bool(event.get("on_undertaking"))
        may_ask = "hearing_told" in self.first and "hearing_requested" not in self.first
        if may_ask and at.date() <= self.last_day_to_ask():
            self.flags.add("decided_before_hearing_window_closed")

    def on_delivered(self, at: datetime, event: Json) -> None:
        if "decided" in self.first:
            self.first.setdefault("delivered", at)

    def on_withdrawn(self, at: datetime, event: Json) -> None:
        if "delivered" not in self.first:
            self.first["withdrawn"] = at

    def on_attest(self, at: datetime, event: Json) -> None:
        self.attested = max(self.attested, at.date())
        self.presume_silence(at)

    def stops_for(self, clock: str, stop: datetime | None, length: int) -> list[Stretch]:
        if clock not in SUSPENDS or length == 0:
            return []
        reasons = self.rule[SUSPENDS[clock] + "_suspend_reasons"]
        stretches = [(s["start"], s["end"]) for s in self.suspensions if s["reason"] in reasons]
        if stop is None:
            return stretches
        return [(s, stop if e is None or later(e, stop) else e) for s, e in stretches if not later(s, stop)]

    def reviews(self) -> dict[str, Json]:
        runs: dict[str, Json] = {}
        if self.acceptance:
            at = datetime.combine(self.acceptance["day"], self.acceptance["at"].time(), self.zone)
            begins = {"decision": at, "commitment": at}
            if self.rule["mode"] == "lower_review":
                begins = {"lower_review": at, "commitment": at}
                if "upper_received" in self.first:
                    begins["decision"] = self.first["upper_received"]
            for name, begin in begins.items():
                if self.rule[name]:
                    stop = self.first.get("forwarded") if name == "lower_review" else None
                    void = stop is None and self.ended is not None and "decided" not in self.first
                    length = self.rule[name]["days"] + self.longer.get(name, 0)
                    runs[name] = {"at": begin, "stop": stop or self.ended, "void": void, "length": length}
        return runs
