"""矩阵 the progress table as a matrix: one row per project, one column per item, in each cell its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from api.clocks.display import waits, warned
from api.html.page import PageContext
from api.progress.view_models import cell_title, state_of
from domain.law.licensing.clock import State
from projections.clocks.reading import Reading
from projections.progress.rows import ProgressItem, ProgressProject


class MatrixCell(Struct, frozen=True):
    """One item of one project: its state, what is left of its first clock in that clock's unit, all in words too."""

    item: str
    state: str
    warned: str
    left: str
    title: str


class MatrixRow(Struct, frozen=True):
    """One project; None in a column whose item it does not have."""

    project: ProgressProject
    cells: list[MatrixCell | None]


class Matrix(Struct, frozen=True):
    """The columns, each with the code of its item and what it is called, and the rows."""

    columns: list[tuple[str, str]]
    rows: list[MatrixRow]


def matrix_of(
    page: PageContext,
    projects: Sequence[ProgressProject],
    items: Mapping[UUID, list[ProgressItem]],
    clocks: Mapping[UUID, list[Reading]],
) -> Matrix:
    """The matrix of *projects*: a column for every item that one of them has, in the order of their plans."""
    places: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for of_project in items.values():
        for item in of_project:
            places.setdefault(item.item, []).append(item.nth)
            names.setdefault(item.item, page.called(item.name) or item.item)
    codes = sorted(places, key=lambda code: (sum(places[code]) / len(places[code]), code))
    rows = []
    for project in projects:
        by_code = {item.item: item for item in items.get(project.project, [])}
        first = {clock.item: clock for clock in reversed(clocks.get(project.project, [])) if waits(clock)}
        rows.append(
            MatrixRow(project, [_cell(page, by_code.get(code), names[code], first.get(code)) for code in codes])
        )
    return Matrix([(code, names[code]) for code in codes], rows)


def _cell(page: PageContext, item: ProgressItem | None, name: str, clock: Reading | None) -> MatrixCell | None:
    if item is None:
        return None
    flag = warned(clock) if clock else ""
    left, remaining = "", []
    if clock is not None and clock.state is State.OVERDUE:
        left = f"−{clock.overdue_days}"
    elif clock is not None:
        left = f"{clock.remaining:g}"
        remaining = [f"{page.words['sheet']('left')} {page.quantity(clock.remaining, clock.unit)}"]
    return MatrixCell(item.item, state_of(item), flag, left, cell_title(page, item, name, flag, *remaining))
