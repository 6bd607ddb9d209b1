"""Files that were uploaded and that nobody attached: how many there are, and away with those that are old enough."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from msgspec import Struct

from infrastructure.materials.store import MaterialStore
from infrastructure.settings import Settings
from scripts.materials import attached_files

DAYS = 30  # a desk that uploads today attaches today; a month is more than any holiday
DAY_SECONDS = 86_400  # of a file's age, by the clock of its storage
PAUSE_SECONDS = 120  # four times as long as a command that attaches a file is waited for


class Swept(Struct, frozen=True):
    """What a sweep found. *files* were last stored *before* the instant and no fact names them; *removed* is how many
    of them are gone, *put_back* how many were attached while they were set aside.
    """

    before: datetime
    files: int
    bytes: int
    removed: int = 0
    put_back: int = 0


def sweep(url: str, settings: Settings, days: int, *, remove: bool, pause: float = PAUSE_SECONDS) -> Swept:
    """Find every file older than *days* that no project ever attached; with *remove* they go.

    A command may be about to attach one. So files are set aside first; after *pause* seconds, when every command that
    found its file has told so, those are put back that the ledger names by then. What a sweep that broke off has
    set aside, the next one deals with. Raises StorageAwayError.
    """
    materials, before = MaterialStore.of(settings), datetime.fromtimestamp(time.time() - days * DAY_SECONDS, UTC)
    named = _named(url)
    found = {one.digest: one.size for one in materials.stored_before(before) if one.digest not in named}
    told = Swept(before, len(found), sum(found.values()))
    if not remove:
        return told
    for digest in found:
        materials.set_aside(digest)
    aside = list(materials.set_aside_so_far())
    if aside:
        time.sleep(pause)
    named = _named(url)
    back = [digest for digest in aside if digest in named]
    for digest in back:
        materials.put_back(digest)
    for digest in aside:
        if digest not in named:
            materials.remove(digest)
    return Swept(before, told.files, told.bytes, len(aside) - len(back), len(back))


def _named(url: str) -> set[str]:
    """Every content that a fact names."""
    return {file.digest for file in attached_files(url)}
