"""Small files of every kind that is taken as a material, and some that are not, made byte by byte."""

from __future__ import annotations

import io
import zipfile

from domain.examples.materials import REPORT

OOXML = "application/vnd.openxmlformats-officedocument"
OLE_HEAD = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(22) + (9).to_bytes(2, "little") + bytes(16) + bytes(4) + bytes(460)


def archive(*names: str) -> bytes:
    """A ZIP archive with a short file under each of *names*."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, f"this is {name}")
    return written.getvalue()


def compound(stream: str, root_class: bytes = bytes(16)) -> bytes:
    """An OLE compound file whose root has *root_class* and, beside it, the stream of that name."""
    root = "Root Entry".encode("utf-16-le").ljust(80, b"\0") + root_class + bytes(32)
    return OLE_HEAD + root + stream.encode("utf-16-le").ljust(128, b"\0") + bytes(256)


GOOD: dict[str, bytes] = {
    "application/pdf": REPORT,
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20),
    "image/gif": b"GIF89a" + bytes(20),
    "image/tiff": b"II*\0" + bytes(20),
    "image/webp": b"RIFF\x10\0\0\nWEBPVP8 " + bytes(8),
    "image/vnd.dwg": b"AC1032" + bytes(40),
    "image/vnd.dxf": b"999\r\nmade by hand\r\n  0\r\nSECTION\r\n  2\r\nHEADER\r\n",
    "video/mp4": b"\0\0\0\x18ftypisom" + bytes(20),
    f"{OOXML}.wordprocessingml.document": archive("[Content_Types].xml", "word/document.xml"),
    f"{OOXML}.spreadsheetml.sheet": archive("[Content_Types].xml", "xl/workbook.xml"),
    f"{OOXML}.presentationml.presentation": archive("[Content_Types].xml", "ppt/presentation.xml"),
    "application/ofd": archive("OFD.xml", "Doc_0/Document.xml"),
    "application/zip": archive("图纸/总平面图.dwg", "readme.txt"),
    "application/msword": compound("WordDocument"),
    "application/vnd.ms-excel": compound("Workbook"),
    "application/vnd.ms-powerpoint": compound("PowerPoint Document"),
    "text/plain": "说明: 一式三份\r\n".encode(),
    "text/csv": "事项,部门\n用地,自然资源\n".encode("gb18030"),
}
RUNNABLE: dict[str, bytes] = {
    "windows": b"MZ\x90\0\x03" + bytes(100),
    "linux": b"\x7fELF\x02\x01\x01" + bytes(100),
    "mac": bytes.fromhex("cffaedfe") + bytes(100),
    "java": bytes.fromhex("cafebabe") + bytes(100),
    "wasm": b"\0asm\x01\0\0\0",
    "shortcut": bytes.fromhex("4c00000001140200") + bytes(100),
    "script": b"#!/bin/sh\nrm -rf /\n",
    "installer": compound("x", bytes.fromhex("84100c0000000000c000000000000046")),
    "archived": archive("plan.pdf", "Setup.EXE"),
    "package": archive("META-INF/MANIFEST.MF", "a/Main.class"),
    "macros": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
}
