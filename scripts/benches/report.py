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
from scripts.benches.measure import Figure
from scripts.benches.peers.report import PeerReport, shown_peers
from scripts.benches.signed_in import SignedInBench
from scripts.benches.tables import add_row, table_of, times
from scripts.benches.views.paces import WRITER, Paces
from scripts.benches.views.reading import Followed


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
    peers: PeerReport | None = None


def machine() -> Machine:
    """The properties of the machine that the benchmark runs on."""
    models = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    processor = models[0].partition(":")[2].strip() if models else platform.machine()
    return Machine(os.cpu_count() or 1, processor, platform.python_version(), os.getloadavg()[0])


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def shown(report: Report, console: Console) -> None:
    """Print *report* as tables."""
    shown_machine(report.machine, report.seconds_each, console)
    table = table_of("durable commands", "clients", "", "per second", "p50 ms", "p99 ms", "compared with")
    for row in report.commands:
        inside, outside = row.in_process, row.http
        ratios = f"{times(inside, row.pgbench)} prepared, {times(inside, row.pgbench_simple)} simple pgbench"
        add_row(table, inside, f"{ratios}, {times(inside, row.stock)} stock library")
        add_row(table, outside, f"{times(outside, row.echo)} echo, {times(outside, row.pgbench)} prepared pgbench")
        for reference in (row.pgbench, row.pgbench_simple, row.stock, row.echo):
            add_row(table, reference, "")
        table.add_section()
    _add_disturbed(table, report.disturbed)
    console.print(table)
    if report.peers:
        shown_peers(report.peers, console)
    shown_reading(report.views, console, report.loading)


def shown_machine(here: Machine, seconds_each: int, console: Console) -> None:
    """Print where, and how, the figures were measured."""
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load before: {here.load:.1f}")
    console.print(f"{seconds_each} s a figure; fsync and synchronous_commit on; no autovacuum meanwhile\n")


def _add_disturbed(table: Table, result: Disturbed) -> None:
    calm, second, rivals = result.undisturbed, result.elsewhere, result.rivals.figure
    add_row(table, calm, "")
    again = f"{result.conflicts.conflicts} decided again"
    add_row(table, result.conflicts.figure, f"{times(result.conflicts.figure, calm)} in process; {again}")
    add_row(table, second, f"{times(second, calm)} in process: it writes 1 % as many, to other projects")
    again = f"{result.rivals.conflicts} decided again"
    add_row(table, rivals, f"{times(rivals, calm)} in process, {times(rivals, second)} second writer; {again}")


def shown_reading(result: BenchReading, console: Console, loading: Figure | None = None) -> None:
    """Print the figures of the views as a table."""
    table = table_of("reading", "clients", "", "per second", "p50 ms", "p99 ms", "compared with")
    if loading:
        add_row(table, loading, "whole projects: read, decoded, folded")
    add_row(table, result.select, "one SELECT, and an empty loop over its rows")
    add_row(table, result.pages, "psycopg's fastest way")
    for followed in result.followed:
        for figure in (followed.fill, followed.catch_up, followed.rebuild):
            select = f"{times(figure, result.select)} SELECT"
            compared = f"{select}, {times(figure, result.pages)} pages, {times(figure, result.runner)} runner"
            if figure is followed.catch_up:
                compared = f"{times(figure, followed.writer)} the writer of the entries; {compared}"
            add_row(table, figure, compared)
    add_row(table, result.runner, "the library's, with a projection that writes no rows")
    console.print(table)
    shown_paces(result.paces, console)


def shown_paces(paces: Sequence[Paces], console: Console) -> None:
    """Print the paces of views and histories as a table, with their bounds."""
    turns = len(paces[0].pairs) if paces else 0
    title = f"paces of the same facts, medians of {turns} turns; processor time with the server's, µs a fact"
    table = table_of(title, "", "per second", "µs", "compared with", "in turns", "bound", "by processor time")
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
    table = table_of(title, "", "p50 ms", "p95 ms", "p99 ms", "compared with")
    for figure in (result.board, result.with_comparisons, result.count):
        latencies = [f"{value or 0:.1f}" for value in (figure.p50_ms, figure.p95_ms, figure.p99_ms)]
        table.add_row(figure.subject, *latencies, f"{times(figure, result.count)} bare count")
    console.print(table)


def shown_signed_in(result: SignedInBench, console: Console) -> None:
    """Print what sign-in costs as a table."""
    here = machine()
    console.print(f"{here.cores} cores ({here.processor}), Python {here.python}, load: {here.load:.1f}")
    title = f"commands over HTTP, {result.clients} clients, medians of {len(result.pairs)} pairs of half a second"
    table = table_of(title, "", "a second", "a second of CPU")
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
    table = table_of("evaluation of one item's clocks", "", "events", "p50 µs", "p99 µs", "compared with")
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
