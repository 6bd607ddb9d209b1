"""Commands to aggregates other than projects, such as calendars: read, carried out once, answered with a receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct, json, to_builtins

from api.commands.effect import ExpectedFact, expected_fact
from api.commands.sender import in_time
from api.guard.judging import aggregate_allowed
from api.web.command_request import CommandRequest
from api.web.entries import Instant
from api.web.identity import key_of, origin_of
from api.web.request_body import decoded, leaves, read_body, require_plain_texts, require_usable_time
from domain.access.decision import AccessCase
from domain.streams import AggregateKind
from infrastructure.ledger.approvals import Approvals, CommandAnswer, CommandPreview
from infrastructure.ledger.sent_command import command_id_of

C = TypeVar("C")
Schema = dict[str, Any]


class CommandTarget(Struct, frozen=True):
    """One kind of aggregate that commands can be posted to: *commands* is the union of them, and *examples* holds an
    example of each by its stored name, a step of a story whose `dated` is the command as it would be sent.
    """

    operation: str  # the id of the HTTP operation that takes the commands
    kind: AggregateKind
    commands: Any
    examples: Mapping[str, Any]


Check = Callable[[Any], Awaitable[None] | None]  # of a command before it is decided; raises Problem or Refused


class AggregateReceipt(Struct, frozen=True):
    """Where a command's facts are: *position* in the ledger, *version* in the named aggregate's own entries."""

    name: str
    position: int
    version: int
    facts: tuple[str, ...]
    repeated: bool = False

    @classmethod
    def of(cls, name: str, answer: CommandAnswer) -> AggregateReceipt:
        """The receipt of a command to *name*."""
        receipt = answer.receipt
        return cls(name, receipt.position, receipt.version, receipt.facts, answer.repeated)


class AggregateEffect(Struct, frozen=True, kw_only=True):
    """What a command to *name* would record at the instant *at*; *version* is the one before it."""

    name: str
    at: Instant
    version: int
    facts: list[ExpectedFact]


async def carry_out(
    command_request: CommandRequest,
    stream: UUID,
    target: CommandTarget,
    *,
    check: Check | None = None,
    case_of: Callable[[Any, Any], AccessCase] | None = None,
    unknown: str = "",
) -> CommandAnswer:
    """Carry out the command in the body of *command_request* on *stream*, once and for all under its Idempotency-Key.

    *check* may raise a Problem or Refused before anything is decided, unless the command was carried out before.
    *case_of* is, from the aggregate's state and the command, what the table of access judges; *unknown* is the code
    of the problem where the caller may not even know of that.
    Raises Problem with the field at fault, Refused as decided.
    """
    headers = command_request.headers
    caller, origin, approvals = command_request.caller, origin_of(headers), command_request.approvals
    by = caller.actor
    key = command_id_of(by.id, key_of(headers))
    command = command_in(await read_body(headers, command_request.receive), target)
    allowed = aggregate_allowed(caller, command, case_of, unknown)
    if check is not None and await approvals.store.first_answer(key) is None:
        await _require_checked(approvals, stream, command, check, allowed)
    return await in_time(approvals.handle(stream, command, by, key, origin=origin, allowed=allowed))


async def try_out(
    command_request: CommandRequest,
    stream: UUID,
    target: CommandTarget,
    *,
    check: Check | None = None,
    case_of: Callable[[Any, Any], AccessCase] | None = None,
    unknown: str = "",
) -> CommandPreview:
    """What the command in the body would add to *stream*; nothing is stored. The arguments are those of `carry_out`.

    Raises the Problem or Refused that carrying it out would be answered with.
    """
    caller, approvals = command_request.caller, command_request.approvals
    command = command_in(await read_body(command_request.headers, command_request.receive), target)
    allowed = aggregate_allowed(caller, command, case_of, unknown)
    if check is not None:
        await _require_checked(approvals, stream, command, check, allowed)
    return await approvals.preview(stream, command, caller.actor, allowed=allowed)


async def _require_checked(
    approvals: Approvals, stream: UUID, command: Any, check: Check, allowed: Callable[[Any], object]
) -> None:
    """Judge *command* by the table of access, so that the *check* reveals nothing to strangers, then check it."""
    allowed(await approvals.state(stream))
    pending = check(command)
    if pending is not None:
        await pending


def expected(preview: CommandPreview) -> dict[str, Any]:
    """The fields of an AggregateEffect that every kind of aggregate has, its name apart."""
    return {
        "at": preview.added[0].recorded_at,
        "version": len(preview.before),
        "facts": [expected_fact(entry) for entry in preview.added],
    }


def command_in(body: bytes, target: CommandTarget) -> Any:
    """The command in *body*. Raises Problem, with the `path` of the field at fault."""
    command = decoded(_decoder(target.operation, target.commands), body, target.kind.by_tag)
    require_plain_texts(command, body)
    for path, value in leaves("$", command):
        if isinstance(value, date):
            require_usable_time(path, value)
    return command


@cache
def _decoder(operation: str, commands: Any) -> Callable[[bytes], Any]:  # noqa: ARG001 a union has no cheap hash of its own
    return json.Decoder(commands).decode


def command_examples(target: CommandTarget) -> Mapping[str, Schema]:
    """An example of every command of *target*, as an OpenAPI document shows it."""
    return {tag: _example(target, tag) for tag in target.kind.by_tag}


def _example(target: CommandTarget, tag: str) -> Schema:
    example: Schema = to_builtins(target.examples[tag].dated)
    summary = (target.kind.by_tag[tag].__doc__ or tag).partition(". ")[0]
    return {"summary": summary, "value": {name: value for name, value in example.items() if value is not None}}
