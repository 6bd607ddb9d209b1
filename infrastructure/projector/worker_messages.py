"""Messages between the projector and its worker processes: one line of JSON each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import Struct, json

from infrastructure.projector.fill import Filled, Share


class Fill(Struct, frozen=True, tag="fill"):
    """Job: fold a share of the streams into the empty tables of *schema*. *views* maps names to versions."""

    url: str
    views: dict[str, int]
    position: int
    schema: str
    share: Share


class Follow(Struct, frozen=True, tag="follow"):
    """Job: fold a share of the streams, by one of *processes*, and return the rows to the projector.

    *views* maps names to versions.
    """

    url: str
    views: dict[str, int]
    share: Share
    processes: int


class LedgerRange(Struct, frozen=True):
    """The positions after *seq* up to and including *last*."""

    seq: int
    last: int


Job = Fill | Follow


class FillProgress(Struct, frozen=True, tag="progress"):
    """How many entries of the share are folded so far."""

    entries: int


class Completed(Struct, frozen=True, tag="completed"):
    """The share is folded completely."""

    filled: Filled


class Failed(Struct, frozen=True, tag="failed"):
    """The worker failed with this *error*."""

    error: str


class SentLines(Struct, frozen=True):
    """The `Lines` for one table, by its name."""

    table: str
    new: list[bytes]
    staged: list[bytes]
    deleted: list[list[Any]]
    closed: list[str]
    rewritten: list[UUID]


class PartialBatch(Struct, frozen=True, tag="partial"):
    """One share's part of the `ViewBatch` for a range of the ledger."""

    entries: int
    of_law: bool
    sent: list[SentLines]


WorkerMessage = FillProgress | Completed | Failed | PartialBatch
decode_message = json.Decoder(WorkerMessage).decode
decode_job = json.Decoder(Job).decode
decode_range = json.Decoder(LedgerRange).decode
