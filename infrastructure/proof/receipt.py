"""Receipts that prove themselves: a C2SP tlog-proof that holds its leaf, and the same in few bytes for paper.

Both need nothing but the log's public key to be verified: a browser does it at /verify, offline.

cs1. and base64url without padding, of: position and size of the tree, 8 bytes each, big-endian; how many bytes the
log's name has, 1 byte; hash of the entry, 32; the log's name; id of its Ed25519 key, 4, and signature, 64; the path, 32
bytes a hash. The head of the tree follows from the path, so it is left out; the signature is over the checkpoint.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.merkle import leaf
from infrastructure.proof.note import ED25519_BYTES

PRINTED = "cs1."
PRINTED_BYTES_MAX = 1_200  # of the whole text: what a code on paper still prints legibly
NUMBER_BYTES = 8


def receipt_proof(log: LogReader, position: int, entry_hash: bytes) -> str:
    """The tlog-proof of the entry, whose line `extra` holds the leaf. Raises LogError where the log has it not yet."""
    header, _, rest = log.proof(position).partition("\n")
    return f"{header}\nextra {b64encode(leaf(position, entry_hash)).decode()}\n{rest}"


def printed_proof(log: LogReader, position: int, entry_hash: bytes, address: str = "") -> str:
    """What the code on paper holds: the *address* of the page that verifies it, and the proof behind a `#`.

    Browsers send nothing of what follows the `#`. Raises LogError where the log has the entry not yet, or where
    the text would be longer than PRINTED_BYTES_MAX.
    """
    path = log.inclusion(position)
    checkpoint = log.checkpoint
    signature = next(
        (
            signed
            for signed in (log.note.signatures if log.note else ())
            if signed.name == checkpoint.origin and len(signed.signature) == ED25519_BYTES
        ),
        None,
    )
    if signature is None:
        raise LogError("not-signed", f"the checkpoint has no Ed25519 signature of {checkpoint.origin}")
    origin = checkpoint.origin.encode()
    numbers = [number.to_bytes(NUMBER_BYTES, "big") for number in (position, checkpoint.size)]
    parts = (*numbers, len(origin).to_bytes(1, "big"), entry_hash, origin, signature.key_id, signature.signature, *path)
    encoded = urlsafe_b64encode(b"".join(parts)).decode().rstrip("=")
    text = f"{address}#{PRINTED}{encoded}" if address else f"{PRINTED}{encoded}"
    if len(text) > PRINTED_BYTES_MAX:
        raise LogError("too-long-for-paper", f"the proof of position {position} has {len(text)} bytes as a code")
    return text
