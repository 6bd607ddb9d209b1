"""The state of a project, for its page: phases, clocks that run, how complete its information is, feedback on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from api.clocks.display import by_end, waits
from api.flow.critical_path import Forecasts
from api.flow.project_flow import counted_by
from api.guard.judging import ProjectAccess
from api.information.routes import information_at
from api.project_page.renewal import ShownRenewal, is_renewed, renewals_in
from api.web.zones import home_zone
from domain.as_of import settled
from domain.messages import Entry
from domain.project.application.registration import ProjectRegistered
from domain.project.waiting.stuck import is_done, is_stuck, turned_down
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from projections.clocks.project_time import ProjectTime, TimedPhase, timed
from projections.clocks.query import ClocksAt
from projections.clocks.reading import ItemReading, Reading
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading, EvaluationReading
from projections.flow.phases import course, phases_at

OR = " or "  # between the items any of which will do, as `Project.unmet` writes them


class PageSources(Struct, frozen=True):
    """What the page of a project is read from: all its *entries*, other streams, the law, forecasts, views."""

    entries: list[Entry]
    approvals: Approvals
    laws: LawBook
    forecasts: Forecasts
    views: Views


class ProjectStanding(Struct, frozen=True):
    """The state of a project at an instant: whether it is *stuck*, and which items were *turned_down*.

    *clocks*: those that run, by item, those that end first on top.

    *readings*: all clocks, application by application. *renewals*: what became of the licences that items are to renew.
    *filled* of *required* fields of its information are known; both are 0 before it was registered. *complaints* and
    *evaluations* are what was said of its service, the newest first.
    """

    kind: str
    stuck: bool
    turned_down: list[str]
    phases: list[TimedPhase]
    clocks: dict[str, list[Reading]]
    renewals: dict[str, ShownRenewal]
    readings: list[ItemReading]
    filled: int
    required: int
    done: int
    items: int
    complaints: list[ComplaintReading]
    evaluations: list[EvaluationReading]


async def standing_of(
    sources: PageSources, access: ProjectAccess, entries: Sequence[Entry], at: datetime, spent: ProjectTime | None
) -> ProjectStanding:
    """The state of a project at *at*, read from its own *entries*, as far as the caller of *access* may read it."""
    project = access.project
    approvals, laws = sources.approvals, sources.laws
    project_course = course(project.id, settled(entries, at, at))
    feedback, of_project = (
        FeedbackAt(approvals.store, laws, at, at),
        FeedbackFilter(project=project.id, scope=access.scope),
    )
    filled = required = 0
    clocks: list[ItemReading] = []
    if access.may("read:clocks").allowed:
        clocks = await ClocksAt(approvals.store, laws, at, at).of_project(project.id)
    if any(isinstance(entry.fact, ProjectRegistered) for entry in entries):
        information = information_at(project.id, sources.entries, at, at, home_zone(approvals.laws))
        filled, required = information.filled, information.required
    return ProjectStanding(
        kind=project.flow.kind if project.flow else "",
        stuck=is_stuck(project),
        turned_down=turned_down(project),
        phases=timed(phases_at(project_course, counted_by(approvals, laws, project_course, at, at), at), spent),
        clocks=running(clocks),
        renewals=renewals_in(project, clocks),
        readings=clocks,
        filled=filled,
        required=required,
        done=sum(map(is_done, project.items.values())),
        items=len(project.items),
        complaints=await feedback.complaints(of_project),
        evaluations=await feedback.evaluations(of_project),
    )


def running(readings: Sequence[ItemReading]) -> dict[str, list[Reading]]:
    """The clocks that wait for an act, by item, what ends first on top."""
    clocks_by_item: dict[str, list[Reading]] = {}
    for of_item in readings:
        clocks = [clock for clock in of_item.clocks if not clock.closed and waits(clock) and not is_renewed(clock)]
        if clocks:
            clocks_by_item[of_item.item] = sorted(clocks, key=by_end)
    return clocks_by_item


def named_by(names: Mapping[str, str], either: str) -> Callable[[str], str]:
    """Says what items are called; of a precondition that any of several meets, each, with *either* between them."""
    return lambda codes: either.join(names.get(code, code) for code in codes.split(OR))
