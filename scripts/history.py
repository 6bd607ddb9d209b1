"""`countersign history`: all entries of a project, marked where later entries amended or retracted them."""

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
from scripts.console import AsJson, fail, out, print_result, settings
from scripts.server import database

MINUTE = "%Y-%m-%d %H:%M"


class CorrectedEntry(Entry, frozen=True, gc=False):
    """An entry with its corrections: *amended_to* is the corrected time of the event, *retracted* voids the entry."""

    amended_to: datetime | None = None
    retracted: bool = False


def history(
    project: Annotated[str, typer.Argument(help="id or code of the project", metavar="PROJECT")],
    as_json: AsJson = False,
) -> None:
    """Print all entries of a project, oldest first, with later amendments and retractions."""
    chosen = settings()
    url = database.ready(chosen)

    async def run() -> list[Entry]:
        async with database.opened(url, chosen) as approvals:
            return await approvals.history(project_id(url, project))

    entries = with_corrections(asyncio.run(run()))
    if not entries:
        fail(f"The ledger has no project {project}. The progress table (`countersign serve`) lists all projects.")
    print_result(entries, as_json, lambda: out.print(table_of(project, entries)))


def with_corrections(entries: Sequence[Entry]) -> list[CorrectedEntry]:
    """*entries*, all of one project, each with the corrections that later ones made."""
    corrected = corrections(entries)
    return [
        CorrectedEntry(
            **asdict(entry),
            amended_to=corrected.amended.get(entry.version),
            retracted=entry.version in corrected.retracted,
        )
        for entry in entries
    ]


def table_of(title: str, entries: Sequence[CorrectedEntry]) -> Table:
    """One row per entry: times in UTC, the name of the fact and its fields."""
    table = Table("#", "occurred", "recorded", "by", "fact", "position", title=title)
    for entry in entries:
        fact = to_builtins(entry.fact)
        name = fact.pop("fact")
        fields = ", ".join(f"{key}={value}" for key, value in fact.items() if value not in ("", [], (), {}, None))
        correction = f"  (amended to {entry.amended_to:{MINUTE}})" if entry.amended_to else ""
        correction = "  (retracted)" if entry.retracted else correction
        when = [f"{at:{MINUTE}}" for at in (entry.occurred_at, entry.recorded_at)]
        row = str(entry.version), *when, entry.recorded.actor.id, f"{name}{correction}  {fields}", str(entry.position)
        table.add_row(*row)
    return table


def project_id(url: str, text: str) -> UUID:
    """The project with this id or code."""
    try:
        return UUID(text)
    except ValueError:
        projects = ledger.projects_of(url, text)
    if not projects:
        fail(f"No project has the code {text}, and it is no project id.")
    if len(projects) > 1:
        ids = " or ".join(map(str, projects[:3]))
        fail(f"{len(projects)} projects have the code {text}: give the id of one of them, {ids}.")
    return projects[0]
