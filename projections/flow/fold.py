"""流程执行 adoptions: which projects follow which edition of a flow, and since when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.messages import Entry
from domain.project.flow.adoption import FlowAdopted, FlowMoved
from domain.project.state.project import Project
from projections.view import Facts, Row, Rows, Table, facts_of

ADOPTING = (FlowAdopted, FlowMoved)
ADOPTIONS = Table(
    "adoption",
    (
        ("project", "uuid"),
        ("nth", "integer"),  # of the project's adoptions, from 1
        ("flow", "text NOT NULL"),
        ("edition", "integer NOT NULL"),
        ("kind", "text NOT NULL"),
        ("since", "timestamptz NOT NULL"),
        ("until", "timestamptz"),  # when it moved to the next; null: current
        ("by", "text NOT NULL"),
    ),
    key=2,
    indexes=("(flow, edition, project)",),
)


class Adoption(Struct, frozen=True):
    """One edition of a flow that a project follows, or followed up to *until*; *by* is who moved it."""

    project: UUID
    nth: int
    flow: str
    edition: int
    kind: str
    since: datetime
    until: datetime | None
    by: str


class Adoptions:
    """The fold: one row per adoption, each ended by the next."""

    name: str = "adoptions"
    version: int = 1
    tables: tuple[Table, ...] = (ADOPTIONS,)
    follows: Facts = facts_of(ADOPTING)

    def start(self) -> list[Adoption]:
        return []

    def fold(self, state: list[Adoption], entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        if not isinstance(fact, ADOPTING):
            return
        if state:
            state[-1] = structs.replace(state[-1], until=max(at, state[-1].since))  # moves may be recorded out of order
        since = max(at, state[-1].since) if state else at
        by = entry.recorded.actor.id
        state.append(Adoption(project.id, len(state) + 1, fact.flow, fact.edition, fact.kind, since, None, by))

    def rows(self, state: list[Adoption], _project: Project) -> Rows:
        return {"adoption": [_row(adoption) for adoption in state]}


def _row(adoption: Adoption) -> Row:
    return structs.astuple(adoption)
