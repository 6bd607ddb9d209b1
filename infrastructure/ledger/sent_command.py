"""A command as it came in, and what makes two the same: the id of a principal's key, the fingerprint of the content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1, sha256
from itertools import combinations
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct, json, structs

from domain.core.ledger import Actor, Command, CommandOrigin, Recorded
from domain.core.uuids import uuid_of_digest, uuid_text
from domain.messages import tag_of
from domain.streams import EveryCommand
from infrastructure.privacy.cipher import former_digest, is_marked, keyed_digest

FIELDS_TRIED_MAX = 8  # of 256 choices at most, some milliseconds
PRINCIPALS_CACHED_MAX = 10_000
PRINCIPAL_NAMESPACE = UUID(
    "0b2f6c1e-8d0a-5b7e-9c55-3f1f0f6a7d42"
)  # permanent: a repeat must find the same id years later

DIRECT = CommandOrigin()

_encode = json.Encoder().encode


class SentCommand(Struct, frozen=True, gc=False):
    """A command as it came in: its stream, its sender, its id, and when it *arrived*."""

    stream: UUID
    command: EveryCommand
    by: Actor
    id: UUID
    origin: CommandOrigin
    arrived: datetime
    fingerprint: bytes

    def recorded(self, law: str) -> Recorded:
        """The metadata of its entries, decided under *law*."""
        origin = self.origin
        return Recorded(
            by=origin.recorded_by or self.by,
            command_id=self.id,
            law=law,
            source=origin.source,
            on_behalf_of=self.by if origin.recorded_by else origin.on_behalf_of,
            correlation=origin.correlation,
            causation=origin.causation,
            fingerprint=self.fingerprint,
            at=self.arrived,
            traceparent=origin.traceparent,
        )


def sent_command(
    stream: UUID, command: EveryCommand, by: Actor, command_id: UUID, origin: CommandOrigin, arrived: datetime
) -> SentCommand:
    """The same, with its fingerprint."""
    return SentCommand(stream, command, by, command_id, origin, in_utc(arrived), fingerprint_of(stream, command))


def in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def command_id_of(principal: str, key: UUID) -> UUID:
    """The id of the command that *principal* sends under *key*: no other principal's key leads to it.

    *principal* is the id of a person or client, not of a session or secret: a renewed secret finds the first answer.
    """
    return uuid_of_digest(sha1(_namespace(principal) + uuid_text(key), usedforsecurity=False).digest())


@lru_cache(PRINCIPALS_CACHED_MAX)
def _namespace(principal: str) -> bytes:
    return uuid5(PRINCIPAL_NAMESPACE, principal).bytes


def fingerprint_of(stream: UUID, command: EveryCommand) -> bytes:
    """SHA-256 of the stream's id and the command's JSON, as msgspec writes it, without If-Match.

    Keyed with a secret of the installation where the command holds personal data, which could be guessed else.

    It is of what was understood, not of what was sent: a repeat may be spaced or ordered otherwise.
    """
    wanted = getattr(command, "wanted", command)
    content = stream.bytes + _encode(wanted)
    return keyed_digest(wanted, content) or sha256(content).digest()


def former_fingerprints(stream: UUID, by: Actor, command: Command) -> Iterator[bytes]:
    """As it may have been before storage format 1: it took in the sender, the version in If-Match, and defaults.

    And as it was before the secret of fingerprints was renewed.

    Which of the fields with a default value the command's type had when it was sent is unknown: every choice of them is
    tried, only where a key comes again and today's fingerprint differs.
    """
    for content in _former(command):
        yield sha256(stream.bytes + _encode((by, content))).digest()
    wanted: Command = getattr(command, "wanted", command)
    if is_marked(type(wanted)):  # as it was before fingerprints of personal data were keyed
        yield sha256(stream.bytes + _encode(wanted)).digest()
        if former := former_digest(stream.bytes + _encode(wanted)):
            yield former


def _former(command: Command) -> Iterator[dict[str, Any]]:
    whole = {"command": tag_of(command)} | structs.asdict(command)
    wanted = whole.get("wanted")
    if isinstance(wanted, Command):
        yield from (whole | {"wanted": content} for content in _former(wanted))
        return
    fields = {field.name: field for field in structs.fields(command)}
    unsaid = [name for name in fields if name != "occurred_at" and whole[name] == fields[name].default]
    for number in range(len(unsaid[:FIELDS_TRIED_MAX]) + 1):
        for absent in combinations(unsaid[:FIELDS_TRIED_MAX], number):
            yield {name: value for name, value in whole.items() if name not in absent}
