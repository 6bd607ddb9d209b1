"""`countersign clear-erased`: lets no table hold erased texts any more, before other tools copy the database."""

from __future__ import annotations

from infrastructure.backup.erased import ErasedTexts
from infrastructure.postgres.connect import connect_url
from scripts.backup.verbs import steps
from scripts.console import AsJson, pairs, print_result, screen, settings
from scripts.server.catching_up import catch_up
from scripts.server.database import ready
from scripts.server.processes import orderly


def clear_erased(as_json: AsJson = False) -> None:
    """Rewrite the tables that hold erased texts in dead rows, before an external database server is backed up.

    `countersign backup` does it by itself. Nothing is done if no one was erased since the last time. Each table is
    locked while it is rewritten, a second for some hundred thousand rows.
    """
    chosen = settings()
    url = ready(chosen)
    with orderly(), steps() as advance:
        cleared = ErasedTexts(connect_url(chosen), lambda: catch_up(url)).clear(advance)
    print_result(cleared, as_json, lambda: pairs("cleared", cleared))
    if cleared.erasures and not cleared.segment_begun:
        screen.print(
            "The segment of the log that is being written still holds them: let an administrator run"
            " SELECT pg_switch_wal() before the copy.",
            soft_wrap=True,
        )
