"""The dependencies of the desk: what it is read from, now or as of a past instant, within the scope of the reader."""

from __future__ import annotations

from litestar.di import NamedDependency, Provide

from api.web.as_of import Instants
from api.worklist.view_models import DeskSources
from domain.access.principal import Caller
from infrastructure.law.lawbook import LawBook
from projections.clocks.query import ClocksAt
from projections.feedback.query import FeedbackAt
from projections.progress.query import ProgressList
from projections.scope import Scope
from projections.snapshots import PagedReader
from projections.supervision.query import SupervisionAt
from projections.waiting.query import WaitingRows


def desk_sources(
    *,
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    instants: NamedDependency[Instants],
    list_scope: NamedDependency[Scope],
    supervision: NamedDependency[SupervisionAt],
    waiting: NamedDependency[WaitingRows],
    progress: NamedDependency[ProgressList],
    caller: NamedDependency[Caller],
) -> DeskSources:
    """What a desk is read from."""
    return DeskSources(
        store=list_reader,
        supervision=supervision,
        clocks=ClocksAt(list_reader, laws, instants.at, instants.known, scope=list_scope),
        waiting=waiting,
        progress=progress,
        feedback=FeedbackAt(list_reader, laws, instants.at, instants.known),
        caller=caller,
        past=instants.past,
    )


DESK_SOURCES = {"desk_sources": Provide(desk_sources, sync_to_thread=False)}
