"""Signed notes and checkpoints: a published note is read and verified; changed ones are refused."""

from __future__ import annotations

from hashlib import sha256

import pytest

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.note import (
    COSIGNATURE,
    NoteError,
    NoteSigner,
    NoteVerifier,
    SignedNote,
    require_name,
)

# The example of Go's golang.org/x/mod/sumdb/note, whose format it is.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG = NoteSigner("countersign.example/zone", sha256(b"log").digest())
WITNESS = NoteSigner("bureau.example", sha256(b"witness").digest(), COSIGNATURE)
CHECKPOINT = LogCheckpoint(LOG.name, 12, sha256(b"head").digest())


def signed() -> SignedNote:
    """The checkpoint, signed by the log and cosigned by the witness."""
    return SignedNote(CHECKPOINT.text, (LOG.sign(CHECKPOINT.text), WITNESS.sign(CHECKPOINT.text, 1_790_000_000)))


def test_a_published_note_is_verified() -> None:
    verifier = NoteVerifier.parse(PUBLISHED_KEY)
    assert SignedNote.parse(PUBLISHED_NOTE).verify([verifier]) == {"PeterNeumann": None}
    assert verifier.text == PUBLISHED_KEY
    with pytest.raises(NoteError, match="PeterNeumann"):
        SignedNote.parse(PUBLISHED_NOTE.replace("answer", "Answer")).verify([verifier])


def test_a_checkpoint_comes_back_with_its_signatures() -> None:
    note = SignedNote.parse(str(signed()))
    assert note == signed()
    assert note.verify([LOG.verifier, WITNESS.verifier]) == {LOG.name: None, WITNESS.name: 1_790_000_000}
    assert LogCheckpoint.of(note) == CHECKPOINT


def test_a_cosignature_is_bound_to_its_time() -> None:
    first, second = WITNESS.sign(CHECKPOINT.text, 1), WITNESS.sign(CHECKPOINT.text, 2)
    moved = type(first)(first.name, first.key_id, second.signature[:8] + first.signature[8:])
    with pytest.raises(NoteError, match="bureau"):
        SignedNote(CHECKPOINT.text, (moved,)).verify([WITNESS.verifier])


def test_signatures_by_other_keys_are_passed_over() -> None:
    stranger = NoteSigner(LOG.name, sha256(b"stranger").digest())
    assert SignedNote(CHECKPOINT.text, (stranger.sign(CHECKPOINT.text),)).verify([LOG.verifier]) == {}


@pytest.mark.parametrize(
    "text", ["", "zone\n1\n", "zone\n01\nAAAA\n", "zone\n-1\nAAAA\n", "zone\n1\n****\n", "zone\n1\nAAAA\n", "\n1\nA\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        LogCheckpoint.parse(text)


@pytest.mark.parametrize(
    "data", ["", "text\n", "text\n\nsigned\n", "text\n\n\u2014 name AAAA\n", "text\n\n\u2014 name *\n"]
)
def test_what_is_no_note_is_refused(data: str) -> None:
    with pytest.raises(NoteError):
        SignedNote.parse(data)


@pytest.mark.parametrize("text", ["", "x", "a+00000000+AQ==", "a+b", PUBLISHED_KEY.replace("c74f20a3", "c74f20a4")])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        NoteVerifier.parse(text)


def test_a_key_name_has_no_blank_plus_or_line_break() -> None:
    assert require_name("bureau.example") == "bureau.example"
    for name in ("", "a b", "a+b", "a\n"):
        with pytest.raises(NoteError):
            require_name(name)
