"""Numbers of a whole zone that no query adds up: counts of projects and items, the choices of filters, days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from domain.project.state.project import Item
from domain.project.state.step import CaseStep, step_of
from domain.project.waiting.wait import HeldBy
from projections.progress.rows import ITEMS, ProgressProject
from projections.sums import day_of
from projections.view import Row, Rows, Table

COUNTS = Table(
    "project_count",
    (("register", "text"), ("figure", "text"), ("n", "bigint NOT NULL")),
    key=2,
    summed=True,
)
CHOICES = Table(
    "project_choice",
    (
        ("register", "text"),
        ("filter", "text"),  # manager, kind, phase, holder
        ("value", "text"),
        ("name", "text"),  # of a phase
        ("nth", "integer"),  # of a phase
        ("n", "bigint NOT NULL"),
    ),
    key=5,
    summed=True,
)
DAYS = Table(
    "project_day",
    (
        ("register", "text"),
        ("day", "date"),  # local
        ("figure", "text"),  # registered, over
        ("n", "bigint NOT NULL"),
    ),
    key=3,
    summed=True,
)
COUNTS_OF_REGISTER: LiteralString = "SELECT c.figure, c.n FROM views.project_count AS c WHERE c.register = %(register)s"
STEP = "step:"  # before the step that an application is at
STEP_FIGURES = {step: f"{STEP}{step.value}" for step in CaseStep}
NAMES = [name for name, _ in ITEMS.columns]
DECIDED_AT, DELIVERED_AT = map(NAMES.index, ("decided_at", "delivered_at"))
AWAITING, QUEUED, SUSPENDED = map(NAMES.index, ("awaiting", "queued", "suspended"))


def summed_rows(project: ProgressProject, items: Sequence[Row], tally: Mapping[str, int]) -> Rows:
    """What a project with these rows of *items* adds to the sums; *tally* has how many items are at each step."""
    return {
        COUNTS.name: _counts_of(project, tally),
        CHOICES.name: [(project.register, *choice, 1) for choice in _choices_of(project)],
        DAYS.name: [(project.register, day_of(at), figure, 1) for figure, at in _days_of(project, items)],
    }


def _counts_of(project: ProgressProject, tally: Mapping[str, int]) -> list[Row]:
    figures = {
        "projects": 1,
        "under_way": int(project.items_done < project.items_total),
        "stuck": int(project.stuck),
        "applicant": int(HeldBy.APPLICANT in project.holders),
        "items_open": project.items_open,
        "items_done": project.items_done,
        "items_total": project.items_total,
        "items_turned_down": project.items_turned_down,
        "complaints_open": project.complaints_open,
        **{figure: tally[figure] for figure in STEP_FIGURES.values() if figure in tally},
    }
    return [(project.register, figure, number) for figure, number in figures.items() if number]


def step_figure(row: Row, item: Item) -> str:
    """The figure of the step that the application of *item*, whose *row* was made, is at; empty where it is at none."""
    examined = bool(row[AWAITING] or row[QUEUED] or row[SUSPENDED])
    step = step_of(item, is_examined=examined, is_delivered=row[DELIVERED_AT] is not None)
    return "" if step is None else STEP_FIGURES[step]


def _choices_of(project: ProgressProject) -> Iterator[tuple[str, str, str, int]]:
    """Filters by which the project is chosen: the filter, its value, and the name and place of a phase."""
    if project.manager:
        yield "manager", project.manager, "", 0
    if project.kind:
        yield "kind", project.kind, "", 0
    if project.phase:
        yield "phase", project.phase, project.phase_name, project.phase_nth
    for holder in project.holders:
        yield "holder", holder, "", 0


def _days_of(project: ProgressProject, items: Sequence[Row]) -> Iterator[tuple[str, datetime]]:
    """When the project was registered, and when all of it was decided; nothing without items."""
    if not project.items_total or project.registered_at is None:
        return
    yield "registered", project.registered_at
    if project.items_done == project.items_total:
        decided = [row[DECIDED_AT] for row in items if row[DECIDED_AT] is not None]
        over_at = max(decided) if decided else project.changed_at
        if over_at is not None:
            yield "over", max(over_at, project.registered_at)
