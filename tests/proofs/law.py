"""The clock against a second implementation of the rule book, and against what must hold in a whole simulated zone."""

from __future__ import annotations

from tests.law.auditor import campaign as auditor_campaign
from tests.projections.waiting import naive_stuck
from tests.proofs.proof import Budget, Proof, RefutedError
from tests.scripts import zone_claims

HISTORIES_A_ROUND, HISTORY_ROUNDS = 5_000, 20
PROJECTS, SLICE_PROJECTS, ZONE_SEED = 2_000, 40, 7


def histories(budget: Budget) -> str:
    """Draw histories, lawful or not, and compare every answer of the clock with the auditor's."""
    rounds = budget.rounds(HISTORY_ROUNDS)
    for number in rounds:
        if differing := auditor_campaign.run(budget.seed + number, HISTORIES_A_ROUND):
            raise RefutedError(f"{differing} of {HISTORIES_A_ROUND} histories differ, seed {budget.seed + number}")
    return f"{rounds.done * HISTORIES_A_ROUND:,} histories without a difference"


def zone(budget: Budget) -> str:
    """Simulate a zone, and count again by other means what its clocks, cards and pages say."""
    whole = budget.seconds is None
    projects, seed = (PROJECTS, ZONE_SEED) if whole else (SLICE_PROJECTS, budget.seed)
    with zone_claims.empty_ledger() as url:
        try:
            stuck = naive_stuck.prove_stuck(url, projects, seed)
        except AssertionError as wrong:
            raise RefutedError(f"stuck projects, seed {seed}: {wrong}") from wrong
        claims = zone_claims.claims_in(url)
    if not claims.hold:
        raise RefutedError("\n".join([*claims.open_though_ended, *claims.red_though_answered]) or "nothing to look at")
    return f"{projects:,} projects, {claims.clocks:,} clocks, {claims.red_cards:,} red cards, {stuck} stuck projects"


PROOFS = (
    Proof("histories", "the clock and an independent implementation of the rule book agree", histories, share=2),
    Proof("zone", "an ended application has no open clock, an answered one no red card, 受阻 is what is stuck", zone),
)
