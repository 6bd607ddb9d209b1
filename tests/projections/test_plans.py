"""Pages and lists read what they show by an index, for readers of few projects too, now and as of a past day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from domain.law.calendar.period import Period
from domain.law.licensing.clock import State
from domain.project.flow.conformance import Deviation
from domain.project.state.step import CaseStep
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.reader import Store
from infrastructure.projector.projector import Projector
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.external.query import ExternalFilter, ExternalResults
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.flow.conformance_query import ConformanceOf, FlowChoice
from projections.histories import EVERY_VIEW, HISTORIES
from projections.history.moment import PastMoment
from projections.information.query import InformationBook, InformationFilter, InformationPast
from projections.overview.attention import obstacles
from projections.overview.steps import StepCount, step_cases
from projections.progress.ordered import ProgressSort
from projections.progress.past import PastProgress
from projections.progress.query import DecidedFilter, ProgressList, ProjectFilter
from projections.progress.ranks import ordered_page
from projections.scope import ZONE_SCOPE, Scope
from projections.snapshots import Cursor
from projections.sums import ZONE
from projections.supervision.list import IN_FORCE, ListFilter
from projections.supervision.query import SupervisionAt
from projections.view import Table
from projections.waiting.query import WaitingFilter, WaitingRows
from projections.window.granted import GrantedFilter, PublicDecisions
from tests.infrastructure.projector.test_projector import project_all

ROWS, LATE = 12_000, 100  # one row in so many is of the past hour
NOW = datetime(2026, 6, 1, tzinfo=UTC)
THEN = NOW - timedelta(minutes=30)
PAST = InformationPast(THEN, THEN, ZONE)
BLANK = {
    "text": "''",
    "text[]": "'{}'",
    "tsvector": "''",
    "boolean": "false",
    "date": "'2026-01-01'",
    "integer": "1",
    "timestamptz": "'2026-01-01Z'",
    "timestamptz[]": "'{}'",
    "integer[]": "'{}'",
    "bigint": "1",
}
PROJECT = {"project": "md5(n::text)::uuid"}
ENDED = f"CASE WHEN n % {LATE} = 0 THEN timestamptz '9999-01-01Z' ELSE timestamptz '2026-05-01Z' END"
VERSION = PROJECT | {"known_until": ENDED, "valid_until": ENDED}
AT_STAGE = f"CASE WHEN n % {LATE} = 0 THEN 'accepted' ELSE 'delivered' END"
RUNS = "n % 10 = 0"
VALUES: dict[str, Mapping[str, str]] = {
    "access_project": PROJECT | {"manager": "'manager' || n % 600"},
    "clock": PROJECT
    | {
        "law": "'cn-licensing@2019-04-23'",
        "department": "'department' || n % 3",
        "mode": "'single'",
        "clock": "'decision'",
        "state": "CASE WHEN n % 10 = 1 THEN 'late' WHEN n % 100 = 10 THEN 'suspended' ELSE 'running' END",
        "over_state": "'overdue'",
        "level": f"CASE WHEN {RUNS} THEN 'green' ELSE 'none' END",
        "closed": f"NOT ({RUNS})",
        "over_level": "'red'",
        "length": "20",
        "due_on": "date '2026-01-01' + n % 700",
        "over_at": "timestamptz '2026-01-01Z' + n % 700 * interval '1 day'",
        "yellow_at": "NULL",
        "yellow_on": "NULL",
        "paused_from": "NULL",
        "paused_until": "NULL",
    },
    "waiting": PROJECT
    | {
        "kind": f"CASE WHEN n % {LATE} = 0 THEN 'suspension' ELSE 'decision' END",
        "department": "'department' || n % 3",
        "held_by": f"CASE WHEN n % {LATE} = 0 THEN 'applicant' ELSE 'department' END",
        "holder": f"CASE WHEN n % {LATE} = 0 THEN 'applicant' ELSE 'department' || n % 3 END",
        "since": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
    },
    "project": PROJECT | {"stuck": f"n % {LATE} < 5", "items_done": "0", "items_total": "1"},
    "waiting_obstacle": PROJECT | {"n": "n % 20", "since": "timestamptz '2026-01-01Z' + n * interval '10 minutes'"},
    "project_history": VERSION
    | {
        "manager": "'manager' || n % 600",
        "changed_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
        "known_until": f"CASE WHEN n % {LATE} < 10 THEN timestamptz '9999-01-01Z' ELSE timestamptz '2026-01-02Z' END",
    },
    "waiting_history": VERSION,
    "item_history": VERSION | {"stage": AT_STAGE, "known_until": "'9999-01-01Z'", "valid_until": "'9999-01-01Z'"},
    "information": PROJECT | {"words": "to_tsvector('simple', 'word' || n)"},
    "information_history": VERSION
    | {"words": "to_tsvector('simple', 'word' || n)", "known_until": "'9999-01-01Z'", "valid_until": "'9999-01-01Z'"},
    "signal_history": VERSION
    | {
        "department": "'department' || n % 3",
        "happened_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
        "known_until": "'9999-01-01Z'",
    },
    "signal": PROJECT
    | {
        "department": "'department' || n % 3",
        "level": "'yellow'",
        "state": "'standing'",
        "happened_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
    },
    "signal_state": PROJECT,
    "supervision_order": PROJECT
    | {
        "order": "'DB-' || n",
        "department": "'department' || n % 3",
        "feedback_by": "date '2026-01-01' + n % 100",
        "answered_at": f"CASE WHEN n % {LATE} > 20 THEN timestamptz '2026-01-02Z' END",
    },
    "item": PROJECT
    | {
        "department": "'department' || n % 20",
        "decided_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
        "stage": "CASE WHEN n % 3 = 0 THEN 'submitted' ELSE 'delivered' END",
    },
    "conformance": PROJECT
    | {"flow": "'zone'", "waited_us": "n * 1000000::bigint", "handled_us": "n * 1000000::bigint"},
    "conformance_duration": {
        "flow": "'zone'",
        "span": "CASE WHEN n % 97 = 0 THEN 86400 ELSE 900 END",
        "nth": "n",
        "measure": "CASE WHEN n % 2 = 0 THEN 'waited' ELSE 'handled' END",
    },
    "deviation": PROJECT
    | {
        "flow": "'zone'",
        "deviation": "'early'",
        "edition": "n % 2",
        "registered_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'",
    },
    "granted_decision": PROJECT
    | {
        "decided_on": "date '2024-01-01' + n % 900",
        "position": "n",
        "department": "'department' || n % 20",
        "words": "to_tsvector('simple', 'word' || n)",
    },
    "late_decision": PROJECT
    | {"department": "'department' || n % 3", "decided_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'"},
    "complaint": PROJECT
    | {
        "complaint": "'complaint' || n",
        "department": "'department' || n % 3",
        "state": f"CASE WHEN n % {LATE} = 0 THEN 'accepted' ELSE 'closed' END",
        "filed_at": "timestamptz '2026-01-01Z' + n / 300 * interval '1 day'",
        "closed_at": f"CASE WHEN n % {LATE} = 0 THEN NULL ELSE timestamptz '2026-05-01Z' END",
    },
    "evaluation": PROJECT
    | {
        "evaluation": "'evaluation' || n",
        "department": "'department' || n % 3",
        "bad": f"n % {LATE} < 5",
        "appeal": f"CASE WHEN n % {LATE} = 1 THEN 'upheld' ELSE 'none' END",
        "evaluated_at": "timestamptz '2026-01-01Z' + n / 300 * interval '1 day'",
        "closed_at": "timestamptz '2026-05-01Z'",
    },
    "outside": PROJECT
    | {"needed": f"n % {LATE} = 0", "zone": "'Asia/Shanghai'", "verified_on": "date '2026-01-01' + n % 90"},
    "evaluation_history": VERSION
    | {"evaluated_at": "timestamptz '2026-01-01Z' + n * interval '10 minutes'", "known_until": "'9999-01-01Z'"},
}
VALUES["clock_history"] = {**VALUES["clock"], **VERSION}
CASES = [(UUID(int=number), "land") for number in range(20)]
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
Ask = Callable[["ExplainingStore"], Awaitable[object]]


class ExplainingCursor(AsyncCursor[TupleRow]):
    """Notes the plan of each composed query before it is run."""

    plans: list[str]

    async def execute(self, query: Any, params: Any = None, **options: Any) -> ExplainingCursor:
        """Run *query*."""
        if isinstance(query, Composed):
            await super().execute(SQL("EXPLAIN {}").format(query), params, prepare=False)
            self.plans.append("\n".join(line for (line,) in await self.fetchall()))
        await super().execute(query, params, **options)
        return self


class ExplainingStore(Store):
    """A store that notes the *plans* of its queries."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 1)
        self.plans: list[str] = []

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[Cursor]:
        """A cursor that notes plans."""
        async with self.pool.connection() as connection:
            cursor = ExplainingCursor(connection)
            cursor.plans = self.plans
            async with cursor:
                yield cursor


def fill(connection: psycopg.Connection[Any], table: Table) -> None:
    """Insert ROWS rows, blank where VALUES has nothing else."""
    values = VALUES[table.name]
    columns = ", ".join(values.get(name) or BLANK[kind.split()[0]] for name, kind in table.columns)
    statement = f"INSERT INTO views.{table.name} SELECT {columns} FROM generate_series(1, {ROWS}) AS n"
    connection.execute(statement.encode())


@pytest.fixture(scope="module")
def url(shared_database_url: str) -> str:
    """As many rows in each table as show in a plan."""
    project_all(shared_database_url)
    project_all(shared_database_url, Projector(shared_database_url, HISTORIES))
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        for table in (table for view in EVERY_VIEW for table in view.tables):
            if table.name in VALUES:
                fill(connection, table)
        connection.execute("VACUUM (ANALYZE)")
    return shared_database_url


def of_manager(person: str) -> Scope:
    """What a manager of twenty projects may read."""
    return Scope(caller=Caller(person, "", PrincipalKind.PERSON, Role.PROJECT_MANAGER))


def clocks_in(store: Store, scope: Scope = ZONE_SCOPE) -> ClocksAt:
    """The clocks as they are now."""
    return ClocksAt(store, law_book(), NOW, NOW, scope=scope)


def complaints_in(store: Store, criteria: FeedbackFilter) -> Awaitable[object]:
    """The complaints as they are now."""
    return FeedbackAt(store, law_book(), NOW, NOW).complaints(criteria)


async def shown_then(store: Store) -> object:
    """What was at hand, the first of it in full."""
    rows = WaitingRows(store)
    return await rows.shown(await rows.brief(WaitingFilter(at_hand=True, limit=20), PAST), PAST)


QUERIES: Mapping[str, tuple[Ask, str]] = {
    "clocks of a manager": (
        lambda store: clocks_in(store, of_manager("manager7")).listed(ClockFilter()),
        "access_project_manager_idx",
    ),
    "clocks": (lambda store: clocks_in(store).listed(ClockFilter(limit=20)), "on clock c"),
    "suspended clocks": (
        lambda store: clocks_in(store).listed(ClockFilter(state=State.SUSPENDED, limit=20)),
        "clock_over_at_project_item_application_clock_idx",
    ),
    "waits of a kind": (
        lambda store: WaitingRows(store).listed(WaitingFilter(kind="suspension", limit=20)),
        "waiting_kind_since_project_nth_ref_idx",
    ),
    "clocks beyond a day": (
        lambda store: clocks_in(store).number(ClockFilter(due_after=date(2027, 11, 20), limit=50)),
        "on clock c",
    ),
    "what others hold up of a department": (
        lambda store: WaitingRows(store).brief(
            WaitingFilter(department="department1", at_hand=True, elsewhere=True, limit=1000)
        ),
        "Index Only Scan using waiting_department_since_project",
    ),
    "clocks of a desk": (
        lambda store: clocks_in(store).ends(
            ClockFilter(department="department1", awaited=True, coloured=True, limit=50)
        ),
        "Index Only Scan using clock_department_over_at_project_item",
    ),
    "what a desk holds": (
        lambda store: WaitingRows(store).brief(
            WaitingFilter(holder="department1", held_by="department", at_hand=True, limit=1000)
        ),
        "Index Only Scan using waiting_holder_since_project",
    ),
    "what a desk holds then": (
        lambda store: WaitingRows(store).brief(
            WaitingFilter(holder="department1", held_by="department", at_hand=True, limit=1000), PAST
        ),
        "Index Only Scan using waiting_history_tstzrange",
    ),
    "what a desk shows then": (shown_then, "waiting_history_pkey"),
    "warnings and cards of a desk then": (
        lambda store: SupervisionAt(store, law_book(), THEN, ZONE).signals(YEAR, "department1", IN_FORCE, limit=20),
        "Index Scan Backward using signal_history_department_happened_at_project_version_idx",
    ),
    "orders of a desk": (
        lambda store: SupervisionAt(store, law_book(), NOW, ZONE).orders("department1", unanswered=True, limit=20),
        "supervision_order_department_feedback_by_project_order_idx",
    ),
    "orders of the board": (
        lambda store: SupervisionAt(store, law_book(), NOW, ZONE).orders(unanswered=True, limit=20),
        "supervision_order_feedback_by_project_order_idx",
    ),
    "decided by a department this week": (
        lambda store: ProgressList(store).decided(
            DecidedFilter(department="department7", since=NOW - timedelta(days=80), t=NOW)
        ),
        "item_decided_at_department_idx",
    ),
    "waits of chosen applications": (
        lambda store: WaitingRows(store).brief(WaitingFilter(holder="department1", cases=CASES)),
        "waiting_pkey",
    ),
    "waits of chosen applications then": (
        lambda store: WaitingRows(store).brief(WaitingFilter(holder="department1", cases=CASES), PAST),
        "waiting_history_pkey",
    ),
    "figures of projects then": (
        lambda store: PastProgress(store, law_book(), PAST).figures(ProjectFilter(t=THEN), 10),
        "Index Only Scan using project_history_tstzrange",
    ),
    "projects in the order of harm then": (
        lambda store: PastProgress(store, law_book(), PAST).ordered(
            ProjectFilter(t=THEN, limit=51), ProgressSort.HARM, None
        ),
        "Index Only Scan using clock_history_tstzrange",
    ),
    "projects in the order of harm": (
        lambda store: ordered_page(store, ProjectFilter(t=NOW, limit=51), ProgressSort.HARM, None),
        "Index Only Scan using clock_over_at_project",
    ),
    "departing items": (
        lambda store: ConformanceOf(store, FlowChoice("zone", 1), ZONE_SCOPE).listed(Deviation.EARLY, "", 101, 0),
        "Index Scan using deviation_register_flow_edition_deviation_registered_at_pro_idx",
    ),
    "how long steps wait": (
        lambda store: ConformanceOf(store, FlowChoice("zone", 0), ZONE_SCOPE).steps(),
        "Index Only Scan using conformance_register_flow_item_waited_us_edition_idx",
    ),
    "applications at a step": (
        lambda store: step_cases(
            store, NOW, ZONE_SCOPE, StepCount(CaseStep.ACCEPTANCE), late=False, limit=101, offset=0
        ),
        "Index Scan using item_coalesce_project_item_idx",
    ),
    "what needs attention": (
        lambda store: obstacles(store, NOW, ZONE_SCOPE, 7),
        "Index Only Scan using waiting_obstacle_n_since_project",
    ),
    "departments that hold something": (
        lambda store: WaitingRows(store).departments(ZONE_SCOPE),
        "Index Only Scan using waiting_holder_since_project",
    ),
    "waits then": (lambda store: WaitingRows(store).listed(WaitingFilter(), PAST), "waiting_history_tstzrange"),
    "holders then": (lambda store: WaitingRows(store).holders("", 20, PAST), "waiting_history_tstzrange"),
    "projects then": (
        lambda store: ProgressList(store).page(ProjectFilter(t=THEN), PAST),
        "project_history_changed_at",
    ),
    "projects of a manager then": (
        lambda store: ProgressList(store).page(ProjectFilter(t=THEN, manager="manager7"), PAST),
        "project_history_tstzrange",
    ),
    "items at a stage then": (
        lambda store: InformationBook(store, PAST).listed(InformationFilter(stage="accepted", limit=5)),
        "item_history_tstzrange",
    ),
    "words": (
        lambda store: InformationBook(store).listed(InformationFilter(text="word77")),
        "information_words_idx",
    ),
    "words then": (
        lambda store: InformationBook(store, PAST).listed(InformationFilter(text="word77")),
        "information_history_words",
    ),
    "decisions granted": (
        lambda store: PublicDecisions(store).listed(GrantedFilter(limit=51, after=(date(2025, 3, 1), 1))),
        "granted_decision_decided_on_position_idx",
    ),
    "decisions of a department": (
        lambda store: PublicDecisions(store).listed(GrantedFilter(limit=51, department="department7")),
        "granted_decision_department_decided_on_position_idx",
    ),
    "decisions with words": (
        lambda store: PublicDecisions(store).listed(GrantedFilter(limit=51, text="word77")),
        "granted_decision_words_idx",
    ),
    "departments of decisions": (
        lambda store: PublicDecisions(store).departments(),
        "granted_decision_department_decided_on_position_idx",
    ),
    "evaluations then": (
        lambda store: FeedbackAt(store, law_book(), THEN, THEN).evaluations(FeedbackFilter(limit=5)),
        "evaluation_history_evaluated_at",
    ),
}


async def plans_of(url: str, ask: Ask) -> str:
    """The plans of the queries that *ask* makes."""
    store = ExplainingStore(url)
    await store.pool.open()
    try:
        await ask(store)
    finally:
        await store.pool.close()
    return "\n".join(store.plans)


@pytest.mark.parametrize("name", QUERIES)
async def test_what_is_shown_is_found_by_an_index(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.feedback.query.MOVED_FEW_MAX", -1)
    monkeypatch.setattr("projections.supervision.query.RESTATED_FEW_MAX", -1)
    ask, index = QUERIES[name]
    plans = await plans_of(url, ask)

    assert index in plans, plans
    for table in VALUES.keys() - {"access_project"}:
        assert f"Seq Scan on {table} " not in plans, plans


OFFICER = Scope(caller=Caller("li", "", PrincipalKind.PERSON, Role.OFFICER, "department1"))
OWN: Mapping[str, Ask] = {
    "held by the own department": lambda store: WaitingRows(store).brief(
        WaitingFilter(holder="department1", held_by="department", at_hand=True, scope=OFFICER, limit=1000)
    ),
    "handled by the own department": lambda store: WaitingRows(store).brief(
        WaitingFilter(department="department1", at_hand=True, elsewhere=True, scope=OFFICER, limit=1000)
    ),
    "decided by the own department": lambda store: ProgressList(store).decided(
        DecidedFilter(department="department1", since=NOW - timedelta(days=7), t=NOW, scope=OFFICER)
    ),
}


@pytest.mark.parametrize("name", OWN)
async def test_of_the_own_department_no_project_is_looked_up(url: str, name: str) -> None:
    plans = await plans_of(url, OWN[name])

    assert "access_project" not in plans, plans
    assert "project_pkey" not in plans, plans


IN_ORDER: Mapping[str, tuple[Ask, str]] = {
    "warnings and cards of a desk": (
        lambda store: SupervisionAt(store, law_book(), NOW, ZONE).signals(YEAR, "department1", IN_FORCE, limit=20),
        "Index Scan Backward using signal_department_happened_at_project_version_idx",
    ),
    **{name: QUERIES[name] for name in ("orders of a desk", "orders of the board")},
    "late decisions": (
        lambda store: SupervisionAt(store, law_book(), NOW, ZONE).decided_page(
            ListFilter(period=YEAR, figure="late", limit=20)
        ),
        "Index Scan Backward using late_decision_decided_at_project_item_application_idx",
    ),
    "complaints of a month": (
        lambda store: complaints_in(store, FeedbackFilter(first=NOW - timedelta(days=120), limit=20)),
        "Index Scan Backward using complaint_filed_at_project_complaint_idx",
    ),
    "complaints at a stage": (
        lambda store: complaints_in(store, FeedbackFilter(equal={"state": "accepted"}, limit=20)),
        "Index Scan Backward using complaint_state_filed_at_project_complaint_idx",
    ),
    "bad evaluations": (
        lambda store: FeedbackAt(store, law_book(), NOW, NOW).evaluations(
            FeedbackFilter(equal={"bad": True}, limit=20)
        ),
        "Index Scan Backward using evaluation_evaluated_at_project_evaluation_idx1",
    ),
    "evaluations with an appeal": (
        lambda store: FeedbackAt(store, law_book(), NOW, NOW).evaluations(
            FeedbackFilter(equal={"appeal": "upheld"}, limit=20)
        ),
        "Index Scan Backward using evaluation_appeal_evaluated_at_project_evaluation_idx",
    ),
    "clocks that are history": (
        lambda store: clocks_in(store).listed(ClockFilter(closed=True, limit=20)),
        "Index Scan using clock_pkey",
    ),
    "the next clocks that are history": (
        lambda store: clocks_in(store).listed(
            ClockFilter(closed=True, last=(None, UUID(int=1 << 127), "", 1, "decision"), limit=20)
        ),
        "Index Cond: (ROW(project, item, application, clock) >",
    ),
    "results that were not verified for long": (
        lambda store: ExternalResults(store).listed(ExternalFilter(stale_days=30, at=NOW, limit=20)),
        "outside_verified_on_project_item_idx",
    ),
}


@pytest.mark.parametrize("name", IN_ORDER)
async def test_a_list_is_read_in_its_order_as_far_as_the_page_goes(url: str, name: str) -> None:
    ask, index = IN_ORDER[name]
    plans = await plans_of(url, ask)

    assert index in plans, plans
    above = plans.partition(index)[0]  # what is not in the index is a further part, of few rows or none
    assert "Sort  " not in above, plans


async def _a_fact_behind(*_: object) -> PastMoment:
    """The past instant in histories that have not seen the last fact of a project."""
    return PastMoment("known", THEN, [UUID(int=1)])


@pytest.mark.parametrize(
    "name", ["projects in the order of harm then", "what a desk holds then", "what a desk shows then", "holders then"]
)
async def test_beside_rows_of_the_ledger_no_other_version_is_read(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.as_of.moment_of", _a_fact_behind)
    ask, _ = QUERIES[name]
    plans = await plans_of(url, ask)

    assert "json_populate_recordset" in plans, plans
    assert "Seq Scan on project_history" not in plans, plans
    assert "Seq Scan on waiting_history" not in plans, plans
