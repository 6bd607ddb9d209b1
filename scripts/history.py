"""`countersign history`: everything that happened in a project, and what later entries made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from msgspec import to_builtins
from msgspec.structs import asdict
from rich.table import Table

from domain.messages import Entry, corrections
from scripts import ledger
from scripts.console import AsJson, fail, out, settings, tell
from scripts.server import serving

MINUTE = "%Y-%m-%d %H:%M"


class ToldEntry(Entry, frozen=True, gc=False):
    """An entry as it was recorded; *amended_to* is when it really happened, *retracted* that it does not count."""

    amended_to: datetime | None = None
    retracted: bool = False


def history(
    project: Annotated[str, typer.Argument(help="the project's id, or its code")], as_json: AsJson = False
) -> None:
    """Everything that happened in a project, oldest first, and what was amended or retracted since."""
    chosen = settings()
    url = serving.ready(chosen)

    async def run() -> list[Entry]:
        async with serving.opened(url, chosen) as approvals:
            return await approvals.history(project_id(url, project))

    entries = told(asyncio.run(run()))
    if not entries:
        fail(f"Nothing is known of {project}. `countersign status` tells how many projects there are.")
    tell(entries, as_json, lambda: out.print(table_of(project, entries)))


def told(entries: Sequence[Entry]) -> list[ToldEntry]:
    """All *entries* of one project, each with what later ones made of it."""
    found = corrections(entries)
    return [
        ToldEntry(
            **asdict(entry),
            amended_to=found.amended.get(entry.version),
            retracted=entry.version in found.retracted,
        )
        for entry in entries
    ]


def table_of(title: str, entries: Sequence[ToldEntry]) -> Table:
    """A line an entry, for a person: times in UTC, a fact with whatever it says."""
    table = Table("#", "occurred", "recorded", "by", "fact", "position", title=title)
    for entry in entries:
        fact = to_builtins(entry.fact)
        name = fact.pop("fact")
        said = ", ".join(f"{key}={value}" for key, value in fact.items() if value not in ("", [], (), {}, None))
        corrected = f"  (amended to {entry.amended_to:{MINUTE}})" if entry.amended_to else ""
        corrected = "  (retracted)" if entry.retracted else corrected
        when = [f"{at:{MINUTE}}" for at in (entry.occurred_at, entry.recorded_at)]
        row = str(entry.version), *when, entry.recorded.by.id, f"{name}{corrected}  {said}", str(entry.position)
        table.add_row(*row)
    return table


def project_id(url: str, text: str) -> UUID:
    """The project with this id or code."""
    try:
        return UUID(text)
    except ValueError:
        found = ledger.projects_of(url, text)
    if not found:
        fail(f"No project has the code {text}, and it is no project's id.")
    if len(found) > 1:
        fail(f"{len(found)} projects have the code {text}: give the id of one, {' or '.join(map(str, found[:3]))}.")
    return found[0]
