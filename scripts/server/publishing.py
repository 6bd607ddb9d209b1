"""The process that publishes checkpoints of the transparency log."""

from __future__ import annotations

from secrets import token_hex
from urllib.parse import urlsplit

import psycopg

from infrastructure.ledger.clock_check import utc_now
from infrastructure.proof.epochs import begin_epoch
from infrastructure.proof.keys import create_keys
from infrastructure.proof.publisher import ProofFolder, Publisher
from infrastructure.settings import Settings
from scripts.server.processes import run_worker

NAME_BYTES = 4  # of the random part of a log's name


def publish_while(parent: int, url: str) -> None:
    """Run the publisher of checkpoints in this process until SIGTERM, or until its parent is gone.

    Beside the embedded server it makes the signing key; elsewhere the servers of a ledger are given the same one.
    """
    chosen = Settings.of()
    folder = ProofFolder(chosen.proof_folder)
    if not chosen.database_url and not folder.has_keys:
        create_keys(folder.path, log_name(chosen))
    follow_restores(url, folder)
    run_worker(parent, Publisher(url, folder, utc_now, chosen.tsa))


def follow_restores(url: str, folder: ProofFolder) -> None:
    """Begin another log where a restore took away what the present one has signed, unless that was done."""
    with psycopg.connect(url, autocommit=True) as connection:
        begin_epoch(folder, connection, utc_now())


def log_name(settings: Settings) -> str:
    """A name for a log that no other has: of the address people use, if it is set, and of some random digits."""
    host = urlsplit(settings.public_url).netloc or "countersign"
    return f"{host}/{settings.area.lower()}/{token_hex(NAME_BYTES)}"
