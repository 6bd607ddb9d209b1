"""The publisher: follows the ledger with the log, signs, collects cosignatures, and publishes. One leader at a time.

A checkpoint is signed at most once a second, when there is news. Where a policy asks for a quorum of witnesses, the
published checkpoint is the last one that they have cosigned. Once a day one is stamped, where an authority is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from msgspec import DecodeError, Struct, json
from psycopg.sql import SQL

from infrastructure.durable_files import replace_file, sync_folder
from infrastructure.leader import BlockingLeader, LeadTerms
from infrastructure.ledger.reader import CHANNEL
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.cosigning import Cosigners, CosigningState
from infrastructure.proof.keys import (
    OF_A_LOG,
    PRIVATE,
    PUBLIC,
    SigningKeyError,
    SigningKeys,
    new_signer,
    published_keys,
    store_keys,
)
from infrastructure.proof.log import LogError, LogReader, SignedReader, TransparencyLog
from infrastructure.proof.merkle import ProofError
from infrastructure.proof.note import NoteError, NoteSigner, NoteVerifier, SignedNote, require_name
from infrastructure.proof.policy import PolicyError, WitnessPolicy
from infrastructure.proof.restore_statement import EndedLog, RestoreStatement
from infrastructure.proof.time_stamps import TimeStamps

WORK = "publisher"
LEADER_KEY = 0x436F756E_4D65726B  # advisory lock of the publishing process
CHECKPOINT_SECONDS = 1.0  # between two checkpoints
IDLE_SECONDS = 5.0  # in case a NOTIFY was missed; a witness that was away is tried again about as often
ALARM_SECONDS = 60.0  # between two log lines about what needs an operator
TERMS = LeadTerms(WORK, LEADER_KEY, CHECKPOINT_SECONDS, ALARM_SECONDS)
POLICY = "witness-policy"
LOG, STATUS, STATES = "log", "status.json", "witnesses.json"
STATEMENT = "restore-statement"  # how the present log came to follow another

log = structlog.get_logger()


class PublisherStatus(Struct, frozen=True):
    """How far the log is: *size* entries were signed at *signed_at*, *published* of them are in the checkpoint handed
    out since *published_at*. *trouble* says why there are no more; empty where all is well.
    """

    size: int = 0
    signed_at: datetime | None = None
    published: int = 0
    published_at: datetime | None = None
    witnesses: list[CosigningState] = []
    trouble: str = ""


class ProofFolder:
    """The folder of keys, policy and log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log, self.policy_file = path / LOG, path / POLICY

    @property
    def has_keys(self) -> bool:
        """Whether a signing key was ever made here."""
        return (self.path / PRIVATE).exists() or (self.path / PUBLIC).exists()

    def start_new_log(self, name: str, signers: Sequence[NoteSigner] = ()) -> SigningKeys:
        """Leave the log as it is, and begin another with keys of its own, called *name*. Raises SigningKeyError.

        For a ledger that was restored to an earlier moment, whose log can't be continued. The old log stays readable
        in a folder beside the new one; its private keys are replaced, so that nothing more is signed in its name.
        *signers* are the new keys, made here unless given. A process that was killed meanwhile is finished by the next.
        """
        old = SigningKeys.read(self.path)
        if old.name == name:
            raise SigningKeyError(f"The log is called {name} already: a new one needs another name.")
        try:
            require_name(name)
        except NoteError as error:
            raise SigningKeyError(f"A log can't be called {name!r}: {error}.") from error
        before = self.ended_log(old)
        before.mkdir(exist_ok=True)
        for file in (self.log, self.path / PUBLIC, self.path / STATUS, self.path / STATES):
            if file.exists() and not (before / file.name).exists():
                file.rename(before / file.name)
        return store_keys(self.path, signers or [new_signer(name, algorithm) for algorithm in OF_A_LOG])

    def restored(self) -> EndedLog | None:
        """The log that the present one follows since a restore; None where it is the first. Raises LogError."""
        return self._followed(self.path / STATEMENT)

    def restores(self) -> list[EndedLog]:
        """Every log that ended with a restore, the last one first. Raises LogError, SigningKeyError."""
        ended: list[EndedLog] = []
        following = self.restored()
        while following is not None:
            ended.append(following)
            following = self._followed(following.log.files.folder.parent / STATEMENT)
        return ended

    def _followed(self, file: Path) -> EndedLog | None:
        """The log that ended by the statement in *file*; None where there is none."""
        if not file.exists():
            return None
        try:
            note = SignedNote.parse(file.read_text(encoding="utf-8"))
            ended = RestoreStatement.parse(note.text).ended
        except (NoteError, OSError, UnicodeDecodeError) as error:
            raise LogError("restore-statement", f"{file} can't be read: {error}") from error
        for signature in note.signatures:
            folder = self.path / f"{LOG}-{signature.key_id.hex()}"
            if signature.name == ended and (folder / LOG).is_dir():
                return EndedLog(SignedReader(folder / LOG), note, published_keys(folder))
        return None

    def keep_statement(self, old: SigningKeys) -> None:
        """Before another restore: let the statement that began the log of *old* lie beside that log."""
        file, before = self.path / STATEMENT, self.ended_log(old)
        if file.exists() and f"\nlog {old.name}\n" in file.read_text(encoding="utf-8"):
            before.mkdir(exist_ok=True)
            replace_file(before / STATEMENT, file.read_bytes())
            sync_folder(before)

    def ended_log(self, keys: SigningKeys) -> Path:
        """The folder that the log of *keys* is moved to when it ends."""
        return self.path / f"{LOG}-{keys.signers[0].verifier.key_id.hex()}"

    def policy(self) -> WitnessPolicy:
        """The policy of witnesses; without a file none is asked. Raises PolicyError."""
        return WitnessPolicy.of_file(self.policy_file) if self.policy_file.exists() else WitnessPolicy()

    def status(self) -> PublisherStatus | None:
        """What the publisher last wrote of itself; None where none ever ran on this folder."""
        try:
            return json.decode((self.path / STATUS).read_bytes(), type=PublisherStatus)
        except (OSError, DecodeError):
            return None

    def open_log(self, keys: SigningKeys) -> TransparencyLog:
        """The log, to be written. Raises LogError."""
        return TransparencyLog(self.log, keys.signers[0], keys.signers[1:], keys.published)

    def read_log(self) -> LogReader:
        """The log as it is published. Raises LogError."""
        return LogReader(self.log)

    def trusted_keys(self) -> list[NoteVerifier]:
        """The public keys of log and witnesses. Raises SigningKeyError, PolicyError."""
        return [*published_keys(self.path), *(witness.key for witness in self.policy().witnesses.values())]


class Publisher(BlockingLeader):
    """Runs in a process of its own: `run` until `stop`. The command line and tests call `step`."""

    def __init__(self, url: str, folder: ProofFolder, clock: Callable[[], datetime], authority: str = "") -> None:
        """*authority* is the address of an RFC 3161 time stamp authority, empty for none."""
        super().__init__(url, TERMS)
        self._folder, self._clock = folder, clock
        self._stamps = TimeStamps(folder.path, authority)
        self._status = folder.status() or PublisherStatus()
        self._log: TransparencyLog | None = None
        self._pending: SignedNote | None = None
        self._cosigners = Cosigners(WitnessPolicy(), folder.path / STATES)

    def _before(self) -> None:
        """Without keys it stands by: a server that has them leads."""
        super()._before()
        SigningKeys.read(self._folder.path)

    def _pause_after(self, failure: Exception) -> float:
        if isinstance(failure, SigningKeyError | PolicyError):
            if self._status.trouble != str(failure):
                level = log.warning if self._folder.has_keys else log.info  # a server may well keep no log
                level("publisher_waits", reason=str(failure))
            self._note(trouble=str(failure))
            return IDLE_SECONDS
        if isinstance(failure, LogError | ProofError):
            log.critical("log_contradicts_ledger", error=str(failure))
            self._note(trouble=str(failure))
            return ALARM_SECONDS
        return super()._pause_after(failure)

    def _work(self, connection: psycopg.Connection[Any], /) -> None:
        keys = SigningKeys.read(self._folder.path)
        self.open(keys)
        connection.execute(SQL("LISTEN {}").format(CHANNEL))
        while not self._stopping.is_set() and self._is_current(keys):
            self.step(connection)
            self._stopping.wait(CHECKPOINT_SECONDS)
            self._stopping.wait_for_notify(connection, IDLE_SECONDS)

    def _is_current(self, keys: SigningKeys) -> bool:
        """Whether neither keys nor policy were changed since. Raises SigningKeyError, PolicyError."""
        return SigningKeys.read(self._folder.path) == keys and self._folder.policy() == self._cosigners.policy

    def open(self, keys: SigningKeys) -> None:
        """Open the log with *keys*, and read the policy. Raises LogError, PolicyError."""
        self._log = self._folder.open_log(keys)
        self._cosigners = Cosigners(self._folder.policy(), self._folder.path / STATES, self._folder.restores())
        published = self._folder.read_log().note
        self._pending = self._log.note
        if published and self._pending and published.text == self._pending.text:
            self._pending = published  # with the cosignatures it has

    def step(self, connection: psycopg.Connection[Any]) -> PublisherStatus:
        """Sign what is new, ask witnesses, publish. Raises LogError, ProofError, psycopg's errors."""
        assert self._log is not None, "open() comes first"
        if fresh := self._log.follow(connection):
            self._pending = fresh
            self._status = PublisherStatus(
                LogCheckpoint.of(fresh).size, self._clock(), self._status.published, self._status.published_at
            )
        if self._pending:
            self._publish(self._log, self._pending)
            if self._cosigners.is_enough(self._pending):
                self._stamps.stamp_if_due(self._pending, self._clock())
        self._note(trouble=self._waiting_for())
        return self._status

    def _publish(self, transparency: TransparencyLog, note: SignedNote) -> None:
        if self._is_news(note):
            transparency.publish(note)
            self._published(note)
        if self._cosigners.lacks(note):
            self._pending = self._cosigners.cosign(note, transparency)
            if self._pending != note and self._cosigners.is_enough(self._pending):
                transparency.publish(self._pending)
                self._published(self._pending)

    def _is_news(self, note: SignedNote) -> bool:
        """Whether *note* is enough as it is, and another than the published one."""
        published = self._folder.read_log().note
        if published and published.text == note.text and published.signatures == note.signatures:
            return False
        return self._cosigners.is_enough(note)

    def _published(self, note: SignedNote) -> None:
        size = LogCheckpoint.of(note).size
        self._status = PublisherStatus(self._status.size or size, self._status.signed_at, size, self._clock())

    def _waiting_for(self) -> str:
        """What keeps the published checkpoint behind the signed one; empty where nothing does."""
        if self._pending is None or self._cosigners.is_enough(self._pending):
            return ""
        away = [f"{state.name}: {state.trouble}" for state in self._cosigners.states.values() if state.trouble]
        return f"the quorum of witnesses has not cosigned ({'; '.join(away) or 'no witness of it has an address'})"

    def _note(self, trouble: str) -> None:
        """Write the status where the readiness check and the command line find it."""
        states = list(self._cosigners.states.values())
        status = PublisherStatus(
            self._status.size,
            self._status.signed_at,
            self._status.published,
            self._status.published_at,
            states,
            trouble,
        )
        self._status = status
        if self._folder.path.is_dir() and status != self._folder.status():
            fresh = self._folder.path / f".{STATUS}"
            fresh.write_bytes(json.encode(status))
            fresh.replace(self._folder.path / STATUS)
