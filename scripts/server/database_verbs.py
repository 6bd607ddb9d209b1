"""The command line's verbs that look after the database: apply migrations, count, stop."""

from __future__ import annotations

from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from infrastructure.postgres.errors import READ_ONLY
from infrastructure.postgres.migrate import pending
from infrastructure.settings import without_password
from scripts import ledger
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.server import database


def migrate() -> None:
    """Apply pending database migrations. `serve` does this at its start."""
    chosen = settings()
    url = database.ready(chosen)
    if chosen.reader and (missing := pending(url)):
        fail(f"Not applied here: {', '.join(missing)}. {READ_ONLY}")
    screen.print(f"The database is up to date: {without_password(chosen.database_url) or chosen.data}", highlight=False)


def status(as_json: AsJson = False) -> None:
    """Print the number of projects, items and facts, the position of each view, and the last verifications."""
    answer = ledger.status(database.ready(settings()))
    print_result(answer, as_json, lambda: pairs("ledger", answer))


def stop() -> None:
    """Stop the embedded PostgreSQL. Its data remains."""
    chosen = settings()
    server = EmbeddedPostgres(chosen.data)
    was_running = server.status() not in {ServerStatus.ABSENT, ServerStatus.STOPPED}
    server.stop()
    screen.print("Stopped." if was_running else f"No server was running in {chosen.data}.")
    if chosen.database_url:
        screen.print("The server of DATABASE_URL is not managed by Countersign and keeps running.")
