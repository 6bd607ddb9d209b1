"""项目进度表 the progress table: one row per project and per item, for leaders and project managers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from msgspec import Struct, field

from domain.access.cases import PARTIES, project_case
from domain.access.decision import AccessCase
from domain.core.ledger import Fact
from domain.core.types import OPEN_STAGES, Stage
from domain.messages import Entry, tag_of
from domain.project.application.numbering import CaseNumbered
from domain.project.application.registration import ItemPlanned, ProjectRegistered
from domain.project.application.submission import ItemSubmitted
from domain.project.flow.adoption import ItemDropped, ItemReplanned
from domain.project.state.consultation import queue, unanswered
from domain.project.state.project import Item, Project
from domain.project.waiting.chain import alternatives, spare
from domain.project.waiting.stuck import can_move, is_done, is_turned_down
from domain.project.waiting.wait import BLOCKED, DEPARTMENT, GRANTED, TERMINATED, HeldBy, before_acceptance, waits_of
from projections.feedback.redaction import named
from projections.progress.item_dates import NODES, Dates
from projections.progress.rows import CASES, ITEMS, PROJECTS, ProgressProject
from projections.progress.sums import CHOICES, COUNTS, DAYS, step_figure, summed_rows
from projections.view import EVERY_FACT, Facts, Row, Rows, Table, count, facts_of

NO_HOLDER = HeldBy.NOBODY.value

PLANNING = facts_of((ItemPlanned, ItemReplanned, ItemDropped))  # then another item may be needed, or not any more
OF_PARTIES = facts_of(PARTIES)


class ProgressState(Struct):
    """State of one project, in addition to the project itself."""

    registered: ProjectRegistered | None = None
    registered_at: datetime | None = None
    items: dict[str, Dates] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)  # cached rows, of items without later changes
    counted: dict[str, tuple[str, ...]] = field(default_factory=dict)  # figures that each item's last row counts in
    tally: Counter[str] = field(default_factory=Counter)  # how many items count in each
    granted: set[str] = field(default_factory=set)  # items; other items' rows depend on it
    changed_at: datetime | None = None
    changed_by: str = ""
    last_fact: str = ""
    position: int = 0
    happened_at: datetime | None = None
    recorded_at: datetime | None = None
    cases: dict[tuple[str, int], Row] = field(default_factory=dict)  # rows of case numbers, by item and application
    parties: AccessCase | None = None  # whose the project is, cached until a fact changes that


class Progress:
    """The fold. Colours and remaining days are left out, as they depend on the time of the query."""

    name: str = "progress"
    version: int = 17
    tables: tuple[Table, ...] = (PROJECTS, ITEMS, CASES, COUNTS, CHOICES, DAYS)
    follows: Facts = EVERY_FACT  # each row shows its last fact

    def start(self) -> ProgressState:
        return ProgressState()

    def fold(self, state: ProgressState, entry: Entry, project: Project) -> None:
        fact, at = entry.fact, entry.occurred_at
        _note_entry(state, entry, project)
        code: str = getattr(fact, "item", "")
        if not code or type(fact) in PLANNING:
            for cached in (state.rows, state.counted, state.tally):  # the plan may have changed
                cached.clear()
            state.granted = project.granted
        if not code:
            return
        state.rows.pop(code, None)
        if (project.recorded(code).outcome is GRANTED) is not (code in state.granted):
            state.granted ^= {code}
            for other in _depending(project, code) if state.rows else ():
                state.rows.pop(other, None)
        dates = state.items.get(code)
        if dates is None:
            dates = state.items[code] = Dates()
        dates.changed_at, dates.changed_by, dates.last_fact = at, state.changed_by, state.last_fact
        _note_case(state, fact, project)
        if node := NODES.get(type(fact)):
            node(dates, fact, at)

    def rows(self, state: ProgressState, project: Project) -> Rows:
        cached = state.rows
        if len(cached) < len(project.items):
            granted, unneeded = project.granted, spare(project)
            for nth, (code, item) in enumerate(project.items.items(), 1):
                if code not in cached:
                    unmet = project.unmet(code, granted)
                    held = [] if code in unneeded else holders_of(project, item, unmet)
                    dates = state.items.get(code) or Dates()
                    row = cached[code] = _item_row(project.id, nth, code, item, dates, unmet, held)
                    _count(state, code, figures_of(row, item))
        items = [cached[code] for code in project.items]
        row = _project_row(state, project)
        return {
            "project": [row],
            "item": items,
            "case_number": list(state.cases.values()),
            **summed_rows(ProgressProject.of(row), items, state.tally),
        }


def _note_entry(state: ProgressState, entry: Entry, project: Project) -> None:
    """What every entry changes: the last fact and its times, and whose the project is."""
    fact, at = entry.fact, entry.occurred_at
    state.changed_at, state.changed_by, state.position = at, named(entry, project).id, entry.position
    state.last_fact = tag_of(fact)
    if state.happened_at is None or at > state.happened_at:
        state.happened_at = at
    if state.recorded_at is None or entry.recorded_at > state.recorded_at:
        state.recorded_at = entry.recorded_at
    if type(fact) is ProjectRegistered:
        state.registered, state.registered_at = fact, at
    if type(fact) in OF_PARTIES:
        state.parties = None


def _note_case(state: ProgressState, fact: Fact, project: Project) -> None:
    """The number that *fact* may have given an application."""
    if type(fact) is ItemSubmitted:
        application = project.recorded(fact.item).application
    elif type(fact) is CaseNumbered:
        application = fact.application
    else:
        return
    if fact.case_number:
        state.cases[fact.item, application] = (project.id, fact.item, application, fact.case_number)


def _depending(project: Project, code: str) -> Iterator[str]:
    """The items whose rows depend on whether *code* is granted: what needs it, and what is needed only without it.

    A terminated item is applied for again only if another one needs it, which changes with grants.
    """
    yield from project.waiting_for(code)
    yield from alternatives(project, code)
    yield from (other for other, item in project.items.items() if item.outcome is TERMINATED)


def holders_of(project: Project, item: Item, unmet: list[str]) -> list[str]:
    """The parties that have to act on *item*, in order, by `domain.project.waiting.wait` as in all other tables."""
    waits = waits_of(project, item, bool(unmet) and before_acceptance(item))
    held = [wait.holder if wait.held_by is DEPARTMENT else str(wait.held_by) for wait in waits if wait is not BLOCKED]
    return list(dict.fromkeys(held))


def _item_row(project: UUID, nth: int, code: str, item: Item, dates: Dates, unmet: list[str], held: list[str]) -> Row:
    plan = item.plan
    accepted = item.stage is Stage.ACCEPTED
    consultations = item.consultations if accepted else None
    return (
        project,
        code,
        nth,
        plan.name,
        item.department,
        str(item.mode),
        plan.live,
        str(item.stage),
        str(item.outcome or ""),
        item.application,
        held[0] if held and held[0] != NO_HOLDER else "",
        held,
        unmet,
        list(item.missing),
        sorted(set(item.suspensions.values())) if accepted else [],
        [consultation.department for consultation in unanswered(consultations)] if consultations else [],
        [department for department, _, _ in queue(consultations).values()] if consultations else [],
        item.promise_days,
        dates.submitted_at,
        dates.accepted_at,
        dates.decided_at,
        dates.delivered_at,
        item.result.document_number if item.result else dates.document,
        item.external,
        dates.verified_at,
        dates.last_fact,
        dates.changed_at,
        dates.changed_by,
        item.case_number,
        plan.phase,
    )


NAMES = [name for name, _ in ITEMS.columns]

HOLDERS = NAMES.index("holders")
FIGURES_CACHED_MAX = 4096  # sets of figures: some for each department that items wait for
OPEN, DONE, TURNED_DOWN, HELD = "items_open", "items_done", "items_turned_down", "held:"  # figures that items count in


def _standing(project: Project) -> tuple[str, str, str, int, int]:
    """The kind of project and its current phase: code, name, number, total."""
    flow = project.flow
    if flow is None:
        return "", "", "", 0, 0
    left = {item.plan.phase for item in project.items.values() if item.outcome is not GRANTED}
    for nth, phase in enumerate(flow.phases, 1):
        if phase.code in left:
            return flow.kind, phase.code, phase.name or phase.code, nth, len(flow.phases)
    return flow.kind, "", "", len(flow.phases), len(flow.phases)


def figures_of(row: Row, item: Item) -> tuple[str, ...]:
    """The figures that an item counts in, once in each."""
    return _figures(
        tuple(row[HOLDERS]),
        OPEN if item.stage in OPEN_STAGES else "",
        DONE if is_done(item) else "",
        TURNED_DOWN if is_turned_down(item) else "",
        step_figure(row, item),
    )


@lru_cache(maxsize=FIGURES_CACHED_MAX)
def _figures(holders: tuple[str, ...], *figures: str) -> tuple[str, ...]:
    """One object for all items alike, as each is kept with its item."""
    return (*(HELD + holder for holder in holders), *filter(None, figures))


def _count(state: ProgressState, code: str, figures: tuple[str, ...]) -> None:
    """Let item *code* count in *figures*, and no longer in those of its row before."""
    before = state.counted.get(code)
    if before is figures:
        return
    if before:
        count(state.tally, before, -1)
    count(state.tally, figures)
    state.counted[code] = figures


def _project_row(state: ProgressState, project: Project) -> Row:
    registered, tally, total = state.registered, state.tally, len(project.items)
    done, refused = tally[DONE], tally[TURNED_DOWN]
    parties = state.parties = state.parties or project_case(project)
    held = sorted(figure.removeprefix(HELD) for figure, items in tally.items() if items and figure.startswith(HELD))
    if NO_HOLDER in held:
        held.remove(NO_HOLDER)
    return (
        project.id,
        registered.code if registered else "",
        registered.name if registered else "",
        registered.enterprise.name if registered else "",
        project.manager,
        project.law,
        project.register,
        *_standing(project),
        state.registered_at,
        total,
        tally[OPEN],
        done,
        refused,
        # A holder can act; only if no item has one, the chains have to be followed.
        done < total and (bool(refused) or not (held or can_move(project))),
        held,
        sum(not complaint.closed for complaint in project.complaints.values()),
        state.last_fact,
        state.changed_at,
        state.changed_by,
        project.version,
        state.position,
        state.happened_at,
        state.recorded_at,
        parties.uscc,
        sorted(parties.departments),
    )
