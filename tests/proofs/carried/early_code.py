"""The early code, taken out of git: it fills a ledger, imports logs into it, and watches its deadlines.

It is run by the packages of today; it needs none that these lack.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.proofs.carried.logs import CarriedLog
from tests.proofs.proof import ROOT, RefutedError, SkippedError

COMMIT = "f7718139"  # the last before storage format 1
# No verb of the early command line watches deadlines without serving: its watcher, until there is nothing to do.
WATCH = """
import asyncio, psycopg
from infrastructure.approvals import Approvals
from infrastructure.watch_table import WatchTable
from infrastructure.watcher import Watcher
from scripts import serving
from scripts.console import settings

async def watch():
    url = serving.ready(settings())
    async with Approvals(url) as approvals, await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        watcher, table = Watcher(approvals, url), WatchTable(connection)
        if not await watcher.take_lead(table):
            raise SystemExit("another watcher leads")
        while await watcher.step(table):
            pass

asyncio.run(watch())
"""


def taken_out(folder: Path) -> Path:
    """The code of COMMIT in *folder*. Raises SkippedError where the history does not reach so far."""
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise SkippedError(f"the history lacks {COMMIT}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def filled(code: Path, data: Path, projects: int, seed: int, logs: Sequence[CarriedLog]) -> None:
    """A ledger with a published zone, imported *logs*, simulated projects and watched deadlines, made by *code*."""
    run(code, data, "publish-zone")
    for log in logs:  # 1: rows that a rule refuses are named
        run(code, data, "import-log", str(log.events), str(log.cases), "--law", log.law, allowed=(0, 1))
    run(code, data, "simulate", "--projects", str(projects), "--seed", str(seed))
    python(code, data, "-c", WATCH)
    run(code, data, "rebuild", allowed=(0, 1))  # 1: differs from the live views, which there are none of
    run(code, data, "stop")


def run(code: Path, data: Path, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
    """A verb of the early command line."""
    python(code, data, "-m", "scripts.cli", *words, allowed=allowed)


def python(code: Path, data: Path, *words: str, allowed: tuple[int, ...] = (0,)) -> None:
    """Run the early *code*, whose data folder is *data*. Raises RefutedError where it ends otherwise than *allowed*."""
    chosen = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")}
    environment = chosen | {"COUNTERSIGN_DATA": str(data), "PYTHONPATH": str(code)}
    done = subprocess.run(
        [sys.executable, *words], cwd=code, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in allowed:
        raise RefutedError(f"{' '.join(words)} of {COMMIT} ended with {done.returncode}: {done.stderr[-2000:]}")
