"""`scripts/bench`: compares Countersign with pgbench, the plain eventsourcing library, a bare SELECT and an HTTP echo.

Everything runs on a temporary server with the durable settings of an installation, vacuumed between figures, as
autovacuum would disturb some of them. Compare the ratios: all figures of a run share one machine and its load.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import structlog
import typer
import uvloop
from msgspec import json
from rich.console import Console

from scripts.benches import board, commands, evaluating, http_client, paces, pgbench, reading, signed_in, stock
from scripts.benches.board import Boards
from scripts.benches.conflicts import CLIENTS as CONFLICT_CLIENTS
from scripts.benches.conflicts import disturbed
from scripts.benches.database import BenchDatabase, temporary_server, vacuum
from scripts.benches.evaluating import EvaluationBench
from scripts.benches.http_server import serving
from scripts.benches.report import (
    AtOnce,
    BenchReading,
    Report,
    machine,
    shown,
    shown_boards,
    shown_evaluations,
    shown_reading,
    shown_signed_in,
)
from scripts.benches.signed_in import SignedInBench
from scripts.server.processes import tune_garbage_collector

CLIENTS = (1, 8, 32, 128)
LEDGER_FIGURES = 4  # for --only views, the ledger is filled for as long as this many figures take
TURNS = 3  # of each pace of views
SECONDS, QUICK_SECONDS = 4, 1  # for each figure; pgbench takes whole seconds
WIDTH = 130  # of the tables, also in a file


class Only(StrEnum):
    """A benchmark that can be run alone."""

    BOARD = "board"
    EVALUATE = "evaluate"
    VIEWS = "views"
    SIGNED_IN = "signed-in"


def at_once(server: BenchDatabase, ledger: str, plain: str, clients: int, seconds: int) -> AtOnce:
    """Measure all ways to store something, one after the other, with *clients* concurrent clients."""
    _report(f"{clients} clients")
    for database in (ledger, plain):
        vacuum(database)
    with serving(ledger) as port:
        http = uvloop.run(http_client.over_http("over HTTP", port, clients, seconds))
    with serving(None) as port:
        echo = uvloop.run(http_client.over_http("echo", port, clients, seconds))
    return AtOnce(
        clients,
        uvloop.run(commands.in_process(ledger, clients, seconds)),
        pgbench.insert(plain, clients, seconds),
        pgbench.insert(plain, clients, seconds, "simple"),
        stock.commands(server.socket_folder, "stock", clients, seconds),
        http,
        echo,
    )


def measure(seconds: int) -> Report:
    """Run all benchmarks but those of --only; each figure takes *seconds*."""
    here = machine()
    with temporary_server() as server:
        ledger, plain = server.database("ledger", migrated=True), server.database("plain")
        server.database("stock")
        pgbench.prepare(plain)
        rows = [at_once(server, ledger, plain, clients, seconds) for clients in CLIENTS]
        _report("conflicts and loading")
        vacuum(ledger)
        conflicts = disturbed(ledger, seconds)
        loading = uvloop.run(commands.loading(ledger))
        return Report(here, seconds, rows, conflicts, loading, measure_reading(server, ledger, seconds))


def measure_reading(server: BenchDatabase, ledger: str, seconds: int) -> BenchReading:
    """Measure the views on a *ledger* that is filled."""
    _report("views")
    vacuum(ledger)
    return BenchReading(
        reading.followed(ledger, seconds),
        paces.all_paces(ledger, server.database("histories", migrated=True), TURNS if seconds > QUICK_SECONDS else 1),
        reading.bare_select(ledger),
        reading.bare_pages(ledger),
        reading.library_runner(ledger, server.socket_folder, "stock", seconds),
    )


def measure_views(seconds: int) -> BenchReading:
    """Fill a ledger as a whole run would, and measure the views on it."""
    with temporary_server() as server:
        ledger = server.database("ledger", migrated=True)
        server.database("stock")
        _report("filling the ledger")
        uvloop.run(commands.in_process(ledger, CONFLICT_CLIENTS, seconds * LEDGER_FIGURES))
        return measure_reading(server, ledger, seconds)


def measure_boards() -> Boards:
    """Fill the views with a million decided applications and query the board; takes some minutes."""
    with temporary_server() as server:
        url = server.database("board", migrated=True)
        _report(f"filling the views with {board.ITEMS:,} decided applications")
        rows_of_sums = board.fill(url)
        _report(f"{board.QUERIES} boards")
        return uvloop.run(board.boards(url, board.ITEMS, rows_of_sums))


def _report(step: str) -> None:
    print(f"measuring: {step}", file=sys.stderr, flush=True)


def main(
    quick: Annotated[
        bool, typer.Option("--quick", help=f"measure {QUICK_SECONDS} second per figure, instead of {SECONDS}")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    only: Annotated[Only | None, typer.Option("--only", help="run one benchmark alone")] = None,
) -> None:
    """Measure durable commands, views and loading, compared with pgbench, a plain SELECT, and an HTTP echo.

    Uses a temporary server, and touches no installation. Latencies are in milliseconds. Compare the ratios: all figures
    of a run share one machine and its load.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    tune_garbage_collector()  # as in the server's processes
    seconds = QUICK_SECONDS if quick else SECONDS
    report = part(only, seconds) if only else measure(seconds)
    console = Console(width=WIDTH)
    match report:
        case _ if as_json:
            print(json.format(json.encode(report)).decode())
        case Boards():
            shown_boards(report, console)
        case EvaluationBench():
            shown_evaluations(report, console)
        case SignedInBench():
            shown_signed_in(report, console)
        case BenchReading():
            shown_reading(report, console)
        case Report():
            shown(report, console)


def part(only: Only, seconds: int) -> Boards | EvaluationBench | BenchReading | SignedInBench:
    """Run one benchmark: the board over a million items, one item's clocks, the views, or what sign-in costs."""
    match only:
        case Only.BOARD:
            return measure_boards()
        case Only.EVALUATE:
            return evaluating.measured()
        case Only.VIEWS:
            return measure_views(seconds)
        case Only.SIGNED_IN:
            _report("commands with and without sign-in, in turns")
            return signed_in.measured(seconds)


if __name__ == "__main__":
    typer.run(main)
