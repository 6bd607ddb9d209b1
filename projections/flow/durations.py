"""办理用时 durations: one row per decided application, from submission to decision, as the basis of estimates."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from domain.core.plan import PlannedItem
from domain.messages import Entry
from domain.project.application.completion import ItemCompleted
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.external.results import ExternalResultRecorded
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.project import Item, Project
from domain.project.waiting.wait import GRANTED, TERMINATED
from projections.view import Facts, Row, Rows, Table, facts_of

PLANNING = facts_of((ProjectRegistered, ItemPlanned, ItemReplanned, ItemDropped))  # a replanned item may be new
DECIDING = (ItemCompleted, ExternalResultRecorded)

HANDLED = Table(
    "handled",
    (
        ("project", "uuid"),
        ("item", "text"),
        ("application", "integer"),
        ("service", "text NOT NULL"),  # the catalogue's code, or the item's own if it was planned by hand
        ("special", "text NOT NULL"),
        ("department", "text NOT NULL"),  # as planned: the lower one if an upper level decides
        ("mode", "text NOT NULL"),
        ("law", "text NOT NULL"),  # for its calendar and time zone
        ("submitted_at", "timestamptz NOT NULL"),
        ("decided_at", "timestamptz NOT NULL"),
        ("free_at", "timestamptz"),  # when the item was no longer blocked; null if unknown
        ("granted", "boolean NOT NULL"),
    ),
    key=3,
)


class HandledState(Struct):
    """The times at which each item was planned, last begun and granted; and the rows of decided applications."""

    planned: dict[str, datetime] = field(default_factory=dict)
    begun: dict[str, tuple[int, ItemSubmitted, datetime]] = field(default_factory=dict)
    granted: dict[str, datetime] = field(default_factory=dict)
    rows: dict[tuple[str, int], Row] = field(default_factory=dict)

    def submitted_at(self, item: str, application: int) -> datetime | None:
        """When this *application* was submitted; None if never within the system."""
        number, _, at = self.begun.get(item, (None, None, None))
        return at if number == application else None

    def free_at(self, plan: PlannedItem) -> datetime | None:
        """When the item was unblocked: planned, and one item of each group granted. None: it is blocked."""
        if not plan.needs:
            return self.planned.get(plan.item)
        met = (
            min((self.granted[code] for code in group if code in self.granted), default=None) for group in plan.needs
        )
        instants = [self.planned.get(plan.item), *met]
        known = [at for at in instants if at is not None]
        return max(known) if len(known) == len(instants) else None


class Handled:
    """The fold. Terminated and withdrawn applications are left out, as they were not decided."""

    name: str = "handled"
    version: int = 4
    tables: tuple[Table, ...] = (HANDLED,)
    follows: Facts = facts_of(PLANNING, (ItemSubmitted,), DECIDING)

    def start(self) -> HandledState:
        return HandledState()

    def fold(self, state: HandledState, entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        if type(fact) in PLANNING:
            state.planned = {code: state.planned.get(code, at) for code in project.items}
            return
        code = getattr(fact, "item", "")
        item = project.items.get(code)
        if item is None:
            return
        if type(fact) is ItemSubmitted:
            state.begun[code] = item.application, fact, at
        elif type(fact) in DECIDING:
            _decided(state, code, item, at, project)
            if item.outcome is GRANTED:
                state.granted[code] = at

    def rows(self, state: HandledState, project: Project) -> Rows:  # noqa: ARG002  a view's signature
        return {"handled": [*state.rows.values()]}


def _decided(state: HandledState, code: str, item: Item, decided_at: datetime, project: Project) -> None:
    number, submitted, at = state.begun.get(code, (0, None, decided_at))
    if submitted is None or number != item.application or at > decided_at:
        return
    if item.outcome is TERMINATED:
        state.rows.pop((code, number), None)
        return
    plan = item.plan
    state.rows[code, number] = (
        project.id,
        code,
        number,
        plan.service or code,
        plan.special,
        plan.department,
        str(item.mode),
        submitted.law,
        at,
        decided_at,
        state.free_at(plan),
        item.outcome is GRANTED,
    )


VIEW = Handled()
