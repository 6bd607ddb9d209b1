"""Benchmark of what sign-in costs: commands over HTTP with API keys, against the same with headers that are believed.

Both servers run at once and are measured in turns of half a second, first one and then the other, so that what else the
machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import uvloop
from msgspec import Struct

from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from infrastructure.access.registrar import NewPrincipal, PrincipalRegistrar, enter, handled
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from scripts.benches import http_client
from scripts.benches.commands import ENTERPRISE, MANAGER, OFFICER, WARM_UP_SECONDS, Send, work
from scripts.benches.database import temporary_server, vacuum
from scripts.benches.http_server import server_of
from scripts.benches.measure import median_ratio

CLIENTS, SECONDS, ROUNDS = 32, 4, 7
SLICE_SECONDS = 0.5  # long beside a command, short beside what disturbs a machine
NANOSECONDS = 1e9  # a second
RATIO_MIN = 0.9  # what sign-in may leave of the commands a second


class ServerRate(Struct, frozen=True):
    """Commands a second, and how many a second of the server process's own processor time (Linux; else 0)."""

    per_second: float
    per_cpu_second: float


class SignedInPair(Struct, frozen=True):
    """One pair of slices: the same commands without sign-in and with it."""

    plain: ServerRate
    signed_in: ServerRate


class SignedInBench(Struct, frozen=True):
    """All pairs with as many *clients*, and the medians of their ratios, which should be *bound* at least.

    On a machine that does other things, *cpu_ratio* is the one to go by.
    """

    clients: int
    pairs: list[SignedInPair]
    ratio: float
    cpu_ratio: float
    bound: float = RATIO_MIN


async def issue_keys(url: str) -> Mapping[str, str]:
    """The keys of the programs that send the commands, by their ids."""
    issued = {}
    async with Approvals(url) as approvals:
        directory = PrincipalRegistrar(approvals)
        for by in (MANAGER, ENTERPRISE, OFFICER):
            await enter(approvals, NewPrincipal(by.id, by.id, by.role, (by.department,), PrincipalKind.PROGRAM))
            (grant,) = await directory.grants_of(by.id, approvals.clock())
            new = new_key()
            scopes = ("commands:*", "read:*")
            command = IssueKey(principal=by.id, key=new.id, digest=new.digest.hex(), grant=grant.id, scopes=scopes)
            await handled(approvals, command, uuid4())
            issued[by.id] = new.text
    return issued


async def alternated(
    servers: Mapping[bool, tuple[int, int]], keys: Mapping[str, str], rounds: int
) -> list[SignedInPair]:
    """*rounds* pairs, measured in turns at two *servers*, port and process of each, by whether it asks for keys.

    Both serve all the time, and connections stay open: what is measured is nothing but commands.
    """
    async with AsyncExitStack() as stack:
        sends: dict[bool, list[Send]] = {}
        for signs_in, (port, _) in servers.items():
            sent_keys = keys if signs_in else http_client.NO_KEYS
            connections = [http_client.connection(port, sent_keys) for _ in range(CLIENTS)]
            sends[signs_in] = [await stack.enter_async_context(opened) for opened in connections]
            await rate(sends[signs_in], servers[signs_in][1], WARM_UP_SECONDS)
        pairs = list[SignedInPair]()
        for nth in range(rounds):
            order = (False, True) if nth % 2 else (True, False)
            rates = {way: await rate(sends[way], servers[way][1], SLICE_SECONDS) for way in order}
            pairs.append(SignedInPair(rates[False], rates[True]))
        return pairs


async def rate(sends: Sequence[Send], pid: int, seconds: float) -> ServerRate:
    """The rate of commands over *seconds*, by all connections at once."""
    latencies, began, cpu = list[float](), perf_counter(), cpu_seconds(pid)
    await asyncio.gather(*[work(send, began + seconds, latencies) for send in sends])
    spent, passed = cpu_seconds(pid) - cpu, perf_counter() - began
    return ServerRate(len(latencies) / passed, len(latencies) / spent if spent else 0.0)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, all its threads together, as the scheduler counts it; 0 where none does."""
    spent = 0
    for counted in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            spent += int(counted.read_text().split()[0])
    return spent / NANOSECONDS


def measured(seconds: float = SECONDS, rounds: int = ROUNDS) -> SignedInBench:
    """Measure *rounds* times *seconds* of each way, in pairs of slices."""
    with temporary_server() as server:
        url = server.database("ledger", migrated=True)
        keys = uvloop.run(issue_keys(url))
        vacuum(url)
        with server_of(url) as plain, server_of(url, signs_in=True) as signing_in:
            slices = max(1, round(rounds * seconds / SLICE_SECONDS))
            pairs = uvloop.run(alternated({False: plain, True: signing_in}, keys, slices))
    return compared(pairs)


def compared(pairs: list[SignedInPair]) -> SignedInBench:
    """The medians of the ratios of *pairs*."""
    by_wall = median_ratio((pair.signed_in.per_second, pair.plain.per_second) for pair in pairs)
    of_cpu = median_ratio((pair.signed_in.per_cpu_second, pair.plain.per_cpu_second) for pair in pairs)
    return SignedInBench(CLIENTS, pairs, by_wall, of_cpu)
