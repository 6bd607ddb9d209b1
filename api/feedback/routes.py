"""GET /complaints, /evaluations, /voices/summary and a project's own: what was said, with clocks, trail and figures."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath

from api.feedback.schemas import (
    Appeal,
    AtStage,
    Bad,
    ComplaintFile,
    ComplaintId,
    ComplaintPage,
    EvaluationFile,
    EvaluationId,
    EvaluationPage,
    First,
    InStage,
    Last,
    OfClock,
    OfGrade,
    OfItem,
    ProjectVoices,
    Standing,
    TrailLine,
    VoiceFigures,
    about_complaint,
    about_evaluation,
    days_of,
    equal,
    one_of_project,
    opinions_min,
    trail,
    unknown,
    voices_at,
    with_articles,
)
from api.web.as_of import AsOf, KnownAt, readable
from api.web.dependencies import AnyRequest, laws_of
from api.web.entries import entries_of, shown
from api.web.identity import actor_of, headers_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Offset, caught_up
from api.web.period import zone_of
from api.web.scope import InRegister, scope_of
from domain.messages import Entry
from domain.project.feedback.evaluation import ServiceEvaluated
from projections.feedback.query import VoiceFilter

T = TypeVar("T")
OF_A_PROJECT_MAX = 1000  # of each kind, the newest
NAMED_MAX = 20  # in a remedy


class VoiceTables(Controller):
    """What was said about the service, at any instant, as known at any other. Nothing names who said it anonymously."""

    tags = ("complaints and evaluations",)

    @get("/projects/{project_id:uuid}/complaints", operation_id="get_voices", summary="What was said about a project")
    async def get_voices(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ProjectVoices:
        """Its complaints and evaluations with their clocks, and every step taken with them: who did what when."""
        _, position = await caught_up(request, after)
        asked = await voices_at(request, as_of, known_at)
        wanted = VoiceFilter(project=project_id, limit=OF_A_PROJECT_MAX)
        steps = with_articles(await asked.steps(project_id), await laws_of(request))
        if not steps:
            await entries_of(request, project_id)
        complaints, evaluations = await asked.complaints(wanted), await asked.evaluations(wanted)
        return ProjectVoices(asked.t, asked.known, complaints, evaluations, steps, position)

    @get("/projects/{project_id:uuid}/complaint", operation_id="get_complaint", summary="One complaint, and its trail")
    async def get_complaint(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        complaint: ComplaintId,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        after: After = 0,
    ) -> ComplaintFile:
        """Its clocks, the entries it and its answer point to, and who did what when, corrections included.

        *complaint* is null, and the trail says why, where its filing was retracted.
        """
        await caught_up(request, after)
        asked, entries = await voices_at(request, as_of, known_at), await entries_of(request, project_id)
        to = actor_of(headers_of(request.scope))
        found = await asked.complaints(one_of_project(project_id, "complaint", complaint))
        lines = trail(entries, about_complaint(entries, complaint), to, asked, zone_of(await laws_of(request)))
        if not lines:
            every = await asked.complaints(VoiceFilter(project=project_id, limit=NAMED_MAX))
            raise unknown("complaint", complaint, [one.complaint for one in every])
        read = found[0] if found else None
        seen = {line.version: line for line in shown(entries, to) if line.recorded_at <= asked.known}
        cited, evidence = (read.entries, read.evidence) if read else ([], [])
        return ComplaintFile(
            asked.t,
            asked.known,
            read,
            [seen[version] for version in cited if version in seen],
            [seen[version] for version in evidence if version in seen],
            lines,
        )

    @get(
        "/projects/{project_id:uuid}/evaluation", operation_id="get_evaluation", summary="One evaluation, and its trail"
    )
    async def get_evaluation(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        evaluation: EvaluationId,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        after: After = 0,
    ) -> EvaluationFile:
        """Its clocks round by round, the contact that was graded, and who did what when, corrections included."""
        await caught_up(request, after)
        asked, entries = await voices_at(request, as_of, known_at), await entries_of(request, project_id)
        to = actor_of(headers_of(request.scope))
        found = await asked.evaluations(one_of_project(project_id, "evaluation", evaluation))
        read = found[0] if found else None
        about = about_evaluation(entries, evaluation, read.version if read else 0)
        lines = trail(entries, about, to, asked, zone_of(await laws_of(request)))
        if not lines:
            every = await asked.evaluations(VoiceFilter(project=project_id, limit=NAMED_MAX))
            raise unknown("evaluation", evaluation, [one.evaluation for one in every])
        contact = _contact(entries, lines)
        seen = {line.version: line for line in shown(entries, to)}
        return EvaluationFile(asked.t, asked.known, read, seen.get(contact), lines)

    @get("/complaints", operation_id="list_complaints", summary="Complaints of all projects that match every filter")
    async def list_complaints(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        item: OfItem = "",
        in_state: InStage = None,  # a handler's argument `state` is the application's
        clock: OfClock = None,
        standing: Standing = None,
        first: First = None,
        last: Last = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> ComplaintPage:
        """The newest first, each with its clocks; `standing=overdue` are those in which somebody is late now."""
        _, position = await caught_up(request, after)
        begins, ends = await days_of(request, first, last)
        wanted = VoiceFilter(
            equal=equal(department=department, item=item, state=in_state),
            first=begins,
            end=ends,
            clock=clock,
            standing=standing,
            scope=await scope_of(request),
            limit=limit + 1,
            offset=offset,
        )
        asked = await voices_at(request, as_of, known_at)
        rows = await readable(asked.complaints(wanted))
        return ComplaintPage(asked.t, asked.known, rows[:limit], _following(rows, limit, offset), position)

    @get("/evaluations", operation_id="list_evaluations", summary="Evaluations of all projects that match every filter")
    async def list_evaluations(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        item: OfItem = "",
        in_state: AtStage = None,
        grade: OfGrade = None,
        bad: Bad = None,
        appeal: Appeal = None,
        clock: OfClock = None,
        standing: Standing = None,
        first: First = None,
        last: Last = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> EvaluationPage:
        """The newest first, a bad one with its clocks; `bad=true&state=open` are those nobody has seen to yet."""
        _, position = await caught_up(request, after)
        begins, ends = await days_of(request, first, last)
        columns = equal(department=department, item=item, state=in_state, grade=grade, bad=bad, appeal=appeal)
        wanted = VoiceFilter(
            equal=columns,
            first=begins,
            end=ends,
            clock=clock,
            standing=standing,
            scope=await scope_of(request),
            limit=limit + 1,
            offset=offset,
        )
        asked = await voices_at(request, as_of, known_at)
        rows = await readable(asked.evaluations(wanted))
        return EvaluationPage(asked.t, asked.known, rows[:limit], _following(rows, limit, offset), position)

    @get("/voices/summary", operation_id="summarize_voices", summary="Complaints and evaluations in figures")
    async def summarize_voices(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        department: Department = "",
        item: OfItem = "",
        first: First = None,
        last: Last = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
    ) -> VoiceFigures:
        """A line a department and a line an item of it; what fewer than five people thought is not told to all."""
        _, position = await caught_up(request, after)
        begins, ends = await days_of(request, first, last)
        columns, scope = equal(department=department, item=item), await scope_of(request)
        wanted = VoiceFilter(equal=columns, first=begins, end=ends, scope=scope)
        asked = await voices_at(request, as_of, known_at)
        least = opinions_min(actor_of(headers_of(request.scope)))
        lines = await readable(asked.summaries(wanted, least))
        return VoiceFigures(asked.t, asked.known, first, last, least, lines, position)


def _following(rows: list[T], limit: int, offset: int) -> int | None:
    """The offset of the next page, where there is one."""
    return offset + limit if len(rows) > limit else None


def _contact(entries: list[Entry], lines: list[TrailLine]) -> int:
    """The version of the entry that records the contact graded; 0: the whole application was."""
    given = (entries[line.entry.version - 1].fact for line in lines)
    return next((fact.contact for fact in given if isinstance(fact, ServiceEvaluated)), 0)
