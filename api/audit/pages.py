"""台账 the ledger of a project for auditors: the state of its chain, its facts on two rails, and two days compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct, json

from api.audit.chain import chain_state
from api.audit.comparison import ItemDifference, differences
from api.audit.moment import items_at, moment_of
from api.audit.rails import rails_of
from api.guard.judging import ProjectAccess
from api.html.page import PageContext
from api.html.sentences import SentenceContext, Sentences
from api.progress.routes import Text
from api.route_access import ACCESS
from api.web.as_of import On, end_of
from api.web.entries import VERSION_MAX, ShownEntry, note_shown, shown
from api.web.parameters import Paging
from domain.messages import Entry
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.hash_chain import GENESIS
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.titles import names_of
from projections.scope import Scope

AUDIT = "/audit"
HISTORY = "read:history"
ENTRIES_A_PAGE = 40
PROJECTS_A_PAGE = 50

At = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="As when this entry was recorded; 0: now.")]
Before = Annotated[int, QueryParameter(ge=0, le=VERSION_MAX, description="Entries before this one; 0: the latest.")]


class LedgerLine(Struct, frozen=True):
    """One entry with its fact as JSON and the hash it follows on; the first one follows on zeros."""

    entry: ShownEntry
    raw: str
    previous: str


class AuditPages(Controller):
    """Days are in the address. The chain is checked on every reading."""

    opt = {ACCESS: HISTORY}  # noqa: RUF012  litestar's own spelling

    @get(AUDIT)
    async def ledgers(
        self,
        page: NamedDependency[PageContext],
        progress: NamedDependency[ProgressList],
        list_scope: NamedDependency[Scope],
        now: NamedDependency[datetime],
        paging: NamedDependency[Paging],
        text: Text = "",
    ) -> Response[str]:
        """The projects whose ledgers can be read, those changed last first."""
        rows = await progress.page(
            ProjectFilter(t=now, text=text, scope=list_scope, limit=PROJECTS_A_PAGE + 1, offset=paging.offset)
        )
        return page.render(
            "ledgers.html",
            rows=rows[:PROJECTS_A_PAGE],
            text=text,
            as_of=now,
            **page.paging_links(paging.offset, PROJECTS_A_PAGE, more=len(rows) > PROJECTS_A_PAGE),
        )

    @get("/audit/projects/{project_id:uuid}")
    async def project_ledger(
        self,
        *,
        project_id: FromPath[UUID],
        page: NamedDependency[PageContext],
        entries: NamedDependency[list[Entry]],
        approvals: NamedDependency[Approvals],
        project_access: NamedDependency[ProjectAccess],
        now: NamedDependency[datetime],
        on: On = "",
        first: On = "",
        second: On = "",
        before: Before = 0,
        entry: At = 0,
    ) -> Response[str]:
        """Every fact as was recorded by a moment, the items at that moment, and what differs between two days."""
        page = page.under(entries[0].recorded.law)
        readable = project_access.entries(HISTORY, entries)
        moment = moment_of(page, readable, on, entry, now)
        lines = shown(moment.entries, project_access.caller, traced=False)
        titles = await names_of(approvals.store, [project_id])
        return page.render(
            "ledger.html",
            project=project_id,
            name=titles.project(project_id),
            as_of=moment.at,
            on=on,
            moment=moment,
            items=items_at(project_id, moment),
            at_entry=at_entry(page),
            chain=chain_state(await approvals.store.stream(project_id)),
            rails=rails_of(lines) if lines else None,
            count=len(lines),
            **_slice(project_id, page, lines, entries, before),
            sentences=Sentences(page, project_id, SentenceContext.of(lines), titles.of(project_id, page.called)),
            takes_bundle=project_access.may("read:bundle").allowed,
            first=first,
            second=second,
            compared=_compared(page, project_id, readable, (first, second), now),
        )


def at_entry(page: PageContext) -> Callable[[int], str]:
    """A function from an entry's version to this page as when that entry was recorded."""
    return lambda version: page.here(entry=version, on="", before="")


def _slice(
    project: UUID, page: PageContext, lines: list[ShownEntry], entries: list[Entry], before: int
) -> dict[str, object]:
    """The latest of *lines* before the entry *before*, shown whole, and the addresses of those around them."""
    end = before - 1 if before else VERSION_MAX
    slice_of = [line for line in lines if line.version <= end][-ENTRIES_A_PAGE:]
    note_shown(project, slice_of)
    has_older = slice_of and slice_of[0].version > lines[0].version
    return {
        "lines": _lines(slice_of, entries),
        "older": page.here(before=slice_of[0].version) if has_older else "",
        "newer": page.here(before="") if before else "",
    }


def _lines(slice_of: list[ShownEntry], entries: list[Entry]) -> list[LedgerLine]:
    """The entries of a slice, the latest first."""
    hashes = {entry.version: entry.hash for entry in entries}
    return [
        LedgerLine(
            entry,
            json.format(json.encode(entry.fact), indent=2).decode(),
            hashes.get(entry.version - 1, GENESIS.hex()),
        )
        for entry in reversed(slice_of)
    ]


def _compared(
    page: PageContext, project: UUID, entries: list[Entry], days: tuple[str, str], now: datetime
) -> list[ItemDifference] | None:
    """What differs between the ends of two days; None where they are not both given."""
    law = entries[0].recorded.law if entries else ""
    first, second = (end_of(day, law, now) for day in days)
    if first is None or second is None:
        return None
    return differences(page, project, entries, first, second)
