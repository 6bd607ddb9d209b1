"""A ledger as an early commit stored it, carried over by its facts file: the same facts, the same views, no fault.

The early code is taken out of git and run by the packages of today; it needs none that these lack.
"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from infrastructure.facts_file.export import export_facts
from infrastructure.facts_file.load import import_facts
from infrastructure.facts_file.numbering import number_cases
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector.rebuild import rebuild
from infrastructure.verifier.verify import verify
from tests.conftest import reachable_folder
from tests.proofs.proof import ROOT, Budget, Proof, RefutedError, SkippedError

COMMIT = "f7718139"  # the last before storage format 1
PROJECTS, PROJECTS_MIN, SECONDS_A_PROJECT = 2_000, 20, 1.5
EVENTS, CASES = "scripts/data/receipt/events.csv.gz", "scripts/data/receipt/cases.csv.gz"
ENTRIES = """
    SELECT seq, stream, version, type, data, meta, occurred_at, recorded_at, hash FROM ledger.event
    WHERE seq <= %s ORDER BY seq
"""
COLUMNS = """
    SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'views' GROUP BY table_name
"""
OWN_TABLES = frozenset({"position", "stumble"})  # of the projector, in the schema of the views
ROWS_SHOWN = 3
# What is not recorded but judged from the facts, by rules that were corrected since. Each column has the commit of the
# rule that changed: one that has none must say the same.
# 579f001c: a period of calendar days ends on the next working day where its last is none, and a refusal to admit ends
# the clocks that run from receipt. e46e4a6b, ADR 0014: an acceptance dated before the receipt counts from it.
# dc316b8f: when silence starts a clock stays known of one that is closed.
# 18c0b2b5: one holder an item, outside bodies and applicants among them; what was not granted is not done.
JUDGED: Mapping[str, tuple[str, ...]] = {
    "clock": (
        *("due_on", "over_at"),  # 579f001c
        *("state", "over_state", "level", "over_level", "yellow_at", "closed"),  # 579f001c, e46e4a6b
        "exists_at",  # dc316b8f
    ),
    "item": ("holder",),  # 18c0b2b5
    "project": ("holders", "items_done"),  # 18c0b2b5
}
JUDGED_TABLES = frozenset(
    {
        "waiting",  # 18c0b2b5
        *(f"decision_sum_{span}" for span in ("day", "month", "year")),  # 579f001c: late or in time by another last day
    }
)


def carried_over(budget: Budget) -> str:
    """Fill a ledger by the early code, move it over, and compare entry by entry and row by row."""
    projects = PROJECTS
    if budget.seconds is not None:
        projects = max(PROJECTS_MIN, min(PROJECTS, int(budget.seconds / SECONDS_A_PROJECT)))
    with reachable_folder() as folder:
        code = taken_out(folder / "code")
        filled(code, folder / "before", projects, budget.seed)
        former = EmbeddedPostgres(folder / "before", throw_away=True).start()
        current = EmbeddedPostgres(folder / "after", throw_away=True).start()
        migrate(current)
        exported = export_facts(former, folder / "facts.ndjson.gz", ignore)
        imported = import_facts(current, folder / "facts.ndjson.gz", ignore)
        require_same_facts(former, current, exported.position)
        require_sound(current)
        rebuild(current, swap=True)
        rows, judged = require_same_views(former, current)
        numbered = asyncio.run(given_numbers(current))
        require_sound(current)
        rebuild(current, swap=True)
        if differences := rebuild(current, swap=False).differences:
            raise RefutedError(f"the views are not those of the facts: {differences}")
    return (
        f"{imported.entries:,} entries of {projects:,} simulated projects and an imported log, {rows:,} rows of views"
        f" say the same, {judged:,} of them judged otherwise by rules of today, {numbered:,} applications numbered"
    )


def taken_out(folder: Path) -> Path:
    """The code of COMMIT in *folder*. Raises SkippedError where the history does not reach so far."""
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise SkippedError(f"the history lacks {COMMIT}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def filled(code: Path, data: Path, projects: int, seed: int) -> None:
    """A ledger with a published zone, an imported log and simulated projects, made by the early *code*."""
    run(code, data, "publish-zone")
    run(code, data, "import-log", EVENTS, CASES, allowed=(0, 1))  # 1: rows that a rule refuses are named
    run(code, data, "simulate", "--projects", str(projects), "--seed", str(seed))
    run(code, data, "rebuild", allowed=(0, 1))  # 1: differs from the live views, which there are none of
    run(code, data, "stop")


def run(code: Path, data: Path, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
    """A verb of the early command line."""
    chosen = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    environment = chosen | {"COUNTERSIGN_DATA": str(data), "PYTHONPATH": str(code)}
    command = [sys.executable, "-m", "scripts.cli", *words]
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise RefutedError(f"{' '.join(words)} of {COMMIT} ended with {done.returncode}: {done.stderr[-2000:]}")


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


def require_same_views(former: str, current: str) -> tuple[int, int]:
    """The rows of every table that both have say the same, in the columns that both have but for those in JUDGED.

    How many rows there are, and how many of them today's rules judge otherwise. Raises RefutedError.
    """
    before, after = columns_of(former), columns_of(current)
    rows, judged, differing = 0, 0, list[str]()
    for table in sorted((before.keys() & after.keys()) - OWN_TABLES):
        both = [name for name in before[table] if name in after[table]]
        strict = [name for name in both if name not in JUDGED.get(table, ())]
        olds, news = rows_of(former, table, strict), rows_of(current, table, strict)
        rows += len(news)
        if table in JUDGED_TABLES:
            judged += len(news - olds)
            continue
        judged += len(rows_of(current, table, both) - rows_of(former, table, both)) if strict != both else 0
        if olds != news:
            removed, new = sorted(olds - news)[:ROWS_SHOWN], sorted(news - olds)[:ROWS_SHOWN]
            differing.append(f"{table}({', '.join(strict)}): {len(olds - news)} rows, such as {removed}, are now {new}")
    if differing:
        raise RefutedError("\n".join(differing))
    return rows, judged


def columns_of(url: str) -> dict[str, list[str]]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(COLUMNS).fetchall())


def rows_of(url: str, table: str, names: list[str]) -> set[str]:
    """The rows of *table*, as text."""
    shown = SQL(", ").join(map(Identifier, names))
    query: Composed = SQL("SELECT ROW({})::text FROM {}").format(shown, Identifier("views", table))
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone = 'UTC'")
        return {row for (row,) in connection.execute(query)}


async def given_numbers(url: str) -> int:
    """How many applications got a case number."""
    async with Approvals(url) as approvals:
        return await number_cases(approvals, ignore)


def ignore(_done: int, _of: int) -> None:
    """Progress that is not shown."""


PROOFS = (
    Proof(
        "carried-over",
        "a ledger of the code before storage format 1 keeps its facts and its views when it is carried over",
        carried_over,
        share=2,
    ),
)
