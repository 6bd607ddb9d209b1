"""A witness (C2SP tlog-witness): cosigns checkpoints of a log it knows, each only if the tree grew from the last one.

It is to be run by another office than the log, such as the supervision bureau, with a key and a folder of its own. What
it has cosigned can't be taken back: a ledger that was made again, or put back to an earlier day, is refused.

A ledger that was restored says so by a statement (`restore_statement`), sent to `POST /add-restore`. The witness
compares it with what it has cosigned itself, notes which positions are lost, and takes checkpoints of the new log from
then on, of which the first has to begin with what was left.
"""

from __future__ import annotations

import fcntl
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import structlog
from msgspec import Struct

from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.merkle import EMPTY_HEAD, HASH_BYTES, ProofError, verify_consistency
from infrastructure.proof.note import NoteError, NoteSigner, NoteVerifier, SignedNote
from infrastructure.proof.restore_statement import RestoreStatement, read_restore

PROOF_HASHES_MAX = 63  # of a tree of 2^63 leaves
LOGS = "logs"  # the file with the keys of the logs it knows
RESTORES = "restores"  # the file with the restore statements it has accepted
REQUEST_BYTES_MAX = 64 * 1024

log = structlog.get_logger()


class WitnessReply(Struct, frozen=True):
    """The answer to one request: signature lines, the size that is known, or why it was refused."""

    status: HTTPStatus
    body: str
    media_type: str = "text/plain; charset=utf-8"


class AddRequest(Struct, frozen=True):
    """The body of `POST /add-checkpoint`: the size that the sender believes is known, a proof, and the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: SignedNote

    @classmethod
    def parse(cls, text: str) -> AddRequest:
        """Read a request, to add a checkpoint or a restore statement. Raises NoteError."""
        head, separator, note = text.partition("\n\n")
        first, *hashes = head.split("\n")
        word, _, size = first.partition(" ")
        if not separator or word != "old" or not (size.isascii() and size.isdigit()) or len(hashes) > PROOF_HASHES_MAX:
            raise NoteError("a request begins with 'old', a size and a consistency proof, and an empty line")
        try:
            proof = tuple(b64decode(line, validate=True) for line in hashes)
        except ValueError as error:
            raise NoteError("a hash of the consistency proof is not base64") from error
        if any(len(hash_) != HASH_BYTES for hash_ in proof):
            raise NoteError(f"a hash of the consistency proof has {HASH_BYTES} bytes")
        return cls(int(size), proof, SignedNote.parse(note))


class Witness:
    """A witness with *signer* that knows *logs* by the keys they sign with; its last checkpoints lie in *folder*."""

    def __init__(self, folder: Path, signer: NoteSigner, logs: Sequence[NoteVerifier]) -> None:
        self.folder, self.signer = folder, signer
        self.logs = {log.name: [key for key in logs if key.name == log.name] for log in logs}
        folder.mkdir(parents=True, exist_ok=True)

    def add_checkpoint(self, text: str, now: int) -> WitnessReply:
        """Judge one request; *now* is the time of the cosignature, in Unix seconds."""
        try:
            request = AddRequest.parse(text)
            checkpoint = LogCheckpoint.of(request.note)
        except NoteError as error:
            return _refused(HTTPStatus.BAD_REQUEST, str(error))
        keys = self.logs.get(checkpoint.origin)
        if keys is None:
            return _refused(HTTPStatus.NOT_FOUND, f"no log is known as {checkpoint.origin}")
        try:
            if not request.note.verify(keys):
                return _refused(HTTPStatus.FORBIDDEN, f"the checkpoint is not signed by {checkpoint.origin}")
        except NoteError as error:
            return _refused(HTTPStatus.FORBIDDEN, str(error))
        if request.old > checkpoint.size:
            return _refused(HTTPStatus.BAD_REQUEST, f"{request.old} entries are more than {checkpoint.size}")
        with self._locked(checkpoint.origin):
            return self._judge(request, checkpoint, now)

    def _judge(self, request: AddRequest, checkpoint: LogCheckpoint, now: int) -> WitnessReply:
        """Compare with the last checkpoint cosigned, and cosign."""
        last = self.last(checkpoint.origin)
        if request.old != last.size or (last.size == checkpoint.size and last.head != checkpoint.head):
            return WitnessReply(HTTPStatus.CONFLICT, f"{last.size}\n", "text/x.tlog.size")
        try:
            verify_consistency(last.size, last.head, checkpoint.size, checkpoint.head, request.proof)
        except ProofError as error:
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        signature = self.signer.sign(request.note.text, now)
        self._store(checkpoint.origin, SignedNote(request.note.text, (*request.note.signatures, signature)))
        return WitnessReply(HTTPStatus.OK, signature.line)

    def add_restore(self, text: str, now: int) -> WitnessReply:
        """Judge a restore statement; what is lost is noted in the file RESTORES, and the reply is a cosignature.

        The statement fits only what this witness has cosigned itself: a ledger that says it lost less is refused.
        """
        try:
            request = AddRequest.parse(text)
            claimed = RestoreStatement.parse(request.note.text)
            known = self.logs.get(claimed.ended)
            if known is None:
                return _refused(HTTPStatus.NOT_FOUND, f"no log is known as {claimed.ended}")
            statement = read_restore(request.note, known)
        except NoteError as error:
            return _refused(HTTPStatus.BAD_REQUEST, str(error))
        with self._locked(statement.ended), self._locked(statement.log):
            return self._judge_restore(request, statement, now)

    def _judge_restore(self, request: AddRequest, statement: RestoreStatement, now: int) -> WitnessReply:
        last = self.last(statement.ended)
        if request.old != last.size:
            return WitnessReply(HTTPStatus.CONFLICT, f"{last.size}\n", "text/x.tlog.size")
        if statement.size < last.size:
            return _refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{last.size} entries of {statement.ended} were cosigned, and the statement names {statement.size}:"
                f" positions {statement.kept_to + 1} to {last.size} are lost",
            )
        try:
            verify_consistency(last.size, last.head, statement.size, statement.head, request.proof)
        except ProofError as error:
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        follows = LogCheckpoint(statement.log, statement.kept_to, statement.kept_head)
        known = self.last(statement.log)
        if known.size and (known.size < follows.size or (known.size == follows.size and known.head != follows.head)):
            return _refused(HTTPStatus.CONFLICT, f"{statement.log} follows another log already")
        if not known.size:
            self._store(statement.log, SignedNote(follows.text, (self.signer.sign(follows.text, now),)))
            self._note_restore(statement, request.note)
        signature = self.signer.sign(request.note.text, now)
        return WitnessReply(HTTPStatus.OK, signature.line)

    def _note_restore(self, statement: RestoreStatement, note: SignedNote) -> None:
        """Remember the new log and its keys, and what is lost, for the people of this office."""
        log.warning("restore_witnessed", log=statement.log, epoch=statement.epoch, lost=statement.lost)
        for name, text in ((LOGS, "".join(f"{key.text}\n" for key in statement.keys)), (RESTORES, f"{note}\n")):
            file = self.folder / name
            before = file.read_text(encoding="utf-8") if file.exists() else ""
            replace_file(file, f"{before}{text}".encode())
        sync_folder(self.folder)
        self.logs[statement.log] = list(statement.keys)

    def last(self, origin: str) -> LogCheckpoint:
        """The last checkpoint of *origin* that was cosigned; that of the empty tree before the first."""
        file = self._file(origin)
        if not file.exists():
            return LogCheckpoint(origin, 0, EMPTY_HEAD)
        return LogCheckpoint.of(SignedNote.parse(file.read_text(encoding="utf-8")))

    def _file(self, origin: str) -> Path:
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def _store(self, origin: str, note: SignedNote) -> None:
        """On disk before the cosignature leaves: after a crash a smaller tree must not be cosigned."""
        file = self._file(origin)
        replace_file(file, str(note).encode())
        sync_folder(self.folder)

    @contextmanager
    def _locked(self, origin: str) -> Iterator[None]:
        """One request for a log at a time, whichever process serves it."""
        with self._file(origin).with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _refused(status: HTTPStatus, sentence: str) -> WitnessReply:
    return WitnessReply(status, f"{sentence}\n")
