"""POST /projects/{id}/commands: one command in, one receipt out, once and for all under its Idempotency-Key."""

from __future__ import annotations

import asyncio
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import json

from api.commands.if_match import carry_out_on
from api.commands.materials import require_stored
from api.web.dependencies import AnyRequest, Parts, parts_of
from api.web.identity import actor_of, expected_version, headers_of, key_of, origin_of
from api.web.problems import POST_COMMAND, Problem
from api.web.request_body import command_in, read_body
from infrastructure.ledger.approvals import CommandAnswer
from infrastructure.ledger.sent_command import command_id_of

ANSWER_SECONDS_MAX = 30.0  # a command takes milliseconds; whoever waits this long asks again with the same key

_encode = json.Encoder().encode


@post(
    "/projects/{project_id:uuid}/commands",
    status_code=200,
    operation_id=POST_COMMAND,
    summary="Carry out one command",
    tags=["commands"],
)
async def post_command(request: AnyRequest, project_id: FromPath[UUID]) -> ASGIApp:
    """Carry out one command on a project, and answer once its facts are on disk.

    The command is told by its tag `command`. Sent again with the same Idempotency-Key it changes nothing and gets
    the first answer, marked `Idempotent-Replay: true`; the same key with another body is refused. With If-Match it
    is carried out only on that version of the project.
    """
    return CommandReply(await carried_out(parts_of(request), project_id, request.scope, request.receive))


async def carried_out(parts: Parts, project_id: UUID, scope: Scope, receive: Receive) -> CommandAnswer:
    """Carry out the command in a request's body, as its headers say. Raises what `failures` tells as problems."""
    headers = headers_of(scope)
    by, version, origin = actor_of(headers), expected_version(headers), origin_of(headers)
    key = command_id_of(by.id, key_of(headers))
    command = command_in(await read_body(headers, receive))
    await require_stored(parts, command, key)
    approvals = parts.approvals
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            if version is None:
                return await approvals.handle(project_id, command, by, key, origin=origin)
            return await carry_out_on(version, approvals, project_id, command, by, key, origin)
    except (TimeoutError, asyncio.CancelledError) as late:
        raise outcome_unknown(late) from late


def outcome_unknown(late: BaseException) -> Problem:
    """No answer came in time: the command may have been stored, or not.

    A server that is told to end, and has waited long enough, calls off what is under way.
    """
    ended = isinstance(late, asyncio.CancelledError)
    return Problem(
        "outcome-unknown",
        "this process ended before the ledger answered"
        if ended
        else f"the ledger did not answer within {ANSWER_SECONDS_MAX:.0f} seconds",
        remedy="send the very same command again, with the same Idempotency-Key",
        headers={"Retry-After": "5"},
    )


def told(answer: CommandAnswer) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The body and the headers that tell a receipt."""
    body = _encode(answer.receipt)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"etag", b'"%d"' % answer.receipt.version),
    ]
    if answer.repeated:
        headers.append((b"idempotent-replay", b"true"))
    return body, headers


class CommandReply:
    """A receipt on its way out. Litestar's own responses are for anything; this one takes a fifth of their time."""

    __slots__ = ("_body", "_headers")

    def __init__(self, answer: CommandAnswer) -> None:
        self._body, self._headers = told(answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 as ASGI calls it
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
