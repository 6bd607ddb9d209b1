"""Tests of the suite run over and over with new seeds: faults, laws drawn by Hypothesis, fuzzed requests."""

from __future__ import annotations

import os

from tests.proofs.proof import Budget, Proof, pytest_passes

FAULT_ROUNDS, LAW_ROUNDS, FUZZ_ROUNDS = 10, 25, 10
FUZZ_FACTOR = 10  # examples an operation, times those of the suite
LAWS = (
    *(
        "tests/law",
        "tests/domain/flow/test_path.py",
        "tests/domain/flow/test_flow_laws.py",
        "tests/domain/flow/test_phases.py",
    ),
    *(
        "tests/projections/waiting/test_waiting.py",
        "tests/projections/watch/test_watch.py",
        "tests/projections/watch/test_watch_general.py",
    ),
)


def repeat(budget: Budget, whole: int, paths: tuple[str, ...], words: tuple[str, ...] = (), **extra: str) -> str:
    """Run the tests in *paths* up to *whole* times, each time with another Hypothesis seed."""
    rounds = budget.rounds(whole)
    for number in rounds:
        seed = f"--hypothesis-seed={budget.seed + number}"
        pytest_passes([*paths, *words, seed], {**os.environ, **extra})
    return f"{rounds.done} of {whole} rounds"


def faults(budget: Budget) -> str:
    """Kill, freeze and cut off processes and databases again and again."""
    return repeat(budget, FAULT_ROUNDS, ("tests/faults",))


def laws(budget: Budget) -> str:
    """Draw other examples for every law that Hypothesis checks."""
    return repeat(budget, LAW_ROUNDS, LAWS, ("--numprocesses", "auto"))


def fuzz(budget: Budget) -> str:
    """Ask every operation of the OpenAPI document with whatever its schema allows."""
    factor = str(FUZZ_FACTOR if budget.seconds is None else 1)
    return repeat(budget, FUZZ_ROUNDS, ("tests/api/web/test_fuzz.py",), COUNTERSIGN_TEST_FUZZ_FACTOR=factor)


PROOFS = (
    Proof("faults", "no acknowledged command is lost or doubled, whatever is killed", faults, share=3),
    Proof("laws", "no example contradicts a law of the clock, the flow or the views", laws, share=2),
    Proof("fuzz", "no request that the OpenAPI document allows is answered with a 5xx", fuzz, share=2),
)
