"""投诉评议台账 complaints and evaluations, with the audit trail of both: one row per step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID
from zlib import crc32

from msgspec import Struct, field, structs

from domain.messages import Entry, tag_of
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.feedback.evaluation import ServiceEvaluated
from domain.project.state.project import Project
from projections.feedback.complaints import COMPLAINT_COLUMNS, ComplaintFact, ComplaintRow, begun, moved
from projections.feedback.evaluations import (
    ABOUT_EVALUATIONS,
    EVALUATION_COLUMNS,
    EvaluationRow,
    EvaluationSequel,
    evaluated,
    followed,
    subject_of,
)
from projections.feedback.redaction import ABOUT_COMPLAINTS, named, veiled_fact, words_of
from projections.feedback.sums import SUMMED, Contribution, contribution_of, sum_rows
from projections.feedback.unsettled import OPEN, open_rows
from projections.reader import Laws
from projections.view import Facts, Row, Rows, Table, facts_of

FOLD_VERSION = 7  # grows with every change of the fold, or of the tables with a history
FIGURES_VERSION = 2  # grows with every change of the tables that only the present has
SubjectKey = tuple[str, str]  # the name of the table, and the id
VERSION_MAX = 2**31 - 1  # a view's version is stored in four bytes
COMPLAINTS = Table(
    "complaint",
    COMPLAINT_COLUMNS,
    key=2,
    # In the order of the list.
    indexes=(
        '(filed_at, project, complaint COLLATE "C")',
        '(department, filed_at, project, complaint COLLATE "C")',
        '(state, filed_at, project, complaint COLLATE "C")',
        '(department, state, filed_at, project, complaint COLLATE "C")',
        '(item, filed_at, project, complaint COLLATE "C")',
        '(filed_at, project, complaint COLLATE "C") WHERE closed_at IS NULL',
    ),
)
EVALUATIONS = Table(
    "evaluation",
    EVALUATION_COLUMNS,
    key=2,
    indexes=(
        # In the order of the list. Most are good, and closed at once.
        '(evaluated_at, project, evaluation COLLATE "C")',
        '(department, evaluated_at, project, evaluation COLLATE "C")',
        '(item, evaluated_at, project, evaluation COLLATE "C")',
        """(evaluated_at, project, evaluation COLLATE "C") WHERE bad OR state = 'void'""",
        '(department, evaluated_at, project, evaluation COLLATE "C") WHERE bad',
        """(grade, evaluated_at, project, evaluation COLLATE "C")
            WHERE grade IN ('dissatisfied', 'very_dissatisfied')""",
        """(state, evaluated_at, project, evaluation COLLATE "C") WHERE state <> 'closed'""",
        """(appeal, evaluated_at, project, evaluation COLLATE "C") WHERE appeal <> 'none'""",
        # Not settled, see `sums`.
        """(evaluated_at, project, evaluation COLLATE "C") WHERE closed_at IS NULL OR appeal = 'open'""",
        # Most are good, and make no work: where sums can't answer they are counted from this index.
        "(department, item, evaluated_at, project) WHERE NOT bad AND state <> 'void'",
    ),
)
STEPS = Table(
    "voice",
    (
        ("project", "uuid"),
        ("version", "integer"),
        ("subject", "text NOT NULL"),  # the id of the complaint or the evaluation
        ("step", "text NOT NULL"),  # the fact's stored name
        ("by", "text NOT NULL"),
        ("by_department", "text NOT NULL"),
        ("by_role", "text NOT NULL"),
        ("occurred_at", "timestamptz NOT NULL"),
        ("recorded_at", "timestamptz NOT NULL"),
        ("position", "bigint NOT NULL"),
        ("command", "uuid"),  # null for redacted entries, where it would allow guesses
    ),
    key=2,
    indexes=("(occurred_at DESC)", "(recorded_at DESC)"),
)


class FeedbackState(Struct):
    """The rows so far, by id; *words* would identify anonymous complainants and are in no row.

    *contributions* to the sums are those of the complaints and evaluations that nothing has touched since, *spans* the
    rows of those that are not settled; *figures* are all rows made of both, None after one that was touched.
    """

    complaints: dict[str, ComplaintRow] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    evaluations: dict[str, EvaluationRow] = field(default_factory=dict)
    steps: list[Row] = field(default_factory=list)
    contributions: dict[tuple[str, str], Contribution | None] = field(default_factory=dict)  # by kind and id
    spans: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    figures: Rows | None = None


class Feedback:
    """The fold. Rows hold only instants: due dates and overdue flags depend on the time of the query.

    Sums have what no time changes any more, and spans when time changes the rest, both counted by the law that *laws*
    gives: its notices are part of the version.
    """

    name: str = "voices"
    tables: tuple[Table, ...] = (COMPLAINTS, EVALUATIONS, STEPS, OPEN, *SUMMED)
    follows: Facts = facts_of(ABOUT_COMPLAINTS, ABOUT_EVALUATIONS)
    versions: tuple[int, ...] = (FOLD_VERSION, FIGURES_VERSION)

    def __init__(self, laws: Callable[[], Laws]) -> None:
        self._laws = laws
        notices = sorted((name, book.notice_ids) for name, book in laws().calendars().items())
        self.version: int = crc32(repr((*self.versions, notices)).encode()) & VERSION_MAX

    def under(self, laws: Callable[[], Laws]) -> Feedback:
        """The same view, counting by other *laws*, say after a calendar notice: its version differs."""
        return Feedback(laws)

    def start(self) -> FeedbackState:
        return FeedbackState()

    def fold(self, state: FeedbackState, entry: Entry, project: Project) -> None:
        fact = entry.fact
        by, whole = named(entry, project), True
        if isinstance(fact, ABOUT_COMPLAINTS):
            subject, kind = fact.complaint, COMPLAINTS.name
            _complain(state, fact, entry, project)
            words = state.words.get(subject, ())
            whole = by is entry.recorded.actor and (not words or veiled_fact(fact, words) is fact)
        elif isinstance(fact, ABOUT_EVALUATIONS):
            subject, kind = subject_of(fact, project), EVALUATIONS.name
            _evaluate(state, fact, entry, project)
        else:
            return
        state.contributions.pop((kind, subject), None)
        state.spans.pop((kind, subject), None)
        state.figures = None
        state.steps.append(
            (
                *(project.id, entry.version, subject, tag_of(fact)),
                *(by.id, by.department, by.role.value),
                *(entry.occurred_at, entry.recorded_at, entry.position),
                entry.recorded.command_id if whole else None,
            )
        )

    def rows(self, state: FeedbackState, project: Project) -> Rows:
        if state.figures is None:
            settled = (counted for _, _, counted in self._settled(state))
            state.figures = {**sum_rows(settled, project.register), OPEN.name: list(self._open(state))}
        return {**state.figures, **rows_of(state), STEPS.name: state.steps}

    def _settled(self, state: FeedbackState) -> Iterator[tuple[SubjectKey, ComplaintRow | EvaluationRow, Contribution]]:
        """The complaints and evaluations that are settled, each with what it adds to the sums."""
        laws, cached = self._laws(), state.contributions
        for key, row in _subjects(state):
            if key not in cached:
                cached[key] = contribution_of(row, laws)
            if contribution := cached[key]:
                yield key, row, contribution

    def _open(self, state: FeedbackState) -> Iterator[Row]:
        """The rows of those that are not settled."""
        laws, cached = self._laws(), state.spans
        for key, row in _subjects(state):
            if key not in cached:
                cached[key] = open_rows(*key, row, laws)
            yield from cached[key]


def _subjects(state: FeedbackState) -> Iterator[tuple[SubjectKey, ComplaintRow | EvaluationRow]]:
    """All complaints and evaluations."""
    yield from (((COMPLAINTS.name, name), row) for name, row in state.complaints.items())
    yield from (((EVALUATIONS.name, name), row) for name, row in state.evaluations.items())


def rows_of(state: FeedbackState) -> Rows:
    """The rows of complaints and evaluations."""
    return {
        COMPLAINTS.name: [structs.astuple(row) for row in state.complaints.values()],
        EVALUATIONS.name: [structs.astuple(row) for row in state.evaluations.values()],
    }


def _complain(state: FeedbackState, fact: ComplaintFact, entry: Entry, project: Project) -> None:
    if isinstance(fact, ComplaintFiled):
        state.complaints[fact.complaint] = begun(fact, entry, project)
        state.words[fact.complaint] = words_of(fact, entry.recorded.actor)
    elif row := state.complaints.get(fact.complaint):  # none if its filing was retracted
        moved(row, veiled_fact(fact, state.words[fact.complaint]) if row.anonymous else fact, entry)


def _evaluate(state: FeedbackState, fact: ServiceEvaluated | EvaluationSequel, entry: Entry, project: Project) -> None:
    if isinstance(fact, ServiceEvaluated):
        state.evaluations[subject_of(fact, project)] = evaluated(fact, entry, project)
    elif row := state.evaluations.get(fact.evaluation):
        followed(row, fact, entry)


class FeedbackRow(Struct, frozen=True):
    """One step of the audit trail. *command* is null and *by* empty where they could identify a complainant."""

    project: UUID
    version: int
    subject: str
    step: str
    by: str
    by_department: str
    by_role: str
    occurred_at: datetime
    recorded_at: datetime
    position: int
    command: UUID | None
