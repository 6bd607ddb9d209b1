"""Detects the type of a file by its content: the media types accepted as materials, and executables, which are refused.

The table is our own: available libraries guess the type, and none knows OFD (GB/T 33190) or looks at the names inside
an archive. Here a file must match its declared type. This is no virus scanner.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from infrastructure.materials.archive import (
    Readable,
    UnsoundArchiveError,
    directory_of,
    is_runnable,
    read_at,
    require_complete,
    require_inside,
    shown,
)

HEAD_BYTES = 4096
PIECE_BYTES = 1024 * 1024
GLANCE_BYTES = 64 * 1024
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OOXML = "application/vnd.openxmlformats-officedocument"
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")  # the class of an MSI package
OLE_CLASS_AT = 80  # in its first entry
OLE_NAMES_BYTES = 16 * 1024  # more than the directory of a document's streams takes
OLE_STREAMS = {
    "WordDocument".encode("utf-16-le"): "application/msword",
    "Workbook".encode("utf-16-le"): "application/vnd.ms-excel",
    "PowerPoint Document".encode("utf-16-le"): "application/vnd.ms-powerpoint",
}
RUNNABLE = (
    *(b"\x7fELF", b"#!", b"dex\n", b"\0asm", b"\xef\xbb\xbf#!"),
    *(bytes.fromhex(text) for text in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "4c00000001140200")),
)
UNPRINTED = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # without tabs, line ends and escapes, which texts may have
TEXT_ENCODINGS = ("utf-8-sig", "gb18030")


class UnfitMediaError(Exception):
    """A file is refused. *code* is stable; *sentence* and *remedy* are for the person who sent it."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.remedy = code, sentence, remedy


class Content(Struct, frozen=True):
    """Input to type detection: the file, its first bytes and its size; of texts, *text_bytes_max* bytes are checked."""

    file: Readable
    head: bytes
    size: int
    text_bytes_max: int


class FileKind(Struct, frozen=True):
    """A kind of file: its suffix, and a test whether a content *fits*."""

    suffix: str
    fits: Callable[[Content], bool]


def _begins(*marks: bytes) -> Callable[[Content], bool]:
    return lambda content: content.head.startswith(marks)


def _matches(pattern: bytes) -> Callable[[Content], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda content: compiled.match(content.head) is not None


def _archive(name: bytes = b"") -> Callable[[Content], bool]:
    """A readable ZIP archive that contains the file *name*."""

    def fits(content: Content) -> bool:
        names = list(_names_in(content)) if content.head.startswith(ZIP) else []
        return bool(names) and (not name or name in names)

    return fits


def _is_text(content: Content) -> bool:
    """Whether the checked part is text in UTF-8 or GB 18030, without control characters."""
    return any(_is_text_in(content, encoding) for encoding in TEXT_ENCODINGS)


KINDS: Mapping[str, FileKind] = {  # if several kinds fit a content, the first one gives its name
    "application/pdf": FileKind("pdf", _begins(b"%PDF-")),
    "image/png": FileKind("png", _begins(b"\x89PNG\r\n\x1a\n")),
    "image/jpeg": FileKind("jpg", _begins(b"\xff\xd8\xff")),
    "image/gif": FileKind("gif", _begins(b"GIF87a", b"GIF89a")),
    "image/tiff": FileKind("tif", _begins(b"II*\0", b"MM\0*")),
    "image/webp": FileKind("webp", _matches(rb"RIFF.{4}WEBP")),
    "image/vnd.dwg": FileKind("dwg", _matches(rb"AC10\d\d")),
    "image/vnd.dxf": FileKind(
        "dxf", _matches(rb"AutoCAD Binary DXF\r\n\x1a\0|(\s*999\r?\n[^\n]*\n)*\s*0\r?\nSECTION\r?\n")
    ),
    "video/mp4": FileKind("mp4", _matches(rb".{4}ftyp")),
    f"{OOXML}.wordprocessingml.document": FileKind("docx", _archive(b"word/document.xml")),
    f"{OOXML}.spreadsheetml.sheet": FileKind("xlsx", _archive(b"xl/workbook.xml")),
    f"{OOXML}.presentationml.presentation": FileKind("pptx", _archive(b"ppt/presentation.xml")),
    "application/ofd": FileKind("ofd", _archive(b"OFD.xml")),
    "application/zip": FileKind("zip", _archive()),
    "application/msword": FileKind("doc", _begins(OLE)),
    "application/vnd.ms-excel": FileKind("xls", _begins(OLE)),
    "application/vnd.ms-powerpoint": FileKind("ppt", _begins(OLE)),
    "text/plain": FileKind("txt", _is_text),
    "text/csv": FileKind("csv", _is_text),
}
MEDIA_TYPES = tuple(KINDS)


def require_kind(file: Readable, size: int, media_type: str, *, stored: bool = False) -> None:
    """Raise UnfitMediaError unless *file*, of *size* bytes, is of *media_type*: material-type-unknown, -type-mismatch,
    -executable, -archive-unsound. Of an archive that is already *stored*, only the central directory is checked: the
    rest was checked on upload, and takes one request per file in a bucket.
    """
    if media_type not in KINDS:
        raise UnfitMediaError(
            "material-type-unknown",
            f"files of the type {media_type} are not accepted" if media_type else "the file's type is missing",
            f"one of: {', '.join(MEDIA_TYPES)}",
        )
    content = _content(file, size, size)
    _refuse_runnable(content, stored=stored)
    if not KINDS[media_type].fits(content):
        detected = _detected(content)
        raise UnfitMediaError(
            "material-type-mismatch",
            f"the content is not {media_type}" + (f", but may be {detected}" if detected else ""),
            "send the file with the type it really has",
        )


def kind_of(file: Readable, size: int) -> str:
    """The media type detected from the content; empty if it is none of the accepted ones.

    Only the beginning of a text is checked, as *file* was checked on upload.
    """
    return _detected(_content(file, size, GLANCE_BYTES))


def _content(file: Readable, size: int, text_bytes_max: int) -> Content:
    file.seek(0)
    return Content(file, bytes(file.read(HEAD_BYTES)), size, text_bytes_max)


def _detected(content: Content) -> str:
    if content.head.startswith(OLE):
        names = _at(content, _root_at(content.head), OLE_NAMES_BYTES)
        return next((media_type for name, media_type in OLE_STREAMS.items() if name in names), "application/msword")
    return next((media_type for media_type, kind in KINDS.items() if kind.fits(content)), "")


def _at(content: Content, place: int, count: int) -> bytes:
    return read_at(content.file, content.size, place, count)


def _refuse_runnable(content: Content, *, stored: bool) -> None:
    """Raise UnfitMediaError if the content is a program, or an archive that contains one."""
    head, what = content.head, ""
    if head.startswith(RUNNABLE) or (head.startswith(b"MZ") and b"\0" in head[:64]):
        what = "a program or a script"
    elif head.startswith(OLE) and _at(content, _root_at(head) + OLE_CLASS_AT, 16) == INSTALLER:
        what = "an installer"
    elif head.startswith(ZIP) and (name := _runnable_in(content, stored=stored)):
        what = f"an archive with a program or macros in it, {shown(name)}"
    if what:
        raise UnfitMediaError("material-executable", f"the content is {what}", "send documents, not what can be run")


def _root_at(head: bytes) -> int:
    """The offset of the root entry of an OLE file's directory ([MS-CFB] 2.2)."""
    sector = 1 << min(int.from_bytes(head[30:32], "little"), 16)
    return (int.from_bytes(head[48:52], "little") + 1) * sector


def _runnable_in(content: Content, *, stored: bool) -> bytes:
    """The name of a program in a ZIP archive, or empty. Raises UnfitMediaError for one that contradicts itself."""
    try:
        directory = directory_of(content.file, content.size)
        if directory is None:
            return b""
        for entry in directory.entries:
            require_inside(entry.name)
        if name := next((entry.name for entry in directory.entries if is_runnable(entry.name)), b""):
            return name
        if not stored:
            require_complete(content.file, content.size, directory)
    except UnsoundArchiveError as unsound:
        raise UnfitMediaError(
            "material-archive-unsound",
            f"the archive can't be trusted: {unsound}",
            "pack the documents again with a usual program, and send that",
        ) from unsound
    return b""


def _names_in(content: Content) -> Iterator[bytes]:
    """The names in a ZIP archive's central directory; none if that can't be read."""
    try:
        directory = directory_of(content.file, content.size)
    except UnsoundArchiveError:
        return
    yield from (entry.name for entry in directory.entries) if directory else ()


def _is_text_in(content: Content, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    content.file.seek(0)
    left = min(content.size, content.text_bytes_max)
    try:
        while left and (piece := bytes(content.file.read(min(left, PIECE_BYTES)))):
            left -= len(piece)
            if UNPRINTED.search(decoder.decode(piece)):
                return False
        decoder.decode(b"", final=content.text_bytes_max >= content.size)  # a glance may end within a character
    except UnicodeDecodeError:
        return False
    return True
