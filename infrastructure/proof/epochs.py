"""Begins a new log where the ledger was restored to before the end of the present one, and states what was left.

What has to be done follows from the ledger and from the folder of the log, and each step can be repeated: a process
that was killed on the way is finished by the publisher's next start.

The new log signs what was left and the fact of the restore at once: a second restore, before anything is published,
ends a log that has signed something, and an older state that is put back meanwhile is recognised.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
import structlog

from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.feed.epochs import last_restore
from infrastructure.proof.keys import OF_A_LOG, SigningKeys, new_signer
from infrastructure.proof.log import TransparencyLog
from infrastructure.proof.note import ED25519
from infrastructure.proof.publisher import LOG, STATEMENT, ProofFolder
from infrastructure.proof.restore_statement import RestoreStatement
from infrastructure.proof.statement import signed_statement

log = structlog.get_logger()


def begin_epoch(folder: ProofFolder, connection: psycopg.Connection[Any], now: datetime) -> SigningKeys | None:
    """Begin a new log, if the last restore took away what the present one has signed; its keys. None: nothing to do.

    Raises SigningKeyError, LogError, ProofError.
    """
    restore = last_restore(connection)
    if restore is None or not folder.has_keys:
        return None
    restored = restore.fact
    old = SigningKeys.read(folder.path)
    if restored.log != old.name:
        return None
    ended = _ended(folder, old)
    is_all_there = ended.tree.size <= restored.kept_to or ended.holds(restore.position, restore.hash)
    if is_all_there:  # what it signed
        return None
    name = name_of_epoch(old.name, restored.epoch)
    fresh = [new_signer(name, algorithm) for algorithm in OF_A_LOG]
    statement = RestoreStatement.of(
        old.name, ended.tree, restored.kept_to, [signer.verifier for signer in fresh], restored.epoch, now
    )
    signers = [signer for signer in (*old.current, *fresh) if signer.algorithm == ED25519]
    folder.keep_statement(old)
    replace_file(folder.path / STATEMENT, str(signed_statement(statement.text, signers, 0)).encode())
    sync_folder(folder.path)
    keys = folder.start_new_log(name, fresh)
    folder.open_log(keys).follow(connection)
    log.warning("log_epoch_begun", name=name, epoch=restored.epoch, lost=statement.lost)
    return keys


def _ended(folder: ProofFolder, old: SigningKeys) -> TransparencyLog:
    """The log of *old*, wherever it is: a process may have been killed when it had moved it."""
    moved = folder.ended_log(old) / LOG
    place = moved if moved.exists() else folder.log
    return TransparencyLog(place, old.signers[0], old.signers[1:], old.published)


def name_of_epoch(before: str, epoch: int) -> str:
    """The name of the log of *epoch*, after one called *before*."""
    return f"{before.removesuffix(f'/{epoch - 1}')}/{epoch}"
