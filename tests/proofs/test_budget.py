"""How the minutes of a run are divided among the proofs: which run, in what order, and what is said of the others."""

from __future__ import annotations

import pytest

from tests.proofs.__main__ import attempt, in_turn
from tests.proofs.proof import Budget, Proof

CALLS = 5


def proof(name: str) -> Proof:
    """A proof that always holds."""
    return Proof(name, "a claim", lambda _: "1 round")


PROOFS = [proof(str(number)) for number in range(CALLS)]


def names(seed: int, minutes: float | None) -> list[str]:
    return [proof.name for proof, _ in in_turn(PROOFS, seed, minutes)]


def test_without_minutes_every_proof_runs_whole_in_its_order() -> None:
    turns = list(in_turn(PROOFS, 1, None))

    assert [proof for proof, _ in turns] == PROOFS
    assert [budget.seconds for _, budget in turns] == [None] * CALLS


def test_in_short_time_the_seed_draws_the_order() -> None:
    assert names(1, 10.0) == names(1, 10.0)
    assert sorted(names(1, 10.0)) == [proof.name for proof in PROOFS]
    assert len({tuple(names(seed, 10.0)) for seed in range(CALLS)}) > 1


def test_what_a_proof_does_not_need_the_next_may_use() -> None:
    seconds = [budget.seconds or 0.0 for _, budget in in_turn(PROOFS, 1, 10.0)]

    assert seconds == sorted(seconds)
    assert seconds[0] <= 120 < seconds[-1] <= 600


def test_after_the_minutes_a_proof_is_skipped_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert attempt(PROOFS[0], Budget(seed=1, seconds=0.0)) == "skipped"

    assert "SKIPPED: the minutes are over; ./scripts/prove 0 runs it whole" in capsys.readouterr().out
    assert attempt(PROOFS[0], Budget(seed=1, seconds=0.1)) == "passed"
