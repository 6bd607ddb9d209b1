"""Figures of complaints and evaluations by department and item; opinions of too few people are withheld.

Acts of a department are plain counts. Opinions are shown only if there are enough of them, as a figure of three
evaluations reveals a single person's grade. A line that could be computed from the others is withheld as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct, structs

from domain.law.feedback.clock import FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from domain.project.state.feedback import Satisfied
from projections.feedback.complaints import BUREAU
from projections.feedback.reading import ComplaintReading, EvaluationReading, Reading

CONTENT = (Satisfied.YES, Satisfied.MOSTLY)
PASSED = (FeedbackClockState.LATE, FeedbackClockState.OVERDUE)
OPINIONS_MIN = 5  # fewer are withheld
GOOD = "good"  # evaluations that count and are not bad: most, and without clocks
LATE_CLOCK = "late:"  # before the holder of a clock that was let pass
UP_TO_ANSWER = (FeedbackStep.ACCEPTANCE, FeedbackStep.TRANSFER, FeedbackStep.ANSWER)


FeedbackCounts: TypeAlias = Counter[tuple[str, str, str]]  # by department, item and figure


class Proportion(Struct, frozen=True):
    """*part* of *n*, and the quotient, null if *n* is 0; all null if withheld."""

    part: int | None
    n: int | None
    rate: float | None


HIDDEN = Proportion(None, None, None)


class FeedbackSummary(Struct, frozen=True):
    """Feedback on one department (*item* is null), or on one item of it, and its handling.

    An empty item means the whole project, an empty department the bureau.

    *overdue*: complaints with an overdue clock of a department or the bureau; *late*: complaint clocks that this
    department let pass, also of complaints since transferred. *upheld*: of those answered. *on_time* 按时答复率: of the
    complaints due by now, those answered without letting a clock of the department pass.
    *satisfied*: of the complainants who gave a verdict. *evaluations* n: those that count; *void* do not.
    *bad_rate* 差评率: of *evaluations*. *rectified* 整改率 and *called_back* 回访率: of the bad ones.
    *rectified_on_time*: of the bad ones due for rectification by now, in every round. *content* 回访满意率: of
    those called back who gave a verdict. Null figures are withheld: too few people.
    """

    department: str
    item: str | None
    complaints: int
    open: int
    overdue: int
    late: int
    declined: int
    withdrawn: int
    upheld: Proportion
    on_time: Proportion
    satisfied: Proportion
    evaluations: int
    void: int | None
    bad_rate: Proportion
    rectified: Proportion
    rectified_on_time: Proportion
    called_back: Proportion
    content: Proportion


Name = str | None
OF_EVALUATIONS = ("void", "bad_rate", "rectified", "rectified_on_time", "called_back", "content")


def share(part: int, n: int) -> Proportion:
    """*part* of *n* to four decimals."""
    return Proportion(part, n, round(part / n, 4) if n else None)


def complaint_figures(reading: ComplaintReading) -> list[str]:
    """The figures in which a complaint counts; one of `LATE_CLOCK` for each clock that its holder let pass."""
    passed = _passed(reading, UP_TO_ANSWER)
    figures = {
        "complaints": True,
        "open": reading.closed_at is None,
        "overdue": reading.overdue,
        "declined": reading.state == "declined",
        "withdrawn": reading.state == "withdrawn",
        "answered": bool(reading.answered_at),
        "upheld": bool(reading.answered_at and reading.upheld),
        "due": bool(reading.answered_at) or passed,
        "on_time": bool(reading.answered_at) and not passed,
        "verdicts": reading.satisfied not in ("", Satisfied.NONE),
        "satisfied": reading.satisfied in CONTENT,
    }
    late = [f"{LATE_CLOCK}{clock.holder}" for clock in reading.clocks if clock.state in PASSED]
    return [name for name, counts in figures.items() if counts] + late


def evaluation_figures(reading: EvaluationReading) -> list[str]:
    """The figures in which an evaluation counts."""
    if reading.state == "void":
        return ["void"]
    if not reading.bad:
        return [GOOD]
    passed, rectified = _passed(reading, (FeedbackStep.RECTIFICATION,)), bool(reading.first_rectified_at)
    figures = {
        "bad": True,
        "rectified": rectified,
        "to_rectify": rectified or passed,
        "rectified_on_time": rectified and not passed,
        "called_back": bool(reading.called_back_at),
        "call_verdicts": bool(reading.called_back_at) and reading.satisfied != Satisfied.NONE,
        "content": bool(reading.called_back_at) and reading.satisfied in CONTENT,
    }
    return [name for name, counts in figures.items() if counts]


def figures_of(complaints: Iterable[ComplaintReading], evaluations: Iterable[EvaluationReading] = ()) -> FeedbackCounts:
    """The counts of all these."""
    counts: FeedbackCounts = Counter()
    for complaint in complaints:
        counts.update((complaint.department, complaint.item, name) for name in complaint_figures(complaint))
    for evaluation in evaluations:
        counts.update((evaluation.department, evaluation.item, name) for name in evaluation_figures(evaluation))
    return counts


def lines_of(counts: FeedbackCounts, *, opinions_min: int) -> list[FeedbackSummary]:
    """Departments in alphabetical order, each as a whole and then item by item; the empty one is the bureau.

    Opinions of fewer than *opinions_min* people are withheld.
    """
    of_items: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    passed: Counter[tuple[str, str]] = Counter()  # by holder and item
    for (department, item, name), number in counts.items():
        if not number:
            continue
        of_items[department][item][name] += number
        if name.startswith(LATE_CLOCK):
            passed[name.removeprefix(LATE_CLOCK), item] += number
    lines = []
    for department, items in sorted(of_items.items()):
        holder, whole = department or BUREAU, Counter[str]()
        for figures in items.values():
            whole.update(figures)
        all_late = sum(number for (of, _), number in passed.items() if of == holder)
        lines += discreet([_line(department, None, whole, all_late)], opinions_min)
        by_item = [_line(department, item, figures, passed[holder, item]) for item, figures in sorted(items.items())]
        lines += discreet(by_item, opinions_min)
    return lines


def withheld(counts: Mapping[Name, int], least: int, forced: Collection[Name] = ()) -> set[Name]:
    """The names whose *counts* are withheld: counts from 1 to below *least*, those *forced*, and as many of the
    smallest others as needed so that no count follows from the rest and the sum (secondary suppression).
    """
    hidden = {name for name, count in counts.items() if 0 < count < least or (count and name in forced)}
    others = sorted(
        (name for name, count in counts.items() if count and name not in hidden),
        key=lambda name: (counts[name], name or ""),
    )
    while hidden and others and (len(hidden) == 1 or sum(counts[name] for name in hidden) < least):
        hidden.add(others.pop(0))
    return hidden


def discreet(lines: Sequence[FeedbackSummary], least: int) -> list[FeedbackSummary]:
    """*lines*, whose sums are published, without the opinions of fewer than *least* people."""
    few = withheld({line.item: line.evaluations for line in lines}, least)
    few_called = withheld({line.item: line.content.n or 0 for line in lines}, least, few)
    few_satisfied = withheld({line.item: line.satisfied.n or 0 for line in lines}, least)
    out = []
    for line in lines:
        hidden: dict[str, Proportion | None] = {}
        if line.item in few:
            hidden |= {name: None if name == "void" else HIDDEN for name in OF_EVALUATIONS}
        if line.item in few_called:
            hidden["content"] = HIDDEN
        if line.item in few_satisfied:
            hidden["satisfied"] = HIDDEN
        out.append(structs.replace(line, **hidden) if hidden else line)
    return out


def _line(department: str, item: str | None, figures: Counter[str], late: int) -> FeedbackSummary:
    evaluations = figures["bad"] + figures[GOOD]
    return FeedbackSummary(
        department=department,
        item=item,
        complaints=figures["complaints"],
        open=figures["open"],
        overdue=figures["overdue"],
        late=late,
        declined=figures["declined"],
        withdrawn=figures["withdrawn"],
        upheld=share(figures["upheld"], figures["answered"]),
        on_time=share(figures["on_time"], figures["due"]),
        satisfied=share(figures["satisfied"], figures["verdicts"]),
        evaluations=evaluations,
        void=figures["void"],
        bad_rate=share(figures["bad"], evaluations),
        rectified=share(figures["rectified"], figures["bad"]),
        rectified_on_time=share(figures["rectified_on_time"], figures["to_rectify"]),
        called_back=share(figures["called_back"], figures["bad"]),
        content=share(figures["content"], figures["call_verdicts"]),
    )


def _passed(reading: Reading, steps: Collection[FeedbackStep]) -> bool:
    """Whether its department, or the bureau if it has none, let a clock of *steps* pass."""
    holder = reading.department or BUREAU
    return any(clock.clock in steps and clock.state in PASSED and clock.holder == holder for clock in reading.clocks)
