"""The lines of a batch of commands: what one says, and how one is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from msgspec import DecodeError, Meta, Raw, Struct, json

from api.commands.sender import ProjectCommand
from api.web.error_handlers import described
from api.web.identity import key_from
from api.web.problems import Problem
from api.web.request_body import BODY_BYTES_MAX, NUMBER_MAX, command_in, decoded, field_problem, require_storable
from domain.messages import AnyCommand
from infrastructure.ledger.approvals import CommandAnswer

LINES_MAX = 10_000
BATCH_BYTES_MAX = 16 * 1024 * 1024
ONCE_MORE = b',"repeated":true'

_encode = json.Encoder().encode


class LineParts(Struct, frozen=True, forbid_unknown_fields=True):
    """One line: a *command* to *project*, as in the body of a single request, under an idempotency *key* of its own.

    *if_match*: carry it out only on this version of the project, a number.
    """

    project: UUID
    command: Raw
    key: str = ""
    if_match: Annotated[int, Meta(ge=0, le=NUMBER_MAX)] | None = None


class BatchLine(LineParts, frozen=True):
    """The same, read in one go."""

    command: AnyCommand  # type: ignore[assignment]  # what the raw part holds


_decode = json.Decoder(BatchLine).decode
_decode_parts = json.Decoder(LineParts).decode


class LineTooLongError(Exception):
    """A line has no end within the limit of a body."""


class LineSplitter:
    """Cuts a body that comes in pieces into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def lines(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in *piece*; a line that is longer than a body may be comes in parts that can't be read."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        yield from whole
        if len(self._rest) > BODY_BYTES_MAX:
            raise LineTooLongError

    @property
    def last(self) -> bytes:
        """What came after the last end of a line."""
        return self._rest


def line_command(line: bytes) -> ProjectCommand:
    """The command in *line*. Raises Problem; the path of a field at fault is that within the line's command."""
    try:
        read = _decode(line)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return _command_by_parts(line)
    require_storable(read.command, line)
    return ProjectCommand(read.project, read.command, _key(read.key), read.if_match)


def _command_by_parts(line: bytes) -> ProjectCommand:
    """The same of a line that could not be read in one go: says whether the line or its command is at fault."""
    read = decoded(_decode_parts, line)
    return ProjectCommand(read.project, command_in(bytes(read.command)), _key(read.key), read.if_match)


def _key(text: str) -> UUID:
    """The idempotency key of a line, which may be what it may be in a header. Raises Problem."""
    if not text:
        remedy = "give each line a new UUID, and the same one when sending it again"
        raise Problem("key-missing", "the line has no key", remedy=remedy, path="$.key")
    try:
        return key_from(text.encode())
    except Problem as unfit:
        raise field_problem("$.key", "it is neither a UUID nor a short text without spaces", unfit.remedy) from unfit


def receipt_line(number: int, answer: CommandAnswer) -> bytes:
    """The answer to the line *number* that was carried out."""
    repeated = ONCE_MORE if answer.repeated else b""
    return b'{"line":%d,"status":200,"receipt":%b%b}\n' % (number, _encode(answer.receipt), repeated)


def problem_line(number: int, error: Exception, scope: Any) -> bytes:
    """The answer to the line *number* that failed with *error*: the problem that a single request would get."""
    problem, body = described(scope, error)
    return b'{"line":%d,"status":%d,"problem":%b}\n' % (number, problem.kind.status, body)
