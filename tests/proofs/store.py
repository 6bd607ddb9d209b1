"""The append path on a database that goes back in time under load."""

from __future__ import annotations

import asyncio

from tests.conftest import reachable_folder
from tests.faults import going_back
from tests.proofs.proof import Budget, Proof, RefutedError

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


PROOFS = (Proof("rollback", "nothing is written on a database that went back, every answer is 503 or right", rollback),)
