"""Event logs of large ledgers take little memory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg

from infrastructure.event_log.cases import cases_of
from infrastructure.event_log.log_file import EventLogFormat
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.api.guard.two_projects import tell_both
from tests.conftest import reachable_folder
from tests.proofs.proof import Budget, Proof, RefutedError

FACTS = 1_000_000
MEBIBYTES_MAX = 300
KIBIBYTES = 1024  # in a mebibyte
# The rows are those of two projects, again and again under other ids: chained to nothing, as no export asks.
COPY = """
    WITH entry AS (SELECT e.* FROM ledger.event AS e JOIN ledger.stream AS s USING (stream) WHERE s.kind = 'project')
    INSERT INTO ledger.event SELECT (SELECT seq FROM ledger.head) + row_number() OVER (ORDER BY n.n, e.seq),
        md5(e.stream::text || n.n)::uuid, e.version, e.type, e.data, e.meta, e.occurred_at, e.recorded_at, e.hash
    FROM entry AS e, generate_series(1, (SELECT %s / count(*) + 1 FROM entry)) AS n (n)
"""
# The peak is VmHWM, which a new program begins at zero: ru_maxrss is at least what the process had that started it.
EXPORT = """
import sys
from pathlib import Path
from infrastructure.event_log.cases import cases_of
from infrastructure.event_log.log_file import EventLogFormat, write_event_log
with open(sys.argv[2], "wb") as file:
    written = write_event_log(sys.argv[1], file, EventLogFormat(sys.argv[3]))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(written.events, written.cases, status["VmHWM"].split()[0])
"""


def large_log(budget: Budget) -> str:
    """Export a million facts in each format, in a process of its own, and read its peak; a tenth in little time."""
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        asyncio.run(tell(url))
        stories = [len(case.events) for case in cases_of(url)]  # fewer than facts: some are retracted
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(COPY, [FACTS if budget.seconds is None else FACTS // 10])
        results = [export(url, folder / log_format.value, log_format, stories) for log_format in EventLogFormat]
    return "; ".join(results)


async def tell(url: str) -> None:
    """Two projects of the zone."""
    async with Approvals(url) as approvals:
        await tell_both(approvals)


def export(url: str, path: Path, log_format: EventLogFormat, stories: list[int]) -> str:
    """Export in a new process; what came of it. Raises RefutedError where it took too much memory, or left out events.

    The ledger has the *stories*, each with so many events, again and again.
    """
    ended = subprocess.run(
        [sys.executable, "-c", EXPORT, url, str(path), log_format.value], check=True, capture_output=True, text=True
    )
    events, cases, kibibytes = (int(number) for number in ended.stdout.splitlines()[-1].split())
    sentence = f"{log_format.value}: {events:,} events of {cases:,} projects in {kibibytes / KIBIBYTES:.0f} MiB"
    if events * len(stories) != cases * sum(stories) or kibibytes > MEBIBYTES_MAX * KIBIBYTES:
        raise RefutedError(sentence)
    return f"{sentence}, {path.stat().st_size / KIBIBYTES / KIBIBYTES:.0f} MiB on disk"


PROOFS = (Proof("event-log", f"1,000,000 facts are exported in under {MEBIBYTES_MAX} MiB of memory", large_log),)
