"""The history of cards, each with its last state, and of decisions, as they were known: no more is asked about them."""

from __future__ import annotations

from typing import LiteralString

from domain.project.state.project import Project
from projections.history.fold import History, recorded
from projections.supervision.fold import DECISIONS, SIGNALS, SignalRow, Supervision, SupervisionState
from projections.view import Rows, Table

# What a signal counts in, with its state: a board of a past day is counted from an index on its versions alone.
COUNTED = Table(
    "counted_signal",
    (
        ("project", "uuid"),
        ("card", "text"),
        ("register", "text NOT NULL"),
        ("department", "text NOT NULL"),
        ("level", "text NOT NULL"),
        ("state", "text NOT NULL"),
        ("happened_at", "timestamptz NOT NULL"),
    ),
    key=2,
)
COUNTED_INDEX: LiteralString = (
    "(happened_at) INCLUDE (known_from, known_until, register, department, level, state, project)"
)


class RecordedSupervision(Supervision):
    """The fold whose rows have a history: signals also as they count, and no sums."""

    def rows(self, state: SupervisionState, project: Project) -> Rows:
        """The rows of the tables with a history."""
        return {
            SIGNALS.name: [*state.signals.values()],
            DECISIONS.name: [*state.decisions.rows.values()],
            COUNTED.name: [
                (
                    *(project.id, card, project.register),
                    *(signal.department, signal.level, signal.state),
                    signal.happened_at,
                )
                for card, signal in ((card, SignalRow(*row)) for card, row in state.signals.items())
            ],
        }


TABLES = (SIGNALS, DECISIONS, COUNTED)
HISTORY = History(
    RecordedSupervision(),
    TABLES,
    {
        SIGNALS.name: ("(happened_at, project, version)", "(department, happened_at, project, version)"),
        DECISIONS.name: ("(decided_at)",),
        COUNTED.name: (COUNTED_INDEX,),
    },
    in_effect=recorded,
    known_alone=TABLES,
)
