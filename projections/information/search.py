"""Search snippets: the part of a text around a match, with matches marked."""

from __future__ import annotations

from unicodedata import normalize

from msgspec import Struct

AROUND_CHARACTERS = 30  # before the first match and after
SNIPPET_CHARACTERS_MAX = 120


class Piece(Struct, frozen=True):
    """A piece of a text; *marked* if it is a match."""

    text: str
    marked: bool = False


def snippet(text: str, marks: tuple[str, ...]) -> list[Piece]:
    """The text around the first of *marks* (normalised by `words.plain`), in pieces; none without a match.

    A mark of Latin letters or digits matches at the beginning of words only, as in the search.
    """
    letters, places = _compared(text)
    spans = _spans(letters, marks)
    if not spans:
        return []
    first = max(places[spans[0][0]] - AROUND_CHARACTERS, 0)
    end = min(first + SNIPPET_CHARACTERS_MAX, len(text))
    pieces: list[Piece] = [Piece("…")] if first else []
    at = first
    for begin, after in spans:
        start, stop = places[begin], places[after - 1] + 1
        if start < at or stop > end:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:stop], marked=True))
        at = stop
    if at < end:
        pieces.append(Piece(text[at:end]))
    return [*pieces, Piece("…")] if end < len(text) else pieces


def _compared(text: str) -> tuple[str, list[int]]:
    """*text* normalised for comparison, and for each letter its position in *text*."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in normalize("NFKC", character).casefold():
            letters.append(" " if letter.isspace() else letter)
            places.append(place)
    return "".join(letters), places


def _spans(letters: str, marks: tuple[str, ...]) -> list[tuple[int, int]]:
    """The positions of the marks, in order and without overlaps; of two at one position the longer."""
    spans: list[tuple[int, int]] = []
    for mark in marks:
        at = letters.find(mark)
        while at >= 0:
            inside = mark[0].isascii() and at > 0 and letters[at - 1].isascii() and letters[at - 1].isalnum()
            if not inside:
                spans.append((at, at + len(mark)))
            at = letters.find(mark, at + 1)
    apart: list[tuple[int, int]] = []
    for begin, after in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not apart or begin >= apart[-1][1]:
            apart.append((begin, after))
    return apart
