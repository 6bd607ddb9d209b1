"""Long proofs of Countersign: each tries to refute a claim, and says what it did, or aloud why it was skipped."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterator
from random import Random
from time import monotonic
from typing import Annotated

import structlog
import typer

from tests.proofs import (
    access,
    backups,
    contract,
    exports,
    identity,
    law,
    log,
    notice,
    remote,
    repeated,
    roles,
    store,
    webhooks,
)
from tests.proofs.carried import carried
from tests.proofs.journeys import walks
from tests.proofs.judges import litetlog, packages
from tests.proofs.operating import every
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

PROOFS: tuple[Proof, ...] = (
    *law.PROOFS,
    *access.PROOFS,
    *roles.PROOFS,
    *store.PROOFS,
    *backups.PROOFS,
    *identity.PROOFS,
    *log.PROOFS,
    *litetlog.PROOFS,
    *packages.PROOFS,
    *carried.PROOFS,
    *contract.PROOFS,
    *webhooks.PROOFS,
    *every.PROOFS,
    *exports.PROOFS,
    *notice.PROOFS,
    *remote.PROOFS,
    *walks.PROOFS,
    *repeated.PROOFS,
)
SECONDS_A_MINUTE = 60
SEED_BITS = 31


def chosen(names: list[str]) -> list[Proof]:
    """The proofs called *names*, or all of them."""
    unknown = set(names) - {proof.name for proof in PROOFS}
    if unknown:
        known = ", ".join(proof.name for proof in PROOFS)
        raise typer.BadParameter(f"no proof is called {', '.join(sorted(unknown))}; there are: {known}")
    return [proof for proof in PROOFS if not names or proof.name in names]


def in_turn(proofs: list[Proof], seed: int, minutes: float | None) -> Iterator[tuple[Proof, Budget]]:
    """*proofs* with the budget of each: whole, or *minutes* divided among them.

    Each runs at least one round, which may take longer than its share. Where the time is short the order is drawn by
    *seed*, so that it is not always the same ones that are left over at its end.
    """
    if minutes is None:
        yield from ((proof, Budget(seed)) for proof in proofs)
        return
    end = monotonic() + minutes * SECONDS_A_MINUTE
    shares = sum(proof.share for proof in proofs)
    for proof in Random(seed).sample(proofs, len(proofs)):
        seconds = max(0.0, end - monotonic()) * proof.share / shares  # what one did not need, the next may use
        shares -= proof.share
        yield proof, Budget(seed, seconds)


def attempt(proof: Proof, budget: Budget) -> str:
    """Run one proof and print its result; returns `passed`, `failed` or `skipped`."""
    limit = "whole" if budget.seconds is None else f"{budget.seconds:.0f} s at most"
    print(f"{proof.name}: {proof.claim} ({limit}, seed {budget.seed})", flush=True)
    if budget.seconds == 0:
        print(f"  SKIPPED: the minutes are over; ./scripts/prove {proof.name} runs it whole", flush=True)
        return "skipped"
    try:
        done = proof.run(budget)
    except SkippedError as reason:
        print(f"  SKIPPED: {reason}", flush=True)
        return "skipped"
    except RefutedError as counterexample:
        print(f"  FAILED after {budget.elapsed:.0f} s: {counterexample}", flush=True)
        return "failed"
    except Exception as fault:  # noqa: BLE001  # a proof that breaks has proved nothing, and must not end the others
        print(
            f"  FAILED after {budget.elapsed:.0f} s: it broke", *traceback.format_exception(fault), sep="\n", flush=True
        )
        return "failed"
    print(f"  passed: {done}, {budget.elapsed:.0f} s", flush=True)
    return "passed"


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which proofs; all of them without a name.")] = None,
    *,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="Divide this time among the proofs, in an order drawn by the seed; else all run whole."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat a run; else a new seed is drawn and printed.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Print the proofs and their claims, and end.")] = False,
) -> None:
    """Try to refute what Countersign claims. Exit status 1: a claim was refuted."""
    proofs = chosen(names or [])
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    logging.disable(logging.CRITICAL)  # faults are what the proofs are made of: their log lines would bury the results
    if listing:
        for proof in proofs:
            print(f"{proof.name:12} {proof.claim}")
        return
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    results = [attempt(proof, budget) for proof, budget in in_turn(proofs, seed, minutes)]
    counts = {result: results.count(result) for result in ("passed", "failed", "skipped")}
    print(", ".join(f"{count} {result}" for result, count in counts.items()))
    raise SystemExit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    typer.run(main)
