"""The clock against a second implementation of the rule book, and against what must hold in a whole simulated zone."""

from __future__ import annotations

from tests.law.auditor import campaign as auditor_campaign
from tests.proofs.proof import Budget, Proof, RefutedError
from tests.scripts import zone_claims

HISTORIES_A_ROUND, HISTORY_ROUNDS = 5_000, 20
PROJECTS, SLICE_PROJECTS, ZONE_SEED = 2_000, 100, 7


def histories(budget: Budget) -> str:
    """Draw histories, lawful or not, and compare every answer of the clock with the auditor's."""
    rounds = budget.rounds(HISTORY_ROUNDS)
    for number in rounds:
        if differing := auditor_campaign.run(budget.seed + number, HISTORIES_A_ROUND):
            raise RefutedError(f"{differing} of {HISTORIES_A_ROUND} histories differ, seed {budget.seed + number}")
    return f"{rounds.done * HISTORIES_A_ROUND:,} histories without a difference"


def zone(budget: Budget) -> str:
    """Simulate a zone; no clock of an ended application is open, no red card is answered by its own evidence."""
    whole = budget.seconds is None
    claims = zone_claims.check(PROJECTS if whole else SLICE_PROJECTS, ZONE_SEED if whole else budget.seed)
    if not claims.hold:
        raise RefutedError("\n".join([*claims.open_though_ended, *claims.red_though_answered]) or "nothing to look at")
    return f"{claims.projects:,} projects, {claims.clocks:,} clocks, {claims.red_cards:,} red cards"


PROOFS = (
    Proof("histories", "the clock and an independent implementation of the rule book agree", histories, share=2),
    Proof("zone", "no clock of an ended application is open, no answered department has a red card", zone),
)
