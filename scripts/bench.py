"""Measure this machine: Countersign beside pgbench, the stock eventsourcing library, a bare SELECT and an HTTP echo.

Everything runs on a throw-away server with the durable settings of an installation. What counts are the ratios:
all figures of one run share one machine and its load.
"""

from __future__ import annotations

import os
import platform
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop
from msgspec import Struct, json
from rich.console import Console
from rich.table import Table

from scripts.benches import asking, board, commands, evaluating, pgbench, reading, stock
from scripts.benches.answering import answering
from scripts.benches.board import Boards
from scripts.benches.commands import WithConflicts
from scripts.benches.evaluating import Evaluations
from scripts.benches.ground import Ground, ground
from scripts.benches.measure import Figure, ratio
from scripts.benches.reading import Followed
from scripts.processes import calm_collector

CLIENTS = (1, 8, 32, 128)
CONFLICT_CLIENTS = 32
LEDGER_FIGURES = 4  # a ledger is filled for as long as so many figures take
SECONDS, QUICK_SECONDS = 4, 1  # for each figure; pgbench takes whole seconds
WIDTH = 130  # of the tables, also where the output goes into a file


class Only(StrEnum):
    """A part that is measured by itself."""

    BOARD = "board"
    EVALUATE = "evaluate"
    VIEWS = "views"


class Machine(Struct, frozen=True):
    """What the figures were measured on. *load* is the number of runnable processes (one minute) before it began."""

    cores: int
    processor: str
    python: str
    load: float


class AtOnce(Struct, frozen=True):
    """Durable commands with *clients* in flight, and the yardsticks with as many."""

    clients: int
    in_process: Figure
    pgbench: Figure
    stock: Figure
    http: Figure
    echo: Figure


class Reading(Struct, frozen=True):
    """How fast the views come to hold what the ledger says, and the yardsticks."""

    followed: list[Followed]
    select: Figure
    pages: Figure
    runner: Figure


class Report(Struct, frozen=True):
    """All figures of a run; `json` writes it as it stands."""

    machine: Machine
    seconds_each: int
    commands: list[AtOnce]
    undisturbed: Figure
    rival_elsewhere: Figure
    conflicts: WithConflicts
    loading: Figure
    views: Reading


def machine() -> Machine:
    """The machine this runs on."""
    models = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    processor = models[0].partition(":")[2].strip() if models else platform.machine()
    return Machine(os.cpu_count() or 1, processor, platform.python_version(), os.getloadavg()[0])


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def at_once(floor: Ground, ledger: str, plain: str, clients: int, seconds: int) -> AtOnce:
    """Every way to store something, one after the other, *clients* at once."""
    _tell(f"{clients} at once")
    with answering(ledger) as port:
        http = uvloop.run(asking.over_http("over HTTP", port, clients, seconds))
    with answering(None) as port:
        echo = uvloop.run(asking.over_http("echo", port, clients, seconds))
    return AtOnce(
        clients,
        uvloop.run(commands.in_process(ledger, clients, seconds)),
        pgbench.insert(plain, clients, seconds),
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
        undisturbed = uvloop.run(commands.in_process(ledger, CONFLICT_CLIENTS, seconds))
        elsewhere = uvloop.run(commands.with_rivals(ledger, CONFLICT_CLIENTS, seconds, elsewhere=True))
        conflicts = uvloop.run(commands.with_rivals(ledger, CONFLICT_CLIENTS, seconds))
        loading = uvloop.run(commands.loading(ledger))
        return Report(
            here,
            seconds,
            rows,
            undisturbed,
            elsewhere.figure,
            conflicts,
            loading,
            measure_reading(floor, ledger, seconds),
        )


def measure_reading(floor: Ground, ledger: str, seconds: int) -> Reading:
    """Follow the *ledger*, which is full already."""
    _tell("views")
    return Reading(
        reading.followed(ledger, seconds),
        reading.bare_select(ledger),
        reading.bare_pages(ledger),
        reading.library_runner(ledger, floor.socket_folder, "stock", seconds),
    )


def measure_views(seconds: int) -> Reading:
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


def shown(report: Report, console: Console) -> None:
    """Print *report* as tables."""
    here = report.machine
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load before: {here.load:.1f}")
    console.print(f"{report.seconds_each} s for each figure; fsync and synchronous_commit on\n")
    table = _table("durable commands", "at once", "", "per second", "p50 ms", "p99 ms", "beside")
    for row in report.commands:
        inside, outside = row.in_process, row.http
        _add(table, inside, f"{_times(inside, row.pgbench)} pgbench, {_times(inside, row.stock)} stock library")
        _add(table, outside, f"{_times(outside, row.echo)} echo, {_times(outside, row.pgbench)} pgbench")
        for yardstick in (row.pgbench, row.stock, row.echo):
            _add(table, yardstick, "")
        table.add_section()
    _add(table, report.undisturbed, "")
    elsewhere, kept = report.rival_elsewhere, report.conflicts.figure
    _add(table, elsewhere, f"{_times(elsewhere, report.undisturbed)} undisturbed: what a second writer costs")
    again = f"{report.conflicts.conflicts} decided again"
    _add(table, kept, f"{_times(kept, report.undisturbed)} undisturbed, {_times(kept, elsewhere)} elsewhere; {again}")
    console.print(table)
    shown_reading(report.views, console, report.loading)


def shown_reading(found: Reading, console: Console, loading: Figure | None = None) -> None:
    """Print what the views take as a table."""
    table = _table("reading", "at once", "", "per second", "p50 ms", "p99 ms", "beside")
    if loading:
        _add(table, loading, "whole projects: read, decoded, folded")
    _add(table, found.select, "as anybody reads them, in a loop that does nothing")
    _add(table, found.pages, "the quickest way that psycopg has")
    for one in found.followed:
        for figure in (one.fill, one.catch_up, one.rebuild):
            bound = f"{_times(figure, found.select)} SELECT, {_times(figure, found.pages)} pages"
            _add(table, figure, f"{bound}, {_times(figure, found.runner)} runner")
    _add(table, found.runner, "the library's, with a projection that writes no row")
    console.print(table)


def shown_boards(found: Boards, console: Console) -> None:
    """Print what the supervision board takes as a table."""
    of = f"the supervision board, {found.items:,} decided applications, {found.rows_of_sums:,} rows of sums"
    table = _table(of, "", "p50 ms", "p95 ms", "p99 ms", "beside")
    for figure in (found.board, found.with_comparisons, found.count):
        latencies = [f"{value or 0:.1f}" for value in (figure.p50_ms, figure.p95_ms, figure.p99_ms)]
        table.add_row(figure.subject, *latencies, f"{_times(figure, found.count)} bare count")
    console.print(table)


def shown_evaluations(found: Evaluations, console: Console) -> None:
    """Print what one question to the law takes as a table."""
    here = machine()
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load: {here.load:.1f}")
    table = _table("one question to the law", "", "events", "p50 µs", "p99 µs", "beside")
    for one in found.timed:
        beside = f"{one.p50_us / found.bound_us:.2f} × the bound of {found.bound_us:.0f} µs"
        table.add_row(
            one.subject,
            str(one.events),
            f"{one.p50_us:.1f}",
            f"{one.p99_us:.1f}",
            beside if one is found.evaluation else "",
        )
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in ("", "beside") else "right")
    return table


def _add(table: Table, figure: Figure, beside: str) -> None:
    latencies = ["" if value is None else f"{value:.2f}" for value in (figure.p50_ms, figure.p99_ms)]
    table.add_row(str(figure.clients), figure.subject, f"{figure.per_second:,.0f}", *latencies, beside)


def _times(ours: Figure, theirs: Figure) -> str:
    value = ratio(ours, theirs)
    return "?" if value is None else f"{value:.2f} ×"


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
        case Evaluations():
            shown_evaluations(report, console)
        case Reading():
            shown_reading(report, console)
        case Report():
            shown(report, console)


def part(only: Only, seconds: int) -> Boards | Evaluations | Reading:
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
