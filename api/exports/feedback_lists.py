"""Exports of complaints and evaluations. Names of those who filed them and contacts are left out for every reader."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined
from api.feedback.requests import FEEDBACK_FILTERS
from api.html.numbers import complaint_number, evaluation_number
from api.html.page import EXPORTS
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from infrastructure.tables.table_file import Row
from projections.feedback.query import COMPLAINTS, EVALUATIONS, FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading, EvaluationReading
from projections.progress.titles import ProjectTitles, names_of_items
from projections.snapshots import PagedReader

OF_COMPLAINT = ("complaint", "anonymous", "subject", "filed_at", "accepted_at", "answered_at", "closed_at")
OF_EVALUATION = ("evaluation", "grade", "bad", "reasons", "comment", "channel", "evaluated_at", "rounds", "measures")


class FeedbackExports(Controller):
    """The same rows, filters and readers as in `GET /v1/feedback/...`."""

    path = EXPORTS
    opt = {ACCESS: "read:feedback"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED | FEEDBACK_FILTERS

    @get(f"/complaints{SHEET_FORMAT}")
    async def export_complaints(
        self,
        export: NamedDependency[Export],
        feedback: NamedDependency[FeedbackAt],
        complaint_filter: NamedDependency[FeedbackFilter],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """投诉: the newest first."""
        say = export.page.words["export"]
        columns = [*_case_heads(export), *map(say, (*OF_COMPLAINT, "answer", "outcome", *CLOCK, "project_id"))]
        rows = _complaint_rows(export, feedback, complaint_filter, list_reader)
        return await export.file("complaints", say("complaints"), columns, rows, feedback.t, list_reader)

    @get(f"/evaluations{SHEET_FORMAT}")
    async def export_evaluations(
        self,
        export: NamedDependency[Export],
        feedback: NamedDependency[FeedbackAt],
        evaluation_filter: NamedDependency[FeedbackFilter],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """好差评: the newest first."""
        say = export.page.words["export"]
        columns = [*_case_heads(export), *map(say, (*OF_EVALUATION, "appeal", *CLOCK, "project_id"))]
        rows = _evaluation_rows(export, feedback, evaluation_filter, list_reader)
        return await export.file("evaluations", say("evaluations"), columns, rows, feedback.t, list_reader)


CLOCK = ("state", "due", "overdue")


def _case_heads(export: Export) -> list[str]:
    return list(map(export.page.words["bureau"], ("project", "item", "department")))


def _case(export: Export, names: ProjectTitles, row: ComplaintReading | EvaluationReading) -> Row:
    page = export.page
    item = page.called(names.item(row.project, row.item)) if row.item else ""
    return names.project(row.project), item, page.office(row.department) if row.department else ""


async def _complaint_rows(export: Export, feedback: FeedbackAt, wanted: FeedbackFilter, reader: PagedReader) -> Batches:
    async def read(criteria: FeedbackFilter) -> tuple[Sequence[ComplaintReading], object]:
        rows = await translate_too_much(feedback.complaints(criteria))
        return followed(rows, criteria.limit, COMPLAINTS.key)

    words = export.page.words
    async for batch in in_batches(read, wanted):
        names = await names_of_items(reader, [(row.project, row.item) for row in batch])
        yield [
            (
                *_case(export, names, row),
                *(complaint_number(row), export.yes(row.anonymous), row.about),
                *map(export.instant, (row.filed_at, row.accepted_at, row.answered_at, row.closed_at)),
                *(row.answer, words["complaint_outcome"](row.outcome), words["complaint"](row.state)),
                *(row.due_on, export.yes(row.overdue), str(row.project)),
            )
            for row in batch
        ]


async def _evaluation_rows(
    export: Export, feedback: FeedbackAt, wanted: FeedbackFilter, reader: PagedReader
) -> Batches:
    async def read(criteria: FeedbackFilter) -> tuple[Sequence[EvaluationReading], object]:
        rows = await translate_too_much(feedback.evaluations(criteria))
        return followed(rows, criteria.limit, EVALUATIONS.key)

    words = export.page.words
    async for batch in in_batches(read, wanted):
        names = await names_of_items(reader, [(row.project, row.item) for row in batch])
        yield [
            (
                *_case(export, names, row),
                *(evaluation_number(row), words["grade_of"](row.grade), export.yes(row.bad), joined(row.reasons)),
                *(row.comment, words["channel_of"](row.channel), export.instant(row.evaluated_at)),
                *(row.rounds, row.measures, words["evaluation_appeal"](row.appeal)),
                words["round_of"](row.state if row.bad else "good"),
                *(row.due_on, export.yes(row.overdue), str(row.project)),
            )
            for row in batch
        ]
