"""Responses about complaints and evaluations: pages of them, files with audit trails, figures."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from api.web.entries import ShownEntry
from projections.feedback.fold import FeedbackRow
from projections.feedback.reading import ComplaintReading, EvaluationReading
from projections.feedback.summary import FeedbackSummary


class ComplaintPage(Struct, frozen=True):
    """Complaints, the newest first. *next* is the `cursor` of the next page, null on the last."""

    as_of: datetime
    known_at: datetime
    complaints: list[ComplaintReading]
    next: str | None
    position: int


class EvaluationPage(Struct, frozen=True):
    """Evaluations, the newest first; the rest as with complaints."""

    as_of: datetime
    known_at: datetime
    evaluations: list[EvaluationReading]
    next: str | None
    position: int


class TrailStep(FeedbackRow, frozen=True, kw_only=True):
    """One step, and the rule it was taken under; empty where none asks for it."""

    article: str


class ProjectFeedback(Struct, frozen=True):
    """What was said about one project, and who did what when with it, oldest first."""

    as_of: datetime
    known_at: datetime
    complaints: list[ComplaintReading]
    evaluations: list[EvaluationReading]
    steps: list[TrailStep]
    position: int


class TrailLine(Struct, frozen=True):
    """One entry of an audit trail, what was corrected and the corrections included, and the rule it rests on."""

    step: str
    article: str
    entry: ShownEntry


class ComplaintFile(Struct, frozen=True):
    """One complaint with its clocks, the entries it complains of, those that the answer rests on, and its trail.

    *complaint* is null where its filing does not count, or is amended to a later instant: the trail says so.
    """

    as_of: datetime
    known_at: datetime
    complaint: ComplaintReading | None
    cited: list[ShownEntry]
    evidence: list[ShownEntry]
    trail: list[TrailLine]


class EvaluationFile(Struct, frozen=True):
    """One evaluation with its clocks, the contact that it grades (null: the whole application), and its trail.

    *evaluation* is null where it was retracted: the trail says so.
    """

    as_of: datetime
    known_at: datetime
    evaluation: EvaluationReading | None
    contact: ShownEntry | None
    trail: list[TrailLine]


class FeedbackFigures(Struct, frozen=True):
    """Each department, and each item of it. *opinions_min*: opinions of fewer people are left out; 0: all are shown."""

    as_of: datetime
    known_at: datetime
    first: date | None
    last: date | None
    opinions_min: int
    lines: list[FeedbackSummary]
    position: int
