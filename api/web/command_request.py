"""The unread request of a command or an upload: its headers, and its body as it comes in."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.types import Receive
from msgspec import Struct

from api.web.http_request import HttpRequest
from api.web.identity import Headers, headers_of
from api.web.request_body import read_body
from domain.access.principal import Caller
from infrastructure.ledger.approvals import Approvals


class CommandRequest(Struct, frozen=True):
    """The *headers* of a request of *caller*, its body to come from *receive*, and the ledger a command goes to."""

    approvals: Approvals
    caller: Caller
    headers: Headers
    receive: Receive


def command_request(
    request: HttpRequest, approvals: NamedDependency[Approvals], caller: NamedDependency[Caller]
) -> CommandRequest:
    """The request, unread."""
    return CommandRequest(approvals, caller, headers_of(request.scope), request.receive)


async def json_body(request: HttpRequest) -> bytes:
    """The body of a request that asks something in JSON. Raises Problem where it is too large, or of another type."""
    return await read_body(headers_of(request.scope), request.receive)
