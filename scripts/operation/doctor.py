"""`countersign doctor`: checks the installation, and says how to fix what is wrong."""

from __future__ import annotations

import typer
from rich.table import Table

from infrastructure.doctor import diagnose
from scripts.console import EXIT_FINDINGS, AsJson, out, print_result, settings


def doctor(as_json: AsJson = False) -> None:
    """Check the installation (settings, database, disk, clock) and say how to fix what is wrong. Exit 1 on problems."""
    checks = diagnose(settings())

    def show() -> None:
        table = Table("", "check", "result", "remedy")
        for check in checks:
            table.add_row("ok" if check.ok else "NOT OK", check.name, check.detail, "" if check.ok else check.remedy)
        out.print(table)

    print_result(checks, as_json, show)
    raise typer.Exit(0 if all(check.ok for check in checks) else EXIT_FINDINGS)
