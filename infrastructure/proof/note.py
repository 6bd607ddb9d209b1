"""Signed notes (C2SP signed-note) and cosignatures of checkpoints (C2SP tlog-cosignature), by Ed25519 and ML-DSA-44.

A note is a text that ends with a newline, an empty line, and a line for each signature: a dash, the signer's name, and
in base64 the first four bytes of the key's id and the signature. A cosignature says besides when it was made. ML-DSA-44
(FIPS 204) holds against quantum computers; its signatures have 2,420 bytes.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from msgspec import Struct

ED25519, COSIGNATURE, ML_DSA_44 = b"\x01", b"\x04", b"\x06"  # algorithms of signatures, as C2SP numbers them
ALGORITHMS = (ED25519, COSIGNATURE, ML_DSA_44)
ED25519_KINDS = (ED25519, COSIGNATURE)  # those that the verifier in a bundle and that in a browser can check
SUBTREE_LABEL = b"subtree/v1\n\x00"  # before what ML-DSA-44 signs
KEY_ID_BYTES, TIME_BYTES, ED25519_BYTES = 4, 8, 64
DASH = "\u2014 "
NAME_FORBIDDEN = frozenset("+ \t\r\n")


class NoteError(ValueError):
    """A note or a key can't be read, or a signature does not fit."""


class NoteSignature(Struct, frozen=True):
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it is written under the note."""
        return f"{DASH}{self.name} {b64encode(self.key_id + self.signature).decode()}\n"


class NoteVerifier(Struct, frozen=True):
    """A public key with the name it signs under: `<name>+<key id in hex>+<base64 of algorithm and key>`."""

    name: str
    algorithm: bytes
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, newline, algorithm and key."""
        return sha256(self.name.encode() + b"\n" + self.algorithm + self.key).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as it is published."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.algorithm + self.key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a published key. Raises NoteError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = b64decode(encoded, validate=True)
        except ValueError as error:
            raise NoteError(f"not a verifier key: {text[:80]}") from error
        verifier = cls(name, data[:1], data[1:])
        if verifier.algorithm not in ALGORITHMS or verifier.key_id.hex() != key_id:
            raise NoteError(f"the key of {name or 'nameless'} has another id or algorithm than it says")
        return verifier

    def verify(self, text: str, signature: NoteSignature) -> int | None:
        """Check one signature of *text*. Returns when a cosignature was made, in Unix seconds. Raises NoteError."""
        message, time, signed = text.encode(), None, signature.signature
        if self.algorithm != ED25519:
            time, signed = int.from_bytes(signed[:TIME_BYTES], "big"), signed[TIME_BYTES:]
            message = cosigned(text, time) if self.algorithm == COSIGNATURE else subtree(self.name, text, time)
        public = MLDSA44PublicKey if self.algorithm == ML_DSA_44 else Ed25519PublicKey
        try:
            public.from_public_bytes(self.key).verify(signed, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError(f"the signature of {self.name} does not fit") from error
        return time


class NoteSigner(Struct, frozen=True):
    """A private key with the name it signs under; *algorithm* says whether its signatures carry a time."""

    name: str
    seed: bytes
    algorithm: bytes = ED25519

    @property
    def _key(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.algorithm == ML_DSA_44:
            return MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def verifier(self) -> NoteVerifier:
        """The public key."""
        return NoteVerifier(self.name, self.algorithm, self._key.public_key().public_bytes_raw())

    def sign(self, text: str, time: int = 0) -> NoteSignature:
        """The signature of *text*; a cosignature says that it was made at *time*, in Unix seconds."""
        if self.algorithm == ED25519:
            signature = self._key.sign(text.encode())
        else:
            message = cosigned(text, time) if self.algorithm == COSIGNATURE else subtree(self.name, text, time)
            signature = time.to_bytes(TIME_BYTES, "big") + self._key.sign(message)
        return NoteSignature(self.name, self.verifier.key_id, signature)


def cosigned(text: str, time: int) -> bytes:
    """What a cosignature signs."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def subtree(name: str, text: str, time: int) -> bytes:
    """What an ML-DSA-44 cosignature by *name* of the checkpoint *text* signs. Raises NoteError."""
    try:
        origin, size, head = text.splitlines()[:3]
        numbers = [number.to_bytes(8, "big") for number in (time, 0, int(size))]
        names = [len(part).to_bytes(1, "big") + part for part in (name.encode(), origin.encode())]
        return b"".join((SUBTREE_LABEL, names[0], numbers[0], names[1], *numbers[1:], b64decode(head, validate=True)))
    except (ValueError, OverflowError) as error:
        raise NoteError(f"only a checkpoint can be cosigned: {error}") from error


def require_name(name: str) -> str:
    """*name*, where keys may be called so. Raises NoteError."""
    if not name or NAME_FORBIDDEN & set(name):
        raise NoteError(f"the name of a key is neither empty nor holds spaces or plus signs: {name!r}")
    return name


class SignedNote(Struct, frozen=True):
    """A text with its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...] = ()

    @classmethod
    def parse(cls, data: str) -> Self:
        """Read a note. Raises NoteError."""
        text, separator, lines = data.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise NoteError("a signed note ends with an empty line and its signatures")
        return cls(text + "\n", tuple(_signature(line) for line in lines.splitlines()))

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"

    def signed_by(self, verifier: NoteVerifier) -> NoteSignature | None:
        """The signature that claims to be by *verifier*."""
        wanted = verifier.name, verifier.key_id
        return next((signature for signature in self.signatures if (signature.name, signature.key_id) == wanted), None)

    def verify(self, verifiers: Sequence[NoteVerifier]) -> dict[str, int | None]:
        """Check the signatures of *verifiers*: who signed, and when, where that is said. Raises NoteError.

        Signatures by keys that are not given are passed over, as the format asks for.
        """
        signatures = {verifier: self.signed_by(verifier) for verifier in verifiers}
        return {verifier.name: verifier.verify(self.text, signed) for verifier, signed in signatures.items() if signed}


def _signature(line: str) -> NoteSignature:
    dash, name_and_data = line[: len(DASH)], line[len(DASH) :]
    name, _, encoded = name_and_data.partition(" ")
    try:
        data = b64decode(encoded, validate=True)
    except ValueError as error:
        raise NoteError(f"not a signature line: {line[:80]}") from error
    if dash != DASH or not name or len(data) <= KEY_ID_BYTES:
        raise NoteError(f"not a signature line: {line[:80]}")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])
