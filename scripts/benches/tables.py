"""Tables of figures on the console."""

from __future__ import annotations

from rich.table import Table

from scripts.benches.measure import Figure, ratio

WORDS = ("", "version", "compared with", "ours against it", "how it stores")  # columns that hold no numbers


def table_of(title: str, *columns: str) -> Table:
    """An empty table, with numbers to the right."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in WORDS else "right")
    return table


def add_row(table: Table, figure: Figure, comparison: str) -> None:
    """Add *figure* to a table of clients, subject, rate, two latencies, and a *comparison*."""
    latencies = ["" if value is None else f"{value:.2f}" for value in (figure.p50_ms, figure.p99_ms)]
    table.add_row(str(figure.clients), figure.subject, f"{figure.per_second:,.0f}", *latencies, comparison)


def times(ours: Figure, theirs: Figure) -> str:
    """How many times faster *ours* is, such as `1.50 ×`."""
    value = ratio(ours, theirs)
    return "?" if value is None else f"{value:.2f} ×"
