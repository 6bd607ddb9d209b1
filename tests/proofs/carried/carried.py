"""A ledger as an early commit stored it, carried over by its facts file: the same facts, commands, watch and views."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from infrastructure.facts_file.export import export_facts
from infrastructure.facts_file.load import import_facts
from infrastructure.facts_file.numbering import number_cases
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.rebuild import rebuild
from infrastructure.verifier.verify import verify
from tests.conftest import reachable_folder
from tests.proofs.carried.commands import require_same_commands
from tests.proofs.carried.early_code import filled, taken_out
from tests.proofs.carried.logs import carried_logs
from tests.proofs.carried.row_judges import CLOCK, JUDGED, clocks_judged_otherwise, judge
from tests.proofs.carried.view_rows import ViewRows, require_same_rows
from tests.proofs.carried.watch import require_same_schedule, require_same_watch
from tests.proofs.proof import Budget, Proof, RefutedError

PROJECTS, PROJECTS_MIN, SECONDS_A_PROJECT = 2_000, 20, 1.5
CASES, SLICE_CASES = 400, 30  # in each drawn log
ENTRIES = """
    SELECT seq, stream, version, type, data, meta, occurred_at, recorded_at, hash FROM ledger.event
    WHERE seq <= %s ORDER BY seq
"""


def carried_over(budget: Budget) -> str:
    """Fill a ledger by the early code, move it over, and compare what is stored and what follows from it."""
    projects, cases, whole = PROJECTS, CASES, budget.seconds is None
    if budget.seconds is not None:
        projects = max(PROJECTS_MIN, min(PROJECTS, int(budget.seconds / SECONDS_A_PROJECT)))
        cases = SLICE_CASES
    with reachable_folder() as folder:
        code = taken_out(folder / "code")
        begun = datetime.now(UTC)
        logs = carried_logs(folder, budget.seed, cases, begun.date(), whole=whole)
        filled(code, folder / "before", projects, budget.seed, logs)
        former = EmbeddedPostgres(folder / "before", throw_away=True).start()
        current = EmbeddedPostgres(folder / "after", throw_away=True).start()
        compared = moved_over(former, current, folder / "facts.ndjson.gz", begun)
    return f"{projects:,} simulated projects and {len(logs)} imported logs: {compared}"


def moved_over(former: str, current: str, file: Path, begun: datetime) -> str:
    """Move the ledger at *former* into the empty database *current*, and compare the two; what was compared.

    Its simulation, imports and watch ran since *begun*.
    """
    migrate(current)
    exported = export_facts(former, file, ignore)
    imported = import_facts(current, file, ignore)
    require_same_facts(former, current, exported.position)
    commands = require_same_commands(former, current)
    require_same_schedule(former, current)
    require_sound(current)
    rebuild(current, swap=True)
    before, after = ViewRows(former), ViewRows(current)
    clocks = clocks_judged_otherwise(before, after)
    added = {key for key, (formerly, _) in clocks.items() if formerly is None}
    rows = require_same_rows(before, after, JUDGED, {"clock": (CLOCK, added)})
    judged = judge(before, after)
    recorded = require_same_watch(current, {(project, item) for project, item, *_ in clocks}, begun)
    numbered = asyncio.run(given_numbers(current))
    require_sound(current)
    rebuild(current, swap=True)
    if differences := rebuild(current, swap=False).differences:
        raise RefutedError(f"the views are not those of the facts: {differences}")
    otherwise = ", ".join(f"{number:,} {table}" for table, number in judged.items() if number) or "none"
    return (
        f"{imported.entries:,} entries, {commands:,} command rows and {rows:,} rows of views say the same; explained"
        f" differences of rows: {otherwise}; {recorded:,} facts of the watcher are those of a fresh one;"
        f" {numbered:,} applications numbered"
    )


def require_same_facts(former: str, current: str, position: int) -> None:
    """Every entry is there, byte for byte."""
    for before, after in zip(entries(former, position), entries(current, position), strict=True):
        if before != after:
            raise RefutedError(f"the entry at position {before[0]} is not the same: {before} {after}")


def entries(url: str, position: int) -> Iterator[tuple[Any, ...]]:
    with psycopg.connect(url) as connection, connection.cursor("entries") as cursor:
        yield from cursor.execute(ENTRIES, [position])


def require_sound(url: str) -> None:
    verified, _ = verify(url, ignore)
    if verified.faults:
        raise RefutedError(f"verify finds {len(verified.faults)} faults: {verified.faults[0]}")


async def given_numbers(url: str) -> int:
    """How many applications got a case number."""
    async with Approvals(url) as approvals:
        return await number_cases(approvals, ignore)


def ignore(_done: int, _of: int) -> None:
    """Progress that is not shown."""


PROOFS = (
    Proof(
        "carried-over",
        "a ledger of the code before storage format 1 keeps facts, commands, watch and views when it is carried over",
        carried_over,
        share=2,
    ),
)
