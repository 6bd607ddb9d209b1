"""Measure this machine: Countersign beside pgbench, the stock eventsourcing library, a bare SELECT and an HTTP echo.

Everything runs on a throw-away server with the durable settings of an installation, vacuumed between figures: left to
itself, autovacuum falls upon one of them or another. What counts are the ratios: all figures of one run share one
machine and its load.
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

from scripts.benches import asking, board, commands, evaluating, pgbench, reading, stock
from scripts.benches.answering import answering
from scripts.benches.board import Boards
from scripts.benches.conflicts import CLIENTS as CONFLICT_CLIENTS
from scripts.benches.conflicts import disturbed
from scripts.benches.evaluating import EvaluationBench
from scripts.benches.ground import BenchDatabase, ground, vacuum
from scripts.benches.report import (
    AtOnce,
    BenchReading,
    Report,
    machine,
    shown,
    shown_boards,
    shown_evaluations,
    shown_reading,
)
from scripts.server.processes import calm_collector

CLIENTS = (1, 8, 32, 128)
LEDGER_FIGURES = 4  # a ledger is filled for as long as so many figures take
SECONDS, QUICK_SECONDS = 4, 1  # for each figure; pgbench takes whole seconds
WIDTH = 130  # of the tables, also where the output goes into a file


class Only(StrEnum):
    """A part that is measured by itself."""

    BOARD = "board"
    EVALUATE = "evaluate"
    VIEWS = "views"


def at_once(floor: BenchDatabase, ledger: str, plain: str, clients: int, seconds: int) -> AtOnce:
    """Every way to store something, one after the other, *clients* at once."""
    _tell(f"{clients} at once")
    for database in (ledger, plain):
        vacuum(database)
    with answering(ledger) as port:
        http = uvloop.run(asking.over_http("over HTTP", port, clients, seconds))
    with answering(None) as port:
        echo = uvloop.run(asking.over_http("echo", port, clients, seconds))
    return AtOnce(
        clients,
        uvloop.run(commands.in_process(ledger, clients, seconds)),
        pgbench.insert(plain, clients, seconds),
        pgbench.insert(plain, clients, seconds, "simple"),
        stock.commands(floor.socket_folder, "stock", clients, seconds),
        http,
        echo,
    )


def measure(seconds: int) -> Report:
    """Run everything; every single figure takes *seconds*."""
    here = machine()
    with ground() as floor:
        ledger, plain = floor.database("ledger", migrated=True), floor.database("plain")
        floor.database("stock")
        pgbench.prepare(plain)
        rows = [at_once(floor, ledger, plain, clients, seconds) for clients in CLIENTS]
        _tell("conflicts and loading")
        vacuum(ledger)
        told = disturbed(ledger, seconds)
        loading = uvloop.run(commands.loading(ledger))
        return Report(
            here,
            seconds,
            rows,
            told,
            loading,
            measure_reading(floor, ledger, seconds),
        )


def measure_reading(floor: BenchDatabase, ledger: str, seconds: int) -> BenchReading:
    """Follow the *ledger*, which is full already."""
    _tell("views")
    vacuum(ledger)
    return BenchReading(
        reading.followed(ledger, seconds),
        reading.bare_select(ledger),
        reading.bare_pages(ledger),
        reading.library_runner(ledger, floor.socket_folder, "stock", seconds),
    )


def measure_views(seconds: int) -> BenchReading:
    """Fill a ledger for as long as a whole run would, and follow it."""
    with ground() as floor:
        ledger = floor.database("ledger", migrated=True)
        floor.database("stock")
        _tell("filling the ledger")
        uvloop.run(commands.in_process(ledger, CONFLICT_CLIENTS, seconds * LEDGER_FIGURES))
        return measure_reading(floor, ledger, seconds)


def measure_boards() -> Boards:
    """Fill the views with a million decided applications and ask the board, some minutes in all."""
    with ground() as floor:
        url = floor.database("board", migrated=True)
        _tell(f"filling the views with {board.ITEMS:,} decided applications")
        rows_of_sums = board.fill(url)
        _tell(f"{board.QUESTIONS} boards")
        return uvloop.run(board.boards(url, board.ITEMS, rows_of_sums))


def _tell(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def main(
    quick: Annotated[bool, typer.Option("--quick", help=f"{QUICK_SECONDS} second a figure, not {SECONDS}.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, without tables.")] = False,
    only: Annotated[Only | None, typer.Option("--only", help="A part by itself.")] = None,
) -> None:
    """Measure durable commands, views and loading beside pgbench, the stock library, a bare SELECT and an echo.

    Nothing of an installation is touched: a server of its own is started in a temporary folder, and removed.
    Latencies are in milliseconds. Compare the ratios: they come from one run on one machine.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    calm_collector()  # as in the server's processes
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
        case BenchReading():
            shown_reading(report, console)
        case Report():
            shown(report, console)


def part(only: Only, seconds: int) -> Boards | EvaluationBench | BenchReading:
    """Measure one part: the board over a million items, one evaluation of one item's clocks, or the views."""
    match only:
        case Only.BOARD:
            return measure_boards()
        case Only.EVALUATE:
            return evaluating.measured()
        case Only.VIEWS:
            return measure_views(seconds)


if __name__ == "__main__":
    typer.run(main)
