"""The auditor's walk through the main acts: receipt, notices, acceptance, decision, end (B5, and B3.8 for the ends).

It is taken first and alone. What else happened is judged afterwards, knowing already whether and as of when the
application was accepted: so nothing depends on when an acceptance by silence became known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.law.auditor.calendar import Days
from tests.law.auditor.record import Act, minute_of

Json = dict[str, Any]


@dataclass
class Round:
    """One round of intake: the act that opened it, its day 0, its last day, and what answered it, if not silence."""

    opened: Act
    start: int
    minute: int
    due: int
    answer: Act | None = None
    voided: bool = False


@dataclass
class Acceptance:
    """How the application was accepted, on which date, by or since which act: the acceptance itself, the decision that
    implies it, the submission that silence answered. *start* is day 0 of what runs from it, since the act *since*.
    """

    kind: str
    date: int
    act: Act
    since: Act
    start: int
    minute: int

    def is_followed_by(self, act: Act) -> bool:
        """Whether *act* followed the acceptance, be it by silence; it may yet lie before a receipt dated later."""
        return act.place > self.act.place


@dataclass
class Walk:
    """What the main acts have made of the application."""

    rule: Json
    days: Days
    begun: Act | None = None
    rounds: list[Round] = field(default_factory=list)
    open: Round | None = None
    notice: Act | None = None
    acceptance: Acceptance | None = None
    accepting: Act | None = None
    refused: Act | None = None
    decided: Act | None = None
    delivered: Act | None = None
    withdrawn: Act | None = None
    attested: int = 0
    ends: list[Act] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    def through(self, acts: list[Act], today: int) -> None:
        for act in acts:
            self.let_silence_speak(act.day)
            self.take(act)
        self.let_silence_speak(today)

    def take(self, act: Act) -> None:
        if act.kind == "attest" and self.begun:
            self.attested = max(self.attested, act.day)
            self.let_silence_speak(act.day)
            return
        if self.withdrawn or (not self.begun and act.kind not in ("received", "accepted", "decided")):
            return
        self.begun = self.begun or act
        step = getattr(self, f"on_{act.kind}", None)
        if step is not None:
            step(act)

    def silence_proves(self, due: int) -> bool:
        """Whether silence until the end of *due* has an effect (B11.1)."""
        return bool(self.rule["live"]) or self.attested > due

    def let_silence_speak(self, day: int) -> None:
        """B5.2: an open round whose last day is over is an acceptance as of its day 0."""
        turn = self.open
        if turn is not None and day > turn.due and self.silence_proves(turn.due):
            self.acceptance = Acceptance("deemed", turn.start, turn.opened, turn.opened, turn.start, turn.minute)
            self.open = None

    def answer(self, act: Act, *, void: bool = False) -> None:
        """Whatever is open of intake ends with *act*."""
        if self.open is not None:
            self.open.answer, self.open.voided = act, void
        self.open = self.notice = None

    def new_round(self, act: Act) -> Round:
        start, minute = act.day, act.minute
        if self.rule["intake_shift"] == "next_working_day":
            closing = minute_of(self.rule["close_of_business"])
            if not self.days.work(start) or minute >= closing:
                start, minute = self.days.first_from(start + 1), 0
        due = last_day(self.rule, self.days, start, minute, self.rule["intake_days"])
        turn = Round(act, start, minute, due)
        self.rounds.append(turn)
        return turn

    def on_received(self, act: Act) -> None:
        if self.rounds:
            self.flags.add("duplicate_receipt")
            return
        turn = self.new_round(act)
        accepted = self.acceptance
        if accepted is None:
            self.open = turn
            return
        turn.answer = self.accepting or self.decided
        if accepted.kind == "explicit":
            self.flags.add("accepted_before_receipt")  # B5.11: it is the answer to this receipt
            if self.decided is None:
                accepted.since, accepted.start, accepted.minute = act, turn.start, turn.minute

    def on_correction_notice(self, act: Act) -> None:
        if self.acceptance is not None:
            deemed = self.acceptance.kind == "deemed"
            self.flags.add("correction_notice_late" if deemed else "correction_after_acceptance")
        elif self.open is not None and len(self.rounds) > 1 and act.details.get("new_items"):
            self.flags.add("correction_repeated_new_items")
        elif self.open is not None:
            self.answer(act)
            self.notice = act

    def on_corrected(self, act: Act) -> None:
        if self.notice is not None:
            self.notice, self.open = None, self.new_round(act)

    def on_accepted(self, act: Act) -> None:
        if self.acceptance is not None:
            deemed = self.acceptance.kind == "deemed"
            self.flags.add("accepted_after_deemed" if deemed else "duplicate_acceptance")
            return
        self.answer(act)
        self.overtake_refusal()
        self.acceptance, self.accepting = Acceptance("explicit", act.day, act, act, act.day, act.minute), act

    def overtake_refusal(self) -> None:
        """What was refused may still be accepted: the later act counts, as if nothing had been refused."""
        self.ends.clear()

    def on_refused(self, act: Act) -> None:
        if self.acceptance is not None:
            deemed = self.acceptance.kind == "deemed"
            self.flags.add("refused_after_deemed" if deemed else "refused_after_acceptance")
        elif self.rounds and self.refused is None:
            self.answer(act)
            self.refused = act
            self.ends.append(act)

    def on_decided(self, act: Act) -> None:
        if self.decided is not None:
            return
        self.decided = act
        if self.acceptance is None:  # B5.9
            self.answer(act)
            self.overtake_refusal()
            self.flags.add("decided_without_acceptance")
            self.acceptance = Acceptance("implied", act.day, act, act, act.day, act.minute)
        self.ends.append(act)

    def on_delivered(self, act: Act) -> None:
        if self.decided is not None:
            self.delivered = self.delivered or act

    def on_withdrawn(self, act: Act) -> None:
        if self.delivered is None:
            self.answer(act, void=True)
            self.withdrawn = act
            self.ends.append(act)

    def end_after(self, act: Act) -> Act | None:
        """What ended the application after *act*, if anything did."""
        return next((end for end in self.ends if end.place > act.place), None)

    def end_of_review(self) -> Act | None:
        """What ended an application that had been accepted."""
        return self.decided or self.withdrawn

    def is_over_at(self, act: Act) -> bool:
        """Whether the application had ended before *act*."""
        return any(end.place < act.place for end in self.ends)

    def is_withdrawn_at(self, act: Act) -> bool:
        return self.withdrawn is not None and self.withdrawn.place < act.place

    def is_alive_at(self, act: Act) -> bool:
        """Whether there is an application at *act*, for it to act on."""
        return self.begun is not None and self.begun.place < act.place and not self.is_over_at(act)

    def state(self) -> str:
        """The stages of the item, the furthest first."""
        states = {
            "withdrawn": self.withdrawn,
            "delivered": self.delivered,
            "decided": self.decided,
            "in_review": self.acceptance,
            "refused": self.refused,
            "awaiting_correction": self.notice,
            "intake": self.rounds,
        }
        return next((state for state, so in states.items() if so), "nonexistent")


def last_day(rule: Json, days: Days, start: int, minute: int, length: int) -> int:
    """The last day in time of a period that nothing suspends (B3.3, B3.4)."""
    if length == 0:
        in_hours = minute < minute_of(rule["close_of_business"])
        return days.first_from(start if in_hours else start + 1)
    day = start
    while length:
        day += 1
        length -= days.work(day)
    return day
