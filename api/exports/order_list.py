"""The export of orders of the bureau, with the reports to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Struct

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches
from api.html.numbers import order_number
from api.html.page import EXPORTS
from api.route_access import ACCESS
from api.supervision.requests import DueBy, SortOfOrders, Unanswered
from api.web.parameters import Department, Paging
from projections.progress.titles import names_of
from projections.snapshots import PagedReader
from projections.supervision.orders import OrderAt, OrderKey, OrderSort, order_place
from projections.supervision.query import SupervisionAt


class ChosenOrders(Struct, frozen=True):
    """Which orders a file holds, in which order; *last*: the one before the batch."""

    department: str
    unanswered: bool
    due_by: date | None
    sort: OrderSort
    limit: int
    last: OrderKey | None = None


class OrderExports(Controller):
    """The same rows, filters and readers as on the page and in `GET /v1/supervision/orders`."""

    path = EXPORTS
    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/orders{SHEET_FORMAT}")
    async def export_orders(
        self,
        *,
        export: NamedDependency[Export],
        supervision: NamedDependency[SupervisionAt],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
        department: Department = "",
        unanswered: Unanswered = False,
        due_by: DueBy = None,
        sort: SortOfOrders = OrderSort.FEEDBACK,
    ) -> Stream:
        """督办: all orders, not only those that the page shows."""
        bureau, say = export.page.words["bureau"], export.page.words["export"]
        heads = ("order", "project", "department", "about", "feedback_by")
        columns = [*map(bureau, heads), say("state"), *map(bureau, ("answer", "answered")), say("project_id")]
        wanted = ChosenOrders(department, unanswered, due_by, sort, paging.rows_read)
        rows = _order_rows(export, supervision, wanted, list_reader)
        title = export.page.words["bureau_page"]("orders")
        return await export.file("orders", title, columns, rows, supervision.as_of, list_reader)


async def _order_rows(export: Export, at: SupervisionAt, wanted: ChosenOrders, reader: PagedReader) -> Batches:
    async def read(chosen: ChosenOrders) -> tuple[Sequence[OrderAt], OrderKey | None]:
        rows = await at.orders(
            chosen.department,
            unanswered=chosen.unanswered,
            due_by=chosen.due_by,
            sort=chosen.sort,
            limit=chosen.limit,
            last=chosen.last,
        )
        return followed(rows, chosen.limit, lambda order: order_place(order, chosen.sort))

    state = export.page.words["order_state"]
    async for batch in in_batches(read, wanted):
        names = await names_of(reader, [order.project for order in batch])
        yield [
            (
                *(order_number(order), names.project(order.project), export.page.office(order.department)),
                *(order.about, order.feedback_by, state(order.state.value), order.answer),
                *(export.instant(order.answered_at), str(order.project)),
            )
            for order in batch
        ]
