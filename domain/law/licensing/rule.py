"""The rule of one item's clocks, fully expanded: every number the evaluation uses, no default left out."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from domain.law.calendar.moment import is_zone

MINUTES_PER_HOUR = 60

Days = Annotated[int, Meta(ge=0)]
TimeOfDay = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Mode = Literal["single", "joint", "lower_review", "on_the_spot", "renewal"]
DayRule = Literal["[s,e)", "(s,e]", "(s,e)", "[s,e]"]


class PeriodTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """A length in working days and the most it may be extended by; 0 days = on the spot (Art. 34(2))."""

    days: Days
    max_extension: Days


class CountersignTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a consulted department may take, and what its silence means (B9.2, B9.3)."""

    days: Days
    on_silence: Literal["deemed_consent", "overdue"]


class HearingTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """Days to ask for a hearing, to hold it, and clear days of notice before it (Arts. 47, 48)."""

    request_days: Days
    hold_days: Days
    notice_clear_days: Days


class Yellow(Struct, frozen=True, forbid_unknown_fields=True):
    """A clock is yellow when remaining <= max(min, ceil(length * num / den)) (B10.1, B10.3)."""

    num: Annotated[int, Meta(ge=0)]
    den: Annotated[int, Meta(ge=1)]
    min: Annotated[int, Meta(ge=0)]

    def threshold(self, length: int) -> int:
        """The remaining days at which a clock of *length* days turns yellow."""
        return max(self.min, -(-length * self.num // self.den))


class RenewalTerms(Struct, frozen=True, forbid_unknown_fields=True):
    """Calendar days before expiry by which to file, and working days left at which to warn (Art. 50)."""

    file_before_days: Days
    yellow_days: Days


class Rule(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All numbers of one item's clocks, as fixed at acceptance (B6.1).

    *mode* names the handling; only lower_review changes what happens, the others differ by their numbers.
    *close_of_business* is local HH:MM, exclusive. *live* is false where the department works outside the system
    and its results are keyed in (B11). *articles* says what each kind of clock rests on, as a
    pack cites it; a rule written out by hand may leave that out. Raises ValueError (msgspec: ValidationError) for a
    zone that is not IANA.
    """

    pack: str
    zone: str
    mode: Mode
    intake_days: Days
    intake_shift: Literal["none", "next_working_day"]
    close_of_business: TimeOfDay
    decision: PeriodTerms
    lower_review: PeriodTerms
    commitment: PeriodTerms | None
    delivery_days: Days
    countersign: CountersignTerms | None
    hearing: HearingTerms
    suspension_day_rule: DayRule
    statutory_suspend_reasons: tuple[str, ...]
    commitment_suspend_reasons: tuple[str, ...]
    yellow: Yellow
    licence_expiry: date | None
    live: bool
    renewal: RenewalTerms
    post_check_months: Days = 0  # after a decision on an undertaking; 0: none
    articles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ValueError(f"{self.zone!r} is not a zone of the IANA database")

    def article(self, clock: str) -> str:
        """What clocks of the kind *clock* rest on; empty where the rule was written out without articles."""
        return self.articles.get(clock, "")

    @cached_property
    def close_minute(self) -> int:
        """Close of business in minutes since local midnight."""
        hours, minutes = self.close_of_business.split(":")
        return int(hours) * MINUTES_PER_HOUR + int(minutes)

    @cached_property
    def resume_day_out(self) -> bool:
        """Whether the day on which a suspended clock runs on is itself not counted (B7.2)."""
        return self.suspension_day_rule[-1] == "]"

    @cached_property
    def statutory_grounds(self) -> frozenset[str]:
        """The closed list of Art. 45, to look a reason up in."""
        return frozenset(self.statutory_suspend_reasons)

    @cached_property
    def commitment_grounds(self) -> frozenset[str]:
        """What may stop the promise, to look a reason up in."""
        return frozenset(self.commitment_suspend_reasons)
