"""The auditor's clocks beside the procedure: consultations of other departments, and the hearing (B9.2 to B9.5)."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.law.auditor.clock import Clock, Desk, due_day
from tests.law.auditor.record import Act

Json = dict[str, Any]


def key(dept: str, step: str | None) -> str:
    return f"{dept}/{step}" if step else dept


class Consultations:
    """Every question to a department: a clock each, that nothing suspends."""

    def __init__(self, desk: Desk, acts: list[Act]) -> None:
        self.desk = desk
        self.terms: Json | None = desk.rule["countersign"]
        self.clocks: dict[str, Clock] = {}
        self.flags: set[str] = set()
        if self.terms is not None:
            for act in acts:
                self.take(act, self.terms)
        for name, clock in self.clocks.items():
            if clock.stop is None:
                clock.end(None, desk.walk.end_after(clock.since))
            if self.has_spoken(clock, clock.stop.day if clock.stop else desk.today):
                self.flags.add(f"countersign_deemed:{name}")

    def take(self, act: Act, terms: Json) -> None:
        if act.kind == "countersign_reply" and not self.desk.walk.is_withdrawn_at(act):
            self.reply(act)
        if not self.desk.walk.is_alive_at(act):
            return
        if act.kind == "countersign_request":
            if act.details.get("replaces") is not None:
                self.recall(self.clocks.get(key(act.details["dept"], act.details["replaces"])), act)
            self.ask(act, terms)
        elif act.kind == "countersign_recall":
            self.recall(self.clocks.get(key(act.details["dept"], act.details.get("step"))), act)
        elif act.kind == "application_revised":
            for clock in self.clocks.values():
                self.recall(clock, act)

    def ask(self, act: Act, terms: Json) -> None:
        name = key(act.details["dept"], act.details.get("step"))
        if name not in self.clocks:
            clock = Clock(act, act.day, act.minute, terms["days"], of_agency=False, card="yellow")
            clock.silence = "deemed" if terms["on_silence"] == "deemed_consent" else "overdue"
            self.clocks[name] = clock

    def reply(self, act: Act) -> None:
        name = key(act.details["dept"], act.details.get("step"))
        clock = self.clocks.get(name)
        if clock is None or clock.stop is not None:
            return
        ended = self.desk.walk.end_after(clock.since)
        if self.has_spoken(clock, min(act.day, ended.day) if ended else act.day):
            self.flags.add(f"countersign_reply_after_deemed:{name}")
        elif ended is None or act.place < ended.place:
            clock.stop = act

    def recall(self, clock: Clock | None, act: Act) -> None:
        """The question is moot from now on, unless silence has answered it."""
        if clock is not None and clock.stop is None and not self.has_spoken(clock, act.day):
            clock.stop, clock.void = act, True

    def has_spoken(self, clock: Clock, day: int) -> bool:
        """Whether silence had become consent before *day* (B9.3)."""
        due = due_day(self.desk, clock, [])
        return clock.silence == "deemed" and due is not None and day > due


class Hearing:
    """The applicant's days to ask for it and the agency's to hold it; the flags of both and of the notice (B9.4)."""

    def __init__(self, desk: Desk, acts: list[Act]) -> None:
        self.desk = desk
        self.terms: Json = desk.rule["hearing"]
        self.window: Clock | None = None
        self.requested: Act | None = None
        self.held: Act | None = None
        self.flags = {"hearing_notice_short" for act in acts if act.kind == "hearing_notice" and self.is_short(act)}
        for act in acts:
            if desk.walk.is_alive_at(act):
                self.take(act)

    def take(self, act: Act) -> None:
        if act.kind == "hearing_told":
            self.tell(act)
        elif act.kind == "hearing_requested":
            self.ask(act)
        elif act.kind == "hearing_held" and self.requested is not None:
            self.held = self.held or act

    def is_short(self, notice: Act) -> bool:
        """Whether too few clear working days lie between the notice and the hearing, whenever it was given."""
        walk = self.desk.walk
        if walk.begun is None or notice.place < walk.begun.place or walk.is_withdrawn_at(notice):
            return False
        day = date.fromisoformat(notice.details["hearing_date"]).toordinal()
        return self.desk.days.between(notice.day, day - 1) < int(self.terms["notice_clear_days"])

    def tell(self, act: Act) -> None:
        if self.window is None:
            self.window = Clock(act, act.day, act.minute, self.terms["request_days"], self.requested)
            self.window.silence, self.window.card = "lapsed", "none"
            self.window.of_agency = self.window.coloured = False

    def is_in_window(self, act: Act) -> bool:
        due = None if self.window is None else due_day(self.desk, self.window, [])
        return due is None or act.day <= due

    def ask(self, act: Act) -> None:
        if self.requested is not None:
            return
        if not self.is_in_window(act):
            self.flags.add("hearing_request_late")
            return
        self.requested = act
        if self.window is not None:
            self.window.stop = act

    def clocks(self) -> dict[str, Clock]:
        walk, clocks = self.desk.walk, {}
        if self.window is not None:
            if self.window.stop is None:
                self.window.end(None, walk.end_after(self.window.since))
            stop = self.window.stop
            if self.window.void and stop is not None and stop is walk.decided and self.is_in_window(stop):
                self.flags.add("decided_before_hearing_window_closed")
            clocks["hearing_request"] = self.window
        if self.requested is not None:
            hold = Clock(self.requested, self.requested.day, self.requested.minute, self.terms["hold_days"])
            hold.end(self.held, walk.end_after(self.requested))
            clocks["hearing_hold"] = hold
        return clocks
