"""One item's life as the law sees it: what has happened by the asked instant, gathered article by article."""

from __future__ import annotations

from msgspec import Struct, field

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


class Case(Struct, gc=False):
    """The state that happenings change and clocks are read from. *now* is the asked instant."""

    rule: Rule
    calendar: WorkingCalendar
    now: Moment
    flags: set[str] = field(default_factory=set)
    intake: Intake = field(default_factory=Intake)
    suspensions: Suspensions = field(default_factory=Suspensions)
    review: Review = field(default_factory=Review)
    consultations: dict[str, Consultation] = {}
    hearing: Hearing = field(default_factory=Hearing)
    tolerance: Tolerance | None = None
    undertaking: Undertaking | None = None
    decided: Moment | None = None
    delivered: Moment | None = None
    withdrawn: Moment | None = None
    attested: int = 0

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
