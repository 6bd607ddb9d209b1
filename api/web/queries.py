"""Dependencies on the read queries: each a query of one subject, at the instants and in the scope of the request."""

from __future__ import annotations

from datetime import datetime

from litestar.di import NamedDependency, Provide

from api.web.as_of import Instants
from api.web.period import First, Last, period_of
from api.web.zones import home_zone
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.external.query import OutsideResults
from projections.feedback.query import VoicesAt
from projections.flow.query import RunningProjects
from projections.information.query import InformationBook, InformationPast
from projections.legal_person.query import PersonBook
from projections.progress.query import ProgressList
from projections.scope import Scope
from projections.supervision.query import SupervisionAt
from projections.waiting.query import WaitingRows


def clocks(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    instants: NamedDependency[Instants],
    list_scope: NamedDependency[Scope],
) -> ClocksAt:
    """The clocks of the projects in scope."""
    return ClocksAt(approvals.store, laws, instants.at, instants.known, scope=list_scope)


def project_clocks(
    approvals: NamedDependency[Approvals], laws: NamedDependency[LawBook], instants: NamedDependency[Instants]
) -> ClocksAt:
    """The clocks of single projects."""
    return ClocksAt(approvals.store, laws, instants.at, instants.known)


def feedback(
    approvals: NamedDependency[Approvals], laws: NamedDependency[LawBook], instants: NamedDependency[Instants]
) -> VoicesAt:
    """Complaints and evaluations."""
    return VoicesAt(approvals.store, laws, instants.at, instants.known)


def supervision(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    instant: NamedDependency[datetime],
    list_scope: NamedDependency[Scope],
) -> SupervisionAt:
    """Warnings, cards, orders and decisions of the projects in scope, as was known at the instant."""
    return SupervisionAt(approvals.store, laws, instant, home_zone(laws), list_scope)


def supervision_now(
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    now: NamedDependency[datetime],
    list_scope: NamedDependency[Scope],
) -> SupervisionAt:
    """The same as is known now, for addresses without an instant."""
    return SupervisionAt(approvals.store, laws, now, home_zone(laws), list_scope)


def period(supervision: NamedDependency[SupervisionAt], first: First = None, last: Last = None) -> Period:
    """The period asked for; the month of its first day, or of the instant, where it is left out. Raises Problem."""
    return period_of(first, last, supervision)


def information(approvals: NamedDependency[Approvals], instants: NamedDependency[Instants]) -> InformationBook:
    """The information base."""
    past = InformationPast(instants.at, instants.known, home_zone(approvals.laws)) if instants.is_past else None
    return InformationBook(approvals.store, past)


def external(approvals: NamedDependency[Approvals]) -> OutsideResults:
    """Results from outside."""
    return OutsideResults(approvals.store)


def persons(approvals: NamedDependency[Approvals]) -> PersonBook:
    """The legal-person base."""
    return PersonBook(approvals.store)


def progress(approvals: NamedDependency[Approvals]) -> ProgressList:
    """The progress table."""
    return ProgressList(approvals.store)


def running(approvals: NamedDependency[Approvals]) -> RunningProjects:
    """Projects that run by a flow."""
    return RunningProjects(approvals.store)


def waiting(approvals: NamedDependency[Approvals]) -> WaitingRows:
    """Who has to act."""
    return WaitingRows(approvals.store)


QUERIES = {
    query.__name__: Provide(query, sync_to_thread=False)
    for query in (
        *(clocks, project_clocks, feedback, supervision, period),
        *(information, external, persons, progress, running, waiting),
    )
}
