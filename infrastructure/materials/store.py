"""Where the content of materials is kept: each under its SHA-256, in a local folder or an S3-compatible bucket.

An upload is written to a file of its own while it is hashed, looked at, and only then placed under its name in one
step: nobody ever sees half of it, whatever crashes. The same content is kept once, however often it comes.
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

from infrastructure.materials.archive import Readable
from infrastructure.materials.media import UnfitMediaError, kind_of, require_kind
from infrastructure.materials.places import ASIDE, PLACED, UPLOAD, Place, aside_key_of, key_of, place_of
from infrastructure.settings import Settings

PIECE_BYTES = 1024 * 1024  # written and read at a time
THREADS_MAX = 8  # files written, synced or sent to a bucket at the same time; further ones wait

P = ParamSpec("P")
T = TypeVar("T")


class StorageAwayError(Exception):
    """The folder or the bucket can't be read or written."""


class StoredMaterial(Struct, frozen=True):
    """One file as it is kept. *size* is in bytes; *known*: the same content was there before."""

    digest: str
    size: int
    media_type: str
    known: bool = False


class Placed(Struct, frozen=True):
    """One file under its name: its size in bytes, and when it was placed there last."""

    digest: str
    size: int
    placed_at: datetime


class MaterialStore:
    """The files of one installation. *bytes_max* is how large one may be."""

    def __init__(self, place: Place, bytes_max: int) -> None:
        self._place, self.bytes_max = place, bytes_max
        self._threads = ThreadPoolExecutor(THREADS_MAX, "materials")

    @classmethod
    def of(cls, settings: Settings) -> MaterialStore:
        """As *settings* say; a folder left open to others by an older release is closed. Raises SettingRefusedError."""
        place = place_of(settings)
        place.store()
        return cls(place, settings.materials_bytes_max)

    async def receive(self, chunks: AsyncIterable[bytes], media_type: str, *, expected: str = "") -> StoredMaterial:
        """Keep what *chunks* bring, if it is what *media_type* says and, where given, hashes to *expected*.

        Raises UnfitMediaError: material-too-large, -empty, -type-unknown, -type-mismatch, -executable,
        -digest-mismatch; StorageAwayError; and whatever *chunks* raises. Nothing is kept then.
        """
        upload = await self._apart(self._begin)
        try:
            waiting = bytearray()
            async for chunk in chunks:
                waiting += chunk
                if upload.size + len(waiting) > self.bytes_max:
                    raise self.too_large()
                if len(waiting) >= PIECE_BYTES:
                    await self._apart(upload.write, bytes(waiting))
                    waiting.clear()
            await self._apart(upload.write, bytes(waiting))
            return await self._apart(self._finish, upload, media_type, expected)
        finally:
            await self._apart(upload.discard)

    async def size_of(self, digest: str) -> int | None:
        """How many bytes the file has; None where it is not stored. Raises StorageAwayError."""
        return await self._apart(self.size_now, digest)

    def size_now(self, digest: str) -> int | None:
        """As size_of, for whoever runs without an event loop."""
        with reachable():
            store = self._place.store()
            if store is None:
                return None
            try:
                return int(obstore.head(store, key_of(digest))["size"])
            except FileNotFoundError:  # obstore's own is one, too
                return None

    async def kind(self, stored: StoredMaterial) -> str:
        """The media type *stored* is known by, by its content. Raises StorageAwayError."""

        def look() -> str:
            with reachable():
                return kind_of(self._open(stored.digest, stored.size), stored.size)

        return await self._apart(look)

    async def require(self, digest: str, size: int, media_type: str) -> None:
        """Raise UnfitMediaError unless a file is stored under *digest* and is what is said of it: material-not-stored,
        -differs, -type-unknown, -type-mismatch. Raises StorageAwayError.
        """

        def look(found: int) -> None:
            with reachable():
                require_kind(self._open(digest, found), found, media_type, stored=True)

        found = await self.size_of(digest)
        if found is None:
            raise UnfitMediaError(
                "material-not-stored", f"no file is stored under {digest}", "upload it first: POST /materials"
            )
        if found != size:
            raise UnfitMediaError(
                "material-differs", f"the stored file has {found} bytes, not {size}", "send what is stored"
            )
        await self._apart(look, found)

    async def read(self, digest: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from *start* to before *end*, a piece at a time. Raises StorageAwayError."""
        with reachable():
            store = await self._apart(self._place.store)
            if store is None or start >= end:
                return
            found = await obstore.get_async(store, key_of(digest), options={"range": (start, end)})
            async for piece in found.stream(PIECE_BYTES):
                yield piece

    def pieces(self, digest: str) -> Iterator[bytes]:
        """All of a file, a piece at a time, for whoever runs without an event loop. Raises StorageAwayError."""
        with reachable():
            store = self._place.store()
            if store is not None:
                yield from obstore.get(store, key_of(digest)).stream(PIECE_BYTES)

    def stored_before(self, instant: datetime) -> Iterator[Placed]:
        """Every file that was placed before *instant*. Raises StorageAwayError."""
        yield from (one for one in self._list(PLACED) if one.placed_at < instant)

    def set_aside(self, digest: str) -> None:
        """From now on the file is not found, until it is put back or sent again. Raises StorageAwayError."""
        self._move(key_of(digest), aside_key_of(digest))

    def set_aside_so_far(self) -> Iterator[str]:
        """The digests of all files that were set aside, by whomever. Raises StorageAwayError."""
        yield from (one.digest for one in self._list(ASIDE))

    def put_back(self, digest: str) -> None:
        """A file that was set aside is found again. Raises StorageAwayError."""
        self._move(aside_key_of(digest), key_of(digest))
        with reachable():
            self._place.confirm(key_of(digest))

    def remove(self, digest: str) -> None:
        """A file that was set aside is no more. Raises StorageAwayError."""
        with reachable(), suppress(FileNotFoundError):  # another sweep was quicker
            obstore.delete(self._kept_in(), aside_key_of(digest))

    def _list(self, prefix: str) -> Iterator[Placed]:
        with reachable():
            store = self._place.store()
            for batch in obstore.list(store, prefix=prefix) if store else ():
                for one in batch:
                    yield Placed(one["path"].rpartition("/")[2], one["size"], one["last_modified"])

    def _move(self, key: str, to: str) -> None:
        with reachable(), suppress(FileNotFoundError):  # another sweep was quicker
            obstore.rename(self._kept_in(), key, to)

    def _kept_in(self) -> ObjectStore:
        store = self._place.store()
        if store is None:
            raise FileNotFoundError("nothing was ever kept")
        return store

    def too_large(self) -> UnfitMediaError:
        """The refusal of a file that is larger than the setting allows."""
        return UnfitMediaError(
            "material-too-large",
            f"the file has more than {self.bytes_max} bytes",
            "send it in parts, or smaller; COUNTERSIGN_MATERIALS_BYTES_MAX is the limit here",
        )

    async def _apart(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What *work* answers, in a thread of our own: a slow disk or bucket holds up nothing but files."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))

    def _begin(self) -> Upload:
        with reachable():
            return Upload(self._place.spool())

    def _finish(self, upload: Upload, media_type: str, expected: str) -> StoredMaterial:
        """Look at what came, and place it; the same content is kept once, and again where its size went wrong."""
        digest, size = upload.digest, upload.size
        if size == 0:
            raise UnfitMediaError("material-empty", "the file is empty", "send its content as the body")
        if expected and expected != digest:
            raise UnfitMediaError(
                "material-digest-mismatch", f"what came hashes to {digest}, not to {expected}", "send the file again"
            )
        with reachable():
            require_kind(upload.readable(), size, media_type)
            known = self.size_now(digest) == size
            if known:
                self._place.confirm(key_of(digest))
            else:
                self._place.keep(upload.path, key_of(digest))
        return StoredMaterial(digest, size, media_type, known)

    def _open(self, digest: str, size: int) -> Readable:
        return cast("Readable", obstore.open_reader(self._kept_in(), key_of(digest), size=size))


class Upload:
    """One file on its way: written and hashed as it comes."""

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
        """What was written, to look at."""
        self._file.flush()
        return cast("Readable", self._file)

    def discard(self) -> None:
        """Close it, and remove what was not placed."""
        with suppress(OSError):  # a full disk fails once more on closing
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def reachable() -> Iterator[None]:
    """Tell the storage's own errors as StorageAwayError."""
    try:
        yield
    except (OSError, BaseError) as error:
        raise StorageAwayError(str(error).partition("\n")[0]) from error
