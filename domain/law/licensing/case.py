"""One item's life as the law sees it: what has happened by an instant, collected article by article."""

from __future__ import annotations

from msgspec import Struct, field

from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import Moment
from domain.law.licensing.countersign import ConsultedDepartment
from domain.law.licensing.hearing import Hearing
from domain.law.licensing.intake import Intake
from domain.law.licensing.review import Review
from domain.law.licensing.rule import Rule
from domain.law.licensing.suspension import Suspensions
from domain.law.licensing.tolerance import Tolerance
from domain.law.licensing.undertaking import Undertaking


class Case(Struct, gc=False):
    """The state that happenings change and clocks are read from, at the instant *now*."""

    rule: Rule
    calendar: WorkingCalendar
    now: Moment
    flags: set[str] = field(default_factory=set)
    intake: Intake = field(default_factory=Intake)
    suspensions: Suspensions = field(default_factory=Suspensions)
    review: Review = field(default_factory=Review)
    consultations: dict[str, ConsultedDepartment] = {}
    hearing: Hearing = field(default_factory=Hearing)
    tolerance: Tolerance | None = None
    undertaking: Undertaking | None = None
    decided: Moment | None = None
    delivered: Moment | None = None
    withdrawn: Moment | None = None
    attested: int = 0
    receipt: Moment | None = None  # the first one, and the last acceptance or decision, which earlier acts are judged
    admission: Moment | None = None  # by: they are known before the fold has come to them

    @property
    def ended(self) -> Moment | None:
        """What ended the application, and with it every clock that does not start at the decision (B3.8).

        The refusal to admit it, unless it was accepted or decided all the same, the decision or the withdrawal: the
        first of them.
        """
        return self.decided or self.intake.refused or self.withdrawn

    def stop_of(self, own: Moment | None) -> tuple[Moment | None, bool]:
        """What stops a clock of the application: its *own* stop, or else the end, which leaves it void (B3.8)."""
        ended = self.ended
        if own is not None and (ended is None or not ended.is_before(own)):
            return own, False
        return ended, ended is not None

    @property
    def lower_review(self) -> bool:
        """Whether a lower level examines first (Art. 43): the only mode that changes what happens."""
        return self.rule.mode == "lower_review"

    def silence_proves(self, due: int) -> bool:
        """Whether nothing on record means that nothing happened by the end of *due* (B11.1)."""
        return self.rule.live or self.attested > due
