"""The history of complaints and evaluations: rows hold instants alone, so that no calendar notice changes it."""

from __future__ import annotations

from typing import LiteralString

from domain.project.state.project import Project
from projections.feedback.fold import COMPLAINTS, EVALUATIONS, FOLD_VERSION, Feedback, FeedbackState, rows_of
from projections.history.fold import History
from projections.law.shipped import shipped_law
from projections.view import Rows


class RecordedFeedback(Feedback):
    """The fold whose rows have a history: no sums, which the calendar counts, and no steps, which never change."""

    def __init__(self) -> None:
        super().__init__(shipped_law)
        self.version = FOLD_VERSION

    def rows(self, state: FeedbackState, project: Project) -> Rows:  # noqa: ARG002  of the protocol
        """The rows of the tables with a history."""
        return rows_of(state)


GOOD: LiteralString = "NOT bad AND state <> 'void'"
# Lists are in the order of their times. Figures count good evaluations, most of all, from an index alone.
GOOD_COUNTED: LiteralString = (
    f"(department, item, evaluated_at) INCLUDE (known_from, known_until, valid_from, valid_until, project) WHERE {GOOD}"
)
HISTORY = History(
    RecordedFeedback(),
    (COMPLAINTS, EVALUATIONS),
    {
        COMPLAINTS.name: ("(filed_at, project, complaint)", "(department, filed_at)"),
        EVALUATIONS.name: (
            "(evaluated_at, project, evaluation)",
            "(evaluated_at) WHERE bad OR state = 'void'",
            GOOD_COUNTED,
        ),
    },
)
