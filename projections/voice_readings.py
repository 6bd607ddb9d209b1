"""How complaints and evaluations stand at an instant: their rows with their clocks, and sums of them by department."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec import Struct, structs

from domain.law.voice_clock import Run, VoiceClock, VoiceState, local_day, voice_clock
from domain.law.voice_terms import VoiceStep, terms_of
from domain.project.voice_state import Satisfied
from projections.complaint_rows import APPLICANT, ComplaintRow, complaint_runs
from projections.evaluation_rows import EvaluationRow, evaluation_runs
from projections.law_events import Laws

CONTENT = (Satisfied.YES, Satisfied.MOSTLY)


class ComplaintReading(ComplaintRow, kw_only=True):
    """One complaint and its clocks. *due_on* and *remaining_days* are those of the running clock that ends first;
    *overdue*: a department or the bureau has let one of them pass.
    """

    clocks: list[VoiceClock]
    due_on: date | None
    remaining_days: int | None
    overdue: bool


class EvaluationReading(EvaluationRow, kw_only=True):
    """One evaluation and its clocks, none where it is a good one; the rest as with complaints."""

    clocks: list[VoiceClock]
    due_on: date | None
    remaining_days: int | None
    overdue: bool


Reading = ComplaintReading | EvaluationReading


def complaint_reading(row: ComplaintRow, laws: Laws, t: datetime, known: datetime) -> ComplaintReading:
    """How *row*, which tells of nothing after *t*, stands at *t*, by the calendar as known at *known*."""
    clocks = clocks_of(complaint_runs(row), row.rule, row.law, laws, t, known)
    due_on, remaining, overdue = _next(clocks)
    return ComplaintReading(
        **structs.asdict(row), clocks=clocks, due_on=due_on, remaining_days=remaining, overdue=overdue
    )


def evaluation_reading(row: EvaluationRow, laws: Laws, t: datetime, known: datetime) -> EvaluationReading:
    """The same of an evaluation."""
    clocks = clocks_of(evaluation_runs(row), row.rule, row.law, laws, t, known)
    due_on, remaining, overdue = _next(clocks)
    return EvaluationReading(
        **structs.asdict(row), clocks=clocks, due_on=due_on, remaining_days=remaining, overdue=overdue
    )


def clocks_of(runs: Sequence[Run], rule: str, law: str, laws: Laws, t: datetime, known: datetime) -> list[VoiceClock]:
    """The clocks that had begun by *t*; none where no law, and so no calendar, is recorded."""
    if not law:
        return []
    pack = laws.pack(law)
    calendar = laws.calendar(pack, local_day(known, pack.zone))
    found = []
    for run in runs:
        terms = terms_of(rule, local_day(run.started_at, pack.zone))
        if clock := voice_clock(run, terms, calendar, pack.zone, t):
            found.append(clock)
    return found


def _next(clocks: Iterable[VoiceClock]) -> tuple[date | None, int | None, bool]:
    """The last day of the running clock that ends first, what remains of it, and whether a served-by clock is over."""
    running = sorted((clock for clock in clocks if clock.ended_at is None), key=lambda clock: clock.over_at)
    overdue = any(clock.state is VoiceState.OVERDUE and clock.holder != APPLICANT for clock in running)
    return (running[0].due_on, running[0].remaining_days, overdue) if running else (None, None, overdue)


class Share(Struct, frozen=True):
    """*part* of *n*, and the quotient; null where there is nothing to divide."""

    part: int
    n: int
    rate: float | None


class VoiceSummary(Struct, frozen=True):
    """What was said about one department, and how it took it. Evaluations that do not count are in *void* alone.

    *on_time*: of the complaints answered, those in time. *bad_rate* 差评率: of the evaluations that count.
    *rectified* 整改率: of the bad ones. *rectified_on_time*: of those put right. *called_back* 回访率: of the bad ones.
    *content* 回访满意率: of those called back who said something.
    """

    department: str
    complaints: int
    open: int
    overdue: int
    declined: int
    withdrawn: int
    upheld: Share
    on_time: Share
    satisfied: Share
    evaluations: int
    void: int
    bad_rate: Share
    rectified: Share
    rectified_on_time: Share
    called_back: Share
    content: Share


def share(part: int, n: int) -> Share:
    """*part* of *n* to four decimals."""
    return Share(part, n, round(part / n, 4) if n else None)


def summaries(complaints: Iterable[ComplaintReading], evaluations: Iterable[EvaluationReading]) -> list[VoiceSummary]:
    """A line a department, in alphabetical order; empty: what is the supervision bureau's."""
    by_department: defaultdict[str, tuple[list[ComplaintReading], list[EvaluationReading]]] = defaultdict(
        lambda: ([], [])
    )
    for complaint in complaints:
        by_department[complaint.department][0].append(complaint)
    for evaluation in evaluations:
        by_department[evaluation.department][1].append(evaluation)
    return [_summary(department, *found) for department, found in sorted(by_department.items())]


def _summary(
    department: str, complaints: Sequence[ComplaintReading], evaluations: Sequence[EvaluationReading]
) -> VoiceSummary:
    answered = [one for one in complaints if one.answered_at]
    spoken = [one.satisfied for one in complaints if one.satisfied and one.satisfied != Satisfied.NONE]
    counting = [one for one in evaluations if one.state != "void"]
    bad = [one for one in counting if one.bad]
    rectified = [one for one in bad if one.first_rectified_at]
    called = [one for one in bad if one.called_back_at]
    told = [one.satisfied for one in called if one.satisfied != Satisfied.NONE]
    return VoiceSummary(
        department=department,
        complaints=len(complaints),
        open=sum(one.closed_at is None for one in complaints),
        overdue=sum(one.overdue for one in complaints) + sum(one.overdue for one in counting),
        declined=sum(one.state == "declined" for one in complaints),
        withdrawn=sum(one.state == "withdrawn" for one in complaints),
        upheld=share(sum(bool(one.upheld) for one in answered), len(answered)),
        on_time=share(sum(_in_time(one, VoiceStep.ANSWER) for one in answered), len(answered)),
        satisfied=share(sum(said in CONTENT for said in spoken), len(spoken)),
        evaluations=len(counting),
        void=len(evaluations) - len(counting),
        bad_rate=share(len(bad), len(counting)),
        rectified=share(len(rectified), len(bad)),
        rectified_on_time=share(sum(_in_time(one, VoiceStep.RECTIFICATION) for one in rectified), len(rectified)),
        called_back=share(len(called), len(bad)),
        content=share(sum(said in CONTENT for said in told), len(told)),
    )


def _in_time(one: Reading, step: VoiceStep) -> bool:
    """Whether no clock of *step*, nor one that came before it, was let pass."""
    steps = (step, VoiceStep.ACCEPTANCE, VoiceStep.TRANSFER) if step is VoiceStep.ANSWER else (step,)
    late = (VoiceState.LATE, VoiceState.OVERDUE)
    return not any(clock.clock in steps and clock.state in late for clock in one.clocks)
