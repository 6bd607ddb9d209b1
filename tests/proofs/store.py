"""Nothing is lost where databases die: one that goes back in time under load, and a cluster whose leader is killed."""

from __future__ import annotations

import asyncio

from msgspec import json

from tests.conftest import reachable_folder
from tests.faults import going_back
from tests.proofs.operating import patroni
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

GOING_BACK_ROUNDS = 20


def rollback(budget: Budget) -> str:
    """Take a database back to an earlier copy under load; nothing wrong is answered or written afterwards."""
    rounds = budget.rounds(GOING_BACK_ROUNDS)
    for _ in rounds:
        with reachable_folder() as folder:
            try:
                asyncio.run(going_back.rounds(folder / "data", 1))
            except AssertionError as wrong:
                raise RefutedError(f"after a rollback: {wrong}") from wrong
    return f"{rounds.done} of {GOING_BACK_ROUNDS} rollbacks"


def failover(_: Budget) -> str:
    """Kill the leader of three PostgreSQL servers under Patroni, with two servers of ours and clients at work."""
    try:
        outcome = patroni.run()
    except AssertionError as wrong:
        raise RefutedError(str(wrong)) from wrong
    if outcome.skipped:
        raise SkippedError(outcome.skipped)
    if not outcome.holds:
        raise RefutedError(json.encode(outcome).decode())
    return f"{outcome.acknowledged:,} commands acknowledged, none lost, pause {outcome.longest_pause_seconds:.1f} s"


PROOFS = (
    Proof("rollback", "nothing is written on a database that went back, every answer is 503 or right", rollback),
    Proof("failover", "no acknowledged command is lost when the leader of a cluster is killed", failover, share=2),
)
