"""A simulated zone goes over HTTP as it does in process: the same facts at the same instants, and nobody is denied."""

from __future__ import annotations

import asyncio

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from scripts.remote.ground import RemotePlan
from tests.conftest import database_in, reachable_folder
from tests.proofs.proof import Budget, Proof, RefutedError
from tests.scripts.sandbox.remote_zone import SimulatedBothWays, simulated_both_ways

PROJECTS, DAYS, SECONDS_A_PROJECT = 12, 240, 20
SEEDS = 1_000_000


def simulated_alike(budget: Budget) -> str:
    """Simulate one zone both ways, and compare every entry and every refusal."""
    projects = PROJECTS
    if budget.seconds is not None:
        projects = max(1, min(PROJECTS, int(budget.seconds / SECONDS_A_PROJECT)))
    plan = RemotePlan(projects, budget.seed % SEEDS)
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "server", throw_away=True).start()
        with database_in(server) as near, database_in(server) as far:
            migrate(near)
            migrate(far)
            both = asyncio.run(simulated_both_ways((near, far), folder, plan, DAYS))
    require_alike(both)
    entries = sum(map(len, both.facts_over_http.values()))
    return (
        f"{entries:,} entries of {projects} projects over {DAYS} days are the same: {both.over_http.commands:,} acts,"
        f" {both.over_http.sign_ins:,} sign-ins and {both.over_http.clock_moves:,} moves of the clock"
    )


def require_alike(both: SimulatedBothWays) -> None:
    """Raise RefutedError at the first difference."""
    for stream, expected in both.facts_in_process.items():
        for version, (before, after) in enumerate(
            zip(expected, both.facts_over_http.get(stream, ()), strict=False), start=1
        ):
            if before != after:
                raise RefutedError(f"version {version} of {stream} is {before} in process and {after} over HTTP")
    if both.facts_in_process != both.facts_over_http:
        raise RefutedError("one way has recorded more than the other")
    if both.in_process.refused_by_code != both.over_http.refused_by_code:
        raise RefutedError(f"refused: {both.in_process.refused_by_code} and {both.over_http.refused_by_code}")
    if both.over_http.denied_by_command:
        raise RefutedError(f"the table of access denies their own work: {both.over_http.denied_by_command}")


PROOFS = (
    Proof(
        "simulated-over-http",
        "a zone simulated over HTTP by signed-in people has the facts and times of the same zone in process",
        simulated_alike,
    ),
)
