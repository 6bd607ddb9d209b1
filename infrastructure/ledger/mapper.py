"""Entries to bytes and back: the fact's JSON under its own short name, never a Python path."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Mapper, StoredEvent
from msgspec import DecodeError, Raw, Struct, ValidationError, json

from domain.core.ledger import Recorded
from domain.messages import FACTS, AnyFact, Entry, tag_of
from infrastructure.privacy.cipher import MARKED_FACTS, decrypted_facts, encrypted_fact

encode_fact = json.Encoder(decimal_format="string").encode

encode_recorded = json.Encoder().encode

decode_fact = json.Decoder(AnyFact).decode

decode_recorded = json.Decoder(Recorded).decode


class Envelope(Struct, frozen=True):
    """An entry as the eventsourcing library passes it about: one string of bytes. The two raw parts are the columns
    `meta` and `data`, byte for byte.
    """

    occurred_at: datetime
    recorded_at: datetime
    recorded: Raw
    fact: Raw


class FactSubject(Struct, frozen=True, gc=False):
    """What every fact about one item has: its code."""

    item: str | None = None


_decode_subject = json.Decoder(FactSubject).decode

_decode_envelope = json.Decoder(Envelope).decode

_encode_envelope = json.Encoder().encode


def entry_from(row: StoredRow) -> Entry:
    """The entry in a row of ledger.event."""
    return Entry(
        row.stream,
        row.version,
        row.occurred_at,
        row.recorded_at,
        decode_fact(decrypted_facts(row.stream, row.data)),
        decode_recorded(row.meta),
        row.seq,
        row.hash.hex(),
    )


def sealed(occurred_at: datetime, recorded_at: datetime, meta: bytes, data: bytes) -> bytes:
    """The library's `state` for a stored row."""
    return _encode_envelope(Envelope(occurred_at, recorded_at, Raw(meta), Raw(data)))


def opened(topic: str, state: bytes) -> Envelope | None:
    """The parts of a `state` that our mapper made; None for another application's."""
    if topic not in FACTS:
        return None
    try:
        return _decode_envelope(state)
    except (DecodeError, ValidationError):
        return None


class EntryMapper(Mapper[UUID]):
    """The library's way from an Entry to a StoredEvent and back."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        entry: Entry = domain_event
        data = encode_fact(entry.fact)
        if type(entry.fact) in MARKED_FACTS:
            data = encrypted_fact(entry.stream, entry.fact, data)
        state = sealed(entry.occurred_at, entry.recorded_at, encode_recorded(entry.recorded), data)
        return StoredEvent(entry.stream, entry.version, tag_of(entry.fact), state)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        envelope = _decode_envelope(stored_event.state)
        stream = UUID(str(stored_event.originator_id))
        return Entry(
            stream,
            stored_event.originator_version,
            envelope.occurred_at,
            envelope.recorded_at,
            decode_fact(decrypted_facts(stream, bytes(envelope.fact))),
            decode_recorded(envelope.recorded),
        )


COLUMNS = "seq, stream, version, type, data, meta, occurred_at, recorded_at, hash"  # of ledger.event: a StoredRow


class StoredRow(Struct, frozen=True):
    """One row of ledger.event."""

    seq: int
    stream: UUID
    version: int
    type: str
    data: bytes
    meta: bytes
    occurred_at: datetime
    recorded_at: datetime
    hash: bytes

    def decoded(self) -> Entry:
        """The entry with its fact."""
        return entry_from(self)

    @property
    def item(self) -> str:
        """The item that its fact is about, read alone; empty where it is about no single one."""
        return _decode_subject(self.data).item or ""
