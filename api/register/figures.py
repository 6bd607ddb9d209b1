"""GET /v1/projects/{id}/register: of an imported case, which figures are its register's own and which the law's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.project.schemas import Imported, imported_from
from api.route_access import ACCESS
from domain.law.licensing.clock import State
from domain.law.licensing.review import DECISION
from domain.messages import Entry
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.clocks.reading import ItemReading
from projections.register_figures.cases import CaseRow, case_row


class LawFigure(Struct, frozen=True):
    """The decision's clock of one application, counted from the facts by *law* in its *mode*.

    *due_on*: its last day in time, null while a suspension makes it unknowable.
    """

    item: str
    application: int
    law: str
    mode: str
    state: State
    start_on: date
    due_on: date | None
    overdue_days: int
    article: str


class RegisterFigures(Struct, frozen=True):
    """One imported case at *as_of* by what was known at *known_at*: the same case, counted twice.

    *by_register*: by the register's own rows and its own way of counting. *by_law*: by the law, from the facts that the
    rows amount to. Where both differ the law's count. All are null or empty for a project that was not imported.
    """

    as_of: datetime
    known_at: datetime
    imported: Imported | None
    by_register: CaseRow | None
    by_law: list[LawFigure]


class RegisterFigureRoutes(Controller):
    """An imported case beside its register."""

    opt = {ACCESS: "read:progress"}  # noqa: RUF012  litestar's own spelling
    tags = ("projects",)

    @get(
        "/projects/{project_id:uuid}/register",
        operation_id="get_register_figures",
        summary="Of an imported case, the register's figures beside the law's",
    )
    async def get_register_figures(
        self,
        project_id: FromPath[UUID],
        entries: NamedDependency[list[Entry]],
        project_clocks: NamedDependency[ClocksAt],
        approvals: NamedDependency[Approvals],
    ) -> RegisterFigures:
        """Both counts, and a statement in Chinese and English which is which."""
        readings = await project_clocks.of_project(project_id) if imported_from(entries) else []
        return register_figures(approvals, entries, readings, project_clocks.t, project_clocks.known)


def register_figures(
    approvals: Approvals, entries: Sequence[Entry], readings: Sequence[ItemReading], at: datetime, known: datetime
) -> RegisterFigures:
    """The figures of the case with these *entries*, whose clocks were read as *readings*."""
    imported = imported_from(entries)
    if imported is None:
        return RegisterFigures(at, known, None, None, [])
    law_for = partial(approvals.law_for, begun=True)
    by_register = case_row(entries, law_for, as_of=at, known_at=known)
    return RegisterFigures(at, known, imported, by_register, list(by_law(readings)))


def by_law(readings: Sequence[ItemReading]) -> Sequence[LawFigure]:
    """The decision's clock of every application."""
    return [
        LawFigure(
            item=reading.item,
            application=reading.application,
            law=clock.law,
            mode=clock.mode,
            state=clock.state,
            start_on=clock.start_on,
            due_on=clock.due_on,
            overdue_days=clock.overdue_days,
            article=clock.article,
        )
        for reading in readings
        for clock in reading.clocks
        if clock.clock == DECISION.name
    ]
