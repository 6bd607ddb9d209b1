"""Benchmark of what sign-in costs: commands over HTTP with API keys, against the same with headers that are believed.

Both are measured in turns, first one and then the other, as the speed of a machine drifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from uuid import uuid4

import uvloop
from msgspec import Struct

from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from infrastructure.access.registrar import NewPrincipal, PrincipalRegistrar, enter, handled
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from scripts.benches import http_client
from scripts.benches.commands import ENTERPRISE, MANAGER, OFFICER
from scripts.benches.database import temporary_server, vacuum
from scripts.benches.http_server import serving

CLIENTS, SECONDS, ROUNDS = 32, 4, 7
RATIO_MIN = 0.9  # what sign-in may leave of the commands a second


class SignedInPair(Struct, frozen=True):
    """One round: commands a second without sign-in and with it."""

    plain: float
    signed_in: float

    @property
    def ratio(self) -> float:
        return self.signed_in / self.plain


class SignedInBench(Struct, frozen=True):
    """All rounds with as many *clients*, and the median of their ratios, which should be *bound* at least."""

    clients: int
    pairs: list[SignedInPair]
    ratio: float
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


def rate(url: str, keys: Mapping[str, str], seconds: float) -> float:
    """Commands a second; with *keys* the server asks for them."""
    vacuum(url)
    with serving(url, signs_in=bool(keys)) as port:
        figure = uvloop.run(http_client.over_http("over HTTP", port, CLIENTS, seconds, keys))
    return figure.per_second


def measured(seconds: float = SECONDS, rounds: int = ROUNDS) -> SignedInBench:
    """Measure *rounds* pairs of *seconds* each."""
    with temporary_server() as server:
        url = server.database("ledger", migrated=True)
        keys, pairs = uvloop.run(issue_keys(url)), list[SignedInPair]()
        for nth in range(rounds):
            rates = {bool(given): rate(url, given, seconds) for given in ((keys, {}) if nth % 2 else ({}, keys))}
            pairs.append(SignedInPair(rates[False], rates[True]))
    return SignedInBench(CLIENTS, pairs, median(pair.ratio for pair in pairs))
