"""The case that a browser was admitted to by its query code, for the pages below its number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.html.page import PageContext, see_other
from api.web.dependencies import ReadDependency
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from api.window.qr_code import TRACK
from api.window.visitor import WINDOW, WindowVisitor
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.query_codes import QueryCodes, typed
from projections.window.query import WindowCase, WindowCases


class NotAdmittedError(Exception):
    """The browser has not given the code of the case within the last half hour; *address* is where to give it."""

    def __init__(self, address: str) -> None:
        super().__init__("the query code is missing")
        self.address = address


def admitted_number(
    window_visitor: NamedDependency[WindowVisitor],
    query_codes: NamedDependency[QueryCodes],
    now: NamedDependency[datetime],
) -> str:
    """The number of the case whose code this browser gave within the last half hour; empty where it gave none."""
    return query_codes.admitted(window_visitor.ticket, now)


async def admitted_case(
    number: FromPath[str],
    page: NamedDependency[PageContext],
    approvals: NamedDependency[Approvals],
    admitted_number: NamedDependency[str],
) -> WindowCase:
    """The case in the path. Raises NotAdmittedError, and Problem not-found where a rebuild lost the case."""
    if typed(number) != admitted_number:
        raise NotAdmittedError(page.link(TRACK, number=typed(number)))
    case = await WindowCases(approvals.store).by_number(admitted_number)
    if case is None:
        raise Problem("not-found", f"no case has the number {admitted_number[:64]}", remedy="check the number")
    return case


def to_form(request: HttpRequest, error: NotAdmittedError) -> Response[Any]:
    """To the form for the code, with the number filled in."""
    del request
    return see_other(error.address)


ADMITTED = WINDOW | {
    "admitted_number": Provide(admitted_number, sync_to_thread=False),
    "admitted_case": ReadDependency(admitted_case),
}
