"""POST /v1/commands/batch: commands in, one per line, and answers out in the same order, as they come to be known.

Reading never waits for sending: a client that sends its whole body before it reads an answer would otherwise wait for
this server while this server waits for it. What is in memory is bounded by the limits of a batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import post
from litestar.params import QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from api.commands.batch_lines import (
    BATCH_BYTES_MAX,
    LINES_MAX,
    LineSplitter,
    LineTooLongError,
    line_command,
    problem_line,
    receipt_line,
)
from api.commands.routes import problem_headers
from api.commands.sender import ProjectCommand, ProjectCommandSender
from api.route_access import ACCESS, COMMANDS
from api.web.dependencies import services_of
from api.web.error_handlers import described
from api.web.identity import caller_of, headers_of, origin_of
from api.web.problems import POST_BATCH, Problem
from api.web.request_body import require_utf8
from api.web.response_filter import send_whole
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import SequenceRefusedError
from infrastructure.materials.store import MaterialStore

NDJSON = "application/x-ndjson"
MEDIA_TYPES = (NDJSON.encode(), b"application/jsonl")
PROJECTS_AT_ONCE_MAX = 512  # two batches of the committer: single requests get their turn between them
PIECE_BYTES = 64 * 1024  # answers are sent in pieces of about this size, or as they are known
CLIENT_GONE = "http.disconnect"


class BatchMode(StrEnum):
    """Each command by itself, or all of them or none."""

    EACH = "each"
    ATOMIC = "atomic"


Mode = Annotated[
    BatchMode,
    QueryParameter(description="`each`: every line by itself; `atomic`: all lines, of one project, or none of them."),
]


@post(
    "/commands/batch",
    status_code=200,
    operation_id=POST_BATCH,
    summary="Carry out many commands",
    tags=["commands"],
    opt={ACCESS: COMMANDS},
)
async def post_batch(scope: Scope, mode: Mode = BatchMode.EACH) -> ASGIApp:
    """A line a command, as `application/x-ndjson`: `project`, `key`, `command`, and `if_match` where wanted.

    Each line is answered by one: its number from 1, the status, and the receipt or the problem that a single request
    would get. The lines of one project are carried out in their order, those of others side by side. 10,000 lines and
    16 MiB at most. A batch may be sent again: what was carried out gets its first answer.
    """
    services = services_of(scope)
    return BatchEndpoint(services.approvals, services.materials, mode)


class BatchEndpoint(Struct, frozen=True):
    """The ASGI application that carries out the batch in one request; all answers, errors too, are its own.

    Litestar calls it as the response of `post_batch`, the hot path directly.
    """

    approvals: Approvals
    materials: MaterialStore
    mode: BatchMode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers, caller = headers_of(scope), caller_of(scope)
            _require_lines(headers)
            sender = ProjectCommandSender(self.approvals, self.materials, caller, origin_of(headers))
        except Exception as error:  # noqa: BLE001  errors become problems here, as in litestar's error handlers
            problem, body = described(scope, error)
            await send_whole(send, problem.kind.status, problem_headers(problem, body), body)
            return
        run = LinesRun(sender, scope) if self.mode is BatchMode.EACH else AtomicRun(sender, scope)
        reading = asyncio.create_task(run.read(receive))
        try:
            await _send_answers(run.answers(), send)
            await reading
        finally:
            reading.cancel()


def _require_lines(headers: Any) -> None:
    """Refuse a body of another type, and one that is announced to be too large. Raises Problem."""
    kind = headers.get(b"content-type", b"")
    if kind.partition(b";")[0].strip().lower() not in MEDIA_TYPES:
        raise Problem(
            "wrong-content-type",
            "a batch is newline-delimited JSON",
            remedy=f"send a command a line, with the header Content-Type: {NDJSON}",
            headers={"Accept": NDJSON},
        )
    require_utf8(kind, NDJSON)
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > BATCH_BYTES_MAX:
        raise _too_large()


def _too_large() -> Problem:
    return Problem(
        "body-too-large",
        f"a batch has at most {LINES_MAX} lines and {BATCH_BYTES_MAX} bytes",
        remedy="send the rest as another batch",
        limit=BATCH_BYTES_MAX,
    )


async def _send_answers(answers: AsyncIterator[Piece], send: Send) -> None:
    headers = [(b"content-type", b"application/x-ndjson"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    is_last = False
    async for body, is_last in answers:
        await send({"type": "http.response.body", "body": body, "more_body": not is_last})
    if not is_last:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


Piece = tuple[bytes, bool]  # answers, and whether they are known to be the last ones
NumberedLines = Iterator[tuple[int, bytes]]


async def lines_in(receive: Receive) -> AsyncIterator[NumberedLines]:
    """The lines of a body with their numbers, piece by piece as it comes; blank ones are left out.

    Raises Problem where it is cut off or too large, some of that while a piece is read.
    """
    splitter, size, more = NumberedSplitter(), 0, True
    while more:
        event: Any = await receive()
        if event["type"] == CLIENT_GONE:
            raise Problem("bad-request", "the connection closed before the batch was whole", remedy="send it again")
        piece, more = event.get("body", b""), event.get("more_body", False)
        size += len(piece)
        yield splitter.lines(piece if more else piece + b"\n")
        if size > BATCH_BYTES_MAX:
            raise _too_large()


class NumberedSplitter:
    """Cuts a body into lines, and counts them."""

    def __init__(self) -> None:
        self._splitter, self._number = LineSplitter(), 0

    def lines(self, piece: bytes) -> NumberedLines:
        """The lines that end in *piece* and are not blank. Raises Problem body-too-large."""
        try:
            for line in self._splitter.lines(piece):
                self._number += 1
                if line and not line.isspace():
                    if self._number > LINES_MAX:
                        raise _too_large()
                    yield self._number, line
        except LineTooLongError as endless:
            raise _too_large() from endless


class LinesRun:
    """A batch whose commands are each carried out by themselves, those of one project one after another."""

    def __init__(self, sender: ProjectCommandSender, scope: Scope) -> None:
        self._sender, self._scope = sender, scope
        self._begun = self._sent = 0  # lines, and answers to them
        self._known: dict[int, bytes] = {}  # answers to be sent, by the place of their line among those begun
        self._chains: dict[int, deque[tuple[int, int, ProjectCommand]]] = {}  # by project: a UUID is hashed by Python
        self._waiting: deque[int] = deque()  # the projects that no worker has begun with
        self._workers: set[asyncio.Task[None]] = set()
        self._has_news, self._is_read = asyncio.Event(), False

    async def read(self, receive: Receive) -> None:
        """Read the lines, and begin with each as soon as those of its project before it are done."""
        number = 0
        try:
            async for lines in lines_in(receive):
                for number, line in lines:
                    self._begin(number, line)
        except Exception as error:  # noqa: BLE001  it is the answer to the line at which reading ended
            self._answer(self._next_place(), problem_line(number + 1, error, self._scope))
        finally:
            self._is_read = True
            self._has_news.set()

    async def answers(self) -> AsyncIterator[Piece]:
        """The answers in the order of the lines, several at a time where they are known."""
        while self._sent < self._begun or not self._is_read:
            if piece := self._next_answers():
                yield piece, self._is_read and self._sent == self._begun
            else:
                self._has_news.clear()
                await self._has_news.wait()

    def _next_answers(self) -> bytes:
        """What comes next, as far as it is known, of about PIECE_BYTES; nothing where the next answer is not known."""
        answers: list[bytes] = []
        size = 0
        while size <= PIECE_BYTES and (answer := self._known.pop(self._sent, b"")):
            answers.append(answer)
            self._sent += 1
            size += len(answer)
        return b"".join(answers)

    def _next_place(self) -> int:
        self._begun += 1
        return self._begun - 1

    def _answer(self, place: int, answer: bytes) -> None:
        self._known[place] = answer
        if place == self._sent:
            self._has_news.set()

    def _begin(self, number: int, line: bytes) -> None:
        place = self._next_place()
        try:
            sent = line_command(line)
        except Exception as error:  # noqa: BLE001  it is the answer to this line
            self._answer(place, problem_line(number, error, self._scope))
            return
        project = sent.project.int
        chain = self._chains.get(project)
        if chain is not None:
            chain.append((place, number, sent))
            return
        self._chains[project] = deque([(place, number, sent)])
        self._waiting.append(project)
        if len(self._workers) < PROJECTS_AT_ONCE_MAX:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        """Carry out the commands to the projects that wait, to one after another, until there are none."""
        while self._waiting:
            project = self._waiting.popleft()
            chain = self._chains[project]
            while chain:
                place, number, sent = chain.popleft()
                try:
                    answer = receipt_line(number, await self._sender.carry_out(sent))
                except Exception as error:  # noqa: BLE001  it is the answer to this line
                    answer = problem_line(number, error, self._scope)
                self._answer(place, answer)
            del self._chains[project]


class AtomicRun:
    """A batch whose commands, to one project, are all carried out or none."""

    def __init__(self, sender: ProjectCommandSender, scope: Scope) -> None:
        self._sender, self._scope = sender, scope
        self._numbers: list[int] = []
        self._commands: list[ProjectCommand] = []
        self._keys: set[UUID] = set()
        self._fault: tuple[int, Exception] | None = None
        self._is_read = asyncio.Event()

    async def read(self, receive: Receive) -> None:
        """Read all lines. Nothing is begun before the last has come."""
        number = 0
        try:
            async for lines in lines_in(receive):
                for number, line in lines:
                    self._numbers.append(number)
                    self._take(number, line)
        except Exception as error:  # noqa: BLE001  it is the answer to the line at which reading ended
            self._numbers.append(number + 1)
            self._fault = (number + 1, error)
        finally:
            self._is_read.set()

    def _take(self, number: int, line: bytes) -> None:
        if self._fault is not None:
            return
        try:
            sent = line_command(line)
            self._require_fitting(sent)
        except Exception as error:  # noqa: BLE001  it is the answer to this line
            self._fault = (number, error)
        else:
            self._commands.append(sent)
            self._keys.add(sent.key)

    def _require_fitting(self, sent: ProjectCommand) -> None:
        """Refuse a line of another project, and a key that comes twice. Raises Problem."""
        if self._commands and sent.project != self._commands[0].project:
            raise Problem(
                "batch-of-several-projects",
                f"the lines before are of the project {self._commands[0].project}",
                remedy="send a batch for each project, or all of them with mode=each",
            )
        if sent.key in self._keys:
            raise Problem(
                "key-reused", "a line before has the same key", remedy="give every command of a batch a key of its own"
            )

    async def answers(self) -> AsyncIterator[Piece]:
        """The answers, all at once."""
        await self._is_read.wait()
        if self._fault is None and self._commands:
            try:
                answered = await self._sender.carry_out_together(self._commands)
            except SequenceRefusedError as refused:
                self._fault = (self._numbers[refused.index], refused.refusal)
            except Exception as error:  # noqa: BLE001  no line is at fault, so that it is the answer to each
                yield b"".join([problem_line(number, error, self._scope) for number in self._numbers]), True
            else:
                yield b"".join(map(receipt_line, self._numbers, answered)), True
        if self._fault is not None:
            yield b"".join(self._undone(*self._fault)), True

    def _undone(self, fault: int, error: Exception) -> Sequence[bytes]:
        """The answers where nothing was carried out, because of what is wrong with the line *fault*."""
        scope = self._scope
        own = problem_line(fault, error, scope)
        other = Problem(
            "batch-undone",
            f"nothing of this batch was carried out, because of line {fault}",
            remedy=f"correct or leave out line {fault}, and send the batch again; the keys may be the same",
            fault=fault,
        )
        return [own if number == fault else problem_line(number, other, scope) for number in self._numbers]
