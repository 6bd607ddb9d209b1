"""Commands to what is no project, a calendar say: read, carried out once, answered with a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct, json, to_builtins

from api.commands.routes import ANSWER_SECONDS_MAX, outcome_unknown
from api.web.dependencies import AnyRequest, parts_of
from api.web.identity import actor_of, headers_of, key_of, origin_of
from api.web.request_body import decoded, leaves, read_body, require_kept, require_plain_texts
from domain.streams import AggregateKind
from infrastructure.ledger.approvals import CommandAnswer
from infrastructure.ledger.sent_command import command_id_of

C = TypeVar("C")
Schema = dict[str, Any]


class Spoken(Struct, frozen=True):
    """What may be said to one kind of aggregate: *words* is the union of its commands, and *examples* holds an
    example of each by its stored name, a step of a story whose `dated` is the command as it would be sent.
    """

    operation: str  # the id of the HTTP operation that takes the commands
    kind: AggregateKind
    words: Any
    examples: Mapping[str, Any]


class AggregateReceipt(Struct, frozen=True):
    """Where a command's facts stand: *position* in the ledger, *version* in the named aggregate's own entries."""

    name: str
    position: int
    version: int
    facts: tuple[str, ...]
    repeated: bool = False

    @classmethod
    def of(cls, name: str, answer: CommandAnswer) -> AggregateReceipt:
        """The receipt for what was said to *name*."""
        told = answer.receipt
        return cls(name, told.position, told.version, told.facts, answer.repeated)


async def carry_out(
    request: AnyRequest, stream: UUID, spoken: Spoken, *, check: Callable[[Any], Awaitable[None] | None] | None = None
) -> CommandAnswer:
    """Carry out the command in the request's body on *stream*, once and for all under its Idempotency-Key.

    *check* may raise a Problem or Refused before anything is decided, unless the command was carried out before.
    Raises Problem with the field at fault, Refused as decided.
    """
    headers = headers_of(request.scope)
    by, origin = actor_of(headers), origin_of(headers)
    key = command_id_of(by.id, key_of(headers))
    command = command_in(await read_body(headers, request.receive), spoken)
    if check is not None and await parts_of(request).approvals.store.first_answer(key) is None:
        waited_for = check(command)
        if waited_for is not None:
            await waited_for
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await parts_of(request).approvals.handle(stream, command, by, key, origin=origin)
    except (TimeoutError, asyncio.CancelledError) as late:
        raise outcome_unknown(late) from late


def command_in(body: bytes, spoken: Spoken) -> Any:
    """The command in *body*. Raises Problem, with the `path` of the field at fault."""
    command = decoded(_decoder(spoken.operation, spoken.words), body, spoken.kind.by_tag)
    require_plain_texts(command, body)
    for path, value in leaves("$", command):
        if isinstance(value, date):
            require_kept(path, value)
    return command


@cache
def _decoder(operation: str, words: Any) -> Callable[[bytes], Any]:  # noqa: ARG001 a union has no cheap hash of its own
    return json.Decoder(words).decode


def command_examples(spoken: Spoken) -> Mapping[str, Schema]:
    """An example of every command that *spoken* knows, as an OpenAPI document tells it."""
    return {tag: _example(spoken, tag) for tag in spoken.kind.by_tag}


def _example(spoken: Spoken, tag: str) -> Schema:
    example: Schema = to_builtins(spoken.examples[tag].dated)
    summary = (spoken.kind.by_tag[tag].__doc__ or tag).partition(". ")[0]
    return {"summary": summary, "value": {name: value for name, value in example.items() if value is not None}}
