"""What a command would add to the ledger: its entries, ready to be stored, and the receipt that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from msgspec import Struct, json

from domain.core.ledger import Recorded
from domain.messages import FACTS, AnyFact, Entry
from domain.streams import State, kind_named_by
from infrastructure.ledger.append_batch import AppendItem, Row
from infrastructure.ledger.hash_chain import GENESIS, chained
from infrastructure.ledger.mapper import encode_fact, encode_recorded
from infrastructure.ledger.pg_binary import microseconds
from infrastructure.privacy.cipher import MARKED_FACTS, NO_ERASURES, encrypted_fact

NAMES = {fact: (tag, tag.encode()) for tag, fact in FACTS.items()}
KINDS = {fact: kind_named_by(fact).encode() for fact in FACTS.values()}
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


class Receipt(Struct, frozen=True, gc=False):
    """The position of a command's facts. Send *position* back as ?after= to read your own write.

    *version* is the project's after the command; *facts* are the stored names of what happened.
    """

    project: UUID
    position: int
    version: int
    facts: tuple[str, ...]


decode_receipt = json.Decoder(Receipt).decode
_encode_receipt = json.Encoder().encode


class CachedState(Struct, gc=False):
    """The state of a project, or of a calendar, as this process last saw it, and the hash its next entry chains to.

    *recorded_at* is that of its last entry: none may come to be known before what it follows on.
    """

    project: State
    hash: bytes = GENESIS
    recorded_at: datetime = EARLIEST


class EntryDraft(Struct, frozen=True, gc=False):
    """Entries that follow on *version* of a project, as facts and as the rows that hold them."""

    entries: tuple[Entry, ...]
    rows: tuple[Row, ...]
    receipt: Receipt
    previous: bytes  # the hash that the first row is chained to

    @classmethod
    def of(
        cls,
        cached: CachedState,
        facts: Sequence[AnyFact],
        recorded: Recorded,
        occurred_at: datetime,
        recorded_at: datetime,
    ) -> Self:
        stream, version, previous = cached.project.id, cached.project.version, cached.hash
        meta = encode_recorded(recorded)
        seen = microseconds(recorded_at)
        happened = seen if occurred_at is recorded_at else microseconds(occurred_at)
        entries: list[Entry] = []
        rows: list[Row] = []
        tags: list[str] = []
        for fact in facts:
            version += 1
            tag, name = NAMES[type(fact)]
            data = encode_fact(fact)
            if type(fact) in MARKED_FACTS:
                data = encrypted_fact(stream, fact, data, getattr(cached.project, "erasures", NO_ERASURES))
            previous = chained(previous, stream, version, name, data, meta, happened, seen)
            entries.append(Entry(stream, version, occurred_at, recorded_at, fact, recorded))
            rows.append(Row(version, name, data, meta, happened, seen, previous))
            tags.append(tag)
        return cls(tuple(entries), tuple(rows), Receipt(stream, 0, version, tuple(tags)), cached.hash)

    def receipt_at(self, position: int) -> Receipt:
        """The receipt, once its last fact is stored at *position*."""
        receipt = self.receipt
        return Receipt(receipt.project, position, receipt.version, receipt.facts)

    def item(self, command_id: UUID, fingerprint: bytes) -> AppendItem:
        """The draft as one item of a batch."""
        return AppendItem(
            self.receipt.project,
            self.rows,
            command_id,
            fingerprint,
            _encode_receipt(self.receipt),
            self.previous,
            KINDS[type(self.entries[0].fact)] if self.entries[0].version == 1 else b"",
        )
