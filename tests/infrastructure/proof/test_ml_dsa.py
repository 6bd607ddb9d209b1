"""ML-DSA-44 under checkpoints: what the log signs is verified, and whatever a forger changes in it is refused."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.keys import create_keys
from infrastructure.proof.note import ED25519, ML_DSA_44, NoteError, NoteSignature, NoteSigner, NoteVerifier, SignedNote

NAME, TIME = "countersign.example/zone", 1_790_000_000
LOG = NoteSigner(NAME, sha256(b"log").digest(), ML_DSA_44)
FORGER = NoteSigner(NAME, sha256(b"forger").digest(), ML_DSA_44)
OTHER_NAME = NoteSigner("other.example/zone", LOG.seed, ML_DSA_44)
CHECKPOINT = LogCheckpoint(NAME, 12, sha256(b"head").digest())
SIGNED = LOG.sign(CHECKPOINT.text, TIME)
KEY_BYTES, SIGNATURE_BYTES, STAMP_BYTES = 1_312, 2_420, 8  # FIPS 204, table 2; the time before the signature


def with_bytes(change: Callable[[bytes], bytes]) -> NoteSignature:
    """The signature of the log with other bytes, under its name and the id of its key."""
    return replace(SIGNED, signature=change(SIGNED.signature))


def flipped(at: int) -> Callable[[bytes], bytes]:
    """One bit changed."""
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


FORGED: dict[str, NoteSignature] = {
    "by another key under the log's id": replace(FORGER.sign(CHECKPOINT.text, TIME), key_id=SIGNED.key_id),
    "by the log's key under another name": replace(
        OTHER_NAME.sign(CHECKPOINT.text, TIME), name=NAME, key_id=SIGNED.key_id
    ),
    "of another size": LOG.sign(LogCheckpoint(NAME, 13, CHECKPOINT.head).text, TIME),
    "of another head": LOG.sign(LogCheckpoint(NAME, 12, sha256(b"other").digest()).text, TIME),
    "of another log": LOG.sign(LogCheckpoint("other.example", 12, CHECKPOINT.head).text, TIME),
    "with another time": with_bytes(lambda data: (TIME + 1).to_bytes(STAMP_BYTES, "big") + data[STAMP_BYTES:]),
    "first byte": with_bytes(flipped(STAMP_BYTES)),
    "a byte in the middle": with_bytes(flipped(STAMP_BYTES + SIGNATURE_BYTES // 2)),
    "last byte": with_bytes(flipped(STAMP_BYTES + SIGNATURE_BYTES - 1)),
    "truncated": with_bytes(lambda data: data[:-1]),
    "cut to the length of Ed25519": with_bytes(lambda data: data[: STAMP_BYTES + 64]),
    "time alone": with_bytes(lambda data: data[:STAMP_BYTES]),
    "nothing": with_bytes(lambda _data: b""),
    "too long": with_bytes(lambda data: data + b"\x00"),
    "an Ed25519 signature by the same seed": replace(
        NoteSigner(NAME, LOG.seed, ED25519).sign(CHECKPOINT.text), key_id=SIGNED.key_id
    ),
}


def test_a_signature_is_verified_with_its_time_and_has_the_bytes_of_the_standard() -> None:
    note = SignedNote.parse(str(SignedNote(CHECKPOINT.text, (SIGNED,))))
    assert note.verify([NoteVerifier.parse(LOG.verifier.text)]) == {NAME: TIME}
    assert len(LOG.verifier.key) == KEY_BYTES
    assert len(SIGNED.signature) == STAMP_BYTES + SIGNATURE_BYTES


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_signature_is_refused(name: str) -> None:
    with pytest.raises(NoteError, match=f"the signature of {NAME} does not fit"):
        SignedNote(CHECKPOINT.text, (FORGED[name],)).verify([LOG.verifier])


@pytest.mark.parametrize("name", FORGED)
def test_a_sound_signature_by_ed25519_does_not_cover_a_forged_one(name: str) -> None:
    """Where both keys are known, both signatures have to fit."""
    classic = NoteSigner(NAME, sha256(b"classic").digest())
    for signatures in (
        (classic.sign(CHECKPOINT.text), FORGED[name]),
        (FORGED[name], classic.sign(CHECKPOINT.text)),
    ):
        note = SignedNote(CHECKPOINT.text, signatures)
        assert note.verify([classic.verifier]) == {NAME: None}
        with pytest.raises(NoteError, match="does not fit"):
            note.verify([classic.verifier, LOG.verifier])


@pytest.mark.parametrize(
    "text",
    [
        LOG.verifier.text.replace(LOG.verifier.key_id.hex(), FORGER.verifier.key_id.hex()),  # the id of another key
        LOG.verifier.text.replace(NAME, OTHER_NAME.name),
        NoteVerifier(NAME, ED25519, LOG.verifier.key).text.replace(
            NoteVerifier(NAME, ED25519, LOG.verifier.key).key_id.hex(), LOG.verifier.key_id.hex()
        ),
        LOG.verifier.text[:-4],
    ],
    ids=["another id", "another name", "another algorithm", "truncated"],
)
def test_a_key_whose_id_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match=r"another id or algorithm"):
        NoteVerifier.parse(text)


@pytest.mark.parametrize("length", [0, 32, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_key_of_another_length_verifies_nothing(length: int) -> None:
    short = NoteVerifier(NAME, ML_DSA_44, (LOG.verifier.key + b"\x00")[:length])
    with pytest.raises(NoteError, match="does not fit"):
        short.verify(CHECKPOINT.text, SIGNED)


def test_what_is_no_checkpoint_is_not_signed() -> None:
    for text in ("", "zone\n", "zone\nmany\nAAAA\n", "zone\n1\n****\n", "zone\n-1\nAAAA\n", "z" * 256 + "\n1\nAAAA\n"):
        with pytest.raises(NoteError, match="only a checkpoint"):
            LOG.sign(text, TIME)


def test_in_a_rotation_each_key_judges_its_own_signature(tmp_path: Path) -> None:
    old = create_keys(tmp_path, NAME)
    both = old.add_new(tmp_path)
    note = SignedNote(CHECKPOINT.text, tuple(signer.sign(CHECKPOINT.text, TIME) for signer in both.signers))
    verifiers = [signer.verifier for signer in both.signers if signer.algorithm == ML_DSA_44]
    assert len({verifier.key_id for verifier in verifiers}) == 2
    for verifier in verifiers:
        assert note.verify([verifier]) == {NAME: TIME}
    first, second = (note.signed_by(verifier) for verifier in verifiers)
    assert first
    assert second
    mixed = (replace(first, signature=second.signature), replace(second, signature=first.signature))
    for verifier in verifiers:
        with pytest.raises(NoteError, match="does not fit"):
            SignedNote(CHECKPOINT.text, mixed).verify([verifier])
    retired = both.retire(tmp_path)
    after = SignedNote(CHECKPOINT.text, tuple(signer.sign(CHECKPOINT.text, TIME) for signer in retired.signers))
    assert after.verify(verifiers[:1]) == {NAME: TIME}
    assert after.verify(verifiers[1:]) == {}  # the key that was retired has not signed
