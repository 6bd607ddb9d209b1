"""GET /v1/feedback/... and a project's own: complaints and evaluations, with clocks, trail and figures."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.cursors import PAGED, ListPaging
from api.feedback.requests import (
    FEEDBACK_FILTERS,
    ComplaintId,
    EvaluationId,
    FeedbackDays,
    single_match,
)
from api.feedback.schemas import (
    ComplaintFile,
    ComplaintPage,
    EvaluationFile,
    EvaluationPage,
    FeedbackFigures,
    ProjectFeedback,
    TrailLine,
)
from api.feedback.trails import about_complaint, about_evaluation, opinions_min, trail, unknown, with_articles
from api.guard.judging import ProjectAccess
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.entries import entries_of, note_shown, shown
from api.web.zones import home_zone
from domain.access.decision import NO_CASE, may
from domain.access.principal import Caller
from domain.messages import Entry
from domain.project.feedback.evaluation import ServiceEvaluated
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.feedback.query import COMPLAINTS, EVALUATIONS, FeedbackAt, FeedbackFilter
from projections.feedback.sums_query import FEEDBACK
from projections.scope import Scope

OF_A_PROJECT_MAX = 1000  # of each kind, the newest
NAMED_MAX = 20  # in a remedy


class FeedbackRoutes(Controller):
    """What was said about the service, at any instant, as known at any other. Nothing names who said it anonymously."""

    opt = {ACCESS: "read:feedback"}  # noqa: RUF012  litestar's own spelling
    tags = ("complaints and evaluations",)
    dependencies = FEEDBACK_FILTERS

    @get(
        "/projects/{project_id:uuid}/feedback",
        operation_id="get_feedback",
        summary="Complaints and evaluations of a project",
    )
    async def get_feedback(
        self,
        project_id: FromPath[UUID],
        position: NamedDependency[int],
        feedback: NamedDependency[FeedbackAt],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        caller: NamedDependency[Caller],
    ) -> ProjectFeedback:
        """Its complaints and evaluations with their clocks, and every step taken with them: who did what when."""
        criteria = FeedbackFilter(project=project_id, scope=Scope.of_any_register(caller), limit=OF_A_PROJECT_MAX)
        steps = with_articles(await feedback.steps(project_id), laws)
        if not steps:
            await entries_of(approvals, project_id)
        complaints, evaluations = await feedback.complaints(criteria), await feedback.evaluations(criteria)
        readable = {complaint.complaint for complaint in complaints} | {
            evaluation.evaluation for evaluation in evaluations
        }
        if not may(caller, FEEDBACK, NO_CASE).allowed:
            steps = [step for step in steps if step.subject in readable]
        return ProjectFeedback(feedback.t, feedback.known, complaints, evaluations, steps, position)

    @get("/projects/{project_id:uuid}/complaint", operation_id="get_complaint", summary="One complaint, and its trail")
    async def get_complaint(
        self,
        project_id: FromPath[UUID],
        complaint: ComplaintId,
        feedback: NamedDependency[FeedbackAt],
        position: NamedDependency[int],  # noqa: ARG002  waits for the parameter `after`
        entries: NamedDependency[list[Entry]],
        laws: NamedDependency[LawBook],
        project_access: NamedDependency[ProjectAccess],
    ) -> ComplaintFile:
        """Its clocks, the entries it and its answer point to, and who did what when, corrections included.

        *complaint* is null, and the trail says why, where its filing was retracted.
        """
        caller = project_access.caller
        matches = await feedback.complaints(single_match(project_id, "complaint", complaint, project_access.scope))
        about = project_access.versions(FEEDBACK, entries, about_complaint(entries, complaint))
        lines = trail(entries, about, caller, feedback, home_zone(laws))
        if not lines:
            criteria = FeedbackFilter(project=project_id, scope=project_access.scope, limit=NAMED_MAX)
            every = await feedback.complaints(criteria)
            raise unknown("complaint", complaint, [row.complaint for row in every])
        read = matches[0] if matches else None
        seen = {
            line.version: line for line in shown(entries, caller, traced=False) if line.recorded_at <= feedback.known
        }
        cited = [seen[version] for version in (read.entries if read else ()) if version in seen]
        evidence = [seen[version] for version in (read.evidence if read else ()) if version in seen]
        note_shown(project_id, [*cited, *evidence])
        return ComplaintFile(
            feedback.t,
            feedback.known,
            read,
            cited,
            evidence,
            lines,
        )

    @get(
        "/projects/{project_id:uuid}/evaluation", operation_id="get_evaluation", summary="One evaluation, and its trail"
    )
    async def get_evaluation(
        self,
        project_id: FromPath[UUID],
        evaluation: EvaluationId,
        feedback: NamedDependency[FeedbackAt],
        position: NamedDependency[int],  # noqa: ARG002  waits for the parameter `after`
        entries: NamedDependency[list[Entry]],
        laws: NamedDependency[LawBook],
        project_access: NamedDependency[ProjectAccess],
    ) -> EvaluationFile:
        """Its clocks round by round, the contact that was graded, and who did what when, corrections included."""
        caller = project_access.caller
        matches = await feedback.evaluations(single_match(project_id, "evaluation", evaluation, project_access.scope))
        read = matches[0] if matches else None
        about = about_evaluation(entries, evaluation, read.version if read else 0)
        about = project_access.versions(FEEDBACK, entries, about)
        lines = trail(entries, about, caller, feedback, home_zone(laws))
        if not lines:
            criteria = FeedbackFilter(project=project_id, scope=project_access.scope, limit=NAMED_MAX)
            every = await feedback.evaluations(criteria)
            raise unknown("evaluation", evaluation, [row.evaluation for row in every])
        contact = _contact(entries, lines)
        seen = {line.version: line for line in shown(entries, caller, traced=False)}
        return EvaluationFile(feedback.t, feedback.known, read, seen.get(contact), lines)

    @get(
        "/feedback/complaints",
        operation_id="list_complaints",
        summary="Complaints of all projects that match every filter",
        dependencies=PAGED,
    )
    async def list_complaints(
        self,
        position: NamedDependency[int],
        feedback: NamedDependency[FeedbackAt],
        complaint_filter: NamedDependency[FeedbackFilter],
        paging: NamedDependency[ListPaging],
    ) -> ComplaintPage:
        """The newest first, each with its clocks; `standing=overdue` are those with an overdue clock."""
        rows = await translate_too_much(feedback.complaints(complaint_filter))
        following = paging.next_of(rows, COMPLAINTS.key)
        return ComplaintPage(feedback.t, feedback.known, paging.shown(rows), following, position)

    @get(
        "/feedback/evaluations",
        operation_id="list_evaluations",
        summary="Evaluations of all projects that match every filter",
        dependencies=PAGED,
    )
    async def list_evaluations(
        self,
        position: NamedDependency[int],
        feedback: NamedDependency[FeedbackAt],
        evaluation_filter: NamedDependency[FeedbackFilter],
        paging: NamedDependency[ListPaging],
    ) -> EvaluationPage:
        """The newest first, a bad one with its clocks; `bad=true&state=open` are those not handled yet."""
        rows = await translate_too_much(feedback.evaluations(evaluation_filter))
        following = paging.next_of(rows, EVALUATIONS.key)
        return EvaluationPage(feedback.t, feedback.known, paging.shown(rows), following, position)

    @get("/feedback/summary", operation_id="summarize_feedback", summary="Complaints and evaluations in figures")
    async def summarize_feedback(
        self,
        position: NamedDependency[int],
        feedback: NamedDependency[FeedbackAt],
        summary_filter: NamedDependency[FeedbackFilter],
        feedback_days: NamedDependency[FeedbackDays],
        caller: NamedDependency[Caller],
    ) -> FeedbackFigures:
        """A line for each department and each of its items; opinions of fewer than five people are withheld."""
        least, days = opinions_min(caller), feedback_days
        lines = await translate_too_much(feedback.summaries(summary_filter, least))
        return FeedbackFigures(feedback.t, feedback.known, days.first, days.last, least, lines, position)


def _contact(entries: list[Entry], lines: list[TrailLine]) -> int:
    """The version of the entry that records the contact graded; 0: the whole application was."""
    facts = (entries[line.entry.version - 1].fact for line in lines)
    return next((fact.contact for fact in facts if isinstance(fact, ServiceEvaluated)), 0)
