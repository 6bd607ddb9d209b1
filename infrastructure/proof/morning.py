"""The bureau's morning report: nothing was rewritten since the last one, and these clocks passed a limit.

Made by the supervision bureau on its own machine, from what the zone publishes and what the bureau may read, and signed
by the bureau. Everything in it was verified before it was signed:

    countersign morning report v1
    log approvals.example.org/zone
    since 1102                        size of the checkpoint that the last report ended with; 0 for the first
    before <base64 head of that tree>
    position 1190                     size of the present one
    head <base64>
    consistency <base64> <base64> ... proof that the one is the beginning of the other (RFC 6962, 2.1.2)
    passed 1155 card_issued 0193... land-use commitment 2026-03-30
    at 2026-11-29T22:00:00+00:00

A line `passed` has position, fact, project, item, clock and last day of each rung that a clock came to since; `-` is
where there is none. Each entry's hash was proven to be in the present tree.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from msgspec import Struct

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.merkle import (
    EMPTY_HEAD,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf,
    verify_consistency,
    verify_inclusion,
)
from infrastructure.proof.note import NoteError, NoteVerifier, SignedNote
from infrastructure.proof.tiles import TiledTree, TileFiles

MORNING = "countersign morning report v1"
LIMITS_PASSED = ("deadline_warned", "card_issued", "acceptance_deemed", "consent_deemed", "renewal_deemed")
PAGE_EVENTS = 500
WAIT_SECONDS = 10  # for the feed to follow the log
REQUEST_SECONDS_MAX = 30.0
NOTHING = "-"


class MorningReportError(Exception):
    """The report can't be made: something does not hold, or the zone can't be reached. The sentence says what."""


class PassedLimit(Struct, frozen=True):
    """A rung that a clock came to: *fact* at *position*, of which *clock*, with which last day (`-` for none)."""

    position: int
    fact: str
    project: str
    item: str
    clock: str
    due_on: str

    @property
    def line(self) -> str:
        """Its line in the report."""
        return " ".join(("passed", *(str(getattr(self, name)) for name in self.__struct_fields__)))


class MorningReport(Struct, frozen=True):
    """What is signed: both checkpoints, the proof between them, and the limits that were passed."""

    before: LogCheckpoint
    now: LogCheckpoint
    consistency: tuple[bytes, ...]
    passed: tuple[PassedLimit, ...]
    at: datetime

    @property
    def text(self) -> str:
        """The text of the note."""
        proof = " ".join(["consistency", *(b64encode(hash_).decode() for hash_ in self.consistency)])
        lines = (
            MORNING,
            f"log {self.now.origin}",
            f"since {self.before.size}",
            f"before {b64encode(self.before.head).decode()}",
            f"position {self.now.size}",
            f"head {b64encode(self.now.head).decode()}",
            proof,
            *(limit.line for limit in self.passed),
            f"at {self.at.isoformat(timespec='seconds')}",
        )
        return "".join(f"{line}\n" for line in lines)


class PublishedLog:
    """A zone's log over HTTP, from the address of its server: checkpoint, tiles, and the feed for one API key."""

    def __init__(self, client: httpx2.Client, key: NoteVerifier) -> None:
        self._client, self._key = client, key

    def checkpoint(self) -> LogCheckpoint:
        """The published checkpoint, whose signature was verified. Raises MorningReportError."""
        try:
            note = SignedNote.parse(self._get("/v1/checkpoint").text)
            signed = note.verify([self._key])
            checkpoint = LogCheckpoint.of(note)
        except NoteError as error:
            raise MorningReportError(f"The zone's checkpoint is not what it must be: {error}.") from error
        if not signed or checkpoint.origin != self._key.name:
            raise MorningReportError(f"The zone's checkpoint is not signed by {self._key.name}.")
        return checkpoint

    def tree(self, size: int) -> TiledTree:
        """The published tree of so many leaves."""
        return TiledTree(_FetchedTiles(self), size)

    def tile(self, path: str) -> bytes:
        """The bytes of one tile. Raises FileNotFoundError, MorningReportError."""
        return self._get(f"/v1/{path}", absent=FileNotFoundError(path)).content

    def events(self, after: int, until: int) -> Iterator[dict[str, Any]]:
        """The events of LIMITS_PASSED above *after*, up to position *until*. Raises MorningReportError."""
        cursor = self._cursor(after)
        while after < until:
            parameters: list[tuple[str, str | int]] = [("limit", PAGE_EVENTS), ("wait", WAIT_SECONDS)]
            wanted = [("cursor", cursor), *parameters, *(("type", name) for name in LIMITS_PASSED)]
            page = self._get("/v1/events", wanted).json()
            yield from (event for event in page["events"] if position_of(event) <= until)
            cursor = page["cursor"]
            if page["next"] <= after:
                raise MorningReportError(f"The zone's feed is at {after}, its log at {until}: ask again in a minute.")
            after = page["next"]

    def _cursor(self, after: int) -> str:
        """The cursor behind position *after* of the present ledger: where a restore began an epoch, that is in it.

        What is read from there is shown to be in the tree, so that a wrong guess can't pass.
        """
        try:
            answer = self._client.get("/v1/events", params={"after": after, "limit": 1})
        except httpx2.HTTPError as error:
            raise MorningReportError(f"/v1/events can't be read: {str(error) or type(error).__name__}.") from error
        if answer.status_code != HTTPStatus.GONE:
            return str(after)
        refusal = answer.json()
        return f"{refusal['zone']}.{refusal['epoch']}:{after}"

    def _get(
        self, path: str, parameters: list[tuple[str, Any]] | None = None, absent: Exception | None = None
    ) -> httpx2.Response:
        try:
            answer = self._client.get(path, params=parameters)
        except httpx2.HTTPError as error:
            raise MorningReportError(f"{path} can't be read: {str(error) or type(error).__name__}.") from error
        if answer.status_code == HTTPStatus.NOT_FOUND and absent is not None:
            raise absent
        if answer.status_code != HTTPStatus.OK:
            raise MorningReportError(f"{path} answers {answer.status_code}: {answer.text[:200]}")
        return answer


class _FetchedTiles(TileFiles):
    """The tiles of a published log."""

    def __init__(self, log: PublishedLog) -> None:
        super().__init__(Path())
        self._log = log

    def _read(self, path: str) -> bytes:
        return self._log.tile(path)


def morning_report(log: PublishedLog, before: LogCheckpoint | None, now: datetime) -> MorningReport:
    """The report since the checkpoint *before*, None for the first. Raises MorningReportError.

    A log that shrank or was rewritten gives no report: the error names what does not hold.
    """
    present = log.checkpoint()
    earlier = before or LogCheckpoint(present.origin, 0, EMPTY_HEAD)
    if earlier.origin != present.origin:
        raise MorningReportError(
            f"The zone's log is {present.origin}, and that of the last report was {earlier.origin}: the ledger was"
            " restored. The file `restores` of the witness says what was lost; begin new reports in another folder."
        )
    if earlier.size > present.size:
        raise MorningReportError(
            f"The ledger was put back: {earlier.size} entries were in it, now {present.size}; positions"
            f" {present.size + 1} to {earlier.size} are lost."
        )
    tree = log.tree(present.size)
    try:
        proof = consistency_proof(earlier.size, present.size, tree.subtree)
        verify_consistency(earlier.size, earlier.head, present.size, present.head, proof)
        passed = tuple(_proven(event, tree, present) for event in log.events(earlier.size, present.size))
    except ProofError as error:
        raise MorningReportError(f"The ledger was rewritten since the last report: {error}.") from error
    except FileNotFoundError as missing:
        raise MorningReportError(f"The zone does not publish the tile {missing}: ask again in a second.") from missing
    return MorningReport(earlier, present, tuple(proof), passed, now)


def position_of(event: dict[str, Any]) -> int:
    """The position of an event of the feed: its id, or what comes behind zone and epoch."""
    return int(str(event["id"]).rpartition(":")[2])


def _proven(event: dict[str, Any], tree: TiledTree, present: LogCheckpoint) -> PassedLimit:
    """The limit that *event* of the feed is about, once it is shown to be in the tree. Raises ProofError."""
    position, fact = position_of(event), event["data"]
    if fact is None or not event["hash"]:
        raise MorningReportError(
            "The key may not read what the cards say: it needs a role that sees the whole zone, and the scope feed."
        )
    path = inclusion_proof(position - 1, present.size, tree.subtree)
    verify_inclusion(leaf(position, bytes.fromhex(event["hash"])), position - 1, present.size, path, present.head)
    proof = fact.get("proof") or {}
    clock, due_on = proof.get("clock", NOTHING), proof.get("due_on", NOTHING)
    project = str(event["source"]).rpartition("/")[2]
    return PassedLimit(position, fact["fact"], project, event["subject"] or NOTHING, clock, due_on)
