"""What a bench found, and how it is shown: tables for people, the same as JSON for machines."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from scripts.benches.board import Boards
from scripts.benches.conflicts import Disturbed
from scripts.benches.evaluating import EvaluationBench
from scripts.benches.measure import Figure, ratio
from scripts.benches.reading import Followed


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
    pgbench_simple: Figure
    stock: Figure
    http: Figure
    echo: Figure


class BenchReading(Struct, frozen=True):
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
    disturbed: Disturbed
    loading: Figure
    views: BenchReading


def machine() -> Machine:
    """The machine this runs on."""
    models = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    processor = models[0].partition(":")[2].strip() if models else platform.machine()
    return Machine(os.cpu_count() or 1, processor, platform.python_version(), os.getloadavg()[0])


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def shown(report: Report, console: Console) -> None:
    """Print *report* as tables."""
    here = report.machine
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load before: {here.load:.1f}")
    console.print(f"{report.seconds_each} s a figure; fsync and synchronous_commit on; no autovacuum meanwhile\n")
    table = _table("durable commands", "at once", "", "per second", "p50 ms", "p99 ms", "beside")
    for row in report.commands:
        inside, outside = row.in_process, row.http
        yardsticks = f"{_times(inside, row.pgbench)} prepared, {_times(inside, row.pgbench_simple)} simple pgbench"
        _add(table, inside, f"{yardsticks}, {_times(inside, row.stock)} stock library")
        _add(table, outside, f"{_times(outside, row.echo)} echo, {_times(outside, row.pgbench)} prepared pgbench")
        for yardstick in (row.pgbench, row.pgbench_simple, row.stock, row.echo):
            _add(table, yardstick, "")
        table.add_section()
    _add_disturbed(table, report.disturbed)
    console.print(table)
    shown_reading(report.views, console, report.loading)


def _add_disturbed(table: Table, found: Disturbed) -> None:
    calm, second, rivals = found.undisturbed, found.elsewhere, found.rivals.figure
    _add(table, calm, "")
    again = f"{found.conflicts.conflicts} decided again"
    _add(table, found.conflicts.figure, f"{_times(found.conflicts.figure, calm)} in process; {again}")
    _add(table, second, f"{_times(second, calm)} in process: it writes 1 % as many, to projects of its own")
    again = f"{found.rivals.conflicts} decided again"
    _add(table, rivals, f"{_times(rivals, calm)} in process, {_times(rivals, second)} second writer; {again}")


def shown_reading(found: BenchReading, console: Console, loading: Figure | None = None) -> None:
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


def shown_evaluations(found: EvaluationBench, console: Console) -> None:
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
