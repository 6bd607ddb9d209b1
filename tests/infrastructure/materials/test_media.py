"""A material proves what it is declared as by its content; what can be run is never taken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.materials.archive import DIRECTORY_BYTES_MAX
from infrastructure.materials.media import KINDS, MEDIA_TYPES, UnfitMediaError, kind_of, require_kind
from tests.effort import tried
from tests.files import GOOD, OOXML, RUNNABLE, archive

ALIKE = (
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"},
    {"text/plain", "text/csv"},
)
ARCHIVES = {media_type for media_type, content in GOOD.items() if content.startswith(b"PK")}
TEXTS = {"text/plain", "text/csv", "image/vnd.dxf", "application/pdf"}  # which of these contents are text, too


def check(content: bytes, media_type: str) -> None:
    require_kind(io.BytesIO(content), len(content), media_type)


def refused(content: bytes, media_type: str, code: str) -> UnfitMediaError:
    with pytest.raises(UnfitMediaError) as caught:
        check(content, media_type)
    assert caught.value.code == code
    assert caught.value.remedy
    return caught.value


def outcome(content: bytes, media_type: str) -> str:
    """The code it is refused with; empty where it is taken."""
    try:
        check(content, media_type)
    except UnfitMediaError as unfit:
        return unfit.code
    return ""


def may_be(declared: str, real: str) -> bool:
    """Whether a content of one kind is also of another."""
    if declared == real or any({declared, real} <= kinds for kinds in ALIKE):
        return True
    return (declared == "application/zip" and real in ARCHIVES) or (declared in ALIKE[1] and real in TEXTS)


def test_there_is_a_sample_of_every_kind() -> None:
    assert tuple(GOOD) == MEDIA_TYPES


@pytest.mark.parametrize("real", MEDIA_TYPES)
def test_a_content_passes_as_what_it_is_and_as_nothing_else(real: str) -> None:
    for declared in MEDIA_TYPES:
        if may_be(declared, real):
            check(GOOD[real], declared)
        else:
            refused(GOOD[real], declared, "material-type-mismatch")


@pytest.mark.parametrize("media_type", [kind for kind in MEDIA_TYPES if kind != "text/csv"])
def test_a_content_is_known_by_its_own_kind(media_type: str) -> None:
    assert kind_of(io.BytesIO(GOOD[media_type]), len(GOOD[media_type])) == media_type
    assert KINDS[media_type].suffix


def test_a_content_of_no_kind_is_called_nothing() -> None:
    assert kind_of(io.BytesIO(b"\0\1\2\3"), 4) == ""


@pytest.mark.parametrize("sample", RUNNABLE)
@pytest.mark.parametrize("declared", ["application/pdf", "application/zip", "text/plain", "application/msword"])
def test_what_can_be_run_is_refused_whatever_it_is_called(sample: str, declared: str) -> None:
    refused(RUNNABLE[sample], declared, "material-executable")


@pytest.mark.parametrize(
    "media_type", ["", "application/x-msdownload", "text/html", "image/svg+xml", "application/rtf"]
)
def test_other_types_are_not_taken(media_type: str) -> None:
    assert "application/pdf" in refused(GOOD["application/pdf"], media_type, "material-type-unknown").remedy


def test_the_refusal_names_the_media_types_allowed() -> None:
    assert "may be image/png" in refused(GOOD["image/png"], "application/pdf", "material-type-mismatch").sentence


def test_an_archive_cut_short_is_none() -> None:
    whole = archive("word/document.xml")

    refused(whole[:-30], "application/zip", "material-type-mismatch")
    refused(whole[:-30], f"{OOXML}.wordprocessingml.document", "material-type-mismatch")


def test_an_archive_with_an_endless_table_of_contents_is_refused_unread() -> None:
    whole = bytearray(archive("a.txt"))
    end = whole.rfind(b"PK\x05\x06")
    whole[end + 12 : end + 16] = (DIRECTORY_BYTES_MAX + 1).to_bytes(4, "little")

    refused(bytes(whole), "application/zip", "material-type-mismatch")


def test_a_program_is_found_among_many_names_and_after_a_comment() -> None:
    names = [f"图纸/{number:04}.pdf" for number in range(3000)]
    many = archive(*names, "tools/viewer.exe")
    commented = many[:-2] + (5).to_bytes(2, "little") + b"hello"

    check(archive(*names), "application/zip")
    for content in (many, commented):
        assert "viewer.exe" in refused(content, "application/zip", "material-executable").sentence


@pytest.mark.parametrize(
    "name",
    [
        *("a.exe ", "a.exe.", "a.EXE . .", "docs/run.js", "x/y.sh", "setup.py", "a.mjs", "a.ps1:b", "b\\c.vbs "),
        *("macro.docm", "acad.lsp", "a.desktop", "word/vbaProject.bin "),
    ],
)
def test_a_program_is_known_by_any_name_it_runs_under(name: str) -> None:
    refused(archive("plan.pdf", name), "application/zip", "material-executable")


@pytest.mark.parametrize("name", ["jscript.pdf", "a.exe.pdf", "sh", "bash/readme.txt", "说明.js.txt", "a.so.pdf"])
def test_a_document_is_none_because_its_name_is_like_one(name: str) -> None:
    check(archive(name), "application/zip")


@pytest.mark.parametrize("name", ["../../x.pdf", "a/../../x.pdf", "/etc/x.pdf", "C:/x.pdf", "..\\x.pdf", "\\x.pdf"])
def test_an_archive_that_leads_out_of_itself_is_refused(name: str) -> None:
    refusal = refused(archive("plan.pdf", name), "application/zip", "material-archive-unsound")
    assert "leads out of it" in refusal.sentence


def hidden_archives() -> Iterator[tuple[str, bytes]]:
    """A program that some readers of archives find, and others don't."""
    harmless, program = archive("plan.pdf"), archive("setup.exe")
    yield "another archive before it", program + shifted(harmless, len(program))
    comment = program[program.rfind(b"PK\x05\x06") :]
    yield "a second end record in the comment", harmless[:-2] + len(comment).to_bytes(2, "little") + comment
    yield "bytes behind the end record", harmless + program
    yield "an end record that leads elsewhere", harmless + program[:-6] + bytes(4) + program[-2:]
    at = harmless.index(b"PK\x01\x02")
    yield (
        "a file that the table does not have",
        harmless[:at] + local(program) + shifted(harmless[at:], len(local(program))),
    )
    yield "another name before the content", harmless.replace(b"plan.pdf", b"plan.exe", 1)


def local(content: bytes) -> bytes:
    """The files of an archive with the header before each, without its table of contents."""
    return content[: content.index(b"PK\x01\x02")]


def shifted(content: bytes, by: int) -> bytes:
    """*content*, the end of an archive, with its table of contents *by* bytes later."""
    end = content.rfind(b"PK\x05\x06") + 16
    moved = int.from_bytes(content[end : end + 4], "little") + by
    return content[:end] + moved.to_bytes(4, "little") + content[end + 4 :]


@pytest.mark.parametrize(("how", "content"), list(hidden_archives()))
def test_an_archive_that_says_two_things_is_refused(how: str, content: bytes) -> None:
    assert outcome(content, "application/zip") in ("material-archive-unsound", "material-executable"), how


def test_an_archive_written_as_a_stream_is_taken() -> None:
    """Its sizes come behind each content; so do those of many programs."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    written = Pipe()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("a.txt", "图纸/b.pdf", "c/"):
            file.writestr(name, "" if name.endswith("/") else "content " * 100)
    check(written.getvalue(), "application/zip")


def test_a_long_text_in_either_encoding_is_text_across_the_pieces_it_is_read_in() -> None:
    for encoding in ("utf-8", "gb18030"):
        text = ("a" + "字" * 700_000).encode(encoding)
        check(text, "text/plain")
        refused(text + b"\0", "text/plain", "material-type-mismatch")


class Counted(io.BytesIO):
    """A file that counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_glance_at_a_long_text_reads_little_of_it_wherever_that_ends(encoding: str) -> None:
    for begin in ("", "a", "ab", "abc"):
        text = (begin + "字" * 1_000_000).encode(encoding)
        file = Counted(text)
        assert kind_of(file, len(text)) == "text/plain"
        assert file.taken < 300_000


@settings(max_examples=tried(60))
@given(st.one_of(st.binary(max_size=300), st.builds(bytes.__add__, st.sampled_from([*GOOD.values()]), st.binary())))
def test_any_bytes_are_looked_at_without_an_error(content: bytes) -> None:
    for media_type in MEDIA_TYPES:
        assert outcome(content, media_type) in {
            *("", "material-type-mismatch", "material-executable", "material-archive-unsound")
        }


@settings(max_examples=tried(60))
@given(st.sampled_from([*GOOD.values(), *RUNNABLE.values()]), st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_looked_at_without_an_error(content: bytes, place: int, damage: bytes) -> None:
    damaged = content[:place] + damage + content[place + len(damage) :]

    assert kind_of(io.BytesIO(damaged), len(damaged)) in {"", *MEDIA_TYPES}
