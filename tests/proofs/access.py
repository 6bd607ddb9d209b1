"""The table of access against Cedar, on more cases than the suite has time for."""

from __future__ import annotations

from random import Random

from tests.domain.access import campaign
from tests.proofs.proof import Budget, Proof, RefutedError

CASES_A_ROUND, ROUNDS = 1_000, 10


def access(budget: Budget) -> str:
    """Draw callers, actions and cases, and let Cedar judge each as well."""
    chance = Random(budget.seed)
    rounds = budget.rounds(ROUNDS)
    for _ in rounds:
        if differing := campaign.differences(chance, CASES_A_ROUND):
            raise RefutedError(f"{len(differing)} cases are judged otherwise, seed {budget.seed}: {differing[0]}")
    return f"{rounds.done * CASES_A_ROUND:,} cases judged alike"


PROOFS = (Proof("access", "the table of access and the same table in Cedar judge every case alike", access),)
