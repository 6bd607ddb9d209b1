"""回执 the receipt of a command: its facts, their time and positions in the ledger, and the clocks that run next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from api.clocks.display import waits
from api.commands.effect import clocks_of
from api.forms.case import HISTORY, FormCase, case_of
from api.guard.judging import ProjectAccess
from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.web.entries import ShownEntry, entries_of, shown, unknown_project
from domain.access.principal import Caller
from domain.messages import Entry, replay
from domain.project.application.submission import ItemSubmitted
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals


class NextDay(Struct, frozen=True):
    """A clock that runs after the command, and its last day."""

    clock: str
    due: str


class ShownReceipt(Struct, frozen=True):
    """A receipt: *sentences* are the facts in sentences, *entries* their places in the ledger, the last with its hash.

    *case_number* is that of the application, empty without one; *next_days* are the clocks of the item that run now.
    """

    case: FormCase
    sentences: Sequence[str]
    entries: Sequence[ShownEntry]
    item: str
    case_number: str
    next_days: Sequence[NextDay]


async def receipt(
    project_id: FromPath[UUID],
    command_id: FromPath[UUID],
    page: NamedDependency[PageContext],
    approvals: NamedDependency[Approvals],
    laws: NamedDependency[LawBook],
    caller: NamedDependency[Caller],
    now: NamedDependency[datetime],
) -> ShownReceipt:
    """The receipt at an address, for the sender of the command and for readers of its entries.

    Raises Problem project-unknown.
    """
    entries = await entries_of(approvals, project_id)
    recorded = [entry for entry in entries if entry.recorded.command_id == command_id]
    project = replay(project_id, entries)
    is_own = bool(recorded) and recorded[0].recorded.by.id == caller.actor.id
    readable = recorded if is_own else ProjectAccess(caller, project).entries(HISTORY, recorded)
    if not readable:
        raise unknown_project(project_id)
    item = next((code for entry in readable if (code := getattr(entry.fact, "item", "")) in project.items), "")
    case = case_of(page, approvals, laws, caller, "", item, entries, now)
    listed = shown(readable, caller, entries, project)
    sentences = case.sentences
    return ShownReceipt(
        case,
        [sentences.tell(entry.fact) for entry in listed],
        listed,
        item,
        next((entry.fact.case_number for entry in listed if isinstance(entry.fact, ItemSubmitted)), ""),
        _next_days(case, entries),
    )


def _next_days(case: FormCase, entries: Sequence[Entry]) -> list[NextDay]:
    if not case.item:
        return []
    name, state = clock_name(case.page), case.project.items[case.item]
    running = [
        clock
        for (item, application, _), clock in clocks_of(entries, case.laws, case.at).items()
        if (item, application) == (case.item, state.application) and not clock.closed and waits(clock)
    ]
    ordered = sorted(running, key=lambda clock: (clock.due_on is None, clock.due_on, clock.clock))
    return [NextDay(name(clock.clock), str(clock.due_on or clock.earliest_due_on or "–")) for clock in ordered]
