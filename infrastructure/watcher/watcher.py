"""The deadline watcher: when time alone makes a clock come to something, that becomes a fact, once and in order.

One leader at a time, others stand by. It looks at a project when it has new entries, when one of its clocks may come
to something, and when the calendar has changed. What it says goes the way of every command, under an id made of the
clock and the rung: whoever says it again changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from psycopg.sql import SQL

from domain.core.ledger import Actor, CommandOrigin, Refused, Role
from domain.law.licensing.forecast import DISTANT
from infrastructure.calendar.calendars import Calendars
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.committer import Busy
from infrastructure.ledger.reader import CHANNEL
from infrastructure.postgres.lease import Lease
from infrastructure.watcher.watch_cache import WatchCache
from infrastructure.watcher.watch_schedule import LEADER_KEY, WORK, CheckedProject, WatchTable
from projections.watch.fold import Watch, watch, watch_on
from projections.watch.state import WatchState

WATCHER = Actor("deadline-watcher", "", Role.SYSTEM)
PROJECTS_AT_A_TIME = 100  # about two seconds of reading clocks; then what is new is noted
PASSES_MAX = 5  # a rescission, what takes its place, what others wrote meanwhile, and a look that finds nothing more
POLL_SECONDS = 1.0  # in case a NOTIFY was missed
SETTLE_SECONDS = 0.25  # a project that is being written gets one look, not one an entry
RETRY = timedelta(minutes=1)  # until a project that could not be settled is looked at again
ALARM_SECONDS = 60.0  # what nobody foresaw is told again every minute, until somebody looks

log = structlog.get_logger()


class Watcher:
    """Runs in an event loop, best in a process of its own. `run` until `stop`; `step` once, for tests.

    The time is that of *approvals*, which must be open.
    """

    def __init__(self, approvals: Approvals, url: str) -> None:
        self._approvals, self._url = approvals, url
        self._calendars = Calendars(approvals)
        self._stopping = asyncio.Event()
        self._counted_by: tuple[LawBook | None, str] = (None, "")
        self._dossiers = WatchCache(approvals)
        self._lease = Lease(url, WORK, LEADER_KEY)
        self.is_leader = False

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Lead, or stand by until the leader is gone. Whatever happens, it tries again: nobody else looks after it."""
        while not self._stopping.is_set():
            self._lease = Lease(self._url, WORK, LEADER_KEY)
            try:
                async with await psycopg.AsyncConnection.connect(self._lease.url, autocommit=True) as connection:
                    await self._lead(connection)
            except (psycopg.Error, Busy) as lost:
                log.warning("the deadline watcher lost its database", error=str(lost).strip())
                await self._pause(POLL_SECONDS)
            except Exception:
                log.exception("the deadline watcher stands still")
                await self._pause(ALARM_SECONDS)
            finally:
                self.is_leader = False

    async def _lead(self, connection: psycopg.AsyncConnection[object]) -> None:
        table = WatchTable(connection)
        while not await self.take_lead(table):
            await self._pause(POLL_SECONDS)
            if self._stopping.is_set():
                return
        with self._lease.renewed():
            await connection.execute(SQL("LISTEN {}").format(CHANNEL))
            while not self._stopping.is_set():
                if await self.step(table) == 0 and await self._is_news(connection, await self._idle_seconds(table)):
                    await self._pause(SETTLE_SECONDS)

    async def take_lead(self, table: WatchTable) -> bool:
        """Become the leader if there is none, or if the one there is has fallen silent."""
        self.is_leader = await table.lead(self._lease)
        return self.is_leader

    async def step(self, table: WatchTable) -> int:
        """Note what is new, and look at one batch of projects; how much was done, 0 for nothing.

        Pauses while the clocks of machine and database differ.
        """
        if self._approvals.clocks.trouble:
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
            await self._look(table, projects, laws)
        return news + len(projects)

    async def _look(self, table: WatchTable, projects: Sequence[UUID], laws: LawBook) -> None:
        """Tell all there is to tell of *projects*, side by side; each one's facts in their order."""
        dossiers, others = await self._dossiers.read(projects)
        since = await self._taken_over(table, dossiers)
        tended = [self._tend(dossier, laws, since.get(dossier.project.id)) for dossier in dossiers]
        found = await asyncio.gather(*tended, return_exceptions=True)
        looked = [one for one in found if isinstance(one, CheckedProject)]
        await table.looked([*looked, *(CheckedProject(stream, version, None) for stream, version in others.items())])
        for failure in found:
            if isinstance(failure, BaseException):
                raise failure

    async def _taken_over(self, table: WatchTable, dossiers: Sequence[WatchState]) -> dict[UUID, datetime]:
        """Since when the imported ones among the projects have been ours (ADR 0009)."""
        imported = {dossier.project.id: dossier.command for dossier in dossiers if dossier.imported}
        stored = await table.brought_in(list(imported.values())) if imported else {}
        return {project: stored[command] for project, command in imported.items() if command in stored}

    async def _tend(self, dossier: WatchState, laws: LawBook, since: datetime | None) -> CheckedProject:
        """Tell all there is to tell of one project. Raises psycopg.Error or Busy; tells anything else in the log."""
        project = dossier.project.id
        try:
            for _ in range(PASSES_MAX):
                now = self._approvals.clock()
                found = watch_on(dossier, laws, now, since) or watch(
                    await self._approvals.history(project), laws, now, since
                )
                if not found.due:
                    return CheckedProject(project, dossier.version, found.next)
                await self._tell(project, found)
                dossier = await self._dossiers.again(dossier)
            log.warning("a project did not settle", project=str(project), due=len(found.due))
        except (psycopg.Error, Busy):
            raise
        except Exception:
            log.exception("a project can't be watched", project=str(project))
            self._dossiers.forget(project)
        return CheckedProject(project, dossier.version, self._approvals.clock() + RETRY)

    async def _tell(self, project: UUID, found: Watch) -> None:
        """Say what is due, in order, as long as it is granted: a refusal means that more is known by now."""
        for one in found.due:
            try:
                answer = await self._approvals.handle(
                    project, one.command, WATCHER, one.id, origin=CommandOrigin(causation=one.cause)
                )
            except Refused as refused:
                log.info("told anew", project=str(project), item=one.item, code=refused.code, why=refused.sentence)
                return
            if not answer.repeated:
                log.info("told", project=str(project), item=one.item, facts=answer.receipt.facts, at=str(one.at))

    async def _idle_seconds(self, table: WatchTable) -> float:
        """How long there is nothing to do, unless something new is written."""
        coming = await table.next()
        if coming is None:
            return POLL_SECONDS
        return min(max((coming - self._approvals.clock()).total_seconds(), 0.0), POLL_SECONDS)

    async def _is_news(self, connection: psycopg.AsyncConnection[object], seconds: float) -> bool:
        """Wait so long for something to be written, or until it is time to stop; whether something was."""
        news = asyncio.create_task(_news(connection, seconds))
        told = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((news, told), return_when=asyncio.FIRST_COMPLETED)
            return news.done() and news.result()
        finally:
            news.cancel()
            told.cancel()
            await asyncio.gather(news, told, return_exceptions=True)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until it is time to stop."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def versions_of(laws: LawBook) -> str:
    """By which calendars clocks are counted: differs wherever a notice does."""
    books = sorted(laws.calendars().items())
    return ",".join(f"{name}={book.as_known(DISTANT.date()).version}" for name, book in books)


def laws_moved(laws: LawBook, known: str) -> list[str]:
    """The laws by calendars that differ from those that *known*, as `versions_of` tells them, names."""
    before = set(known.split(","))
    moved = {version.partition("=")[0] for version in versions_of(laws).split(",") if version not in before}
    return [name for name in laws.names if laws.pack(name).calendar in moved]


async def _news(connection: psycopg.AsyncConnection[object], seconds: float) -> bool:
    return bool([one async for one in connection.notifies(timeout=seconds, stop_after=1)])
