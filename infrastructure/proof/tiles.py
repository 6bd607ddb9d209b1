"""Tiles of the Merkle tree (C2SP tlog-tiles): a tree of immutable files, which any static file server can hand out.

A tile is 256 hashes, 32 bytes each, of one level; the tiles of level n + 1 hold the heads of the tiles of level n. The
right edge consists of partial tiles, `.p/<width>`, which go once the tile is full. The leaves are in
entry bundles: each leaf after its length, 2 bytes, big-endian.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from shutil import rmtree

from infrastructure.durable_files import replace_file
from infrastructure.proof.merkle import HASH_BYTES, LEAF_BYTES, leaf_hash, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILES_CACHED_MAX = 512  # 8 kB each
GROUP = 1000  # of the digits of a tile's number, in its path
LENGTH = LEAF_BYTES.to_bytes(2, "big")
BUNDLE_ENTRY_BYTES = len(LENGTH) + LEAF_BYTES


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile: `tile/0/x001/067`, or `tile/0/x001/067.p/13` for one that holds 13 hashes so far.

    *level* is "entries" for a bundle of leaves.
    """
    number, last = divmod(number, GROUP)
    groups = [f"{last:03d}"]
    while number:
        number, group = divmod(number, GROUP)
        groups.insert(0, f"x{group:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


class TileFiles:
    """The tiles of one tree, in a folder. Files are written whole and never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cached = lru_cache(TILES_CACHED_MAX)(self._read)

    def read(self, path: str) -> bytes:
        """The bytes of one tile. Raises FileNotFoundError."""
        return self._cached(path)

    def _read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        """Store one tile; concurrent readers see all of it or nothing."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, data)

    def write_full(self, level: int | str, number: int, data: bytes) -> None:
        """Store a full tile, which takes the place of its partial ones: as many as 255 files."""
        path = tile_path(level, number)
        self.write(path, data)
        rmtree(self.folder / f"{path}.p", ignore_errors=True)


class TiledTree:
    """A Merkle tree of *size* leaves in tiles: grows at its right edge, and reads subtrees for proofs."""

    def __init__(self, files: TileFiles, size: int) -> None:
        self.files = files
        self.size = size

    def subtree(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree of 2^level leaves; a SubtreeReader."""
        tile_level, within = divmod(level, TILE_HEIGHT)
        first = index << within
        hashes = self._hashes(tile_level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        return _head_of(hashes[start : start + (1 << within)])

    def _hashes(self, level: int, number: int) -> list[bytes]:
        """The hashes of one tile, as wide as it is in the tree of this size."""
        width = min((self.size >> TILE_HEIGHT * level) - number * TILE_WIDTH, TILE_WIDTH)
        data = self._tile(level, number, width, HASH_BYTES)
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

    def _tile(self, level: int | str, number: int, width: int, entry_bytes: int) -> bytes:
        """The beginning of one tile; that of the full one, where the partial one gave way to it."""
        if width <= 0:
            return b""
        try:
            return self.files.read(tile_path(level, number, width))
        except FileNotFoundError:
            return self.files.read(tile_path(level, number))[: width * entry_bytes]

    def leaves(self, number: int) -> list[bytes]:
        """The leaves in bundle *number*."""
        width = min(self.size - number * TILE_WIDTH, TILE_WIDTH)
        data = self._tile("entries", number, width, BUNDLE_ENTRY_BYTES)
        return [data[at + len(LENGTH) : at + BUNDLE_ENTRY_BYTES] for at in range(0, len(data), BUNDLE_ENTRY_BYTES)]

    def all_leaves(self, after: int = 0) -> Iterator[bytes]:
        """Every leaf behind the first *after* ones in order, bundle by bundle."""
        first, within = divmod(after, TILE_WIDTH)
        for number in range(first, -(-self.size // TILE_WIDTH)):
            yield from self.leaves(number)[within if number == first else 0 :]

    def grow(self, leaves: Iterable[bytes]) -> None:
        """Add *leaves*: writes the tiles that become full, and the partial ones of the new right edge."""
        edge: list[list[bytes]] = []
        level = 0
        while level == 0 or self.size >> TILE_HEIGHT * level:
            edge.append(self._hashes(level, self.size >> TILE_HEIGHT * (level + 1)))
            level += 1
        bundle = self.leaves(self.size // TILE_WIDTH)
        size = self.size
        for data in leaves:
            bundle.append(data)
            edge[0].append(leaf_hash(data))
            size += 1
            if size % TILE_WIDTH == 0:
                self.files.write_full("entries", size // TILE_WIDTH - 1, _bundled(bundle))
                bundle = []
                self._fill(edge, size)
        if bundle:
            self.files.write(tile_path("entries", size // TILE_WIDTH, len(bundle)), _bundled(bundle))
        for level, hashes in enumerate(edge):
            if hashes:
                number = size >> TILE_HEIGHT * (level + 1)
                self.files.write(tile_path(level, number, len(hashes)), b"".join(hashes))
        self.size = size

    def _fill(self, edge: list[list[bytes]], size: int) -> None:
        """Write each tile that is full once the tree has *size* leaves, and enter its head one level up."""
        level = 0
        while len(edge[level]) == TILE_WIDTH:
            number = (size >> TILE_HEIGHT * (level + 1)) - 1
            self.files.write_full(level, number, b"".join(edge[level]))
            if level + 1 == len(edge):
                edge.append([])
            edge[level + 1].append(_head_of(edge[level]))
            edge[level] = []
            level += 1


def _head_of(hashes: list[bytes]) -> bytes:
    """The head of a complete subtree, by the hashes of one of its levels: a power of two of them."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _bundled(leaves: list[bytes]) -> bytes:
    return b"".join(LENGTH + data for data in leaves)
