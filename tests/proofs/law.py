"""The clock against a second implementation of the rule book, and against what must hold in a whole simulated zone."""

from __future__ import annotations

import shutil

from tests.law.auditor import campaign as auditor_campaign
from tests.law.generic import campaign as general_campaign
from tests.law.generic import item_stories
from tests.law.javascript.runner import with_node
from tests.projections.waiting import naive_stuck
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError
from tests.scripts import zone_claims

HISTORIES_A_ROUND, HISTORY_ROUNDS = 5_000, 20
JAVASCRIPT_HISTORIES_A_ROUND, JAVASCRIPT_ROUNDS = 2_000, 10
NO_NODE = "the second clock needs Node: on Debian and Ubuntu, apt-get install nodejs"
PROJECTS, SLICE_PROJECTS, ZONE_SEED = 2_000, 40, 7


def histories(budget: Budget) -> str:
    """Draw histories, lawful or not, and compare every answer of the clock with the auditor's."""
    rounds = budget.rounds(HISTORY_ROUNDS)
    for number in rounds:
        if differing := auditor_campaign.run(budget.seed + number, HISTORIES_A_ROUND):
            raise RefutedError(f"{differing} of {HISTORIES_A_ROUND} histories differ, seed {budget.seed + number}")
    return f"{rounds.done * HISTORIES_A_ROUND:,} histories without a difference"


def general_histories(budget: Budget) -> str:
    """Draw laws of part D with histories, lawful or not, and compare every answer of the general clock with another's.

    The other one counts day by day, or in steps of five minutes, what the rule book says, and shares no code with it.
    In turn with them come items under laws of drawn duties, of which both say what was neglected.
    """
    rounds = budget.rounds(HISTORY_ROUNDS)
    for number in rounds:
        seed = budget.seed + number
        if differing := general_campaign.campaign(seed, HISTORIES_A_ROUND):
            raise RefutedError(f"{differing} of {HISTORIES_A_ROUND} histories differ, seed {seed}")
        if differing := item_stories.campaign(seed, HISTORIES_A_ROUND):
            raise RefutedError(f"{differing} of {HISTORIES_A_ROUND} items differ, seed {seed}")
    compared = f"{rounds.done * HISTORIES_A_ROUND:,}"
    return f"{compared} histories under drawn laws and {compared} items under drawn duties without a difference"


def javascript(budget: Budget) -> str:
    """Compare every answer of the engine with that of the clock in JavaScript, which the browser verifier uses."""
    node = shutil.which("node")
    if node is None:
        raise SkippedError(NO_NODE)
    rounds = budget.rounds(JAVASCRIPT_ROUNDS)
    for number in rounds:
        seed = budget.seed + number
        drawn = [auditor_campaign.life(seed, place) for place in range(JAVASCRIPT_HISTORIES_A_ROUND)]
        computed = with_node(node, [history | {"call": "evaluate", "calendar": "CN"} for history in drawn])
        for place, (history, answer) in enumerate(zip(drawn, computed, strict=True)):
            if differing := list(auditor_campaign.paths(auditor_campaign.by_engine(history), answer)):
                raise RefutedError(f"seed {seed}, history {place}: (value, engine, JavaScript) {differing}")
        items = [item_stories.item_story(seed, place) for place in range(JAVASCRIPT_HISTORIES_A_ROUND)]
        computed = with_node(node, [item | {"call": "neglected", "calendar": "CN"} for item in items])
        for place, (item, flags) in enumerate(zip(items, computed, strict=True)):
            if item_stories.by_engine(item) != flags:
                raise RefutedError(
                    f"seed {seed}, item {place}: engine {item_stories.by_engine(item)}, JavaScript {flags}"
                )
    compared = f"{rounds.done * JAVASCRIPT_HISTORIES_A_ROUND:,}"
    return f"{compared} histories and {compared} items under drawn duties without a difference"


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
    Proof(
        "general-histories",
        "the general clock and an independent one agree under drawn laws of any country",
        general_histories,
        share=2,
    ),
    Proof("javascript", "the clock of the verifier in the browser agrees with the engine", javascript),
    Proof("zone", "an ended application has no open clock, an answered one no red card, 受阻 is what is stuck", zone),
)
