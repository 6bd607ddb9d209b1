"""Copies uploaded files from a local folder to a backup and back. They go by their digest, and never change."""

from __future__ import annotations

import shutil
from pathlib import Path

from infrastructure.backup.tools import Advance
from infrastructure.durable_files import sync_file, sync_folder
from infrastructure.materials.places import PLACED

DRAFT = ".draft"
COPYING = "copying uploaded files"


def copy_missing(source: Path, target: Path, advance: Advance) -> int:
    """Copy the stored files of *source* that *target* lacks; returns how many. A killed process leaves whole files."""
    stored = [file for file in (source / PLACED).rglob("*") if file.is_file()] if source.is_dir() else []
    missing = [file for file in stored if not (target / file.relative_to(source)).exists()]
    for number, file in enumerate(missing, 1):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = place.with_name(place.name + DRAFT)
        draft.unlink(missing_ok=True)
        shutil.copyfile(file, draft)
        draft.chmod(0o400)
        sync_file(draft)
        draft.replace(place)
        sync_folder(place.parent)
        advance(COPYING, number, len(missing))
    return len(missing)
