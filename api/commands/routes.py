"""POST /v1/projects/{id}/commands: one command in, one receipt out, once and for all under its Idempotency-Key."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct, json

from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.route_access import ACCESS, COMMANDS
from api.web.error_handlers import described
from api.web.identity import caller_of, expected_version, headers_of, key_of, origin_of
from api.web.problems import MEDIA_TYPE, POST_COMMAND, Problem
from api.web.request_body import command_in, read_body
from api.web.response_filter import send_whole
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.materials.store import MaterialStore

HeaderPairs = list[tuple[bytes, bytes]]

_encode = json.Encoder().encode


@post(
    "/projects/{project_id:uuid}/commands",
    status_code=200,
    operation_id=POST_COMMAND,
    summary="Carry out one command",
    tags=["commands"],
    opt={ACCESS: COMMANDS},
)
async def post_command(
    project_id: FromPath[UUID], approvals: NamedDependency[Approvals], materials: NamedDependency[MaterialStore]
) -> ASGIApp:
    """Carry out one command on a project, and answer once its facts are on disk.

    The tag `command` names the command. Sent again with the same Idempotency-Key it changes nothing and gets
    the first answer, marked `Idempotent-Replay: true`; the same key with another body is refused. With If-Match it
    is carried out only on that version of the project.
    """
    return CommandEndpoint(approvals, materials, project_id)


class CommandEndpoint(Struct, frozen=True):
    """The ASGI application that carries out the command in one request on the project *project_id*.

    Litestar calls it as the response of `post_command`, the hot path directly; all answers, errors too, are its own.
    """

    approvals: Approvals
    materials: MaterialStore
    project_id: UUID

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_whole(send, *await self.answer(scope, receive))

    async def answer(self, scope: Scope, receive: Receive) -> tuple[int, HeaderPairs, bytes]:
        """Status, headers and body of the answer: those of a receipt, or of a problem."""
        try:
            answer = await self._carry_out(scope, receive)
        except Exception as error:  # noqa: BLE001  errors become problems here, as in litestar's error handlers
            problem, body = described(scope, error)
            return problem.kind.status, problem_headers(problem, body), body
        body = _encode(answer.receipt)
        return 200, receipt_headers(answer, body), body

    async def _carry_out(self, scope: Scope, receive: Receive) -> CommandAnswer:
        """Carry out the command as the headers say. Raises whatever the error handlers translate to problems."""
        headers = headers_of(scope)
        caller, version, origin = caller_of(scope), expected_version(headers), origin_of(headers)
        key = key_of(headers)
        command = command_in(await read_body(headers, receive))
        sender = ProjectCommandSender(self.approvals, self.materials, caller, origin)
        return await sender.carry_out(ProjectCommand(self.project_id, command, key, version))


def receipt_headers(answer: CommandAnswer, body: bytes) -> HeaderPairs:
    """The headers of a receipt: its version as ETag, and whether it is the first answer repeated."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"etag", b'"%d"' % answer.receipt.version),
    ]
    if answer.repeated:
        headers.append((b"idempotent-replay", b"true"))
    return headers


def problem_headers(problem: Problem, body: bytes) -> HeaderPairs:
    """The headers of a problem, which may be over with the next try and so is not cached."""
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *headers,
    ]
