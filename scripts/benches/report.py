"""The report of a benchmark run, and its rendering as tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from scripts.benches.board import Boards
from scripts.benches.conflicts import Disturbed
from scripts.benches.evaluating import EvaluationBench
from scripts.benches.measure import Figure, ratio
from scripts.benches.paces import WRITER, Paces
from scripts.benches.reading import Followed
from scripts.benches.signed_in import SignedInBench


class Machine(Struct, frozen=True):
    """The machine of a run. *load* is the one-minute load average before it."""

    cores: int
    processor: str
    python: str
    load: float


class AtOnce(Struct, frozen=True):
    """Durable commands of *clients* concurrent clients, and the reference measurements with as many."""

    clients: int
    in_process: Figure
    pgbench: Figure
    pgbench_simple: Figure
    stock: Figure
    http: Figure
    echo: Figure


class BenchReading(Struct, frozen=True):
    """Speeds of the views, and the reference measurements; *paces* are those that have bounds, in turns."""

    followed: list[Followed]
    paces: list[Paces]
    select: Figure
    pages: Figure
    runner: Figure


class Report(Struct, frozen=True):
    """All figures of a run."""

    machine: Machine
    seconds_each: int
    commands: list[AtOnce]
    disturbed: Disturbed
    loading: Figure
    views: BenchReading


def machine() -> Machine:
    """The properties of the machine that the benchmark runs on."""
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
    table = _table("durable commands", "clients", "", "per second", "p50 ms", "p99 ms", "compared with")
    for row in report.commands:
        inside, outside = row.in_process, row.http
        ratios = f"{_times(inside, row.pgbench)} prepared, {_times(inside, row.pgbench_simple)} simple pgbench"
        _add(table, inside, f"{ratios}, {_times(inside, row.stock)} stock library")
        _add(table, outside, f"{_times(outside, row.echo)} echo, {_times(outside, row.pgbench)} prepared pgbench")
        for reference in (row.pgbench, row.pgbench_simple, row.stock, row.echo):
            _add(table, reference, "")
        table.add_section()
    _add_disturbed(table, report.disturbed)
    console.print(table)
    shown_reading(report.views, console, report.loading)


def _add_disturbed(table: Table, result: Disturbed) -> None:
    calm, second, rivals = result.undisturbed, result.elsewhere, result.rivals.figure
    _add(table, calm, "")
    again = f"{result.conflicts.conflicts} decided again"
    _add(table, result.conflicts.figure, f"{_times(result.conflicts.figure, calm)} in process; {again}")
    _add(table, second, f"{_times(second, calm)} in process: it writes 1 % as many, to other projects")
    again = f"{result.rivals.conflicts} decided again"
    _add(table, rivals, f"{_times(rivals, calm)} in process, {_times(rivals, second)} second writer; {again}")


def shown_reading(result: BenchReading, console: Console, loading: Figure | None = None) -> None:
    """Print the figures of the views as a table."""
    table = _table("reading", "clients", "", "per second", "p50 ms", "p99 ms", "compared with")
    if loading:
        _add(table, loading, "whole projects: read, decoded, folded")
    _add(table, result.select, "one SELECT, and an empty loop over its rows")
    _add(table, result.pages, "psycopg's fastest way")
    for followed in result.followed:
        for figure in (followed.fill, followed.catch_up, followed.rebuild):
            select = f"{_times(figure, result.select)} SELECT"
            compared = f"{select}, {_times(figure, result.pages)} pages, {_times(figure, result.runner)} runner"
            if figure is followed.catch_up:
                compared = f"{_times(figure, followed.writer)} the writer of the entries; {compared}"
            _add(table, figure, compared)
    _add(table, result.runner, "the library's, with a projection that writes no rows")
    console.print(table)
    shown_paces(result.paces, console)


def shown_paces(paces: Sequence[Paces], console: Console) -> None:
    """Print the paces of views and histories as a table, with their bounds."""
    turns = len(paces[0].pairs) if paces else 0
    title = f"paces of the same facts, medians of {turns} turns; processor time with the server's, µs a fact"
    table = _table(title, "", "per second", "µs", "compared with", "in turns", "bound", "by processor time")
    for pace in paces:
        ours, theirs = pace.cpu_us
        table.add_row(
            pace.subject,
            f"{pace.per_second:,.0f}",
            f"{ours:,.1f}",
            f"{pace.reference}, {theirs:,.1f} µs",
            f"{pace.ratio:.2f} ×",
            "" if pace.bound is None else f"{pace.bound:.2f} ×",
            f"{pace.cpu_ratio:.2f} ×",
        )
    console.print(table)
    for pace in paces:
        if pace.reference == WRITER and pace.ratio:
            console.print(f"{pace.subject}: what the writer stores in a second is followed in {1 / pace.ratio:.1f} s")


def shown_boards(result: Boards, console: Console) -> None:
    """Print the figures of the supervision board as a table."""
    title = f"the supervision board, {result.items:,} decided applications, {result.rows_of_sums:,} rows of sums"
    table = _table(title, "", "p50 ms", "p95 ms", "p99 ms", "compared with")
    for figure in (result.board, result.with_comparisons, result.count):
        latencies = [f"{value or 0:.1f}" for value in (figure.p50_ms, figure.p95_ms, figure.p99_ms)]
        table.add_row(figure.subject, *latencies, f"{_times(figure, result.count)} bare count")
    console.print(table)


def shown_signed_in(result: SignedInBench, console: Console) -> None:
    """Print what sign-in costs as a table."""
    here = machine()
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load: {here.load:.1f}")
    title = f"commands over HTTP, {result.clients} clients, medians of {len(result.pairs)} pairs of half a second"
    table = _table(title, "", "a second", "a second of CPU")
    for name, rates in (
        ("without sign-in", [pair.plain for pair in result.pairs]),
        ("with keys", [pair.signed_in for pair in result.pairs]),
    ):
        medians = (median(rate.per_second for rate in rates), median(rate.per_cpu_second for rate in rates))
        table.add_row(name, *(f"{value:,.0f}" for value in medians))
    table.add_row("ratio of a pair", f"{result.ratio:.2f} ×", f"{result.cpu_ratio:.2f} ×, bound {result.bound:.1f} ×")
    console.print(table)


def shown_evaluations(result: EvaluationBench, console: Console) -> None:
    """Print the timings of evaluations as a table."""
    here = machine()
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load: {here.load:.1f}")
    table = _table("evaluation of one item's clocks", "", "events", "p50 µs", "p99 µs", "compared with")
    for timed in result.timed:
        ratio_to_bound = f"{timed.p50_us / result.bound_us:.2f} × the bound of {result.bound_us:.0f} µs"
        table.add_row(
            timed.subject,
            str(timed.events),
            f"{timed.p50_us:.1f}",
            f"{timed.p99_us:.1f}",
            ratio_to_bound if timed is result.evaluation else "",
        )
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in ("", "compared with") else "right")
    return table


def _add(table: Table, figure: Figure, comparison: str) -> None:
    latencies = ["" if value is None else f"{value:.2f}" for value in (figure.p50_ms, figure.p99_ms)]
    table.add_row(str(figure.clients), figure.subject, f"{figure.per_second:,.0f}", *latencies, comparison)


def _times(ours: Figure, theirs: Figure) -> str:
    value = ratio(ours, theirs)
    return "?" if value is None else f"{value:.2f} ×"
