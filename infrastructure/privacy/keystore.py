"""The keystore's interface: a key per person, wrapped with a master key, destroyed to erase the person's data.

An adapter to a key management service implements MasterKey alone: the service then wraps and unwraps keys, and the
master key never leaves it.
"""

from __future__ import annotations

import os
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from infrastructure.errors import OperatorError

KEY_BYTES = 32  # AES-256
SECRET_CONTEXT = b"countersign/"  # keeps derived secrets apart from those of other programs with the same master key


class KeystoreError(OperatorError):
    """The keystore can't be used. The sentence says why, and what would help."""


class MasterKey(Protocol):
    """Wraps the keys of persons, and derives secrets of the installation."""

    def wrap(self, key: bytes) -> bytes:
        """*key*, encrypted."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key in *wrapped*. Raises KeystoreError where it was wrapped with another master key."""

    def secret(self, purpose: str) -> bytes:
        """32 bytes for *purpose*, always the same."""


class Keystore(Protocol):
    """Keys by person. `find` answers None for a destroyed key, as for an unknown one."""

    def find(self, person: UUID) -> bytes | None:
        """The person's key; None where there is none any more."""

    def make(self, person: UUID) -> bytes:
        """The person's key, made and durable where there was none."""

    def destroy(self, person: UUID) -> bool:
        """Destroy the person's key. False where there was none."""

    def secret(self, purpose: str) -> bytes:
        """32 secret bytes of the installation for *purpose*."""

    def wrapped(self, person: UUID) -> bytes | None:
        """The person's key as it is stored, for an export."""

    def adopt(self, person: UUID, wrapped: bytes) -> None:
        """Store a key that was exported. Raises KeystoreError where another master key wrapped it."""


class LocalMasterKey:
    """A master key of 32 bytes in this process's memory. Keys are wrapped by RFC 3394."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeystoreError(f"A master key has {KEY_BYTES} bytes, and this one {len(key)}.")
        self._key = key

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._key, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._key, wrapped)
        except InvalidUnwrap as failure:
            raise KeystoreError(
                "A key of personal data was wrapped with another master key: use the master key of this ledger."
            ) from failure

    def secret(self, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, None, SECRET_CONTEXT + purpose.encode()).derive(self._key)


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)
