"""The figures of pages as a table on the console."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from scripts.benches.pages.measured import BYTES_MAX, HOME, READS, TIME_MS_MAX, PageBench, PageReading, PageTimes
from scripts.benches.tables import table_of

KILOBYTE = 1000


def shown_pages(result: PageBench, console: Console) -> None:
    """Print each page as the role that waits longest for it reads it; a first page as every role does."""
    title = f"pages of {result.projects:,} projects, {result.facts:,} facts; past: {result.past_day}"
    table = table_of(title, "", "role", "ms", "CPU ms", "kB", "past ms", "CPU ms", "kB", "over")
    for reading in shown_rows(result.pages):
        over = ", ".join(reading.over)
        table.add_row(
            reading.template,
            reading.role.value,
            *_cells(reading.today),
            *_cells(reading.past, reading.past_status),
            over,
            style=_style(over),
        )
    console.print(table)
    number_over = sum(bool(reading.over) for reading in result.pages)
    console.print(
        f"{len(result.pages)} pages by role, medians of {READS} reads; "
        f"{number_over} over {TIME_MS_MAX:.0f} ms or {BYTES_MAX // KILOBYTE} kB compressed"
    )
    for template, why in result.unread.items():
        console.print(f"not shown: {template}: {why}")


def shown_rows(pages: list[PageReading]) -> Iterator[PageReading]:
    """Of each page, the reading of the role that waits longest; of first pages all."""
    slowest: dict[tuple[str, str], PageReading] = {}
    for page in pages:
        key = page.template, page.role.value if page.template == HOME else ""
        if key not in slowest or page.slowest > slowest[key].slowest:
            slowest[key] = page
    yield from slowest.values()


def _cells(times: PageTimes | None, status: int = 0) -> tuple[str, str, str]:
    if times is None:
        return "", "", str(status or "")
    return f"{times.median_ms:,.0f}", f"{times.cpu_ms:,.0f}", f"{times.bytes / KILOBYTE:,.1f}"


def _style(over: str) -> str:
    return "bold red" if over else ""
