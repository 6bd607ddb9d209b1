"""What a process that folds is told, and what it answers: a line of JSON each."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json

from infrastructure.projector.fill import Filled, Share


class Fill(Struct, frozen=True, tag="fill"):
    """Which streams to fold into which tables. *views* maps their names to their versions."""

    url: str
    views: dict[str, int]
    position: int
    schema: str
    share: Share


class Follow(Struct, frozen=True, tag="follow"):
    """Which streams to fold for whoever writes. *views* maps their names to their versions."""

    url: str
    views: dict[str, int]
    share: Share


class LedgerStretch(Struct, frozen=True):
    """The positions after *seq* up to *last*."""

    seq: int
    last: int


Job = Fill | Follow


class FillProgress(Struct, frozen=True, tag="told"):
    """So many entries of the share are folded."""

    entries: int


class Completed(Struct, frozen=True, tag="done"):
    """The share is folded."""

    filled: Filled


class Failed(Struct, frozen=True, tag="failed"):
    """It is not, and why."""

    error: str


class Sent(Struct, frozen=True):
    """The `Lines` for one table, by its name."""

    table: str
    new: list[str]
    staged: list[str]
    gone: list[list[Any]]


class Partial(Struct, frozen=True, tag="part"):
    """What a share of a stretch came to, as in a `Batch`."""

    entries: int
    of_law: bool
    sent: list[Sent]


Word = FillProgress | Completed | Failed | Partial
decode_word = json.Decoder(Word).decode
decode_job = json.Decoder(Job).decode
decode_stretch = json.Decoder(LedgerStretch).decode
