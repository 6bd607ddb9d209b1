"""`countersign simulate`: simulates a zone in a real ledger, at random with a seed, through the ordinary commands."""

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
from infrastructure.errors import OperatorError
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.postgres.errors import READ_ONLY
from infrastructure.postgres.lease import Lease, takes_no_changes_async
from infrastructure.watcher.watch_schedule import LEADER_KEY, WORK, WatchTable
from scripts.catalogues.zone import CATALOGUE, FLOW, VALID_FROM, publish_zone
from scripts.server.processes import tune_garbage_collector, when_orphaned
from scripts.simulation.case_numbers import SimulatedCounter
from scripts.simulation.course import SIMULATED_NOW, Tally, Turns
from scripts.simulation.engine import SimulatedGround, hash_of, register_enterprises, register_principals, run_projects
from scripts.simulation.project_life import Zone

WORKING_DAYS = 750  # about three years
PROJECTS_MAX = 100_000
SHARE = 50  # projects per task of a worker process, which run concurrently
PROCESSES_MAX = 8
HELD_TRIES = 3  # seconds to wait for a server that is just being stopped


class SimulationRefusedError(OperatorError):
    """The simulation can't run. The sentence says why."""


class SimulationPlan(Struct, frozen=True):
    """The options of a simulation. *begin* None: about three years before *until*; *processes* 0: one per CPU.

    *in_order*: record it in the order of time, as a real ledger is, which takes longer. For as many projects as one
    process runs at once.
    """

    projects: int
    seed: int
    until: date
    begin: date | None = None
    processes: int = 0
    in_order: bool = False


class Simulated(Struct):
    """The result. *hash* covers all facts of projects and enterprises.

    *denied_by_command*: acts that the table of access refused to those whose work they are.
    """

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
    denied_by_command: dict[str, int]


async def simulate(
    url: str, plan: SimulationPlan, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Simulated:
    """Simulate a zone in the ledger at *url*; the projector updates its views afterwards.

    Takes the lead of the deadline watcher, as the simulated time differs. Raises SimulationRefusedError for invalid
    numbers, a seed that was used in this ledger before, or if a server or another simulation runs.
    """
    require_sensible(plan)
    began, laws = perf_counter(), law_book()
    async with watch_held(url), opened(url, laws) as approvals:
        ground = await prepared(approvals, plan)
        await require_fresh(approvals, ground)
        tally = await register_principals(approvals, ground)
        tally.add(await register_enterprises(approvals, ground))
        tally.add(await _run(approvals, url, plan, ground, progress))
        digest = await hash_of(approvals, ground.streams)
    seconds = perf_counter() - began
    commands = sum(tally.commands.values())
    return Simulated(
        projects=plan.projects,
        seed=plan.seed,
        begin=ground.begin,
        until=plan.until,
        commands=commands,
        facts=sum(tally.facts.values()),
        refused=sum(tally.refused.values()),
        repeated=tally.repeated,
        hash=digest,
        seconds=round(seconds, 2),
        commands_per_second=round(commands / seconds, 1),
        processes=_processes(plan),
        facts_by_name=dict(sorted(tally.facts.items())),
        refused_by_code=dict(sorted(tally.refused.items())),
        denied_by_command={name: number for name, number in sorted(tally.denied.items()) if number},
    )


def require_sensible(plan: SimulationPlan) -> None:
    """Raise SimulationRefusedError for invalid numbers or days."""
    if not 1 <= plan.projects <= PROJECTS_MAX:
        raise SimulationRefusedError(
            f"A zone of {plan.projects} projects can't be simulated: ask for 1 to {PROJECTS_MAX:,}."
        )
    if not date(2010, 1, 1) <= plan.until <= date(2099, 12, 31):
        raise SimulationRefusedError(
            f"{plan.until} is too far from the calendars we have: ask for a day of 2010 to 2099."
        )
    if plan.begin is not None and not date(2005, 1, 1) <= plan.begin < plan.until:
        raise SimulationRefusedError(f"A simulation until {plan.until} can't begin on {plan.begin}.")


async def require_fresh(approvals: Approvals, ground: SimulatedGround) -> None:
    """Raise SimulationRefusedError if the seed was used in this ledger before."""
    if (await approvals.project(ground.project(0))).version:
        raise SimulationRefusedError(
            f"The seed {ground.seed} was simulated in this ledger before: choose another seed, or another data folder."
        )


@asynccontextmanager
async def watch_held(url: str) -> AsyncIterator[None]:
    """Hold the lease of the deadline watcher, so that none checks these projects at the real time."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        if await takes_no_changes_async(connection):
            raise SimulationRefusedError(READ_ONLY)
        table, lease = WatchTable(connection), Lease(url, WORK, LEADER_KEY)
        for _ in range(HELD_TRIES):
            if await table.lead(lease):
                break
            await asyncio.sleep(1)
        else:
            raise SimulationRefusedError(
                "A server watches the deadlines of this ledger: stop it, simulate, and start it again."
            )
        with lease.renewed():
            yield


@asynccontextmanager
async def opened(url: str, laws: LawBook) -> AsyncIterator[Approvals]:
    """The application, with a clock that each project sets to its simulated time."""
    async with Approvals(url, laws=laws, clock=SIMULATED_NOW.get, cases=SimulatedCounter()) as approvals:
        tune_garbage_collector()
        yield approvals


async def prepared(approvals: Approvals, plan: SimulationPlan) -> SimulatedGround:
    """The parameters of the simulation; publishes the zone if needed."""
    pack = approvals.laws.in_force(DEFAULT_LAW, plan.until)
    calendar = approvals.laws.calendar(pack, plan.until)
    begin = plan.begin or calendar.nth_working_day_before(plan.until, WORKING_DAYS)
    SIMULATED_NOW.set(midnight(plan.until, pack.zone))
    await publish_zone(approvals, valid_from=min(begin, VALID_FROM))
    flow = await approvals.state(flow_stream(FLOW))
    catalogue = await approvals.state(catalogue_stream(CATALOGUE))
    if not isinstance(flow, Flow) or not isinstance(catalogue, Catalogue):
        raise SimulationRefusedError("The zone was published and is not there: try again.")
    zone = Zone(FLOW, flow.edition().kinds, catalogue.editions[-1].items, pack)
    return SimulatedGround(zone, calendar, plan.seed, plan.projects, begin, plan.until)


async def _run(
    approvals: Approvals, url: str, plan: SimulationPlan, ground: SimulatedGround, progress: Callable[[int, int], None]
) -> Tally:
    """Run all projects, in this process or in several."""
    finished = 0

    def count_project() -> None:
        nonlocal finished
        finished += 1
        progress(finished, plan.projects)

    if _processes(plan) == 1:
        tally = Tally()
        turns = Turns() if plan.in_order else None
        await run_projects(approvals, ground, range(plan.projects), tally, count_project, turns)
        return tally
    try:
        return await _shared_out(url, plan, progress)
    except BrokenProcessPool as broken:
        raise SimulationRefusedError(
            "A process of the simulation was killed. Its facts remain stored: simulate again with another seed, or in"
            " another data folder."
        ) from broken


async def _shared_out(url: str, plan: SimulationPlan, progress: Callable[[int, int], None]) -> Tally:
    """Run all projects in a pool of worker processes, SHARE projects per task."""
    finished, total = 0, Tally()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_processes(plan), context, end_with, (os.getpid(),)) as pool:
        loop = asyncio.get_running_loop()
        shares = [
            loop.run_in_executor(pool, share, url, plan, first, min(first + SHARE, plan.projects))
            for first in range(0, plan.projects, SHARE)
        ]
        for ready in asyncio.as_completed(shares):
            tally, number = await ready
            total.add(tally)
            finished += number
            progress(finished, plan.projects)
    return total


def end_with(parent: int) -> None:
    """Initialize a worker: it exits when *parent*, which started it, is gone."""
    when_orphaned(parent, lambda: os._exit(1))


def share(url: str, plan: SimulationPlan, first: int, end: int) -> tuple[Tally, int]:
    """The task of a worker: run the projects *first* to *end* (exclusive); returns the counts, and their number."""

    async def run() -> Tally:
        tally = Tally()
        async with opened(url, law_book()) as approvals:
            await run_projects(approvals, await prepared(approvals, plan), range(first, end), tally, lambda: None)
        return tally

    return uvloop.run(run()), end - first


def _processes(plan: SimulationPlan) -> int:
    """The number of processes: as given, else one per CPU; fewer for a small zone."""
    wanted = plan.processes or os.cpu_count() or 1
    return max(1, min(wanted, PROCESSES_MAX, plan.projects // SHARE))
