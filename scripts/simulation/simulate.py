"""`countersign simulate`: a zone by chance and seed, into a real ledger, through the commands of everybody."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from datetime import date
from time import perf_counter

import psycopg
import uvloop
from msgspec import Struct

from domain.catalogue.state import Catalogue
from domain.catalogue.state import stream_of as catalogue_stream
from domain.flow.state import Flow
from domain.flow.state import stream_of as flow_stream
from domain.law.calendar.moment import midnight
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.postgres.lease import Lease
from infrastructure.watcher.watch_schedule import LEADER_KEY, WORK, WatchTable
from scripts.catalogues.zone import CATALOGUE, FLOW, VALID_FROM, publish_zone
from scripts.server.processes import calm_collector, when_orphaned
from scripts.simulation.case_numbers import SimulatedCounter
from scripts.simulation.course import HANDS, Tally
from scripts.simulation.engine import SimulatedGround, hash_of, register_people, run_projects
from scripts.simulation.project_life import Zone

WORKING_DAYS = 750  # about three years
PROJECTS_MAX = 100_000
SHARE = 50  # projects that a process takes at a time: enough to run side by side
PROCESSES_MAX = 8
HELD_TRIES = 3  # seconds until a server that is just being stopped has let go


class SimulationRefused(Exception):  # noqa: N818 it says what a person has to change
    """A simulation that can't be. The sentence says why."""


class Asked(Struct, frozen=True):
    """What is asked for. *begin* None: about three years before *until*; *processes* 0: one a processor."""

    projects: int
    seed: int
    until: date
    begin: date | None = None
    processes: int = 0


class Simulated(Struct):
    """What was done. *hash* is that of all facts of the projects and enterprises; *facts* and *refused* are by name."""

    projects: int
    seed: int
    begin: date
    until: date
    commands: int
    facts: int
    refused: int
    repeated: int
    hash: str
    seconds: float
    commands_per_second: float
    processes: int
    facts_by_name: dict[str, int]
    refused_by_code: dict[str, int]


async def simulate(url: str, asked: Asked, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Simulated:
    """Simulate a zone in the ledger at *url*, with its views left to the projector.

    The deadline watcher of a running server stands by meanwhile: time is another here. Raises SimulationRefused where
    the numbers make no sense, this seed was used in this ledger before, or another simulation runs.
    """
    require_sensible(asked)
    began, laws = perf_counter(), law_book()
    async with watch_held(url), opened(url, laws) as approvals:
        ground = await prepared(approvals, asked)
        await require_fresh(approvals, ground)
        tally = await register_people(approvals, ground)
        tally.add(await _run(approvals, url, asked, ground, progress))
        found = await hash_of(approvals, ground.streams)
    seconds = perf_counter() - began
    commands = sum(tally.commands.values())
    return Simulated(
        projects=asked.projects,
        seed=asked.seed,
        begin=ground.begin,
        until=asked.until,
        commands=commands,
        facts=sum(tally.facts.values()),
        refused=sum(tally.refused.values()),
        repeated=tally.repeated,
        hash=found,
        seconds=round(seconds, 2),
        commands_per_second=round(commands / seconds, 1),
        processes=_processes(asked),
        facts_by_name=dict(sorted(tally.facts.items())),
        refused_by_code=dict(sorted(tally.refused.items())),
    )


def require_sensible(asked: Asked) -> None:
    """Refuse numbers that make no zone."""
    if not 1 <= asked.projects <= PROJECTS_MAX:
        raise SimulationRefused(
            f"A zone of {asked.projects} projects can't be simulated: ask for 1 to {PROJECTS_MAX:,}."
        )
    if not date(2010, 1, 1) <= asked.until <= date(2099, 12, 31):
        raise SimulationRefused(f"{asked.until} is too far from the calendars we have: ask for a day of 2010 to 2099.")
    if asked.begin is not None and not date(2005, 1, 1) <= asked.begin < asked.until:
        raise SimulationRefused(f"A simulation until {asked.until} can't begin on {asked.begin}.")


async def require_fresh(approvals: Approvals, ground: SimulatedGround) -> None:
    """Refuse to run the same seed again on top of what it left behind."""
    if (await approvals.project(ground.project(0))).version:
        raise SimulationRefused(
            f"The seed {ground.seed} was simulated in this ledger before: choose another seed, or another data folder."
        )


@asynccontextmanager
async def watch_held(url: str) -> AsyncIterator[None]:
    """Be the deadline watcher, so that no other one tells these projects what the time is."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        table, lease = WatchTable(connection), Lease(url, WORK, LEADER_KEY)
        for _ in range(HELD_TRIES):
            if await table.lead(lease):
                break
            await asyncio.sleep(1)
        else:
            raise SimulationRefused(
                "A server watches the deadlines of this ledger: stop it, simulate, and start it again."
            )
        with lease.renewed():
            yield


@asynccontextmanager
async def opened(url: str, laws: LawBook) -> AsyncIterator[Approvals]:
    """The application, with hands that each project sets for itself."""
    async with Approvals(url, laws=laws, clock=HANDS.get, cases=SimulatedCounter()) as approvals:
        calm_collector()
        yield approvals


async def prepared(approvals: Approvals, asked: Asked) -> SimulatedGround:
    """The ground to simulate on, with the zone published where it was not."""
    pack = approvals.laws.in_force(DEFAULT_LAW, asked.until)
    calendar = approvals.laws.calendar(pack, asked.until)
    begin = asked.begin or calendar.nth_working_day_before(asked.until, WORKING_DAYS)
    HANDS.set(midnight(asked.until, pack.zone))
    await publish_zone(approvals, valid_from=min(begin, VALID_FROM))
    flow = await approvals.state(flow_stream(FLOW))
    catalogue = await approvals.state(catalogue_stream(CATALOGUE))
    if not isinstance(flow, Flow) or not isinstance(catalogue, Catalogue):
        raise SimulationRefused("The zone was published and is not there: try again.")
    zone = Zone(FLOW, flow.edition().kinds, catalogue.editions[-1].items, pack)
    return SimulatedGround(zone, calendar, asked.seed, asked.projects, begin, asked.until)


async def _run(
    approvals: Approvals, url: str, asked: Asked, ground: SimulatedGround, progress: Callable[[int, int], None]
) -> Tally:
    """Run every project: here, or shared out among processes."""
    finished = 0

    def one_more() -> None:
        nonlocal finished
        finished += 1
        progress(finished, asked.projects)

    if _processes(asked) == 1:
        tally = Tally()
        await run_projects(approvals, ground, range(asked.projects), tally, one_more)
        return tally
    try:
        return await _shared_out(url, asked, progress)
    except BrokenProcessPool as broken:
        raise SimulationRefused(
            "A process of the simulation was killed. What got in stays: simulate again with another seed, or into"
            " another data folder."
        ) from broken


async def _shared_out(url: str, asked: Asked, progress: Callable[[int, int], None]) -> Tally:
    """Run every project, in processes that take a share each time they have finished one."""
    finished, total = 0, Tally()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_processes(asked), context, end_with, (os.getpid(),)) as pool:
        loop = asyncio.get_running_loop()
        shares = [
            loop.run_in_executor(pool, share, url, asked, first, min(first + SHARE, asked.projects))
            for first in range(0, asked.projects, SHARE)
        ]
        for ready in asyncio.as_completed(shares):
            tally, number = await ready
            total.add(tally)
            finished += number
            progress(finished, asked.projects)
    return total


def end_with(parent: int) -> None:
    """End this process when *parent*, which started it, is gone: nobody waits for its share any more."""
    when_orphaned(parent, lambda: os._exit(1))


def share(url: str, asked: Asked, first: int, end: int) -> tuple[Tally, int]:
    """The projects numbered *first* to before *end*, in a process of its own; what was done, and how many they were."""

    async def run() -> Tally:
        tally = Tally()
        async with opened(url, law_book()) as approvals:
            await run_projects(approvals, await prepared(approvals, asked), range(first, end), tally, lambda: None)
        return tally

    return uvloop.run(run()), end - first


def _processes(asked: Asked) -> int:
    """How many processes do the work: as many as asked for, else one a processor; one for a small zone."""
    wanted = asked.processes or os.cpu_count() or 1
    return max(1, min(wanted, PROCESSES_MAX, asked.projects // SHARE))
