"""What a file is, told by its content: the kinds that are taken as materials, and what can be run, which never is.

The table is our own: the libraries on offer guess what a file may be, and none knows OFD (GB/T 33190) or the names
inside an archive. Here each kind has to prove what it is declared as. This is no virus scanner.
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
OLE_NAMES_BYTES = 16 * 1024  # more than the names of a document's parts take
OLE_STREAMS = {
    "WordDocument".encode("utf-16-le"): "application/msword",
    "Workbook".encode("utf-16-le"): "application/vnd.ms-excel",
    "PowerPoint Document".encode("utf-16-le"): "application/vnd.ms-powerpoint",
}
RUNNABLE = (
    *(b"\x7fELF", b"#!", b"dex\n", b"\0asm", b"\xef\xbb\xbf#!"),
    *(bytes.fromhex(text) for text in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "4c00000001140200")),
)
UNPRINTED = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # tabs, line ends and escapes do stand in texts
TEXT_ENCODINGS = ("utf-8-sig", "gb18030")


class UnfitMediaError(Exception):
    """A file that is not taken. *code* is stable; *sentence* and *remedy* are for the person who sent it."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.remedy = code, sentence, remedy


class Content(Struct, frozen=True):
    """What a kind is told by: the file, its first bytes, its size; and of a text no more than *text_bytes_max*."""

    file: Readable
    head: bytes
    size: int
    text_bytes_max: int


class FileKind(Struct, frozen=True):
    """One kind of file: how such a file is named, and whether a content is of it."""

    suffix: str
    fits: Callable[[Content], bool]


def _begins(*marks: bytes) -> Callable[[Content], bool]:
    return lambda content: content.head.startswith(marks)


def _matches(pattern: bytes) -> Callable[[Content], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda content: compiled.match(content.head) is not None


def _archive(name: bytes = b"") -> Callable[[Content], bool]:
    """A ZIP archive that can be read, with the file *name* in it."""

    def fits(content: Content) -> bool:
        names = list(_names_in(content)) if content.head.startswith(ZIP) else []
        return bool(names) and (not name or name in names)

    return fits


def _is_text(content: Content) -> bool:
    """Whether what is looked at of it is text, in UTF-8 or GB 18030, without characters that no text has."""
    return any(_is_text_in(content, encoding) for encoding in TEXT_ENCODINGS)


KINDS: Mapping[str, FileKind] = {  # of kinds that fit one content the first is the one it is called by
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
    """Raise UnfitMediaError unless *file*, of *size* bytes, is what *media_type* says: material-type-unknown,
    -type-mismatch, -executable, -archive-unsound. Of a *stored* file an archive's table of contents is enough: all
    the rest was looked at when it was uploaded, and takes a request each in a bucket.
    """
    if media_type not in KINDS:
        raise UnfitMediaError(
            "material-type-unknown",
            f"files of the type {media_type or 'nobody named'} are not taken",
            f"one of: {', '.join(MEDIA_TYPES)}",
        )
    content = _content(file, size, size)
    _refuse_runnable(content, stored=stored)
    if not KINDS[media_type].fits(content):
        found = _called(content)
        raise UnfitMediaError(
            "material-type-mismatch",
            f"the content is not {media_type}" + (f", but may be {found}" if found else ""),
            "send the file with the type it really has",
        )


def kind_of(file: Readable, size: int) -> str:
    """The media type that *file* is known by, by its content alone; empty where it is none that is taken.

    A glance: *file* was let in before, so the beginning of a text tells enough.
    """
    return _called(_content(file, size, GLANCE_BYTES))


def _content(file: Readable, size: int, text_bytes_max: int) -> Content:
    file.seek(0)
    return Content(file, bytes(file.read(HEAD_BYTES)), size, text_bytes_max)


def _called(content: Content) -> str:
    if content.head.startswith(OLE):
        names = _at(content, _root_at(content.head), OLE_NAMES_BYTES)
        return next((media_type for name, media_type in OLE_STREAMS.items() if name in names), "application/msword")
    return next((media_type for media_type, kind in KINDS.items() if kind.fits(content)), "")


def _at(content: Content, place: int, count: int) -> bytes:
    return read_at(content.file, content.size, place, count)


def _refuse_runnable(content: Content, *, stored: bool) -> None:
    """Raise UnfitMediaError where the content is a program, or an archive with one in it."""
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
    """Where the root of an OLE file stands, and after it the names of what is in it ([MS-CFB] 2.2)."""
    sector = 1 << min(int.from_bytes(head[30:32], "little"), 16)
    return (int.from_bytes(head[48:52], "little") + 1) * sector


def _runnable_in(content: Content, *, stored: bool) -> bytes:
    """The name of a program in a ZIP archive, else empty. Raises UnfitMediaError for an inconsistent archive."""
    try:
        directory = directory_of(content.file, content.size)
        if directory is None:
            return b""
        for entry in directory.entries:
            require_inside(entry.name)
        if found := next((entry.name for entry in directory.entries if is_runnable(entry.name)), b""):
            return found
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
    """The names in a ZIP archive's table of contents; nothing where it can't be read."""
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
