"""The process that verifies the ledger while it is served."""

from __future__ import annotations

from datetime import timedelta

from infrastructure.ledger.clock_check import utc_now
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings
from infrastructure.verifier.worker import LedgerVerifier
from scripts.server.processes import lower_priority, run_worker

NICENESS = 15  # whatever else there is to do comes first


def verify_while(parent: int, url: str) -> None:
    """Run the verifier in this process until SIGTERM, or until its parent is gone."""
    lower_priority(NICENESS)
    chosen = Settings.of()
    every = timedelta(hours=chosen.verify_hours)
    run_worker(parent, LedgerVerifier(url, ProofFolder(chosen.proof_folder).log, utc_now, every))
