"""Figures of complaints and evaluations by department and item; opinions of too few people are withheld.

Acts of a department are plain counts. Opinions are shown only if there are enough of them, as a figure of three
evaluations reveals a single person's grade. A line that could be computed from the others is withheld as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct, structs

from domain.law.feedback.clock import FeedbackClockState
from domain.law.feedback.terms import FeedbackStep
from domain.project.state.feedback import Satisfied
from projections.feedback.reading import ComplaintReading, EvaluationReading, Reading

CONTENT = (Satisfied.YES, Satisfied.MOSTLY)
PASSED = (FeedbackClockState.LATE, FeedbackClockState.OVERDUE)
NONE_GOOD: Mapping[tuple[str, str], int] = {}
OPINIONS_MIN = 5  # fewer are withheld
UP_TO_ANSWER = (FeedbackStep.ACCEPTANCE, FeedbackStep.TRANSFER, FeedbackStep.ANSWER)


class Proportion(Struct, frozen=True):
    """*part* of *n*, and the quotient, null if *n* is 0; all null if withheld."""

    part: int | None
    n: int | None
    rate: float | None


UNTOLD = Proportion(None, None, None)


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
Said = tuple[list[ComplaintReading], list[EvaluationReading]]
OF_EVALUATIONS = ("void", "bad_rate", "rectified", "rectified_on_time", "called_back", "content")


def share(part: int, n: int) -> Proportion:
    """*part* of *n* to four decimals."""
    return Proportion(part, n, round(part / n, 4) if n else None)


def summaries(
    complaints: Iterable[ComplaintReading],
    evaluations: Iterable[EvaluationReading],
    good: Mapping[tuple[str, str], int] = NONE_GOOD,
    *,
    opinions_min: int,
) -> list[FeedbackSummary]:
    """Departments in alphabetical order, each as a whole and then item by item; the empty one is the bureau.

    *good* are numbers of further evaluations that count and are not bad, by department and item. Opinions of fewer
    than *opinions_min* people are withheld.
    """
    said: defaultdict[str, defaultdict[str, Said]] = defaultdict(lambda: defaultdict(lambda: ([], [])))
    passed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for complaint in complaints:
        said[complaint.department][complaint.item][0].append(complaint)
        for clock in complaint.clocks:
            passed[clock.holder, complaint.item] += clock.state in PASSED
    for evaluation in evaluations:
        said[evaluation.department][evaluation.item][1].append(evaluation)
    for department, item in good:
        _ = said[department][item]  # has a line
    lines = []
    for department, items in sorted(said.items()):
        late = {item: passed[department or "supervisor", item] for item in items}
        whole = (
            [reading for of_item, _ in items.values() for reading in of_item],
            [reading for _, got in items.values() for reading in got],
        )
        of_items = [
            _line(department, item, of_item, late[item], good.get((department, item), 0))
            for item, of_item in sorted(items.items())
        ]
        all_late = sum(number for (holder, _), number in passed.items() if holder == (department or "supervisor"))
        all_good = sum(good.get((department, item), 0) for item in items)
        lines += discreet([_line(department, None, whole, all_late, all_good)], opinions_min)
        lines += discreet(of_items, opinions_min)
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
        untold: dict[str, Proportion | None] = {}
        if line.item in few:
            untold |= {name: None if name == "void" else UNTOLD for name in OF_EVALUATIONS}
        if line.item in few_called:
            untold["content"] = UNTOLD
        if line.item in few_satisfied:
            untold["satisfied"] = UNTOLD
        out.append(structs.replace(line, **untold) if untold else line)
    return out


def _line(department: str, item: str | None, said: Said, late: int, good: int) -> FeedbackSummary:
    complaints, evaluations = said
    answered = [reading for reading in complaints if reading.answered_at]
    due = [reading for reading in complaints if reading.answered_at or _passed(reading, UP_TO_ANSWER)]
    spoken = [reading.satisfied for reading in complaints if reading.satisfied and reading.satisfied != Satisfied.NONE]
    counting = [reading for reading in evaluations if reading.state != "void"]
    bad = [reading for reading in counting if reading.bad]
    rectified = [reading for reading in bad if reading.first_rectified_at]
    to_rectify = [
        reading for reading in bad if reading.first_rectified_at or _passed(reading, (FeedbackStep.RECTIFICATION,))
    ]
    called = [reading for reading in bad if reading.called_back_at]
    answers = [reading.satisfied for reading in called if reading.satisfied != Satisfied.NONE]
    return FeedbackSummary(
        department=department,
        item=item,
        complaints=len(complaints),
        open=sum(reading.closed_at is None for reading in complaints),
        overdue=sum(reading.overdue for reading in complaints),
        late=late,
        declined=sum(reading.state == "declined" for reading in complaints),
        withdrawn=sum(reading.state == "withdrawn" for reading in complaints),
        upheld=share(sum(bool(reading.upheld) for reading in answered), len(answered)),
        on_time=share(sum(not _passed(reading, UP_TO_ANSWER) for reading in due), len(due)),
        satisfied=share(sum(said in CONTENT for said in spoken), len(spoken)),
        evaluations=len(counting) + good,
        void=len(evaluations) - len(counting),
        bad_rate=share(len(bad), len(counting) + good),
        rectified=share(len(rectified), len(bad)),
        rectified_on_time=share(
            sum(not _passed(reading, (FeedbackStep.RECTIFICATION,)) for reading in to_rectify), len(to_rectify)
        ),
        called_back=share(len(called), len(bad)),
        content=share(sum(said in CONTENT for said in answers), len(answers)),
    )


def _passed(reading: Reading, steps: Collection[FeedbackStep]) -> bool:
    """Whether its department, or the bureau if it has none, let a clock of *steps* pass."""
    holder = reading.department or "supervisor"
    return any(clock.clock in steps and clock.state in PASSED and clock.holder == holder for clock in reading.clocks)
