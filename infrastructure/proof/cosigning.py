"""Collects cosignatures (C2SP tlog-witness): sends a checkpoint to each witness of the policy over HTTP.

What a witness has last cosigned is remembered in a file, so that it is sent the consistency proof from there. A witness
that is away delays nothing but what the quorum asks for, and is tried again after a while.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from time import monotonic

import httpx2
import structlog
from msgspec import DecodeError, Struct, json

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.log import LogError, TransparencyLog
from infrastructure.proof.note import NoteError, NoteSignature, SignedNote
from infrastructure.proof.policy import KnownWitness, WitnessPolicy
from infrastructure.proof.restore_statement import EndedLog

WITNESS_SECONDS_MAX = 5.0  # of one request; a witness verifies a few hashes and writes a file
RETRY_SECONDS = 10.0
REPLY_CHARACTERS_MAX = 16_384  # some signature lines
DIGITS_MAX = 19  # of a size
REQUEST_PATH, RESTORE_PATH = "/add-checkpoint", "/add-restore"

log = structlog.get_logger()


class CosigningState(Struct, frozen=True):
    """What one witness did: the *size* it last cosigned and when, in Unix seconds; *trouble* since then, if any."""

    name: str
    size: int = 0
    cosigned_at: int = 0
    trouble: str = ""


class CosigningError(Exception):
    """A witness did not cosign. The sentence says why."""


class Cosigners:
    """The witnesses of *policy*. Their states are in the file *states*."""

    def __init__(self, policy: WitnessPolicy, states: Path, restores: Sequence[EndedLog] = ()) -> None:
        """*restores*: the logs that ended with a restore before the present one, the last one first."""
        self.policy = policy
        self._restores = restores
        stored = _stored(states)
        names = [name for name, witness in policy.witnesses.items() if witness.url]
        self.states = {name: stored.get(name, CosigningState(name)) for name in names}
        self._file = states
        self._retry_at: dict[str, float] = {}

    def cosign(self, note: SignedNote, transparency: TransparencyLog) -> SignedNote:
        """*note* with the cosignatures of all witnesses that answer; those that *note* has already are not asked."""
        signed = note
        with httpx2.Client(timeout=WITNESS_SECONDS_MAX, follow_redirects=False) as client:
            for name in self.states:
                witness = self.policy.witnesses[name]
                if note.signed_by(witness.key) or self._retry_at.get(name, 0.0) > monotonic():
                    continue
                try:
                    request = _Request(client, witness, signed, transparency, self._restores)
                    signature, time = request.cosignature(self.states[name].size)
                except httpx2.HTTPError as error:
                    self._failed(name, f"{witness.url} can't be reached: {str(error) or type(error).__name__}")
                    continue
                except (CosigningError, NoteError, LogError) as error:
                    self._failed(name, str(error))
                    continue
                self._retry_at.pop(name, None)
                self.states[name] = CosigningState(name, LogCheckpoint.of(note).size, time)
                note = SignedNote(note.text, (*note.signatures, signature))
        self._file.write_bytes(json.encode(list(self.states.values())))
        return note

    def is_enough(self, note: SignedNote) -> bool:
        """Whether the quorum has cosigned *note*."""
        names = [name for name, witness in self.policy.witnesses.items() if note.signed_by(witness.key)]
        return self.policy.is_met(names)

    def lacks(self, note: SignedNote) -> bool:
        """Whether a witness that takes checkpoints has not cosigned *note*."""
        return any(not note.signed_by(self.policy.witnesses[name].key) for name in self.states)

    def _failed(self, name: str, sentence: str) -> None:
        state = self.states[name]
        if state.trouble != sentence:
            log.warning("cosignature_refused", witness=name, reason=sentence)
        self._retry_at[name] = monotonic() + RETRY_SECONDS
        self.states[name] = CosigningState(name, state.size, state.cosigned_at, sentence)


class _Request(Struct, frozen=True):
    """One checkpoint, sent to one witness."""

    client: httpx2.Client
    witness: KnownWitness
    note: SignedNote
    transparency: TransparencyLog
    restores: Sequence[EndedLog]

    def cosignature(self, known: int) -> tuple[NoteSignature, int]:
        """The cosignature, and its time; the witness is believed to have cosigned *known* entries.

        Raises CosigningError, NoteError, LogError, httpx2.HTTPError.
        """
        size, key = LogCheckpoint.of(self.note).size, self.witness.key
        reply = self._send(min(known, size))
        if reply.status_code == HTTPStatus.NOT_FOUND and self.restores:
            self._introduce(*self.restores)
            reply = self._send(min(known, size))
        if reply.status_code == HTTPStatus.CONFLICT and (text := reply.text.strip()[:DIGITS_MAX]).isdecimal():
            if int(text) > size:
                raise CosigningError(
                    f"it has cosigned {text} entries, {size} were sent: positions {size + 1} to {text} are lost"
                )
            reply = self._send(int(text))
            if reply.status_code in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
                raise CosigningError(f"the {text} entries that it has cosigned are others than those of this ledger")
        if reply.status_code != HTTPStatus.OK:
            raise CosigningError(f"it answers {reply.status_code}: {reply.text.strip()[:200]}")
        lines = reply.text[:REPLY_CHARACTERS_MAX]
        signature = SignedNote.parse(f"{self.note.text}\n{lines}").signed_by(key)
        if signature is None:
            raise CosigningError("its answer holds no signature by the key of the policy")
        return signature, key.verify(self.note.text, signature) or 0

    def _introduce(self, restored: EndedLog, *before: EndedLog) -> None:
        """Tell the witness which log follows *restored*; first of the restores *before*, where it does not know that.

        It may have been away, or nothing was published between two restores. Raises CosigningError, LogError.
        """
        reply = self._send_restore(restored, 0)
        if reply.status_code == HTTPStatus.NOT_FOUND and before:
            self._introduce(*before)
            reply = self._send_restore(restored, 0)
        if reply.status_code == HTTPStatus.CONFLICT and (text := reply.text.strip()[:DIGITS_MAX]).isdecimal():
            if int(text) > restored.log.tree.size:
                raise CosigningError(f"it has cosigned {text} entries of the log before, which had fewer")
            reply = self._send_restore(restored, int(text))
        if reply.status_code != HTTPStatus.OK:
            raise CosigningError(f"it does not accept the restore: {reply.text.strip()[:200]}")
        log.info("restore_witnessed", witness=self.witness.name)

    def _send_restore(self, restored: EndedLog, old: int) -> httpx2.Response:
        return self._post(RESTORE_PATH, old, restored.log.consistency(old), restored.statement)

    def _send(self, old: int) -> httpx2.Response:
        return self._post(REQUEST_PATH, old, self.transparency.consistency(old), self.note)

    def _post(self, path: str, old: int, proof: Sequence[bytes], note: SignedNote) -> httpx2.Response:
        lines = "".join(f"{b64encode(hash_).decode()}\n" for hash_ in proof)
        body = f"old {old}\n{lines}\n{note}".encode()
        return self.client.post(f"{self.witness.url.rstrip('/')}{path}", content=body)


def _stored(file: Path) -> dict[str, CosigningState]:
    """The states of an earlier run; none of it is needed, as a witness says itself what it knows."""
    try:
        states = json.decode(file.read_bytes(), type=list[CosigningState])
    except (FileNotFoundError, DecodeError):
        return {}
    return {state.name: state for state in states}
