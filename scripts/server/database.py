"""The database that a command works with: started, migrated, supervised; and the application, opened on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.connect import connect_url
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.postgres.roles import login_of
from infrastructure.proof.log import LogError, SignedReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import SettingRefusedError, Settings
from infrastructure.verifier.startup import check_against_log
from scripts.server.processes import END_SECONDS_MAX


def ready(settings: Settings) -> str:
    """The URL of a running, migrated database; starts the embedded server if DATABASE_URL is not set.

    Its login does not own the ledger: always so for the embedded server, elsewhere if the administrator arranges it.
    """
    url = connect_url(settings)
    if settings.reader:
        require_standby(settings)
        return url
    migrate(url)
    return url if settings.database_url else login_of(url)


def require_standby(settings: Settings) -> None:
    """Raises SettingRefusedError where a reader has no database to read from."""
    if not settings.database_url:
        raise SettingRefusedError("COUNTERSIGN_READER is true: let DATABASE_URL name the standby to read from.")


def require_no_way_back(url: str, settings: Settings) -> None:
    """Raise OlderLedgerError where the ledger lacks what its log has signed: it must not be written to.

    A log that can't be read is for the publisher to report, and a reader writes nothing.
    """
    if settings.reader:
        return
    with suppress(LogError):
        check_against_log(url, SignedReader(ProofFolder(settings.proof_folder).log))


@contextmanager
def supervised_server(settings: Settings) -> Iterator[None]:
    """Restart the embedded server if it dies during the block; does nothing for an external server."""
    if settings.database_url:
        yield
        return
    ended = threading.Event()
    supervisor = threading.Thread(target=EmbeddedPostgres(settings.data).keep, args=(ended,), daemon=True)
    supervisor.start()
    try:
        yield
    finally:
        ended.set()
        supervisor.join(END_SECONDS_MAX)


@asynccontextmanager
async def opened(url: str, settings: Settings) -> AsyncIterator[Approvals]:
    """The application, opened in this event loop, with a supervised database. Raises OlderLedgerError."""
    await asyncio.to_thread(require_no_way_back, url, settings)
    with supervised_server(settings):
        async with Approvals(
            url,
            queue_max=settings.queue_max,
            connections_max=settings.connections_max,
            laws=law_book(),
            cases=settings.area,
        ) as approvals:
            yield approvals
