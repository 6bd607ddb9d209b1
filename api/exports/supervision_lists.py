"""Exports of the bureau's lists: warnings and cards, decisions, late records, repeated suspensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, in_batches, joined
from api.html.clock_names import clock_name
from api.html.numbers import card_number
from api.html.page import EXPORTS
from api.route_access import ACCESS
from api.supervision.requests import CARD_FILTER, DECISION_FILTER
from api.supervision.timeliness import TIMELINESS
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import Department
from api.web.zones import home_zone
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from infrastructure.tables.table_file import Row
from projections.progress.titles import names_of_items
from projections.snapshots import PagedReader
from projections.supervision.figures import DecidedCase
from projections.supervision.fold import SignalRow
from projections.supervision.list import CaseKey, ListFilter, SignalKey, case_key, signal_key
from projections.supervision.query import SupervisionAt
from projections.supervision.timeliness_query import TimelinessOf


class SupervisionExports(Controller):
    """The same rows, filters and readers as on the pages."""

    path = EXPORTS
    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/cards{SHEET_FORMAT}", dependencies=CARD_FILTER)
    async def export_cards(
        self,
        export: NamedDependency[Export],
        card_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """预警、监察牌与视为记录."""
        bureau = export.page.words["bureau"]
        heads = ("card", "level", "project", "item", "department", "clock", "due", "happened", "told", "state")
        columns = [*map(bureau, heads), bureau("article"), export.page.words["export"]("project_id")]
        export.of_period(card_filter.period)
        rows = _card_rows(export, supervision, card_filter, list_reader)
        return await export.file("cards", bureau("cards"), columns, rows, supervision.as_of, list_reader)

    @get(f"/decisions{SHEET_FORMAT}", dependencies=DECISION_FILTER)
    async def export_decisions(
        self,
        export: NamedDependency[Export],
        decision_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """办结: whether in time, and after how many days."""
        bureau = export.page.words["bureau"]
        heads = ("project", "item", "department", "outcome", "decided_at", "statute", "promise", "case_days")
        columns = [*map(bureau, heads), export.page.words["export"]("project_id")]
        export.of_period(decision_filter.period)
        rows = _decision_rows(export, supervision, decision_filter, list_reader)
        return await export.file("decisions", bureau("decided"), columns, rows, supervision.as_of, list_reader)

    @get(f"/lags{SHEET_FORMAT}", dependencies=TIMELINESS)
    async def export_lags(
        self,
        export: NamedDependency[Export],
        period: NamedDependency[Period],
        timeliness: NamedDependency[TimelinessOf],
        instants: NamedDependency[Instants],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """补录时差: how late acts were recorded, by department; the last line is of all."""
        conduct, office = export.page.words["conduct"], export.page.office
        heads = ("acts", "outside", "median", "p90", "longest", "over_target")
        total, *departments = await translate_too_much(timeliness.lags(period))
        rows: list[Row] = [
            (office(line.department) or conduct("all"), *(getattr(line, head) for head in heads))
            for line in (*departments, total)
        ]
        columns = [export.page.words["bureau"]("department"), *map(conduct, heads)]
        export.of_period(period)
        return await export.file("lags", conduct("lags"), columns, batch_of(rows), instants.at, list_reader)

    @get(f"/suspensions{SHEET_FORMAT}", dependencies=TIMELINESS)
    async def export_suspensions(
        self,
        export: NamedDependency[Export],
        period: NamedDependency[Period],
        timeliness: NamedDependency[TimelinessOf],
        instants: NamedDependency[Instants],
        laws: NamedDependency[LawBook],
        list_reader: NamedDependency[PagedReader],
        department: Department = "",
    ) -> Stream:
        """反复中止: all applications suspended unusually often, not only those the page shows."""
        conduct, bureau, page = export.page.words["conduct"], export.page.words["bureau"], export.page
        stopped = await translate_too_much(timeliness.often_stopped(period, home_zone(laws), department))
        names = await names_of_items(list_reader, [(clock.project, clock.item) for clock in stopped])
        rows: list[Row] = [
            (
                *(names.project(clock.project), page.called(names.item(clock.project, clock.item))),
                *(page.office(clock.department), clock.suspensions, clock.nights),
                *(joined(map(conduct, clock.oddities)), export.instant(clock.last_at), str(clock.project)),
            )
            for clock in stopped
        ]
        columns = [
            *map(bureau, ("project", "item", "department")),
            *map(conduct, ("suspensions", "nights", "why", "last_at")),
            page.words["export"]("project_id"),
        ]
        export.of_period(period)
        return await export.file("suspensions", conduct("stopped"), columns, batch_of(rows), instants.at, list_reader)


async def batch_of(rows: Sequence[Row]) -> Batches:
    """Rows that were read at once."""
    yield rows


async def _card_rows(export: Export, at: SupervisionAt, wanted: ListFilter, reader: PagedReader) -> Batches:
    async def read(criteria: ListFilter) -> tuple[Sequence[SignalRow], SignalKey | None]:
        cards = await translate_too_much(at.signal_page(criteria))
        return cards.rows, signal_key(cards.rows[-1]) if cards.more else None

    words, page, name = export.page.words, export.page, clock_name(export.page)
    level: Callable[[SignalRow], str] = lambda card: (  # noqa: E731  as in cards.html
        words["rung_of"](card.rung) if card.level == "deemed" else words["level_of"](card.level)
    )
    async for batch in in_batches(read, wanted):
        names = await names_of_items(reader, [(card.project, card.item) for card in batch])
        yield [
            (
                *(card_number(card), level(card), names.project(card.project)),
                *(page.called(names.item(card.project, card.item)), page.office(card.department), name(card.clock)),
                *(card.due_on, export.instant(card.happened_at), export.instant(card.told_at)),
                *(words["fate_of"](card.state), card.article, str(card.project)),
            )
            for card in batch
        ]


async def _decision_rows(export: Export, at: SupervisionAt, wanted: ListFilter, reader: PagedReader) -> Batches:
    async def read(criteria: ListFilter) -> tuple[Sequence[DecidedCase], CaseKey | None]:
        decided = await translate_too_much(at.decided_page(criteria))
        return decided.rows, case_key(decided.rows[-1]) if decided.more else None

    words, page = export.page.words, export.page
    async for batch in in_batches(read, wanted):
        names = await names_of_items(reader, [(case.project, case.item) for case in batch])
        yield [
            (
                *(names.project(case.project), page.called(names.item(case.project, case.item))),
                *(page.office(case.department), words["outcome"](case.outcome), export.instant(case.decided_at)),
                *(words["judged"](str(case.on_time)), words["judged"](str(case.promise_kept))),
                *(case.working_days, str(case.project)),
            )
            for case in batch
        ]
