"""The deadline watcher: when a deadline or warning threshold passes, it records that as a fact, once and in order.

One leader runs at a time, others stand by. A project is checked when it has new entries, when one of its clocks may
reach a threshold, and when a calendar or the rules of counting have changed. Facts are recorded by commands whose id is
made of clock and threshold, so that sending one again changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.sql import SQL

from domain.core.ledger import Actor, CommandOrigin, Refused, Role
from domain.law.licensing.forecast import DISTANT
from infrastructure.calendar.calendars import Calendars
from infrastructure.law.lawbook import LawBook
from infrastructure.leader import Leader, LeadTerms
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import ClockWrongError
from infrastructure.ledger.committer import BusyError
from infrastructure.ledger.reader import CHANNEL
from infrastructure.watcher.watch_cache import WatchCache
from infrastructure.watcher.watch_schedule import LEADER_KEY, WORK, CheckedProject, WatchTable
from projections.clocks.fold import FOLD_VERSION
from projections.watch.fold import Watch, watch, watch_on
from projections.watch.state import WatchState

WATCHER = Actor("deadline-watcher", "", Role.SYSTEM)
PROJECTS_AT_A_TIME = 100  # takes about two seconds; then new entries are noted
PASSES_MAX = 5  # a rescission, its replacement, concurrent writes, and a final pass that finds nothing due
POLL_SECONDS = 1.0  # in case a NOTIFY was missed
SETTLE_SECONDS = 0.25  # delay after a NOTIFY, so that a burst of entries causes one check
RETRY = timedelta(minutes=1)  # before a project whose check failed is checked again
ALARM_SECONDS = 60.0  # between two log lines about an unexpected error, which needs an operator
RULES = "@rules"  # in the text of the versions, beside the names of calendars
TERMS = LeadTerms(WORK, LEADER_KEY, POLL_SECONDS, ALARM_SECONDS)

log = structlog.get_logger()


class Watcher(Leader):
    """Runs in an event loop, best in a separate process: `run` until `stop`. Tests call `step`.

    Uses the clock of *approvals*, which must be open.
    """

    transient = (*Leader.transient, BusyError, ClockWrongError)

    def __init__(self, approvals: Approvals, url: str) -> None:
        super().__init__(url, TERMS)
        self._approvals = approvals
        self._calendars = Calendars(approvals)
        self._counted_by: tuple[LawBook | None, str] = (None, "")
        self._cache = WatchCache(approvals)

    async def _take(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        return await self.take_lead(WatchTable(connection))

    async def _work(self, connection: psycopg.AsyncConnection[Any], /) -> None:
        table = WatchTable(connection)
        await connection.execute(SQL("LISTEN {}").format(CHANNEL))
        while not self._stopping.is_set():
            if await self.step(table) == 0 and await self._is_notified(connection, await self._idle_seconds(table)):
                await self._pause(SETTLE_SECONDS)

    async def take_lead(self, table: WatchTable) -> bool:
        """Become the leader if there is none, or if its lease has expired."""
        self.is_leader = await table.lead(self._lease)
        return self.is_leader

    async def step(self, table: WatchTable) -> int:
        """Note new entries, and check one batch of due projects; returns how many of both, 0 if nothing was to do.

        Does nothing while a clock is wrong: what is due then was not due, and would be checked again too late.
        """
        clocks = self._approvals.clocks
        await clocks.look_if_set()
        if clocks.trouble:
            return 0
        now = self._approvals.clock()
        laws = await self._calendars.laws()
        if self._counted_by[0] is not laws:
            self._counted_by = laws, versions_of(laws)
        if (known := await table.calendars()) != self._counted_by[1]:
            await table.note_calendars(self._counted_by[1], laws_moved(laws, known), now)
        news = await table.note_news(now)
        projects = await table.due(now, PROJECTS_AT_A_TIME)
        if projects:
            await self._check_all(table, projects, laws)
        return news + len(projects)

    async def _check_all(self, table: WatchTable, projects: Sequence[UUID], laws: LawBook) -> None:
        """Check *projects* concurrently, and reschedule those that did not fail; then raise the first failure."""
        states, other_versions = await self._cache.read(projects)
        since = await self._imported_at(table, states)
        checks = [self._check(state, laws, since.get(state.project.id)) for state in states]
        results = await asyncio.gather(*checks, return_exceptions=True)
        checked = [result for result in results if isinstance(result, CheckedProject)]
        unwatched = [CheckedProject(stream, version, None) for stream, version in other_versions.items()]
        await table.reschedule([*checked, *unwatched])
        for failure in results:
            if isinstance(failure, BaseException):
                raise failure

    async def _imported_at(self, table: WatchTable, states: Sequence[WatchState]) -> dict[UUID, datetime]:
        """When the imported ones among the projects were imported (ADR 0009)."""
        imported = {state.project.id: state.command for state in states if state.imported}
        stored = await table.stored_at(list(imported.values())) if imported else {}
        return {project: stored[command] for project, command in imported.items() if command in stored}

    async def _check(self, state: WatchState, laws: LawBook, since: datetime | None) -> CheckedProject:
        """Record everything that is due in one project. Raises psycopg.Error, BusyError and ClockWrongError.

        Any other error is logged.
        """
        project = state.project.id
        try:
            for _ in range(PASSES_MAX):
                now = self._approvals.clock()
                watched = watch_on(state, laws, now, since) or watch(
                    await self._approvals.history(project), laws, now, since
                )
                if not watched.due:
                    return CheckedProject(project, state.version, watched.next)
                await self._record(project, watched)
                state = await self._cache.refreshed(state)
            log.warning("project_did_not_settle", project=str(project), due=len(watched.due))
        except (psycopg.Error, BusyError, ClockWrongError):
            raise
        except Exception:
            log.exception("project_check_failed", project=str(project))
            self._cache.forget(project)
        return CheckedProject(project, state.version, self._approvals.clock() + RETRY)

    async def _record(self, project: UUID, watched: Watch) -> None:
        """Send the commands that are due, in order, up to the first refusal: the project has changed in between."""
        for due in watched.due:
            try:
                origin = CommandOrigin(causation=due.cause)
                answer = await self._approvals.handle(project, due.command, WATCHER, due.id, origin=origin)
            except Refused as refused:
                log.info(
                    "deadline_command_refused",
                    project=str(project),
                    item=due.item,
                    code=refused.code,
                    reason=refused.sentence,
                )
                return
            if not answer.repeated:
                log.info(
                    "deadline_recorded", project=str(project), item=due.item, facts=answer.receipt.facts, at=str(due.at)
                )

    async def _idle_seconds(self, table: WatchTable) -> float:
        """How long to wait for a NOTIFY: until the next project is due, at most POLL_SECONDS."""
        next_at = await table.next()
        if next_at is None or self._approvals.clocks.trouble:  # what is due is not checked while a clock is wrong
            return POLL_SECONDS
        return min(max((next_at - self._approvals.clock()).total_seconds(), 0.0), POLL_SECONDS)

    async def _is_notified(self, connection: psycopg.AsyncConnection[object], seconds: float) -> bool:
        """Wait for a NOTIFY, for at most *seconds* or until `stop`; whether there was one."""
        return bool(await self._unless_stopped(_notified(connection, seconds)))


def versions_of(laws: LawBook) -> str:
    """The versions of the rules of counting and of all calendars as text, which changes with either."""
    books = sorted(laws.calendars().items())
    calendars = (f"{name}={book.as_known(DISTANT.date()).version}" for name, book in books)
    return ",".join((f"{RULES}={FOLD_VERSION}", *calendars))


def laws_moved(laws: LawBook, known: str) -> list[str]:
    """The laws whose calendars differ from those named in *known*, a text made by `versions_of`.

    All of them where the rules were others, or none were named.
    """
    before = set(known.split(","))
    moved = {version.partition("=")[0] for version in versions_of(laws).split(",") if version not in before}
    return [name for name in laws.names if RULES in moved or laws.pack(name).calendar in moved]


async def _notified(connection: psycopg.AsyncConnection[object], seconds: float) -> bool:
    return bool([notify async for notify in connection.notifies(timeout=seconds, stop_after=1)])
