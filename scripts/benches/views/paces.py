"""Benchmark of the pace of views and histories: in turns with the writer of their facts, or with a SELECT.

Both are measured in short turns, so that what else the machine does falls on both alike, and by processor time: that of
this process with those it starts, and of the database server.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
import uvloop
from msgspec import Struct

from domain.core.ledger import Actor
from domain.messages import AnyCommand
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.reader import head_of
from infrastructure.projector.projector import Projector
from projections.histories import HISTORIES
from projections.registry import VIEWS
from projections.view import Projected
from scripts.benches.commands import WARM_UP_SECONDS, Send, ids_made_before, project_life
from scripts.benches.database import vacuum
from scripts.benches.measure import median_ratio
from scripts.benches.views import reading

CLIENTS = 32
PROJECTS, MANY_PROJECTS = 32, 2000  # under way at once
STEPS_BEFORE = 8  # of each of many projects, so that what is measured is not their registration
# Of a ledger that is worth rebuilding: the start of a worker, and the sample of ANALYZE, are the same in any.
REBUILD_FACTS = 500_000
CATCH_UP_BOUND = 0.5  # of the pace of the writer of the same facts, for the current rows of all views
REBUILD_BOUND = 0.1  # of one SELECT, for all views
TURN_SECONDS = 1.0
SELECTS_A_TURN = 5  # of 2.8 to 12.5 µs a row on one machine, by how fast its host gives it memory for them
LEAD_SECONDS = 0.05  # between two attempts to lead, until the server has closed the session of the last leader
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 1
MICROSECONDS = 1e6
WRITER, SELECT = "writer", "SELECT"  # references
Life = Iterator[tuple[AnyCommand, Actor]]
LIFE = tuple(project_life())


class Pace(Struct, frozen=True):
    """Facts a second, and the microseconds of processor time that each took (Linux; else 0)."""

    per_second: float
    cpu_us: float


class PacePair(Struct, frozen=True):
    """Two turns of the same facts: the *reference* (their writer, or a SELECT), and ours."""

    reference: Pace
    ours: Pace


class Paces(Struct, frozen=True):
    """Turns of *subject* and its *reference*; the medians of their ratios, which should be *bound* at least.

    *cpu_ratio* compares processor time: a machine that does other things changes it least.
    """

    subject: str
    reference: str
    pairs: list[PacePair]
    ratio: float
    cpu_ratio: float
    bound: float | None = None

    @property
    def per_second(self) -> float:
        """The median of our facts a second."""
        return median(pair.ours.per_second for pair in self.pairs)

    @property
    def cpu_us(self) -> tuple[float, float]:
        """The medians of the processor time a fact: ours, and the reference's."""
        return median(pair.ours.cpu_us for pair in self.pairs), median(pair.reference.cpu_us for pair in self.pairs)


def compared(subject: str, reference: str, pairs: list[PacePair], bound: float | None = None) -> Paces:
    """The medians of the ratios of *pairs*."""
    in_turns = median_ratio((pair.ours.per_second, pair.reference.per_second) for pair in pairs)
    of_cpu = median_ratio((pair.reference.cpu_us, pair.ours.cpu_us) for pair in pairs)
    return Paces(subject, reference, pairs, in_turns, of_cpu, bound)


class ProcessorTime:
    """Processor time of this process and its children, and of the server at *url*, from now on."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self._server = parent_of(connection.info.backend_pid)
        self._before = self._now()

    def seconds(self) -> float:
        """The seconds spent so far; 0 where the system does not say what the server has spent."""
        return self._now() - self._before if self._server else 0.0

    def _now(self) -> float:
        return sum(os.times()[:4]) + sum(ticks_of(pid) for pid in family_of(self._server)) / TICKS_A_SECOND


def stat_of(pid: int) -> Sequence[str]:
    """The fields of /proc/PID/stat after the name; none if there is no such process, or no /proc."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return ()


def parent_of(pid: int) -> int:
    """The process that started *pid*; 0 if unknown."""
    stat = stat_of(pid)
    return int(stat[1]) if stat else 0


def ticks_of(pid: int) -> int:
    """Clock ticks that *pid* has spent, with its children that have ended."""
    return sum(map(int, stat_of(pid)[11:15]))


def family_of(pid: int) -> list[int]:
    """*pid* and the processes that it has started and that still run."""
    if not pid:
        return []
    running = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid, *(child for child in running if parent_of(child) == pid)]


class OpenProjects:
    """Projects under way, all at once: clients send the next command of each in turn."""

    def __init__(self, projects: int) -> None:
        self._clients = min(CLIENTS, projects)
        self._waiting: deque[tuple[UUID, Life]] = deque((uuid4(), iter(LIFE)) for _ in range(projects))

    async def work(self, send: Send, goes_on: Callable[[], bool]) -> int:
        """Send commands as long as *goes_on*; returns how many."""
        sent = 0
        while goes_on():
            project, life = self._waiting.popleft()
            step = next(life, None)
            if step is None:  # its last item is decided: the next project
                self._waiting.append((uuid4(), iter(LIFE)))
                continue
            await send(project, *step)
            self._waiting.append((project, life))
            sent += 1
        return sent

    async def advance(self, url: str, commands: int) -> None:
        """Send about so many *commands*, unmeasured."""
        left = iter(range(commands))
        async with Approvals(url) as approvals:
            await self._crowd(_sender(approvals, commands / CLIENTS), lambda: next(left, None) is not None)

    async def written(self, url: str, seconds: float) -> Pace:
        """The pace of CLIENTS clients over *seconds*, after they have warmed up."""
        async with Approvals(url) as approvals:
            send = _sender(approvals, seconds)
            warm = perf_counter() + WARM_UP_SECONDS
            await self._crowd(send, lambda: perf_counter() < warm)
            spent, began = ProcessorTime(url), perf_counter()
            sent = await self._crowd(send, lambda: perf_counter() < began + seconds)
            passed = perf_counter() - began
            return _pace(sent, passed, spent)

    async def _crowd(self, send: Send, goes_on: Callable[[], bool]) -> int:
        return sum(await asyncio.gather(*[self.work(send, goes_on) for _ in range(self._clients)]))


def _sender(approvals: Approvals, seconds: float) -> Send:
    ids = ids_made_before(seconds)

    def send(project: UUID, command: AnyCommand, by: Actor) -> Awaitable[object]:
        return approvals.handle(project, command, by, next(ids))

    return send


def _pace(facts: int, seconds: float, spent: ProcessorTime) -> Pace:
    return Pace(facts / seconds, spent.seconds() / max(facts, 1) * MICROSECONDS)


def _paced(url: str, facts: int, act: Callable[[], object]) -> Pace:
    """The pace at which *act* goes through *facts*."""
    spent, began = ProcessorTime(url), perf_counter()
    act()
    return _pace(facts, perf_counter() - began, spent)


@contextmanager
def _leading(url: str, views: Sequence[Projected]) -> Iterator[Callable[[], Pace]]:
    """A projector that leads; a call lets it catch up, and returns its pace."""
    with psycopg.connect(url, autocommit=True) as connection:
        projector = Projector(url, views)
        while not projector.take_lead(connection):
            time.sleep(LEAD_SECONDS)

        def catch_up() -> Pace:
            spent, began, facts = ProcessorTime(url), perf_counter(), 0
            while done := projector.step(connection):
                facts += done
            return _pace(facts, perf_counter() - began, spent)

        yield catch_up


def catching_up(
    url: str,
    views: Sequence[Projected],
    subject: str,
    rounds: int,
    *,
    projects: int = PROJECTS,
    before: int = 0,
    bound: float | None = None,
) -> Paces:
    """*views* catch up with what was written to *projects* in TURN_SECONDS, so many *rounds*.

    Each project has *before* commands first, unmeasured.
    """
    under_way, pairs = OpenProjects(projects), list[PacePair]()
    with _leading(url, views) as catch_up:
        uvloop.run(under_way.advance(url, projects * before))
        catch_up()
        for _ in range(rounds):
            written = uvloop.run(under_way.written(url, TURN_SECONDS))
            pairs.append(PacePair(written, catch_up()))
    return compared(subject, WRITER, pairs, bound)


def enlarge(url: str, facts: int) -> None:
    """Write commands, unmeasured, until the ledger has so many *facts*, and let the views catch up."""
    with psycopg.connect(url) as connection:
        missing = facts - head_of(connection)
    if missing > 0:
        uvloop.run(OpenProjects(MANY_PROJECTS).advance(url, missing))
        reading.catch_up(url, VIEWS, "all views")
        vacuum(url)


def rebuilding(url: str, rounds: int, facts_min: int = 0) -> Paces:
    """All views are rebuilt, compared with the live ones and swapped in; and the ledger is read by one SELECT.

    It has *facts_min* facts at least.
    """
    enlarge(url, facts_min)
    pairs = list[PacePair]()
    with psycopg.connect(url, autocommit=True) as connection:
        facts = head_of(connection)
        reading.iterated(connection)  # the first one loads the rows into the cache
        for _ in range(rounds):
            selects = [_paced(url, facts, lambda: reading.iterated(connection)) for _ in range(SELECTS_A_TURN)]
            rebuilt = _paced(url, facts, lambda: reading.rebuilding(url, VIEWS, "all views"))
            pairs.append(PacePair(_median(selects), rebuilt))
    return compared(f"rebuild all views, {facts:,} facts", SELECT, pairs, REBUILD_BOUND)


def _median(paces: Sequence[Pace]) -> Pace:
    """The medians of both figures of *paces*."""
    return Pace(median(pace.per_second for pace in paces), median(pace.cpu_us for pace in paces))


def all_paces(url: str, histories_url: str, rounds: int) -> list[Paces]:
    """The paces of all views and of all histories, *rounds* turns each; the latter in a database of their own.

    With a single round the ledger is rebuilt as it is.
    """
    return [
        catching_up(url, VIEWS, "catch up all views", rounds, bound=CATCH_UP_BOUND),
        catching_up(
            url,
            VIEWS,
            f"catch up all views, {MANY_PROJECTS:,} projects under way",
            rounds,
            projects=MANY_PROJECTS,
            before=STEPS_BEFORE,
        ),
        catching_up(histories_url, HISTORIES, "catch up all histories", rounds),
        rebuilding(url, rounds, REBUILD_FACTS if rounds > 1 else 0),
    ]
