"""One item's life as the law sees it: what has happened by the asked instant, gathered article by article."""

from __future__ import annotations

from domain.law.calendar import WorkingCalendar
from domain.law.countersign import Consultation
from domain.law.hearing import Hearing
from domain.law.intake import Intake
from domain.law.moment import Moment
from domain.law.review import Review
from domain.law.rule import Rule
from domain.law.suspension import Suspensions
from domain.law.tolerance import Tolerance
from domain.law.undertaking import Undertaking


class Case:
    """The state that happenings change and clocks are read from. *now* is the asked instant."""

    def __init__(self, rule: Rule, calendar: WorkingCalendar, now: Moment) -> None:
        self.rule, self.calendar, self.now = rule, calendar, now
        self.flags: set[str] = set()
        self.intake = Intake()
        self.suspensions = Suspensions()
        self.review = Review()
        self.consultations: dict[str, Consultation] = {}
        self.hearing = Hearing()
        self.tolerance: Tolerance | None = None
        self.undertaking: Undertaking | None = None
        self.decided: Moment | None = None
        self.delivered: Moment | None = None
        self.withdrawn: Moment | None = None
        self.attested = 0

    @property
    def ended(self) -> Moment | None:
        """The decision or the withdrawal, whichever came first."""
        return self.decided or self.withdrawn

    @property
    def lower_review(self) -> bool:
        """Whether a lower level examines first (Art. 43): the only mode that changes what happens."""
        return self.rule.mode == "lower_review"

    def silence_proves(self, due: int) -> bool:
        """Whether nothing on record means that nothing happened by the end of *due* (B11.1)."""
        return self.rule.live or self.attested > due
