"""Counts all that a calendar notice would move, in the background: no page waits until every entry has been read.

One process counts one notice at a time, a few projects a step, and rests between two steps, as requests are answered
beside it. A count that no page has requested for a while stops where it is, and goes on with the next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from time import monotonic
from typing import TypeAlias

import psycopg
import structlog
from msgspec import Struct

from domain.law.calendar.calendar import Notice
from infrastructure.calendar.notice_impact import MoveFigures, moved
from infrastructure.calendar.notice_reach import NoticeQuestion, TouchedProject
from infrastructure.law.lawbook import LawBook
from projections.reader import Reader
from projections.snapshots import SnapshotReader

PROJECTS_A_STEP = 20  # some four thousand entries: fifty milliseconds of a processor
REST_PER_WORK = 1.0  # seconds of rest for one of work: at most half a processor is taken
INTEREST_SECONDS = 30.0  # a page asks again every few seconds; without a script its reader does
HOLDS_SECONDS = 300.0  # how long a whole count is shown, with its instant, although something was recorded since
COUNTS_CACHED_MAX = 8

log = structlog.get_logger()

# The law before the notice, the calendar, what the notice says, and the day.
CountKey: TypeAlias = tuple[LawBook, str, date, date | None, tuple[tuple[date, int], ...], date]


class NoticeCount(Struct):
    """What *question* moves, of the first *counted* of its *projects*, as of the position of its ledger.

    Read at the instant of the question. *requested_at* and *ended_at* are seconds of this process's own clock.
    """

    question: NoticeQuestion
    projects: Sequence[TouchedProject]
    position: int
    requested_at: float
    counted: int = 0
    figures: MoveFigures = MoveFigures()
    ended_at: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all projects are counted."""
        return self.counted == len(self.projects)

    @property
    def number_of_projects(self) -> int:
        """How many projects are to be counted."""
        return len(self.projects)

    @property
    def at(self) -> datetime:
        """The instant that is counted for."""
        return self.question.at


class NoticeCounts:
    """The counts of this process; *store* is where they read entries."""

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._counts: dict[CountKey, NoticeCount] = {}
        self._working: asyncio.Task[None] | None = None

    def question(self, laws: LawBook, name: str, notice: Notice, at: datetime, today: date) -> NoticeQuestion:
        """The question what *notice* moves at *at*, with the laws of its count, whose calendars are laid out."""
        count = self._counts.get(_key(laws, name, notice, today))
        if count is None:
            return NoticeQuestion.of(laws, name, notice, at, today)
        return NoticeQuestion(name, notice, count.question.change, at, today)

    async def so_far(
        self, question: NoticeQuestion, projects: Sequence[TouchedProject], position: int, patience: float
    ) -> NoticeCount:
        """The count of *question*, begun at *position* with *projects* where there is none that still holds.

        Waits for its end, at most *patience* seconds.
        """
        key, now = _key(question.change.before, question.name, question.notice, question.today), monotonic()
        count = self._counts.pop(key, None)
        if count is None or not _holds(count, position, now):
            count = NoticeCount(question, projects, position, now)
        count.requested_at = now
        self._counts[key] = count  # the last one: the least recently requested are dropped
        while len(self._counts) > COUNTS_CACHED_MAX:
            del self._counts[next(iter(self._counts))]
        if not count.is_whole:
            ended, _ = await asyncio.wait([self._work()], timeout=patience)
            for work in ended:
                work.result()  # what it could not do is not passed over in silence
        return count

    def forget(self) -> None:
        """Drop all counts: the ledger went back to an earlier state."""
        self._counts.clear()

    def close(self) -> None:
        """End what is under way: the server stops."""
        self.forget()
        if self._working is not None:
            self._working.cancel()

    def _work(self) -> asyncio.Task[None]:
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._keep_counting())
        return self._working

    async def _keep_counting(self) -> None:
        """Count the least recently requested notice, then the others, as long as pages request them."""
        while (count := next(filter(_is_wanted, self._counts.values()), None)) is not None:
            began = monotonic()
            try:
                await self._step(count)
            except psycopg.Error as failure:  # the next request has it tried again
                log.warning("notice_not_counted", calendar=count.question.name, error=str(failure).strip())
                return
            await asyncio.sleep(0 if count.is_whole else (monotonic() - began) * REST_PER_WORK)

    async def _step(self, count: NoticeCount) -> None:
        projects = count.projects[count.counted : count.counted + PROJECTS_A_STEP]
        async with self._store.cursor() as cursor:
            shifts = await moved(SnapshotReader(self._store, cursor, count.position), count.question, projects)
        count.figures = count.figures.with_further(shifts)
        count.counted += len(projects)
        if count.is_whole:
            count.ended_at = monotonic()


def _key(laws: LawBook, name: str, notice: Notice, today: date) -> CountKey:
    return laws, name, notice.published, notice.covers_to, tuple(sorted(notice.days.items())), today


def _holds(count: NoticeCount, position: int, now: float) -> bool:
    """Whether *count* may be shown where the ledger is at *position*: it is of there, under way, or of just now."""
    if count.position == position:
        return True
    since = now - (count.requested_at if count.ended_at is None else count.ended_at)
    return since <= (INTEREST_SECONDS if count.ended_at is None else HOLDS_SECONDS)


def _is_wanted(count: NoticeCount) -> bool:
    return not count.is_whole and monotonic() - count.requested_at <= INTEREST_SECONDS
