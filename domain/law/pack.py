"""A rule pack: one law's limits, grounds and articles, as dated data with the words they rest on."""

from __future__ import annotations

import tomllib
from datetime import date, time
from typing import Literal

import msgspec
from msgspec import Struct, field, structs

DEFAULT_MODE = "single"

Level = Literal["law", "administrative_regulation", "local_regulation", "ministry_rule", "policy"]
Confidence = Literal["text", "source", "memory", "decision"]
Unit = Literal["working_hour", "working_day", "calendar_day", "week", "month"]
DayRule = Literal["[s,e)", "(s,e]", "(s,e)", "[s,e]"]
Effect = Literal["suspend", "reset", "restart_with", "none"]
Roll = Literal["none", "forward", "saturday_noon"]
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


class PackInvalid(ValueError):  # noqa: N818 a verdict on the text, listed in full
    """A rule pack that must not be used; *faults* holds one sentence for every failed check."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(f"rule pack {name} is invalid: " + "; ".join(faults))
        self.name, self.faults = name, faults


class Limit(Struct, frozen=True):
    """How long something may take: *days* counted in *unit* (0 working days = on the spot), and by which article.

    Laws made in weeks are kept as 7-day weeks in calendar days; months and working hours stay in their own unit.
    """

    days: int
    unit: Unit
    article: str
    level: Level = "law"


class Extension(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a clock may be extended: at most *days_max* in all (None: no limit in the law), *count_max* times.

    *excess* says what a longer one is worth: nothing (void), or what was written, flagged.
    """

    days_max: int | None
    article: str
    count_max: int = 1
    approver: str = "agency_head"
    before_expiry: bool = True
    to_agreed_date: bool = False
    excess: Literal["void", "flagged"] = "void"
    unit: Unit | None = None
    quote: str = ""
    level: Level = "law"
    confidence: Confidence = "text"


class Notice(Struct, frozen=True, forbid_unknown_fields=True):
    """What a request made to the applicant does to the period once it is answered.

    suspend leaves the time between out, reset begins the period anew, restart_with begins one of another length.
    The first request has *effect* if made within *within* days of the start (None: at any time), else *late_effect*.
    Every later one has *again_effect* (None: as the first) if made within *again_within* days of the last answer.
    Days are the clock's own counting days; *restart_with* is counted in the clock's unit.
    """

    effect: Effect = "suspend"
    restart_with: int | None = None
    within: int | None = None
    late_effect: Effect = "none"
    again_effect: Effect | None = None
    again_within: int | None = None


class Ground(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason for which time is not counted, the article that says so, and the clocks it *stops*."""

    reason: str
    article: str
    stops: tuple[str, ...]
    title: str = ""
    title_zh: str = ""
    notice: Notice = Notice()
    quote: str = ""
    level: Level = "law"
    confidence: Confidence = "text"


class Yellow(Struct, frozen=True, forbid_unknown_fields=True):
    """When a clock warns: remaining <= max(min, ceil(length * num / den))."""

    num: int = 1
    den: int = 5
    min: int = 1


class ModeTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """What differs in one mode of handling: the length of the clock and how it may be extended."""

    days: int
    article: str
    level: Level = "law"
    extension: Extension | None = None
    quote: str = ""
    confidence: Confidence = "text"


class ClockTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """One clock as the law sets it: what starts and stops it, how its days are counted, what silence means.

    *days* is the length where the mode does not matter; *modes* holds the lengths where it does.
    """

    article: str
    start: tuple[str, ...]
    stop: tuple[str, ...]
    days: int | None = None
    unit: Unit = "working_day"
    first_day: Literal["excluded", "included"] = "excluded"
    start_shift: Literal["none", "next_working_day"] = "none"
    month_end: Literal["same_day", "day_before"] = "same_day"
    roll: Roll = "none"
    suspension_day_rule: DayRule = "[s,e)"
    on_silence: Silence = "overdue"
    modes: dict[str, ModeTerms] = field(default_factory=dict)
    extension: Extension | None = None
    yellow: Yellow = Yellow()
    card: Literal["red", "yellow", "none"] = "red"
    quote: str = ""
    level: Level = "law"
    confidence: Confidence = "text"
    note: str = ""


class Citation(Struct, frozen=True, forbid_unknown_fields=True):
    """An article quoted in refusals and explanations."""

    article: str
    quote: str = ""
    confidence: Confidence = "text"


class Special(Struct, frozen=True, forbid_unknown_fields=True):
    """Lex specialis: one kind of item whose own law replaces some clocks of the pack."""

    title: str
    title_zh: str
    clocks: dict[str, ClockTerms]


class Penalty(Struct, frozen=True, forbid_unknown_fields=True):
    """Money owed for silence after a written notice: from day *from_day* on, *amount* a day."""

    from_day: int
    amount: int


class Pack(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of one law: valid from a date (inclusive) to a date (inclusive, None = still in force)."""

    id: str
    valid_from: date
    valid_to: date | None = None
    title: str
    title_zh: str
    zone: str
    calendar: str
    close_of_business: time = time(17, 30)
    hours: tuple[tuple[time, time], ...] = ()
    closures: tuple[tuple[str, str], ...] = ()
    clocks: dict[str, ClockTerms]
    grounds: tuple[Ground, ...] = ()
    articles: dict[str, Citation] = field(default_factory=dict)
    specials: dict[str, Special] = field(default_factory=dict)
    penalties: tuple[Penalty, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    special: str = ""

    @property
    def name(self) -> str:
        """Id, version and special law, as recorded with every fact: "cn-licensing@2019-04-23/eia_report"."""
        return f"{self.id}@{self.valid_from}" + (f"/{self.special}" if self.special else "")

    def limit(self, mode: str = DEFAULT_MODE, clock: str = "decision") -> Limit:
        """The longest *clock* may take in *mode*; KeyError if this law has no such clock or mode."""
        terms = self.clocks[clock]
        if mode in terms.modes:
            of_mode = terms.modes[mode]
            return Limit(of_mode.days, terms.unit, of_mode.article, of_mode.level)
        if terms.days is None:
            known = ", ".join(sorted(terms.modes))
            raise KeyError(f"{self.name} sets no {clock} limit for the mode {mode}; it knows {known}")
        return Limit(terms.days, terms.unit, terms.article, terms.level)

    def extension(self, clock: str, mode: str = DEFAULT_MODE) -> Extension | None:
        """How *clock* may be extended in *mode*, None where the law allows none."""
        terms = self.clocks.get(clock)
        if terms is None:
            return None
        return terms.modes[mode].extension if mode in terms.modes else terms.extension

    def ground(self, reason: str) -> Ground | None:
        """The ground of suspension called *reason*, None if neither the law nor a published promise knows it."""
        return next((ground for ground in self.grounds if ground.reason == reason), None)

    def reasons(self, clock: str) -> tuple[str, ...]:
        """The reasons that stop *clock*, in the pack's order."""
        return tuple(ground.reason for ground in self.grounds if clock in ground.stops)

    def article(self, key: str) -> str:
        """What to cite for *key*: a citation, a clock or a ground of this pack; empty where the law says nothing."""
        if key in self.articles:
            return self.articles[key].article
        if key in self.clocks:
            return self.clocks[key].article
        ground = self.ground(key)
        return ground.article if ground else ""

    def silence(self, clock: str) -> Silence:
        """What the end of *clock* without an answer means in this law."""
        return self.clocks[clock].on_silence

    def under(self, special: str) -> Pack:
        """The law as the special law of one kind of item changes it; KeyError if the pack has no such special."""
        if not special:
            return self
        return structs.replace(self, clocks=self.clocks | self.specials[special].clocks, special=special)

    def in_force(self, on: date) -> bool:
        """Whether this version is the law on the date *on*."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def parse_pack(text: str) -> Pack:
    """The pack written in TOML *text*; PackInvalid if it is not one. `faults` in `pack_checks` judges what it says."""
    try:
        return msgspec.convert(tomllib.loads(text), Pack)
    except tomllib.TOMLDecodeError as broken:
        raise PackInvalid("?", (f"not TOML: {broken}",)) from broken
    except msgspec.ValidationError as broken:
        raise PackInvalid("?", (str(broken),)) from broken
