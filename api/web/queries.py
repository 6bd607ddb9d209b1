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
from projections.external.query import ExternalResults
from projections.feedback.query import FeedbackAt
from projections.flow.query import RunningProjects
from projections.information.query import InformationBook, InformationPast
from projections.legal_person.query import PersonBook
from projections.progress.query import ProgressList
from projections.scope import Scope
from projections.snapshots import PagedReader
from projections.supervision.query import SupervisionAt
from projections.waiting.query import WaitingRows


def list_reader(approvals: NamedDependency[Approvals]) -> PagedReader:
    """What the queries read from; lists that are read page by page have another."""
    return PagedReader(approvals.store)


def clocks(
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    instants: NamedDependency[Instants],
    list_scope: NamedDependency[Scope],
) -> ClocksAt:
    """The clocks of the projects in scope."""
    return ClocksAt(list_reader, laws, instants.at, instants.known, scope=list_scope)


def project_clocks(
    list_reader: NamedDependency[PagedReader], laws: NamedDependency[LawBook], instants: NamedDependency[Instants]
) -> ClocksAt:
    """The clocks of single projects."""
    return ClocksAt(list_reader, laws, instants.at, instants.known)


def feedback(
    list_reader: NamedDependency[PagedReader], laws: NamedDependency[LawBook], instants: NamedDependency[Instants]
) -> FeedbackAt:
    """Complaints and evaluations."""
    return FeedbackAt(list_reader, laws, instants.at, instants.known)


def supervision(
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    instant: NamedDependency[datetime],
    list_scope: NamedDependency[Scope],
) -> SupervisionAt:
    """Warnings, cards, orders and decisions of the projects in scope, as was known at the instant."""
    return SupervisionAt(list_reader, laws, instant, home_zone(laws), list_scope)


def period(supervision: NamedDependency[SupervisionAt], first: First = None, last: Last = None) -> Period:
    """The period asked for; the month of its first day, or of the instant, where it is left out. Raises Problem."""
    return period_of(first, last, supervision)


def information(
    list_reader: NamedDependency[PagedReader], laws: NamedDependency[LawBook], instants: NamedDependency[Instants]
) -> InformationBook:
    """The information base."""
    past = InformationPast(instants.at, instants.known, home_zone(laws)) if instants.is_past else None
    return InformationBook(list_reader, past)


def external(list_reader: NamedDependency[PagedReader]) -> ExternalResults:
    """Results from outside."""
    return ExternalResults(list_reader)


def persons(list_reader: NamedDependency[PagedReader]) -> PersonBook:
    """The legal-person base."""
    return PersonBook(list_reader)


def progress(list_reader: NamedDependency[PagedReader]) -> ProgressList:
    """The progress table."""
    return ProgressList(list_reader)


def running(list_reader: NamedDependency[PagedReader]) -> RunningProjects:
    """Projects that run by a flow."""
    return RunningProjects(list_reader)


def waiting(list_reader: NamedDependency[PagedReader]) -> WaitingRows:
    """Who has to act."""
    return WaitingRows(list_reader)


QUERIES = {
    query.__name__: Provide(query, sync_to_thread=False)
    for query in (
        *(list_reader, clocks, project_clocks, feedback, supervision, period),
        *(information, external, persons, progress, running, waiting),
    )
}
