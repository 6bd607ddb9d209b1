"""The parts of a rule pack: lengths, extensions, grounds, notices and citations, each with the words it rests on."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct, field

from domain.law.authority import Confidence
from domain.law.licensing.rule import DayRule, Yellow

BasisLevel = Literal["law", "administrative_regulation", "local_regulation", "ministry_rule", "policy"]
"""Rank of the text a value rests on: 法律, 行政法规, 地方性法规, 部门规章, and what has no force of law."""
"""Where our knowledge comes from: the law's own text, a good secondary source, memory, or our decision in a gap."""

Unit = Literal["working_hour", "working_day", "calendar_day", "week", "month"]

Effect = Literal["suspend", "reset", "restart_with", "none"]

Roll = Literal["none", "forward", "saturday_noon"]

CountingRule = Literal[
    "working_day",
    "calendar_day",
    "week",
    "month",
    "working_hour",
    "first_day",
    "last_day",
    "suspended_days",
    "statutory_holidays",
    "closures",
]
"""What a law's way of counting rests on: each unit it counts in, whether the day of the start counts, a last day of
rest, the two days of a suspension, and the days of rest that no yearly notice names."""

Duty = Literal["acceptance", "answer_date", "suspension_notice", "suspension_length", "extension_notice"]
"""What a law asks of the agency beside keeping its period, so that its neglect is flagged (rule book B13): that an
application is accepted before it is decided on, that the applicant answers by the date set, that the applicant is
informed of a suspension, that this lasts no longer than was said, and that an extension is made known."""

Silence = Literal[
    "overdue",
    "nothing",
    "deemed_accepted",
    "deemed_granted",
    "deemed_renewed",
    "deemed_consent",
    "deemed_refused",
    "lapses",
    "penalty",
    "target_only",
]

A_FIFTH = Yellow(num=1, den=5, min=1)  # rule B10.1


class Limit(Struct, frozen=True):
    """How long something may take: *days* counted in *unit* (0 working days = on the spot), and by which article.

    Limits set in weeks are stored as calendar days, seven a week; months and working hours keep number and unit.
    """

    days: int
    unit: Unit
    article: str
    level: BasisLevel = "law"


class Extension(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a clock may be extended: at most *days_max* in all (None: no limit in the law), *count_max* times.

    *max_ratio* limits it to a part of the period, numerator and denominator: (1, 2) is half of it. *excess* says what a
    longer one is worth: nothing (void), or what was written, flagged. *unit* None: the clock's.
    """

    article: str
    days_max: int | None = None
    max_ratio: tuple[int, int] | None = None
    count_max: int = 1
    approver: str = "agency_head"
    before_expiry: bool = True
    to_agreed_date: bool = False
    excess: Literal["void", "flagged"] = "void"
    unit: Unit | None = None
    quote: str = ""
    level: BasisLevel = "law"
    confidence: Confidence = "text"

    def most(self, period: int) -> int | None:
        """By how much a *period* of that length may be extended in all; None where the law sets no limit."""
        if self.max_ratio is None:
            return self.days_max
        part = period * self.max_ratio[0] // self.max_ratio[1]
        return part if self.days_max is None else min(part, self.days_max)


class NoticeTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What a request made to the applicant does to the period once it is answered.

    suspend leaves the time between out, reset restarts the period, restart_with starts one of another length.
    The first request has *effect* if made within *within* days of the start (None: at any time), else *late_effect*.
    Every later one has *again_effect* (None: as the first) if made within *again_within* days of the last answer.
    Days are the clock's own counting days; *restart_with* is counted in the clock's unit.

    *suspension_ends* says what ends the time between: the answer alone, or also the end of the term set for it, so that
    an unanswered clock runs again from the day after. Where the request set no term, it is *term* of *term_unit* (None:
    then only an answer ends it); *term_is_limit*: no longer one may be set. The clock stops for this reason at most
    *stops_max* times (None: any number).
    """

    effect: Effect = "suspend"
    restart_with: int | None = None
    within: int | None = None
    late_effect: Effect = "none"
    again_effect: Effect | None = None
    again_within: int | None = None
    suspension_ends: Literal["on_answer", "on_answer_or_term"] = "on_answer"
    term: int | None = None
    term_unit: Literal["working_day", "calendar_day", "month"] = "working_day"
    term_is_limit: bool = False
    stops_max: int | None = None


class Ground(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason for which time is not counted, its article, and the clocks it *stops*.

    It is for some *modes* of handling, or for all where none is named. *by_request*: a request for missing papers
    (request_supplement) stops them on this ground; so does the one called "supplement".
    """

    reason: str
    article: str
    stops: tuple[str, ...]
    modes: tuple[str, ...] = ()
    by_request: bool = False
    title: str = ""
    title_zh: str = ""
    notice: NoticeTerms = NoticeTerms()
    quote: str = ""
    level: BasisLevel = "law"
    confidence: Confidence = "text"

    def applies(self, clock: str, mode: str) -> bool:
        """Whether it stops *clock* in *mode*."""
        return clock in self.stops and self.is_for(mode)

    def is_for(self, mode: str) -> bool:
        """Whether cases handled in *mode* know it."""
        return not self.modes or mode in self.modes


class ModeTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What differs in one mode of handling: the length, how it may be extended, and what silence means."""

    days: int
    article: str
    title: str = ""
    title_zh: str = ""
    unit: Unit | None = None
    level: BasisLevel = "law"
    extension: Extension | None = None
    on_silence: Silence | None = None
    quote: str = ""
    confidence: Confidence = "text"
    note: str = ""


class ClockTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """One clock as the law sets it: what starts and stops it, how its days are counted, what silence means.

    *stop_event* "notified": what stops it counts once it has reached the applicant; a documented attempt suffices.

    *days* is the length where the mode does not matter; *modes* holds the lengths where it does; neither: the length
    is published with the item. What a mode leaves out (extension, silence, unit) it has from the clock. A *backward*
    clock counts back from its start event; with *clear_days* that many whole days lie between.
    """

    article: str
    start: tuple[str, ...]
    stop: tuple[str, ...]
    stop_event: Literal["decided", "notified"] = "decided"
    days: int | None = None
    unit: Unit = "working_day"
    first_day: Literal["excluded", "included"] = "excluded"
    start_shift: Literal["none", "next_working_day"] = "none"
    month_end: Literal["same_day", "day_before"] = "same_day"
    roll: Roll = "none"
    suspension_day_rule: DayRule = "[s,e)"
    direction: Literal["forward", "backward"] = "forward"
    clear_days: bool = False
    on_silence: Silence = "overdue"
    modes: dict[str, ModeTerms] = field(default_factory=dict)
    extension: Extension | None = None
    yellow: Yellow = A_FIFTH
    card: Literal["red", "yellow", "none"] = "red"
    quote: str = ""
    level: BasisLevel = "law"
    confidence: Confidence = "text"
    note: str = ""


class Citation(Struct, frozen=True, forbid_unknown_fields=True):
    """An article quoted in refusals and explanations; the notes say, in English and Chinese, what to know beside it."""

    article: str
    quote: str = ""
    confidence: Confidence = "text"
    note: str = ""
    note_zh: str = ""


class DutyTerms(Citation, frozen=True, forbid_unknown_fields=True):
    """The words on which a duty towards the applicant rests. *grounds*: of suspensions, only of those on these grounds.

    It moves no date, colour or card: what was done in neglect of it has effect all the same (rule book B7.9, B8.3).
    """

    grounds: tuple[str, ...] = ()


class Special(Struct, frozen=True, forbid_unknown_fields=True):
    """Lex specialis: one kind of item whose own law replaces some clocks of the pack and may add grounds.

    *counting_rules* say what its way of counting rests on, where that is not what the pack's rests on.
    """

    title: str
    title_zh: str
    law: str
    valid_from: date
    clocks: dict[str, ClockTerms]
    grounds: tuple[Ground, ...] = ()
    counting_rules: dict[CountingRule, Citation] = field(default_factory=dict)
    note: str = ""
