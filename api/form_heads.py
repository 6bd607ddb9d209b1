"""Heads of the parts of a form, made readable for its parser: no name of a file makes the whole form unreadable.

A browser writes the name as it is: some with its line breaks, which end a header too early, and at any length.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

HEAD_BYTES_MAX = 64 * 1024  # of a long name the middle is left out: it is refused, as the name of a file is short
HEADER_BYTES_MAX = 4 * HEAD_BYTES_MAX  # for the parser: a break in a name becomes three characters
LINE_END, HEAD_END = b"\r\n", b"\r\n\r\n"
WITHIN_CHARACTER = bytes(range(0x80, 0xC0))  # no character of UTF-8 begins with these
FILE_NAME, NAME_ENDS = b'filename="', (b'"\r\n', b'";')


class HeadMender:
    """Takes the body of a form in pieces, and gives them back with heads that can be read."""

    def __init__(self, boundary: str) -> None:
        self._begin = LINE_END + b"--" + boundary.encode() + LINE_END
        self._held = LINE_END  # the first part has no line before it
        self._is_in_head = False

    def take(self, piece: bytes) -> bytes:
        """What can be parsed of the body up to *piece*; the rest is held until more has come."""
        data, mended = self._held + piece, bytearray()
        while (end := self._end(data)) is not None:
            mended += with_plain_name(data[:end]) if self._is_in_head else data[:end]
            data, self._is_in_head = data[end:], not self._is_in_head
        if not self._is_in_head:
            passed = max(0, len(data) - len(self._begin) + 1)
            mended += data[:passed]
            data = data[passed:]
        elif len(data) > HEAD_BYTES_MAX:
            data = _without_middle(data)
        self._held = data
        return bytes(mended)

    def rest(self) -> bytes:
        """What is held at the end of the body."""
        held, self._held = self._held, b""
        return held

    def _end(self, data: bytes) -> int | None:
        """Where the head ends that *data* begins with, else where the next one begins; None if not in it."""
        if not self._is_in_head:
            place = data.find(self._begin)
            return None if place < 0 else place + len(self._begin)
        return _length_of_head(data)


async def mended(boundary: str, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of *body* with heads that can be read, none of them empty: to a parser no bytes are the end."""
    mender = HeadMender(boundary)
    async for piece in body:
        if data := mender.take(piece):
            yield data
    if data := mender.rest():
        yield data


def _length_of_head(data: bytes) -> int | None:
    """The length of the head that *data* begins with, with its empty line; None where its end has not come."""
    if data.startswith(LINE_END):
        return len(LINE_END)
    end = data.find(HEAD_END)
    name = data.find(FILE_NAME, 0, end if end >= 0 else len(data))
    if name >= 0:
        name_end = _end_of_name(data, name + len(FILE_NAME))
        end = data.find(HEAD_END, name_end) if name_end >= 0 else -1
    return end + len(HEAD_END) if end >= 0 else None


def with_plain_name(head: bytes) -> bytes:
    """*head* with the breaks in the name of its file written as browsers of today do: %0D%0A."""
    head = _without_middle(head) if len(head) > HEAD_BYTES_MAX else head
    start = head.find(FILE_NAME) + len(FILE_NAME)
    if start < len(FILE_NAME):
        return head
    end = _end_of_name(head, start)
    return head[:start] + head[start:end].replace(b"\r", b"%0D").replace(b"\n", b"%0A") + head[end:]


def _end_of_name(data: bytes, start: int) -> int:
    """Where the name that begins at *start* ends: at a quotation mark after which no name goes on; -1 if not yet."""
    return min((place for mark in NAME_ENDS if (place := data.find(mark, start)) >= 0), default=-1)


def _without_middle(data: bytes) -> bytes:
    """The begin and the end of *data*, cut between characters."""
    half = HEAD_BYTES_MAX // 2
    return data[:half].decode(errors="ignore").encode() + data[-half:].lstrip(WITHIN_CHARACTER)
