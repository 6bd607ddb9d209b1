"""`countersign sweep-materials`: counts uploaded files that were never attached to a project, and deletes old ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import psycopg
from msgspec import Struct

from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings
from infrastructure.window.drafts import files_of_drafts
from scripts.materials.verifying import attached_files

DAYS = 30  # files are usually attached within minutes; a month is longer than any holiday
DAY_SECONDS = 86_400  # of a file's age, by the clock of its storage
PAUSE_SECONDS = 120  # four times the longest time that a command which attaches a file may take


class Swept(Struct, frozen=True):
    """The result of a sweep. *files* were stored *before* the instant and are attached nowhere; *removed* counts those
    deleted, *put_back* those that were attached while they were set aside.
    """

    before: datetime
    files: int
    bytes: int
    removed: int = 0
    put_back: int = 0


def sweep(url: str, settings: Settings, days: int, *, remove: bool, pause: float = PAUSE_SECONDS) -> Swept:
    """Find every file older than *days* that was never attached to a project; delete them with *remove*.

    A command may be about to attach a file. Files are therefore set aside first; after *pause* seconds, when every
    command that still saw its file is done, those that have been attached are put back. The next sweep handles files
    that an interrupted one has set aside. Raises StorageAwayError.
    """
    materials, before = MaterialStore.of(settings), datetime.fromtimestamp(time.time() - days * DAY_SECONDS, UTC)
    attached = _attached(url)
    unattached = {file.digest: file.size for file in materials.stored_before(before) if file.digest not in attached}
    counted = Swept(before, len(unattached), sum(unattached.values()))
    if not remove:
        return counted
    for digest in unattached:
        materials.set_aside(digest)
    aside = list(materials.set_aside_so_far())
    if aside:
        time.sleep(pause)
    attached = _attached(url)
    restored = [digest for digest in aside if digest in attached]
    for digest in restored:
        materials.put_back(digest)
    for digest in aside:
        if digest not in attached:
            materials.remove(digest)
    return Swept(before, counted.files, counted.bytes, len(aside) - len(restored), len(restored))


def _attached(url: str) -> set[str]:
    """The digests of all files that were ever attached, or that a draft of an application still names."""
    with psycopg.connect(url) as connection:
        drafted = files_of_drafts(connection)
    return {file.digest for file in attached_files(url)} | drafted
