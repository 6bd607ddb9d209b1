"""A command as it came in, and what makes two the same: the id of a principal's key, the fingerprint of the content."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from uuid import UUID, uuid5

from msgspec import Struct, json

from domain.core.ledger import Actor, Command, CommandOrigin, Recorded
from domain.streams import EveryCommand

PRINCIPALS_CACHED_MAX = 10_000
PRINCIPAL_NAMESPACE = UUID(
    "0b2f6c1e-8d0a-5b7e-9c55-3f1f0f6a7d42"
)  # permanent: a repeat must find the same id years later

DIRECT = CommandOrigin()

_encode = json.Encoder().encode


class SentCommand(Struct, frozen=True, gc=False):
    """A command as it came in: to which stream, from whom, under which id, and when it *arrived*."""

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
            by=self.by,
            command_id=self.id,
            law=law,
            source=origin.source,
            on_behalf_of=origin.on_behalf_of,
            correlation=origin.correlation,
            causation=origin.causation,
            fingerprint=self.fingerprint,
            at=self.arrived,
        )


def sent_command(
    stream: UUID, command: EveryCommand, by: Actor, command_id: UUID, origin: CommandOrigin, arrived: datetime
) -> SentCommand:
    """The same, with its fingerprint."""
    return SentCommand(stream, command, by, command_id, origin, in_utc(arrived), fingerprint_of(stream, command))


def in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def command_id_of(principal: str, key: UUID) -> UUID:
    """The id of the command that *principal* sends under *key*: nobody else's key leads to it.

    *principal* is the id of a person or client, not of a session or secret: a renewed secret finds the first answer.
    """
    return uuid5(_namespace(principal), str(key))


@lru_cache(PRINCIPALS_CACHED_MAX)
def _namespace(principal: str) -> UUID:
    return uuid5(PRINCIPAL_NAMESPACE, principal)


def fingerprint_of(stream: UUID, command: EveryCommand) -> bytes:
    """SHA-256 of the stream's id and the command's JSON, as msgspec writes it, without If-Match.

    It is of what was understood, not of what was sent: a repeat may be spaced or ordered otherwise.
    """
    return sha256(stream.bytes + _encode(getattr(command, "wanted", command))).digest()


def former_fingerprint(stream: UUID, by: Actor, command: Command) -> bytes:
    """As it was before storage format 1: it took in the sender, and the version in If-Match."""
    return sha256(stream.bytes + _encode((by, command))).digest()
