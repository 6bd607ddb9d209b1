"""A rule pack: one version of one law, its limits, grounds and articles, as dated data."""

from __future__ import annotations

from datetime import date, time
from functools import cached_property
from typing import Literal, NamedTuple

from msgspec import Struct, field, structs

from domain.law.licensing.rule import DayRule, Yellow
from domain.law.packs.feedback import FeedbackTerms
from domain.law.packs.terms import (
    BasisLevel,
    Citation,
    ClockTerms,
    CountingRule,
    Duty,
    DutyTerms,
    Effect,
    Extension,
    Ground,
    Limit,
    ModeTerms,
    NoticeTerms,
    Roll,
    Silence,
    Special,
    Unit,
)

DEFAULT_MODE = "single"
SUPPLEMENT = "supplement"  # what the ground is called on which a request for papers stops a clock, in most laws


class PackName(NamedTuple):
    """The parts of a pack's name: its id and version, the region whose calendar it is counted on, the special law."""

    version: str
    region: str
    special: str

    @classmethod
    def of(cls, name: str) -> PackName:
        """The parts of *name*, "cn-licensing@2019-04-23+CN-GX/eia_report"; what it does not say is empty."""
        counted, _, special = name.partition("/")
        version, _, region = counted.partition("+")
        return cls(version, region, special)

    def __str__(self) -> str:
        region, special = self.region and f"+{self.region}", self.special and f"/{self.special}"
        return f"{self.version}{region}{special}"


__all__ = [
    "DEFAULT_MODE",
    "BasisLevel",
    "Citation",
    "ClockTerms",
    "CountingRule",
    "DayRule",
    "Duty",
    "DutyTerms",
    "Effect",
    "Extension",
    "Ground",
    "Limit",
    "ModeTerms",
    "NoticeTerms",
    "Pack",
    "PackName",
    "Roll",
    "Silence",
    "Special",
    "Unit",
    "Yellow",
]


class Pack(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """One version of one law: valid from a date to a date, both included (None: still in force).

    *zone* is the IANA zone in which its days begin, *calendar* the named calendar of working days. *hours* are the
    opening hours for laws that count by the hour, *closures* stretches "MM-DD".."MM-DD" of every year that it counts
    as rest days, beside the calendar's. *transition* says which act puts an application under this version and not the
    one before it: its acceptance (rule B6.1), or its receipt, where what was received earlier stays under the old law.
    *counting_rules* say by which text its days are counted so; *duties* what it owes the applicant beside the period;
    *language* is the tag of that which it is quoted in.
    """

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
    counting_rules: dict[CountingRule, Citation] = field(default_factory=dict)
    duties: dict[Duty, DutyTerms] = field(default_factory=dict)
    language: str = ""
    specials: dict[str, Special] = field(default_factory=dict)
    transition: Literal["accepted", "received"] = "accepted"
    special: str = ""  # which of them these clocks are under; never written in a file
    region: str = ""  # whose calendar takes the place of its own; never written in a file
    act_modes: tuple[str, ...] = ()  # the modes of the act itself, under a special law; never written in a file
    feedback: tuple[FeedbackTerms, ...] = ()  # the zone's rules on complaints, oldest first; never written in a file
    note: str = ""

    @cached_property
    def name(self) -> str:
        """Id, version, region and special law, as recorded with every fact: "cn-licensing@2019-04-23/eia_report"."""
        return str(PackName(f"{self.id}@{self.valid_from}", self.region, self.special))

    @cached_property
    def modes(self) -> tuple[str, ...]:
        """The modes of handling that a case may have: those that clocks name, where the decision has a limit.

        The modes of the act are those of its special laws too: a joint handling stays one, whatever its length.
        """
        named = [mode for terms in self.clocks.values() for mode in terms.modes]
        decision = self.clocks.get("decision")
        if decision is None:
            return ()
        known = dict.fromkeys((*decision.modes, *named, *self.act_modes) or (DEFAULT_MODE,))
        return tuple(mode for mode in known if decision.days is not None or mode in decision.modes)

    def limit(self, mode: str = DEFAULT_MODE, clock: str = "decision") -> Limit:
        """The longest *clock* may take in *mode*; KeyError if this law sets no such limit."""
        terms = self.clocks.get(clock)
        if terms is None:
            raise KeyError(f"{self.name} knows no clock {clock}")
        if mode in terms.modes:
            of_mode = terms.modes[mode]
            return Limit(of_mode.days, of_mode.unit or terms.unit, of_mode.article, of_mode.level)
        if terms.days is None:
            known = ", ".join(terms.modes) or "none, as the length is published with each item"
            raise KeyError(f"{self.name} sets no {clock} limit for the mode {mode}; it has: {known}")
        return Limit(terms.days, terms.unit, terms.article, terms.level)

    def extension(self, clock: str, mode: str = DEFAULT_MODE) -> Extension | None:
        """How *clock* may be extended in *mode*, None where the law allows none."""
        terms = self.clocks.get(clock)
        if terms is None:
            return None
        of_mode = terms.modes.get(mode)
        return (of_mode and of_mode.extension) or terms.extension

    def ground(self, reason: str) -> Ground | None:
        """The ground of suspension called *reason*, None if neither the law nor a published promise knows it."""
        return next((ground for ground in self.grounds if ground.reason == reason), None)

    def reasons(self, clock: str) -> tuple[str, ...]:
        """The reasons that stop *clock* in some mode, in the pack's order."""
        return tuple(ground.reason for ground in self.grounds if clock in ground.stops)

    def request_ground(self, clock: str, mode: str) -> Ground | None:
        """The ground on which a request for missing papers stops *clock* in *mode*, None where it does not."""
        asking = (ground for ground in self.grounds if ground.by_request or ground.reason == SUPPLEMENT)
        return next((ground for ground in asking if ground.applies(clock, mode)), None)

    def owes(self, duty: Duty, reason: str | None = None) -> bool:
        """Whether this law has the *duty*; of a suspension, where it is for the *reason*."""
        terms = self.duties.get(duty)
        return terms is not None and (reason is None or not terms.grounds or reason in terms.grounds)

    def article(self, key: str) -> str:
        """What to cite for *key*: a citation, a clock or a ground of this pack; empty where the law says nothing."""
        if key in self.articles:
            return self.articles[key].article
        if key in self.clocks:
            return self.clocks[key].article
        ground = self.ground(key)
        return ground.article if ground else ""

    def clock_article(self, clock: str, mode: str = DEFAULT_MODE) -> str:
        """What *clock* rests on in *mode*: the mode's own paragraph, else the clock's. KeyError if it is no clock."""
        terms = self.clocks[clock]
        return terms.modes[mode].article if mode in terms.modes else terms.article

    def silence(self, clock: str, mode: str = DEFAULT_MODE) -> Silence:
        """What the end of *clock* without an answer means in *mode*; KeyError if this law has no such clock."""
        terms = self.clocks[clock]
        of_mode = terms.modes.get(mode)
        return (of_mode and of_mode.on_silence) or terms.on_silence

    def under(self, special: str) -> Pack:
        """The law as the special law of one kind of item changes it; KeyError if the pack has no such special."""
        if not special:
            return self
        law = self.specials[special]
        return structs.replace(
            self,
            clocks=self.clocks | law.clocks,
            grounds=self.grounds + law.grounds,
            counting_rules=self.counting_rules | law.counting_rules,
            special=special,
            act_modes=self.modes,
        )

    def counted_in(self, region: str) -> Pack:
        """The law as it is counted on the calendar of *region*, which stacks on its own (rule B2.8)."""
        if region in ("", self.calendar):
            return self
        return structs.replace(self, calendar=region, region=region)

    def in_force(self, on: date) -> bool:
        """Whether this version is the law on the date *on*."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)
