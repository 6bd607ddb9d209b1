"""GET /v1/projects/{id}/flow: how far a project is in its flow, and what moving it to another edition would do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.route_access import ACCESS
from api.web.as_of import Instants
from api.web.parameters import code
from domain.as_of import settled
from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.core.plan import PlannedItem
from domain.law.calendar.moment import local_day
from domain.law.generic.expand import general_rule
from domain.law.generic.rule import GeneralRule
from domain.messages import Entry, replay
from domain.project.flow.adoption import MoveFlow, moved
from domain.project.flow.move import Move
from domain.project.flow.standing import StepStanding, standing
from domain.project.state.project import Project
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.project_time import TimedPhase, project_time, timed
from projections.flow.phases import ProjectCourse, course, phases_at

EDITIONS_MAX = 1_000_000
PLANNER = Actor(
    "preview", "", Role.SYSTEM
)  # the preview is the same for every reader: what a project manager would get

ToEdition = Annotated[int, QueryParameter(ge=0, le=EDITIONS_MAX, description="To this edition; 0: to the newest.")]
ToKind = Annotated[str, code("To this kind of project; left out: to the same.")]


class ProjectFlow(Struct, frozen=True):
    """The progress of a project in its flow at *as_of*, by what was known at *known_at*.

    *flow* is empty where it runs by none. *blocked_by* of a step: of each group one item has to be granted first.
    """

    as_of: datetime
    known_at: datetime
    flow: str
    edition: int
    kind: str
    phases: list[TimedPhase]
    steps: list[StepStanding]


class ShownMove(Struct, frozen=True):
    """What moving the project to another edition of its flow would do; nothing is changed by looking.

    *kept* items stay as they are, *changed* wait for others or have other terms, *added* come, *dropped* go. *lost*
    were begun and would go, *stranded* wait for one that goes, *circle* would wait for itself: each forbids the move.
    *possible*: move_flow would pass; else *code*, *because* and *remedy* are those of its refusal.
    """

    flow: str
    from_edition: int
    from_kind: str
    edition: int
    kind: str
    kept: tuple[str, ...]
    changed: tuple[PlannedItem, ...]
    added: tuple[PlannedItem, ...]
    dropped: tuple[str, ...]
    lost: tuple[str, ...]
    stranded: tuple[str, ...]
    circle: str
    possible: bool
    code: str
    because: str
    remedy: str


class ProjectFlowRoutes(Controller):
    """A project in its flow, from its own ledger."""

    opt = {ACCESS: "read:flow"}  # noqa: RUF012  litestar's own spelling
    path = "/projects/{project_id:uuid}/flow"
    tags = ("projects",)

    @get("/", operation_id="get_project_flow", summary="The progress of a project in its flow")
    async def get_project_flow(
        self,
        project_id: FromPath[UUID],
        entries: NamedDependency[list[Entry]],
        instants: NamedDependency[Instants],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
    ) -> ProjectFlow:
        """Phases with their days, and steps: done, open, free to begin, or blocked, and by what."""
        at, known = instants.at, instants.known
        project_course = course(project_id, settled(entries, at, known))
        flow = project_course.project.flow
        return ProjectFlow(
            as_of=at,
            known_at=known,
            flow=flow.flow if flow else "",
            edition=flow.edition if flow else 0,
            kind=flow.kind if flow else "",
            phases=timed(
                phases_at(project_course, counted_by(approvals, laws, project_course, at, known), at),
                project_time(project_id, entries, laws, at, known),
            ),
            steps=standing(project_course.project),
        )

    @get("/move", operation_id="preview_move", summary="What moving a project to another edition would do")
    async def preview_move(
        self,
        project_id: FromPath[UUID],
        entries: NamedDependency[list[Entry]],
        approvals: NamedDependency[Approvals],
        edition: ToEdition = 0,
        kind: ToKind = "",
    ) -> ShownMove:
        """Which items would stay, change, come and go, by the catalogue in force now, and whether it is possible."""
        project = replay(project_id, entries)
        await approvals.shelves.refresh()
        now = approvals.clock()
        context = Context(
            by=PLANNER,
            at=now,
            now=now,
            law=approvals.law_for(project.law, now, begun=True),
            shelf=approvals.shelves.shelf,
        )
        to, of_kind, move = moved(project, edition, kind, context)
        return shown_move(project, to.number, of_kind, move, refusal_of(project, edition, kind, context))


def counted_by(
    approvals: Approvals, laws: LawBook, project_course: ProjectCourse, at: datetime, known: datetime
) -> GeneralRule | None:
    """How the project's law counts the days of a phase; None before it was registered."""
    if not project_course.project.law:
        return None
    pack = approvals.law_for(project_course.project.law, at, begun=True)
    return general_rule(pack, laws.calendar(pack, local_day(known, pack.zone)), days=0)


def refusal_of(project: Project, edition: int, kind: str, context: Context) -> Refused | None:
    """Why the move would be refused; None where it would pass."""
    try:
        MoveFlow(edition=edition, kind=kind).decide(project, context)
    except Refused as refusal:
        return refusal
    return None


def shown_move(project: Project, edition: int, kind: str, move: Move, refusal: Refused | None) -> ShownMove:
    """*move* as it is shown, with why it would be refused."""
    flow = project.flow
    assert flow is not None, "a project without a flow is refused before"
    return ShownMove(
        flow=flow.flow,
        from_edition=flow.edition,
        from_kind=flow.kind,
        edition=edition,
        kind=kind,
        kept=move.unaffected,
        changed=move.changed,
        added=move.added,
        dropped=move.dropped,
        lost=move.lost,
        stranded=move.stranded,
        circle=move.circle,
        possible=refusal is None,
        code=refusal.code if refusal else "",
        because=refusal.sentence if refusal else "",
        remedy=refusal.remedy if refusal else "",
    )
