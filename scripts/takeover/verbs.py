"""`countersign take-over`: running cases of another register become the zone's own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from scripts.console import EXIT_FINDINGS, INTERRUPTED, AsJson, pairs, print_result, screen, settings
from scripts.importing.importer import AsImporter, importing_as
from scripts.server import database
from scripts.takeover.reading import read_projects
from scripts.takeover.taking import TakeOverReport
from scripts.takeover.taking import take_over as take_over_projects


def take_over(
    file: Annotated[Path, typer.Argument(help="file of running cases in JSON Lines, one project per line")],
    carry_out: Annotated[bool, typer.Option("--carry-out", help="store them (default: a preview)")] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="also projects whose last days are counted otherwise here")
    ] = False,
    by: AsImporter = "",
    as_json: AsJson = False,
) -> None:
    """Take running cases over from another register, each project whole or not at all; their clocks go on.

    The last days that the register states are compared with those counted here. Exit 1 if something is left out.
    """
    chosen = settings()
    projects = list(read_projects(file))
    url = database.ready(chosen)

    async def run() -> TakeOverReport:
        async with database.opened(url, chosen) as approvals:
            importer = await importing_as(approvals, by)
            return await take_over_projects(
                approvals, projects, by=importer, preview=not carry_out, accept=accept_differences
            )

    try:
        report = asyncio.run(run())
    except KeyboardInterrupt:
        screen.print("Interrupted. Projects taken over so far remain: run the same command again for the others.")
        raise typer.Exit(INTERRUPTED) from None
    print_result(report, as_json, lambda: pairs("taken over" if carry_out else "preview", report))
    if not carry_out:
        screen.print("Preview: nothing was stored. Add --carry-out to take the projects over.")
    raise typer.Exit(EXIT_FINDINGS if report.has_findings else 0)
