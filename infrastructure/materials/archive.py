"""Reads the names in a ZIP archive from its central directory, and checks that the directory is complete.

Programs read archives differently: by the central directory, by the local headers, by the first end record or by the
last. An archive in which these differ could show a harmless document to one program and an executable to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

DIRECTORY_BYTES_MAX = 4 * 1024 * 1024  # of the central directory: about 40,000 files
END_RECORD_BYTES = 22
COMMENT_BYTES_MAX = 65_535
ENTRY_BYTES = 46  # of a file in the central directory, without its name
HEADER_BYTES = 30  # of a local file header, without the name
DESCRIPTOR_BYTES_MAX = 24  # of the data descriptor after a file's content (APPNOTE 4.3.9)

FILE_HEADER = b"PK\x03\x04"
DIRECTORY_ENTRY = b"PK\x01\x02"
END_RECORD = b"PK\x05\x06"

# Files that a system runs, installs, or passes to an interpreter, including documents with macros.
RUNNABLE_SUFFIXES = (
    *(
        "exe",
        "dll",
        "scr",
        "com",
        "pif",
        "cpl",
        "sys",
        "drv",
        "ocx",
        "msi",
        "msp",
        "mst",
        "msix",
        "appx",
        "application",
    ),
    *("bat", "cmd", "ps1", "psm1", "psd1", "vb", "vbs", "vbe", "js", "jse", "mjs", "cjs", "ws", "wsf", "wsc", "wsh"),
    *("hta", "chm", "hlp", "reg", "inf", "scf", "sct", "lnk", "url", "gadget", "xll", "msc"),
    *("jar", "war", "ear", "jnlp", "class", "dex", "apk", "ipa", "wasm", "elf", "so", "dylib", "ko"),
    *("sh", "bash", "zsh", "csh", "ksh", "command", "run", "desktop", "appimage", "deb", "rpm", "pkg"),
    *("py", "pyc", "pyw", "pyz", "pl", "rb", "php", "phar", "lua", "tcl", "scpt", "app", "dmg"),
    *("lsp", "fas", "vlx", "arx"),  # which AutoCAD loads from beside a drawing
    *("docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm"),
)
RUNNABLE_NAME = re.compile(rb"(?:\.(?:%b)|vbaproject\.bin)$" % "|".join(RUNNABLE_SUFFIXES).encode())


class Readable(Protocol):
    """A seekable file: one on disk, or obstore's reader."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class UnsoundArchiveError(Exception):
    """An archive that contradicts itself, or has names outside the folder it is unpacked to. The text says how."""


class ArchiveEntry(Struct, frozen=True):
    """A file in an archive: its name, the offset of its header, and the size of its content."""

    name: bytes
    at: int
    size: int


class Directory(Struct, frozen=True):
    """An archive's central directory, and its offset."""

    entries: tuple[ArchiveEntry, ...]
    at: int


def read_at(file: Readable, size: int, place: int, count: int) -> bytes:
    """Up to *count* bytes of *file* from the offset *place*; none if that is past its end."""
    if place >= size:
        return b""
    file.seek(place)
    return bytes(file.read(min(count, size - place)))


def directory_of(file: Readable, size: int) -> Directory | None:
    """The central directory of *file* (APPNOTE 4.3.12); None if it has none, or one larger than documents need.

    Raises UnsoundArchiveError if it contradicts itself.
    """
    tail_at = max(0, size - END_RECORD_BYTES - COMMENT_BYTES_MAX)
    tail = read_at(file, size, tail_at, size - tail_at)
    end = tail.rfind(END_RECORD)
    if end < 0 or len(tail) - end < END_RECORD_BYTES:
        return None
    count, length, at, comment = (
        int.from_bytes(tail[end + offset : end + offset + wide], "little")
        for offset, wide in ((10, 2), (12, 4), (16, 4), (20, 2))
    )
    if length > DIRECTORY_BYTES_MAX:
        return None
    if at + length != tail_at + end or end + END_RECORD_BYTES + comment != len(tail):
        raise UnsoundArchiveError("its end record points somewhere else")
    directory = read_at(file, size, at, length)
    entries = tuple(_entries_in(directory))
    if END_RECORD in directory or len(entries) != count:
        raise UnsoundArchiveError("its table of contents has another number of files than its end record")
    return Directory(entries, at)


def _entries_in(directory: bytes) -> Iterator[ArchiveEntry]:
    place = 0
    while directory[place : place + 4] == DIRECTORY_ENTRY:
        fields = directory[place : place + ENTRY_BYTES]
        name, extra, comment = (int.from_bytes(fields[offset : offset + 2], "little") for offset in (28, 30, 32))
        size, at = (int.from_bytes(fields[offset : offset + 4], "little") for offset in (20, 42))
        yield ArchiveEntry(directory[place + ENTRY_BYTES : place + ENTRY_BYTES + name], at, size)
        place += ENTRY_BYTES + name + extra + comment
    if place != len(directory):
        raise UnsoundArchiveError("its table of contents ends in the middle of a file's name")


def require_complete(file: Readable, size: int, directory: Directory) -> None:
    """Raise UnsoundArchiveError unless *file* consists of the files of *directory* in sequence, and nothing else."""
    place = 0
    for entry in sorted(directory.entries, key=lambda entry: entry.at):
        header = read_at(file, size, entry.at, HEADER_BYTES + len(entry.name))
        if header[:4] != FILE_HEADER or header[HEADER_BYTES:] != entry.name:
            raise UnsoundArchiveError(f"{shown(entry.name)} has another name where its content begins")
        _require_next(entry.at, place)
        name, extra = (int.from_bytes(header[offset : offset + 2], "little") for offset in (26, 28))
        if name != len(entry.name):
            raise UnsoundArchiveError(f"{shown(entry.name)} has another name where its content begins")
        place = entry.at + HEADER_BYTES + name + extra + entry.size
    _require_next(directory.at, place)


def _require_next(at: int, place: int) -> None:
    if not 0 <= at - place <= DESCRIPTOR_BYTES_MAX:
        raise UnsoundArchiveError("it holds bytes that its table of contents does not list")


def require_inside(name: bytes) -> None:
    """Raise UnsoundArchiveError if *name* would be unpacked outside the target folder."""
    path = name.replace(b"\\", b"/")
    if path.startswith(b"/") or path[1:2] == b":" or b"\0" in path or b".." in path.split(b"/"):
        raise UnsoundArchiveError(f"{shown(name)} leads out of it")


def is_runnable(name: bytes) -> bool:
    """Whether a file of this name can be run, as Windows reads it: without trailing blanks, dots, or a stream name."""
    last = name.replace(b"\\", b"/").rpartition(b"/")[2]
    return RUNNABLE_NAME.search(last.partition(b":")[0].rstrip(b" .").lower()) is not None


def shown(name: bytes) -> str:
    """*name* for a message: its last characters, which include the suffix."""
    return name.decode("utf-8", "replace")[-100:]
