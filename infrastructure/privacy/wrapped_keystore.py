"""What every keystore does, wherever it stores keys: wrap and unwrap them, and go from one master key to the next.

Secrets of the installation are derived from the master key until that is replaced; then they are stored like keys,
wrapped, and stay the same. Ids that no person has are set aside for them, and for a mark: the master key that opens it
is the one that wraps new keys.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from uuid import UUID, uuid5

from msgspec import Struct

from infrastructure.privacy.keystore import KeystoreError, MasterKey, SecretPurpose, new_key

NAMESPACE = UUID("5b0c8f0e-6d1a-5c53-9a43-9f8f0f3d7a10")  # permanent: stored secrets are found by it
MARK = uuid5(NAMESPACE, "mark")
FORMER = "former "


class MasterKeys(Struct, frozen=True):
    """The master keys that this process knows: *current*, and *following* while that takes its place, else None."""

    current: MasterKey
    following: MasterKey | None = None

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key in *wrapped*, by either. Raises KeystoreError."""
        if self.following is not None and opens(self.following, wrapped):
            return self.following.unwrap(wrapped)
        return self.current.unwrap(wrapped)


class WrappedKeystore(ABC):
    """Keys by id, wrapped by a master key. No key stays in memory, but secrets do. Raises KeystoreError."""

    def __init__(self) -> None:
        self._secrets: dict[SecretPurpose, bytes] = {}

    @abstractmethod
    def masters(self) -> MasterKeys:
        """The master keys as they are now; the first call may make one."""

    @abstractmethod
    def wrapped(self, person: UUID) -> bytes | None:
        """The key as it is stored."""

    @abstractmethod
    def destroy(self, person: UUID) -> bool:
        """Destroy a key. False where there was none."""

    @abstractmethod
    def ids(self) -> Iterator[UUID]:
        """The ids of all keys, those set aside among them."""

    @abstractmethod
    def add(self, person: UUID, wrapped: bytes) -> None:
        """Store a key unless there is one, durably."""

    @abstractmethod
    def exchange(self, person: UUID, before: bytes, wrapped: bytes) -> bool:
        """Store *wrapped* in the place of *before*, durably; False where that is not there any more."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open, such as a connection; the next use opens it again."""

    def find(self, person: UUID) -> bytes | None:
        """The person's key; None where there is none any more."""
        for is_last in (False, True):
            wrapped = self.wrapped(person)  # before the master keys: one that wraps it is known by then
            if wrapped is None:
                return None
            try:
                return self.masters().unwrap(wrapped)
            except KeystoreError:
                if is_last or self.wrapped(person) == wrapped:  # else it was re-wrapped meanwhile
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    def make(self, person: UUID) -> bytes:
        """The person's key, made and durable where there was none."""
        if key := self.find(person):
            return key
        fresh = new_key()
        own = self.wrapping().wrap(fresh)
        self.add(person, own)
        wrapped = self.wrapped(person)  # perhaps that of a process which was faster
        # One's own needs no unwrapping: the master key that wrapped it may have been replaced just now.
        key = None if wrapped is None else fresh if wrapped == own else self.find(person)
        if wrapped is None or key is None:
            raise KeystoreError(f"The key of the person {person} was destroyed while it was made: send it again.")
        wrapping = self.wrapping()  # looked at again: the master key may have been replaced since
        if not opens(wrapping, wrapped):
            self.exchange(person, wrapped, wrapping.wrap(key))
        return key

    def wrapping(self) -> MasterKey:
        """The master key that wraps new keys: the one that opens the mark."""
        mark, masters = self.wrapped(MARK), self.masters()
        if mark is None or opens(masters.current, mark):
            return masters.current
        if masters.following is not None and opens(masters.following, mark):
            return masters.following
        raise KeystoreError(
            "The master key of personal data was replaced, and this process has the old one: let"
            " COUNTERSIGN_MASTER_KEY be the new one, and start it again."
        )

    def adopt(self, person: UUID, wrapped: bytes) -> None:
        """Store a key that was exported. Raises KeystoreError where another master key wrapped it."""
        self.masters().unwrap(wrapped)
        self.add(person, wrapped)

    def secret(self, purpose: SecretPurpose) -> bytes:
        """32 secret bytes of the installation for *purpose*."""
        if purpose not in self._secrets:
            self._secrets[purpose] = self._stored(purpose) or self._first(purpose)
        return self._secrets[purpose]

    def former_secret(self, purpose: SecretPurpose) -> bytes | None:
        """The secret that the last renewal took the place of; None where there was none."""
        return self.find(secret_id(purpose, FORMER))

    def store_secret(self, purpose: SecretPurpose) -> None:
        """Store the secret for *purpose*, unless it is stored: no other master key changes it from then on."""
        if self.wrapped(secret_id(purpose)) is None:
            self.add(secret_id(purpose), self.wrapping().wrap(self.secret(purpose)))

    def renew_secret(self, purpose: SecretPurpose) -> None:
        """Let a random secret take the place of the present one, which stays as the former one."""
        before = self._stored(purpose) or self._first(purpose)
        self.store_secret(purpose)
        self.destroy(secret_id(purpose, FORMER))
        self.add(secret_id(purpose, FORMER), self.wrapping().wrap(before))
        wrapped = self.wrapped(secret_id(purpose))
        if wrapped is None or not self.exchange(secret_id(purpose), wrapped, self.wrapping().wrap(new_key())):
            raise KeystoreError(f"Another process renewed the secret for {purpose} at the same time: look at it first.")
        self._secrets.pop(purpose, None)

    def _stored(self, purpose: SecretPurpose) -> bytes | None:
        return self.find(secret_id(purpose))

    def _first(self, purpose: SecretPurpose) -> bytes:
        """The secret for a *purpose* that none is stored for: derived, unless the master key was ever replaced."""
        if self.wrapped(MARK) is None:
            return self.masters().current.secret(purpose)
        self.add(secret_id(purpose), self.wrapping().wrap(new_key()))
        stored = self._stored(purpose)
        assert stored is not None, "no one destroys a secret"
        return stored


def secret_id(purpose: SecretPurpose, which: str = "") -> UUID:
    """The id under which the secret for *purpose* is stored, or the *which* one."""
    return uuid5(NAMESPACE, f"{which}secret/{purpose}")


SET_ASIDE = frozenset({MARK, *(secret_id(purpose, which) for purpose in SecretPurpose for which in ("", FORMER))})


def opens(master: MasterKey, wrapped: bytes) -> bool:
    """Whether *master* has wrapped it."""
    try:
        master.unwrap(wrapped)
    except KeystoreError:
        return False
    return True
