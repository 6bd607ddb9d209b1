"""What both clients share: requests as they are sent, answers as they are read, and when a request is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx2
import stamina
from msgspec import DecodeError, Struct, json, to_builtins

from scripts.client.errors import PASSING, RETRY_SECONDS_MAX, ClientError, ProblemError

ATTEMPTS = 8
TIMEOUT_SECONDS = 30.0
WAIT_SECONDS = 30  # of a request for events: the server answers earlier where there are some
NDJSON = "application/x-ndjson"
KEY, MATCH = "Idempotency-Key", "If-Match"
# Addresses that take `after`, the position that the views have to have reached; a test compares them with the document.
AFTER_PATHS: tuple[str, ...] = (
    "/v1/projects",
    "/v1/progress",
    "/v1/registers",
    "/v1/feedback",
    "/v1/external",
    "/v1/clocks",
    "/v1/waiting",
    "/v1/supervision/board",
    "/v1/supervision/cards",
    "/v1/supervision/decisions",
    "/v1/supervision/orders",
    "/v1/supervision/lags",
    "/v1/supervision/suspensions",
    "/v1/legal-persons",
    "/v1/information",
    "/v1/window/decisions",
)
AFTER_ENDINGS: tuple[str, ...] = ("/progress", "/complaint", "/evaluation", "/feedback", "/external", "/critical-path")

_decoder = json.Decoder()


class CommandReceipt(Struct, frozen=True):
    """What a command was answered: *position* is the `after` of reads that have to see it, *version* for If-Match."""

    position: int
    version: int
    facts: list[str]
    project: UUID | None = None


class BatchCommand(Struct, frozen=True, omit_defaults=True):
    """One line of a batch; without a *key* the client makes one."""

    project: UUID
    command: Mapping[str, Any]
    key: str = ""
    if_match: int | None = None


class ClientState:
    """What a client keeps between requests, whether it awaits them or not. *position* is that of its last command."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self.position = 0

    def _retries(self) -> Any:
        """The attempts at one request, to be iterated with or without `async`."""
        return retries(self._attempts)

    def _params(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The query of a read, with the position of the last command where the address takes one."""
        query = {name: value for name, value in params.items() if value is not None}
        if self.position and takes_after(path):
            query.setdefault("after", self.position)
        return query

    def _receipt(self, response: httpx2.Response) -> CommandReceipt:
        """The receipt of a command. Raises ClientError."""
        try:
            receipt = json.decode(response.content, type=CommandReceipt)
        except DecodeError as failure:
            raise ClientError(f"{response.url} did not answer with a receipt: {failure}") from failure
        self.position = max(self.position, receipt.position)
        return receipt

    def _answers(self, response: httpx2.Response) -> list[Any]:
        """The answers to a batch, a line each. Raises ClientError."""
        try:
            answers: list[Any] = _decoder.decode_lines(response.content)
        except DecodeError as failure:
            raise ClientError(f"{response.url} broke off its answer: send the batch again") from failure
        positions = [answer["receipt"]["position"] for answer in answers if answer.get("receipt")]
        self.position = max([self.position, *positions])
        return answers


def takes_after(path: str) -> bool:
    """Whether the address takes a receipt's position."""
    if path.startswith("/v1/projects/"):
        return path.endswith(AFTER_ENDINGS)
    if path.startswith("/v1/legal-persons/"):
        return not path.endswith("/commands")
    is_flow = path.startswith("/v1/flows/") and path.endswith("/projects")
    return is_flow or any(path == known or path.startswith(f"{known}/") for known in AFTER_PATHS)


def credentials(key: str) -> dict[str, str]:
    """The headers that say who sends; none without a *key*."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def command_headers(key: str | UUID | None, if_match: int | str | None) -> dict[str, str]:
    """The headers of a command: a key that is the same at each attempt, and the version it is meant for."""
    headers = {KEY: str(key or uuid4()), "Content-Type": "application/json"}
    if if_match is not None:
        headers[MATCH] = if_match if isinstance(if_match, str) else f'"{if_match}"'
    return headers


def body_of(value: Any) -> bytes:
    """*value*, a message or plain data, as a JSON body without members that are null."""
    plain = to_builtins(value)
    if isinstance(plain, dict):
        plain = {name: part for name, part in plain.items() if part is not None}
    return json.encode(plain)


def json_options(body: Any, headers: Mapping[str, str] | None) -> dict[str, Any]:
    """The options of a request that sends *body* as JSON, or nothing where it is None."""
    content = body_of(body) if body is not None else None
    return {"content": content, "headers": {"Content-Type": "application/json", **(headers or {})}}


def batch_options(lines: Sequence[BatchCommand], mode: str) -> dict[str, Any]:
    """The options of a request that sends a batch."""
    return {"params": {"mode": mode}, "content": lines_of(lines), "headers": {"Content-Type": NDJSON}}


def lines_of(lines: Sequence[BatchCommand]) -> bytes:
    """A batch as it is sent; each line gets a key that it keeps when the batch is sent again."""
    keyed = [{**to_builtins(line), "key": line.key or str(uuid4())} for line in lines]
    return b"".join(json.encode(line) + b"\n" for line in keyed)


def checked(response: httpx2.Response) -> httpx2.Response:
    """*response* where it is a success. Raises ProblemError."""
    if response.is_success:
        return response
    try:
        members: Any = json.decode(response.content)
    except DecodeError:
        members = {"detail": response.text[:300]}
    wait = response.headers.get("Retry-After", "")
    after = float(wait) if wait.isascii() and wait.isdigit() else None
    raise ProblemError(response.status_code, members if isinstance(members, dict) else {"detail": members}, after)


def decoded(response: httpx2.Response) -> Any:
    """The body in JSON. Raises ClientError where it is something else."""
    try:
        return json.decode(response.content)
    except DecodeError as failure:
        raise ClientError(f"{response.url} did not answer in JSON: is it Countersign?") from failure


def unreachable(address: object, lost: httpx2.TransportError) -> ClientError:
    """The error for a server that no attempt has reached."""
    return ClientError(f"{address} can't be reached: {lost or type(lost).__name__}")


def retries(attempts: int) -> Any:
    """*attempts* at one request, to be iterated with or without `async`."""
    return stamina.retry_context(on=is_passing, attempts=attempts, timeout=None)


def is_passing(failure: Exception) -> bool | float:
    """Whether a request that failed so is sent again, and after how many seconds if the server says that."""
    if isinstance(failure, ProblemError):
        if failure.status not in PASSING:
            return False
        return True if failure.retry_after is None else min(failure.retry_after, RETRY_SECONDS_MAX)
    return isinstance(failure, httpx2.TransportError)
