"""The figures of the peers beside ours, and their rendering as tables."""

from __future__ import annotations

from importlib.metadata import version

from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from scripts.benches.measure import Figure
from scripts.benches.tables import add_row, table_of, times


class PeerOutcome(Struct, frozen=True):
    """A peer of a run: what it does other than ours, and why it was *skipped* if it was."""

    name: str
    version: str
    differs: str
    skipped: str = ""


class BesidePeers(Struct, frozen=True):
    """Durable appends of *clients* concurrent clients: ours in process and over HTTP, the stock library, the peers."""

    clients: int
    in_process: Figure
    http: Figure
    stock: Figure
    peers: list[Figure]


class PeerReport(Struct, frozen=True):
    """All figures of the peers, and what each does otherwise."""

    rows: list[BesidePeers]
    outcomes: list[PeerOutcome]


OURS = PeerOutcome(
    "ours",
    version("countersign"),
    "each event is a command's: rules are applied, a repeated command is recognised, hashes are chained, positions "
    "become visible in order. What many clients send meanwhile is one transaction, with one flush.",
)
STOCK = PeerOutcome(
    "stock library",
    version("eventsourcing"),
    "eventsourcing's own recorder on the same PostgreSQL, in threads of one process, one connection per client. "
    "A transaction an event; the table is locked through the flush. No rules, no hash chain.",
)


def shown_peers(result: PeerReport, console: Console) -> None:
    """Print *result*: a table of figures, and a table of what is different."""
    title = "peers: an event appended to a stream in its expected version, durably"
    table = table_of(title, "clients", "", "per second", "p50 ms", "p99 ms", "ours against it")
    for row in result.rows:
        for figure in (row.in_process, row.http, row.stock, *row.peers):
            is_ours = figure is row.in_process or figure is row.http
            compared = f"{times(row.in_process, figure)} in process, {times(row.http, figure)} over HTTP"
            add_row(table, figure, "" if is_ours else compared)
        table.add_section()
    for outcome in result.outcomes:
        if outcome.skipped:
            table.add_row("", outcome.name, "skipped", "", "", "see below")
    console.print(table)
    notes = table_of("how each stores an event", "", "version", "how it stores")
    for outcome in (OURS, STOCK, *result.outcomes):
        stores = f"skipped: {outcome.skipped}" if outcome.skipped else outcome.differs
        notes.add_row(outcome.name, outcome.version, escape(stores))  # a reason is another program's text
    console.print(notes)
