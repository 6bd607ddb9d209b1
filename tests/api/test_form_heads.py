"""Forms whose files have names with line breaks, or of any length, stay readable, in whatever pieces they come."""

from __future__ import annotations

import itertools
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multipart import MultipartParser  # type: ignore[import-untyped]  # it ships no types

from api.form_heads import HEAD_BYTES_MAX, HEADER_BYTES_MAX, HeadMender

TEXT = b'--b\r\nContent-Disposition: form-data; name="reasons"\r\n\r\nfilename="a\r\nb"\r\n\r\n--b\r\n'
NAMES = st.text(st.sampled_from("a图%\"'=;:\r\n\\- "), max_size=12)
CUTS = st.lists(st.integers(0, 300), max_size=6)


def form_with(name: bytes, content: bytes = b"%PDF\r\n--c\r\n\r\n") -> bytes:
    """A form with a text before and after a file that is called *name*."""
    head = b'Content-Disposition: form-data; name="file"; filename="' + name + b'"\r\nContent-Type: application/pdf'
    after = b'\r\n--b\r\nContent-Disposition: form-data; name="after"\r\n\r\nstays\r\n--b--\r\n'
    return TEXT + head + b"\r\n\r\n" + content + after


def mended(body: bytes, cuts: list[int]) -> bytes:
    places = sorted({0, *(min(cut, len(body)) for cut in cuts), len(body)})
    mender = HeadMender("b")
    pieces = [mender.take(body[start:end]) for start, end in itertools.pairwise(places)]
    return b"".join(pieces) + mender.rest()


def parts(body: bytes) -> list[tuple[str, str | None, bytes]]:
    parser = MultipartParser(BytesIO(body), "b", headersize_limit=HEADER_BYTES_MAX)
    return [(part.name, part.filename, part.raw) for part in parser]


@given(NAMES, CUTS)
def test_what_is_beside_a_file_is_read_whatever_its_name_is(name: str, cuts: list[int]) -> None:
    escaped = name.replace('"', "%22")
    before, file, after = parts(mended(form_with(escaped.encode()), cuts))
    assert before == ("reasons", None, b'filename="a\r\nb"\r\n')
    assert file[2] == b"%PDF\r\n--c\r\n\r\n"
    assert after == ("after", None, b"stays")


@given(CUTS)
def test_a_form_that_can_be_read_is_left_as_it_is(cuts: list[int]) -> None:
    body = form_with("总平面图.pdf".encode())
    assert mended(body, cuts) == b"\r\n" + body


@pytest.mark.parametrize("step", [1_000, 64 * 1024, 1_000_000])
def test_of_an_endless_name_begin_and_end_are_left_and_no_more_is_held(step: int) -> None:
    mender, body = HeadMender("b"), form_with("图".encode() * 200_000)
    whole = bytearray()
    for start in range(0, len(body), step):
        whole += mender.take(body[start : start + step])
        assert len(mender._held) <= HEAD_BYTES_MAX + step
    _, (_, name, _), after = parts(bytes(whole) + mender.rest())
    assert after == ("after", None, b"stays")
    assert name is not None
    assert len(name) > 5_000
    assert set(name) == {"图"}
