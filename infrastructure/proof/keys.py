"""Private keys of a log or a witness, as a file that only its owner can read: create, rotate, retire, back up.

A key per line, in the notation of Go's note package: `PRIVATE+KEY+<name>+<key id>+<base64 of algorithm and seed>`. The
first of each algorithm is current; older ones below sign as well until they are retired, so that those who pinned one
can change. Public keys that ever signed stay in a file beside it. The folder must not be in a backup of the data:
anyone who holds both can forge the whole ledger.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes
from typing import Self

from msgspec import Struct

from infrastructure.durable_files import replace_file
from infrastructure.errors import OperatorError
from infrastructure.proof.note import (
    ALGORITHMS,
    COSIGNATURE,
    ED25519,
    ML_DSA_44,
    NoteError,
    NoteSigner,
    NoteVerifier,
    require_name,
)

PRIVATE, PUBLIC = "private-keys", "public-keys"
HEAD = "PRIVATE+KEY+"
SEED_BYTES = 32
FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS = 0o077
OF_A_LOG, OF_A_WITNESS = (ED25519, ML_DSA_44), (COSIGNATURE,)


class SigningKeyError(OperatorError):
    """The keys can't be used, made or stored. The sentence says what to do; *code* is stable."""

    code = "signing-key"


class SigningKeys(Struct, frozen=True):
    """The keys in one folder: *signers*, the current ones first, and every public key that ever signed."""

    signers: tuple[NoteSigner, ...]
    published: tuple[NoteVerifier, ...]

    @property
    def name(self) -> str:
        """Under which they sign: a log's origin."""
        return self.signers[0].name

    @property
    def current(self) -> tuple[NoteSigner, ...]:
        """The newest key of each algorithm."""
        newest = {signer.algorithm: signer for signer in reversed(self.signers)}
        return tuple(signer for signer in self.signers if newest[signer.algorithm] == signer)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The keys in *folder*. Raises SigningKeyError."""
        file = folder / PRIVATE
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            mode = file.stat().st_mode
        except FileNotFoundError:
            raise SigningKeyError(
                f"There is no signing key in {folder}: countersign log-key create makes one."
            ) from None
        except OSError as failure:
            raise SigningKeyError(f"The signing key {file} can't be read: {failure.strerror or failure}.") from failure
        if mode & OTHERS:
            raise SigningKeyError(f"Others than its owner can read {file}: chmod 600 it, or rotate the key.")
        signers = tuple(_signer(line, file) for line in lines if line.strip())
        if not signers or len({signer.name for signer in signers}) > 1:
            raise SigningKeyError(
                f"The file {file} holds no key, or keys of several names: restore it from its backup."
            )
        return cls(signers, published_keys(folder))

    def add_new(self, folder: Path) -> SigningKeys:
        """Put a new key of each algorithm first; those of now sign along until they are retired."""
        fresh = [new_signer(signer.name, signer.algorithm) for signer in self.current]
        return store_keys(folder, [*fresh, *self.signers])

    def retire(self, folder: Path) -> SigningKeys:
        """Forget all but the current keys; signatures by the others are still recognised in what was signed before."""
        return store_keys(folder, self.current)

    def back_up(self, target: Path, data: Path) -> None:
        """Write the private keys to the new file *target*, outside of the folder *data*. Raises SigningKeyError."""
        if target.resolve().is_relative_to(data.resolve()):
            raise SigningKeyError(f"{target} is in the data folder {data}: keys must not be in a backup of the data.")
        if target.exists():
            raise SigningKeyError(f"{target} exists already: name a new file.")
        _write(target, "".join(f"{private_text(signer)}\n" for signer in self.signers))


def published_keys(folder: Path) -> tuple[NoteVerifier, ...]:
    """Every public key that ever signed, the newest first."""
    file = folder / PUBLIC
    try:
        return tuple(NoteVerifier.parse(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return ()
    except (NoteError, OSError) as error:
        raise SigningKeyError(f"The public keys in {file} can't be read: {error}.") from error


def create_keys(folder: Path, name: str, algorithms: Sequence[bytes] = OF_A_LOG) -> SigningKeys:
    """Make the first keys in *folder*, or new ones where the private ones were lost. Raises SigningKeyError.

    After a loss the name stays, as a log goes by it: *name* has to be the same.
    """
    if (folder / PRIVATE).exists():
        raise SigningKeyError(f"There is a signing key in {folder} already: countersign log-key rotate changes it.")
    before = published_keys(folder)
    if before and before[0].name != name:
        raise SigningKeyError(f"The keys in {folder} were called {before[0].name}: the new one must be so, too.")
    try:
        require_name(name)
    except NoteError as error:
        raise SigningKeyError(f"A key can't be called {name!r}: {error}.") from error
    return store_keys(folder, [new_signer(name, algorithm) for algorithm in algorithms])


def restore_keys(folder: Path, source: Path) -> SigningKeys:
    """Put the keys of the backup *source* into *folder*, which has none. Raises SigningKeyError."""
    if (folder / PRIVATE).exists():
        raise SigningKeyError(f"There is a signing key in {folder} already: move it away first.")
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as failure:
        raise SigningKeyError(f"The backup {source} can't be read: {failure}.") from failure
    signers = [_signer(line, source) for line in lines if line.strip()]
    if not signers:
        raise SigningKeyError(f"The backup {source} holds no key.")
    return store_keys(folder, signers)


def private_text(signer: NoteSigner) -> str:
    """A private key as it is stored."""
    key_id = signer.verifier.key_id.hex()
    return f"{HEAD}{signer.name}+{key_id}+{b64encode(signer.algorithm + signer.seed).decode()}"


def _signer(line: str, file: Path) -> NoteSigner:
    name, _, rest = line.strip().removeprefix(HEAD).partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = b64decode(encoded, validate=True)
    except ValueError:
        data = b""
    signer = NoteSigner(name, data[1:], data[:1])
    known = signer.algorithm in ALGORITHMS and len(signer.seed) == SEED_BYTES and line.startswith(HEAD)
    if not known or signer.verifier.key_id.hex() != key_id:
        raise SigningKeyError(f"A line of {file} is no private key: restore the file from its backup.")
    return signer


def new_signer(name: str, algorithm: bytes) -> NoteSigner:
    """A new key."""
    return NoteSigner(name, token_bytes(SEED_BYTES), algorithm)


def store_keys(folder: Path, signers: Sequence[NoteSigner]) -> SigningKeys:
    """Store *signers* as the keys in *folder*. Raises SigningKeyError.

    Public keys first: what was signed must stay verifiable, whatever is interrupted.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    verifiers = [signer.verifier for signer in signers]
    published = (*verifiers, *(key for key in published_keys(folder) if key not in verifiers))
    _write(folder / PUBLIC, "".join(f"{key.text}\n" for key in published))
    _write(folder / PRIVATE, "".join(f"{private_text(signer)}\n" for signer in signers))
    return SigningKeys(tuple(signers), published)


def _write(file: Path, text: str) -> None:
    """Replace *file* atomically, readable by its owner alone. Raises SigningKeyError."""
    try:
        replace_file(file, text.encode(), FILE_MODE)
    except OSError as failure:
        raise SigningKeyError(f"{file} can't be written: {failure.strerror or failure}.") from failure
