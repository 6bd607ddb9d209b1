"""Content-addressed storage of materials, by SHA-256, in a local folder or an S3-compatible bucket.

An upload is written to a temporary file while it is hashed, then checked, and renamed into place atomically, so that no
crash leaves a partial file. The same content is stored once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import ParamSpec, TypeVar, cast

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from infrastructure.errors import OperatorError
from infrastructure.materials.archive import Readable
from infrastructure.materials.malware import ClamdScanner
from infrastructure.materials.media import UnfitMediaError, kind_of, require_kind
from infrastructure.materials.places import ASIDE, PLACED, UPLOAD, Place, aside_key_of, key_of, place_of
from infrastructure.settings import Settings

PIECE_BYTES = 1024 * 1024  # per read and write
THREADS_MAX = 8  # concurrent operations on disk or bucket

P = ParamSpec("P")
T = TypeVar("T")


class StorageAwayError(OperatorError):
    """The folder or the bucket can't be read or written."""


class StoredMaterial(Struct, frozen=True):
    """A stored file. *size* is in bytes; *known*: the same content was already stored."""

    digest: str
    size: int
    media_type: str
    known: bool = False


class Placed(Struct, frozen=True):
    """A stored file as listed: its size in bytes, and when it was last stored."""

    digest: str
    size: int
    placed_at: datetime


class MaterialStore:
    """The files of an installation. *bytes_max* is the size limit of a file; *scanner* looks for malware in them."""

    def __init__(self, place: Place, bytes_max: int, scanner: ClamdScanner | None = None) -> None:
        self._place, self.bytes_max, self._scanner = place, bytes_max, scanner
        self._threads = ThreadPoolExecutor(THREADS_MAX, "materials")

    @classmethod
    def of(cls, settings: Settings) -> MaterialStore:
        """The store of *settings*; makes an older release's open folder private. Raises SettingRefusedError."""
        place = place_of(settings)
        place.store()
        return cls(place, settings.materials_bytes_max, ClamdScanner(settings.clamd) if settings.clamd else None)

    async def receive(self, chunks: AsyncIterable[bytes], media_type: str, *, expected: str = "") -> StoredMaterial:
        """Store the content of *chunks*, if it is of *media_type* and hashes to *expected* (if given).

        Raises UnfitMediaError: material-too-large, -empty, -type-unknown, -type-mismatch, -executable,
        -digest-mismatch, -infected; StorageAwayError; ScannerAwayError; and whatever *chunks* raises. Nothing is stored
        then.
        """
        upload = await self._in_thread(self._begin)
        try:
            waiting = bytearray()
            async for chunk in chunks:
                waiting += chunk
                if upload.size + len(waiting) > self.bytes_max:
                    raise self.too_large()
                if len(waiting) >= PIECE_BYTES:
                    await self._in_thread(upload.write, bytes(waiting))
                    waiting.clear()
            await self._in_thread(upload.write, bytes(waiting))
            return await self._in_thread(self._finish, upload, media_type, expected)
        finally:
            await self._in_thread(upload.discard)

    async def size_of(self, digest: str) -> int | None:
        """The size of the file in bytes; None if it is not stored. Raises StorageAwayError."""
        return await self._in_thread(self.size_now, digest)

    def size_now(self, digest: str) -> int | None:
        """As `size_of`, synchronously."""
        with reachable():
            store = self._place.store()
            if store is None:
                return None
            try:
                return int(obstore.head(store, key_of(digest))["size"])
            except FileNotFoundError:  # obstore's NotFoundError is a subclass
                return None

    async def kind(self, stored: StoredMaterial) -> str:
        """The media type of *stored*, detected from its content. Raises StorageAwayError."""

        def look() -> str:
            with reachable():
                return kind_of(self._open(stored.digest, stored.size), stored.size)

        return await self._in_thread(look)

    async def require(self, digest: str, size: int, media_type: str) -> None:
        """Raise UnfitMediaError unless a file is stored under *digest* with this size and type:
        material-not-stored, -differs, -type-unknown, -type-mismatch. Raises StorageAwayError.
        """

        def look(stored: int) -> None:
            with reachable():
                require_kind(self._open(digest, stored), stored, media_type, stored=True)

        stored = await self.size_of(digest)
        if stored is None:
            raise UnfitMediaError(
                "material-not-stored", f"no file is stored under {digest}", "upload it first: POST /v1/materials"
            )
        if stored != size:
            raise UnfitMediaError(
                "material-differs", f"the stored file has {stored} bytes, not {size}", "send what is stored"
            )
        await self._in_thread(look, stored)

    async def read(self, digest: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from *start* to *end* (exclusive), in pieces. Raises StorageAwayError."""
        with reachable():
            store = await self._in_thread(self._place.store)
            if store is None or start >= end:
                return
            result = await obstore.get_async(store, key_of(digest), options={"range": (start, end)})
            async for piece in result.stream(PIECE_BYTES):
                yield piece

    def pieces(self, digest: str) -> Iterator[bytes]:
        """A whole file in pieces, synchronously. Raises StorageAwayError."""
        with reachable():
            store = self._place.store()
            if store is not None:
                yield from obstore.get(store, key_of(digest)).stream(PIECE_BYTES)

    def stored_before(self, instant: datetime) -> Iterator[Placed]:
        """Every file last stored before *instant*. Raises StorageAwayError."""
        yield from (file for file in self._list(PLACED) if file.placed_at < instant)

    def set_aside(self, digest: str) -> None:
        """Hide the file from reads, until it is put back or uploaded again. Raises StorageAwayError."""
        self._move(key_of(digest), aside_key_of(digest))

    def set_aside_so_far(self) -> Iterator[str]:
        """The digests of all files that are set aside, also by other processes. Raises StorageAwayError."""
        yield from (file.digest for file in self._list(ASIDE))

    def put_back(self, digest: str) -> None:
        """Restore a file that was set aside. Raises StorageAwayError."""
        self._move(aside_key_of(digest), key_of(digest))
        with reachable():
            self._place.confirm(key_of(digest))

    def remove(self, digest: str) -> None:
        """Delete a file that was set aside. Raises StorageAwayError."""
        with reachable(), suppress(FileNotFoundError):  # another sweep was quicker
            obstore.delete(self._existing_store(), aside_key_of(digest))

    def _list(self, prefix: str) -> Iterator[Placed]:
        with reachable():
            store = self._place.store()
            for batch in obstore.list(store, prefix=prefix) if store else ():
                for meta in batch:
                    yield Placed(meta["path"].rpartition("/")[2], meta["size"], meta["last_modified"])

    def _move(self, key: str, to: str) -> None:
        with reachable(), suppress(FileNotFoundError):  # another sweep was quicker
            obstore.rename(self._existing_store(), key, to)

    def _existing_store(self) -> ObjectStore:
        store = self._place.store()
        if store is None:
            raise FileNotFoundError("nothing was ever stored")
        return store

    def too_large(self) -> UnfitMediaError:
        """The refusal of a file that is larger than the setting allows."""
        return UnfitMediaError(
            "material-too-large",
            f"the file has more than {self.bytes_max} bytes",
            "send it in parts, or smaller; COUNTERSIGN_MATERIALS_BYTES_MAX is the limit here",
        )

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *work* in our own thread pool, so that a slow disk or bucket delays only file operations."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **kwargs))

    def _begin(self) -> Upload:
        with reachable():
            return Upload(self._place.spool())

    def _finish(self, upload: Upload, media_type: str, expected: str) -> StoredMaterial:
        """Check the upload and store it, unless the same content is stored already with the right size."""
        digest, size = upload.digest, upload.size
        if size == 0:
            raise UnfitMediaError("material-empty", "the file is empty", "send its content as the body")
        if expected and expected != digest:
            raise UnfitMediaError(
                "material-digest-mismatch", f"the upload hashes to {digest}, not {expected}", "send the file again"
            )
        with reachable():
            require_kind(upload.readable(), size, media_type)
            if self._scanner is not None:
                self._scanner.require_clean(upload.path)
            known = self.size_now(digest) == size
            if known:
                self._place.confirm(key_of(digest))
            else:
                self._place.keep(upload.path, key_of(digest))
        return StoredMaterial(digest, size, media_type, known)

    def _open(self, digest: str, size: int) -> Readable:
        return cast("Readable", obstore.open_reader(self._existing_store(), key_of(digest), size=size))


class Upload:
    """An unfinished upload: a temporary file that is hashed as it is written."""

    def __init__(self, folder: Path) -> None:
        self._file = NamedTemporaryFile(dir=folder, prefix=UPLOAD, delete=False)  # noqa: SIM115  discard closes it
        self.path = Path(self._file.name)
        self._hash, self.size = sha256(), 0

    def write(self, piece: bytes) -> None:
        with reachable():
            self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def readable(self) -> Readable:
        """The content written so far, for type detection."""
        self._file.flush()
        return cast("Readable", self._file)

    def discard(self) -> None:
        """Close the file, and delete it unless it was stored."""
        with suppress(OSError):  # a full disk fails once more on closing
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def reachable() -> Iterator[None]:
    """Convert errors of the storage to StorageAwayError."""
    try:
        yield
    except (OSError, BaseError) as error:
        raise StorageAwayError(str(error).partition("\n")[0]) from error
