"""Benchmark of what sign-in costs: commands over HTTP with API keys, against the same with headers that are believed.

Both are measured in turns, first one and then the other, as the speed of a machine drifts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
import uvloop
from msgspec import Struct

from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from infrastructure.access.registrar import NewPrincipal, PrincipalRegistrar, enter, handled
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.reader import head_of
from scripts.benches import http_client
from scripts.benches.commands import ENTERPRISE, MANAGER, OFFICER
from scripts.benches.database import temporary_server, vacuum
from scripts.benches.http_server import server_of

CLIENTS, SECONDS, ROUNDS = 32, 4, 7
RATIO_MIN = 0.9  # what sign-in may leave of the commands a second


class ServerRate(Struct, frozen=True):
    """Commands a second, and how many a second of the server process's own processor time (Linux; else 0)."""

    per_second: float
    per_cpu_second: float


class SignedInPair(Struct, frozen=True):
    """One round: the same commands without sign-in and with it."""

    plain: ServerRate
    signed_in: ServerRate


class SignedInBench(Struct, frozen=True):
    """All rounds with as many *clients*, and the medians of their ratios, which should be *bound* at least.

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


def rate(url: str, keys: Mapping[str, str], seconds: float) -> ServerRate:
    """The rate of commands; with *keys* the server asks for them."""
    vacuum(url)
    with server_of(url, signs_in=bool(keys)) as (port, pid):
        began, first = cpu_seconds(pid), facts(url)
        figure = uvloop.run(http_client.over_http("over HTTP", port, CLIENTS, seconds, keys))
        spent, stored = cpu_seconds(pid) - began, facts(url) - first  # each command is one fact
    return ServerRate(figure.per_second, stored / spent if spent else 0.0)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, in its own code and in the kernel."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def facts(url: str) -> int:
    with psycopg.connect(url) as connection:
        return head_of(connection)


def measured(seconds: float = SECONDS, rounds: int = ROUNDS) -> SignedInBench:
    """Measure *rounds* pairs of *seconds* each."""
    with temporary_server() as server:
        url = server.database("ledger", migrated=True)
        keys, pairs = uvloop.run(issue_keys(url)), list[SignedInPair]()
        for nth in range(rounds):
            rates = {bool(given): rate(url, given, seconds) for given in ((keys, {}) if nth % 2 else ({}, keys))}
            pairs.append(SignedInPair(rates[False], rates[True]))
    ratio = median(pair.signed_in.per_second / pair.plain.per_second for pair in pairs)
    cpu_ratios = [p.signed_in.per_cpu_second / p.plain.per_cpu_second for p in pairs if p.plain.per_cpu_second]
    return SignedInBench(CLIENTS, pairs, ratio, median(cpu_ratios or [0.0]))
