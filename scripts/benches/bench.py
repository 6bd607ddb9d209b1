"""`scripts/bench`: compares Countersign with pgbench, a bare SELECT, an HTTP echo, and with other event stores.

Everything runs on a temporary server with the durable settings of an installation, vacuumed between figures, as
autovacuum would disturb some of them. Compare the ratios: all figures of a run share one machine and its load.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Annotated, TypeAlias

import structlog
import typer
import uvloop
from msgspec import json
from rich.console import Console

from scripts.benches import board, commands, evaluating, http_client, pgbench, signed_in, stock
from scripts.benches.board import Boards
from scripts.benches.conflicts import CLIENTS as CONFLICT_CLIENTS
from scripts.benches.conflicts import disturbed
from scripts.benches.database import BenchDatabase, NoRoomError, temporary_server, vacuum
from scripts.benches.evaluating import EvaluationBench
from scripts.benches.http_server import serving
from scripts.benches.measure import Figure
from scripts.benches.pages.measured import BASE_MAX, NoCopiesError, PageBench, measured_pages
from scripts.benches.pages.report import shown_pages
from scripts.benches.peers.report import BesidePeers, PeerReport, shown_peers
from scripts.benches.peers.run import OpenPeer, open_peers
from scripts.benches.report import (
    AtOnce,
    BenchReading,
    Machine,
    Report,
    machine,
    shown,
    shown_boards,
    shown_evaluations,
    shown_machine,
    shown_reading,
    shown_signed_in,
)
from scripts.benches.signed_in import SignedInBench
from scripts.benches.views import paces, reading
from scripts.server.processes import tune_garbage_collector

CLIENTS = (1, 8, 32, 128)
LEDGER_FIGURES = 4  # for --only views, the ledger is filled for as long as this many figures take
TURNS = 3  # of each pace of views
SECONDS, QUICK_SECONDS = 4, 1  # for each figure; pgbench takes whole seconds
PAGE_PROJECTS = 2000  # of the zone whose pages are measured, for which they have bounds
PAGE_PROJECTS_MAX = 20_000
PEERS_HELP = "fetch the other event stores that are absent, or measure none (default: those fetched before)"
PROJECTS_HELP = f"of the zone of --only pages (default: {PAGE_PROJECTS:,}); of more than {BASE_MAX:,} most are copies"
WIDTH = 130  # of the tables, also in a file

Part: TypeAlias = Boards | EvaluationBench | PageBench | BenchReading | PeerReport | SignedInBench


class Only(StrEnum):
    """A benchmark that can be run alone."""

    BOARD = "board"
    EVALUATE = "evaluate"
    PAGES = "pages"
    PEERS = "peers"
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


def measure(seconds: int, *, with_peers: bool | None) -> Report:
    """Run all benchmarks but those of --only; each figure takes *seconds*. For *with_peers* see `peers_of`."""
    here = machine()
    with temporary_server() as server, peers_of(server, with_peers) as peers:
        ledger, plain = server.database("ledger", migrated=True), server.database("plain")
        server.database("stock")
        pgbench.prepare(plain)
        rows: list[AtOnce] = []
        beside: list[BesidePeers] = []
        for clients in CLIENTS:
            row = at_once(server, ledger, plain, clients, seconds)
            rows.append(row)
            beside.append(BesidePeers(clients, row.in_process, row.http, row.stock, appended(peers, clients, seconds)))
        _report("conflicts and loading")
        vacuum(ledger)
        conflicts = disturbed(ledger, seconds)
        loading = uvloop.run(commands.loading(ledger))
        views = measure_reading(server, ledger, seconds)
        compared = PeerReport(beside, [peer.outcome() for peer in peers]) if peers else None
        return Report(here, seconds, rows, conflicts, loading, views, compared)


def peers_of(server: BenchDatabase, with_peers: bool | None) -> AbstractContextManager[list[OpenPeer]]:
    """The peers: fetched if *with_peers* is true, none if it is false, and only those already fetched if it is None."""
    return nullcontext([]) if with_peers is False else open_peers(server, fetch=bool(with_peers))


def appended(peers: list[OpenPeer], clients: int, seconds: int) -> list[Figure]:
    """The figures of all *peers* that are not skipped."""
    return [figure for peer in peers if (figure := peer.append(clients, seconds))]


def measure_peers(seconds: int, *, with_peers: bool | None) -> PeerReport:
    """Measure ours and the peers alone."""
    with temporary_server() as server, peers_of(server, with_peers) as peers:
        ledger = server.database("ledger", migrated=True)
        server.database("stock")
        rows: list[BesidePeers] = []
        for clients in CLIENTS:
            _report(f"{clients} clients")
            vacuum(ledger)
            with serving(ledger) as port:
                http = uvloop.run(http_client.over_http("over HTTP", port, clients, seconds))
            ours = uvloop.run(commands.in_process(ledger, clients, seconds))
            library = stock.commands(server.socket_folder, "stock", clients, seconds)
            rows.append(BesidePeers(clients, ours, http, library, appended(peers, clients, seconds)))
        return PeerReport(rows, [peer.outcome() for peer in peers])


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
    only: Annotated[Only | None, typer.Option("--only", help="run only this benchmark")] = None,
    with_peers: Annotated[bool | None, typer.Option("--peers/--no-peers", help=PEERS_HELP, show_default=False)] = None,
    projects: Annotated[
        int | None, typer.Option(min=1, max=PAGE_PROJECTS_MAX, help=PROJECTS_HELP, show_default=False)
    ] = None,
) -> None:
    """Measure durable commands, views and loading, beside pgbench, a SELECT, an HTTP echo and other event stores.

    Uses a temporary server, and touches no installation. Latencies are in milliseconds. Compare the ratios: all figures
    of a run share one machine and its load.
    """
    if with_peers is not None and only not in (None, Only.PEERS):
        raise typer.BadParameter(f"--only {only} measures no peers: leave --peers and --no-peers out")
    if with_peers is False and only is Only.PEERS:
        raise typer.BadParameter("--only peers measures nothing without them: leave --no-peers out")
    if projects is not None and only is not Only.PAGES:
        raise typer.BadParameter("--projects are those of --only pages: leave it out")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    tune_garbage_collector()  # as in the server's processes
    seconds, here = QUICK_SECONDS if quick else SECONDS, machine()
    report: Report | Part
    if only:
        try:
            report = part(only, seconds, with_peers=with_peers, projects=projects or PAGE_PROJECTS)
        except (NoCopiesError, NoRoomError) as refusal:
            raise typer.BadParameter(str(refusal)) from None
    else:
        report = measure(seconds, with_peers=with_peers)
    if as_json:
        print(json.format(json.encode(report)).decode())
    else:
        _show(report, here, seconds)


def _show(report: Report | Part, here: Machine, seconds: int) -> None:
    """Print *report* as tables."""
    console = Console(width=WIDTH)
    match report:
        case Boards():
            shown_boards(report, console)
        case EvaluationBench():
            shown_evaluations(report, console)
        case PageBench():
            shown_machine(here, seconds, console)
            shown_pages(report, console)
        case SignedInBench():
            shown_signed_in(report, console)
        case BenchReading():
            shown_reading(report, console)
        case PeerReport():
            shown_machine(here, seconds, console)
            shown_peers(report, console)
        case Report():
            shown(report, console)


def part(only: Only, seconds: int, *, with_peers: bool | None = None, projects: int = PAGE_PROJECTS) -> Part:
    """Run one benchmark: the board over a million items, one item's clocks, all pages, the peers, views, or sign-in."""
    match only:
        case Only.BOARD:
            return measure_boards()
        case Only.EVALUATE:
            return evaluating.measured()
        case Only.PAGES:
            return measured_pages(projects, Console(stderr=True))
        case Only.PEERS:
            return measure_peers(seconds, with_peers=with_peers)
        case Only.VIEWS:
            return measure_views(seconds)
        case Only.SIGNED_IN:
            _report("commands with and without sign-in, in turns")
            return signed_in.measured(seconds)


if __name__ == "__main__":
    typer.run(main)
