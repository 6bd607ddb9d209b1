"""`countersign export-case-records`: 办件记录, for China's government service platform."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infrastructure.case_record.archive import write_case_records
from infrastructure.case_record.codes import read_codes
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.server import database


def export_case_records(
    archive: Annotated[Path, typer.Argument(help="zip file to write", metavar="ARCHIVE")],
    as_json: AsJson = False,
) -> None:
    """Write the zone's cases as tables up_pro_* of China's government service platform, and say what is missing.

    Codes that only the receiving platform knows come from the file in COUNTERSIGN_PLATFORM_CODES.
    """
    chosen = settings()
    codes = read_codes(chosen.platform_codes)
    url = database.ready(chosen)
    try:
        with bar(screen, "reading") as advance, archive.open("wb") as file:
            exported = write_case_records(url, file, codes, datetime.now(UTC), advance)
    except OSError as failure:
        fail(f"Can't write {failure.filename or archive}: {failure.strerror or failure}.")
    print_result(exported, as_json, lambda: pairs("exported", exported))
