"""The hot path for commands answers as litestar's routing does: whatever the path, query, method, headers and body."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from msgspec import json

from api.commands import fast_path
from tests.api.client import REGISTER, identity
from tests.examples import MANAGER

NEVER = re.compile(r"(?!)")
LARGE = b'{"command": "note_step", "activity": "' + b"x" * 2_000_000 + b'"}'
NOTE = json.encode({"command": "note_step", "activity": "site visit"})
REFUSED = json.encode({"command": "complete_item", "item": "land"})
MASKED = re.compile(rb'"position":\d+|"request_id":"[^"]*"|[0-9A-Fa-f-]{32,}|"hash":"[^"]*"|\d{4}-\d\d-\d\dT[^"]*')
ASSERTED = {**identity(MANAGER), "Content-Type": "application/json", "Host": "localhost"}

CONNECTION = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 4321),
}

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
PathOf = Callable[[UUID], str]

QUERIES = (b"after=1", b"x", b"=", b"%zz", b"%00", b"&", b"command=note_step")
BATCH_QUERIES = (
    b"",
    b"mode=each",
    b"mode=atomic",
    b"mode=both",
    b"mode=each&mode=atomic",
    b"mode=",
    b"Mode=each",
    b"x=1",
)
OF_EITHER: dict[str, dict[str, Any]] = {  # of a command, and of a batch
    "no identity": {"headers": {"X-Actor": None, "X-Role": None}},
    "system": {"headers": {"X-Role": "system"}},
    "actor twice": {"more": [(b"x-actor", b"li")]},
    "request id": {"headers": {"X-Request-Id": "mine-1"}},
    "length announced": {"headers": {"Content-Length": "99999999999"}},
    "cross-site": {"headers": {"Sec-Fetch-Site": "cross-site"}},
    "other host": {"headers": {"Host": "elsewhere.example"}},
    "no JSON": {"body": b"{"},
    "in pieces": {"pieces": 5},
    "broken off": {"broken_off": True},
}
BATCH_REQUESTS: dict[str, dict[str, Any]] = {
    **OF_EITHER,
    **{f"query: {query!r}": {"query": query} for query in BATCH_QUERIES},
    **{f"method: {method}": {"method": method} for method in ("GET", "HEAD", "PUT", "OPTIONS", "post")},
    "slash behind": {"path": lambda _: "/v1/commands/batch/"},
    "capital word": {"path": lambda _: "/v1/commands/Batch"},
    "no identity, other type": {"headers": {"X-Actor": None, "Content-Type": "text/plain"}},
    "actor twice, other type": {"headers": {"Content-Type": "text/plain"}, "more": [(b"x-actor", b"li")]},
    "no identity, too long": {"headers": {"X-Actor": None, "Content-Length": "99999999999"}},
    "other type": {"headers": {"Content-Type": "application/json"}},
    "no lines": {"body": b""},
}
PATHS: dict[str, PathOf] = {
    "usual": lambda project: f"/v1/projects/{project}/commands",
    "capitals": lambda project: f"/v1/projects/{str(project).upper()}/commands",
    "braces": lambda project: f"/v1/projects/{{{project}}}/commands",
    "no hyphens": lambda project: f"/v1/projects/{project.hex}/commands",
    "urn": lambda project: f"/v1/projects/urn:uuid:{project}/commands",
    "slash behind": lambda project: f"/v1/projects/{project}/commands/",
    "two slashes": lambda project: f"/v1/projects//{project}/commands",
    "dots": lambda project: f"/v1/projects/x/../{project}/commands",
    "line feed": lambda project: f"/v1/projects/{project}/commands\n",
    "capital word": lambda project: f"/v1/projects/{project}/Commands",
    "no id": lambda _: "/v1/projects/none/commands",
    "unknown id": lambda _: "/v1/projects/00000000-0000-0000-0000-000000000001/commands",
}
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    **OF_EITHER,
    **{f"path: {name}": {"path": path} for name, path in PATHS.items()},
    **{
        f"method: {method}": {"method": method}
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "post")
    },
    **{f"query: {query!r}": {"query": query} for query in (b"after=1", b"x", b"=", b"%zz", b"%00", b"&", b"command")},
    "no such role": {"headers": {"X-Role": "king"}},
    "actor not UTF-8": {"headers": {"X-Actor": "%ff"}},
    "no key": {"headers": {"Idempotency-Key": None}},
    "bad key": {"headers": {"Idempotency-Key": "a b"}},
    "key twice": {"more": [(b"idempotency-key", b"again")]},
    "if-match": {"headers": {"If-Match": '"1"'}},
    "if-match elsewhere": {"headers": {"If-Match": '"7"'}},
    "if-match unreadable": {"headers": {"If-Match": "*"}},
    "if-none-match": {"headers": {"If-None-Match": "*"}},
    "range": {"headers": {"Range": "bytes=0-1"}},
    "request id unreadable": {"headers": {"X-Request-Id": "a b\x01"}},
    "wants a page": {"headers": {"Accept": "text/html"}},
    "wants gzip": {"headers": {"Accept-Encoding": "gzip"}},
    "wants gzip of a long answer": {"headers": {"Accept-Encoding": "gzip", "If-Match": '"7"'}},
    "encoded": {"headers": {"Content-Encoding": "gzip"}},
    "transfer coding": {"headers": {"Transfer-Encoding": "gzip"}},
    "other type": {"headers": {"Content-Type": "text/plain"}},
    "no type": {"headers": {"Content-Type": None}},
    "type with charset": {"headers": {"Content-Type": "application/json; charset=utf-8"}},
    "digest": {"headers": {"Content-Digest": "sha-256=:AAAA:"}},
    "origin": {"headers": {"Origin": "https://elsewhere.example"}},
    "no host": {"headers": {"Host": None}},
    "host twice": {"more": [(b"host", b"localhost")]},
    "empty body": {"body": b""},
    "no command": {"body": b"[]"},
    "unknown command": {"body": b'{"command": "fly"}'},
    "unknown field": {"body": b'{"command": "note_step", "activity": "a", "b": 1}'},
    "not UTF-8": {"body": b'{"command": "note_step", "activity": "\xff"}'},
    "NUL": {"body": b'{"command": "note_step", "activity": "\\u0000"}'},
    "refused": {"body": REFUSED},
    "too large": {"body": LARGE},
}


async def answered(
    app: Litestar,
    project: UUID,
    *,
    key: str,
    path: PathOf = PATHS["usual"],
    method: str = "POST",
    query: bytes = b"",
    headers: dict[str, str | None] | None = None,
    more: list[tuple[bytes, bytes]] | None = None,
    body: bytes = NOTE,
    pieces: int = 1,
    broken_off: bool = False,
) -> Answer:
    """What *app* answers to one request, as it comes from a server."""
    sent = {**ASSERTED, "Idempotency-Key": key, **(headers or {})}
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items() if value is not None]
    scope: Any = {
        **CONNECTION,
        "method": method,
        "path": path(project),
        "raw_path": quote(path(project), safe="/{}:").encode(),
        "query_string": query,
        "headers": [*pairs, *(more or [])],
    }
    incoming = body_messages(body, pieces, broken_off=broken_off)
    outgoing: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        outgoing.append(message)

    await app(scope, receive, send)
    start, *rest = outgoing
    return start["status"], sorted(start["headers"]), b"".join(message.get("body", b"") for message in rest)


def body_messages(body: bytes, pieces: int, *, broken_off: bool) -> list[Any]:
    """The messages in which a server hands *body* on, in so many *pieces*."""
    size = -(-len(body) // pieces)
    parts = [body[start : start + size] for start in range(0, len(body), size or 1)] or [b""]
    return [
        {"type": "http.request", "body": part, "more_body": nth < len(parts) - 1 or broken_off}
        for nth, part in enumerate(parts)
    ]


def masked(answer: Answer) -> Answer:
    """*answer* without what differs from one request to the next, however they are routed."""
    status, headers, body = answer
    changing = {b"content-length", b"x-request-id"}
    unchanging = [(name, value) for name, value in headers if name not in changing or value == b"mine-1"]
    return status, unchanging, body if (b"content-encoding", b"gzip") in headers else MASKED.sub(b"-", body)


async def on_a_new_project(app: Litestar, request: dict[str, Any], *, times: int = 1) -> Answer:
    """The answer to *request*, sent so many *times*, about a project that was just registered."""
    project, key = uuid4(), str(uuid4())
    registered = await answered(app, project, key=str(uuid4()), body=json.encode(REGISTER))
    assert registered[0] == 200, registered
    for _ in range(times):
        answer = await answered(app, project, key=key, **request)
    return masked(answer)


async def test_both_ways_answer_alike(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, request in REQUESTS.items():
        bypassed = await on_a_new_project(app, request)
        with monkeypatch.context() as routed:
            routed.setattr(fast_path, "COMMAND_PATH", NEVER)
            assert await on_a_new_project(app, request) == bypassed, name


async def test_both_ways_answer_a_repeat_alike(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    bypassed = await on_a_new_project(app, {}, times=2)
    assert (b"idempotent-replay", b"true") in bypassed[1]
    monkeypatch.setattr(fast_path, "COMMAND_PATH", NEVER)
    assert await on_a_new_project(app, {}, times=2) == bypassed


async def batch_answer(app: Litestar, request: dict[str, Any]) -> Answer:
    """The answer to a batch that registers a project and notes a step there, sent as *request* says."""
    project = uuid4()
    keys = {str(uuid4()): json.encode(REGISTER), str(uuid4()): NOTE}
    line = '{{"project":"{}","key":"{}","command":'.format
    lines = [line(project, key).encode() + command + b"}" for key, command in keys.items()]
    usual: dict[str, Any] = {"path": lambda _: fast_path.BATCH_PATH, "body": b"\n".join(lines)}
    headers = {"Content-Type": "application/x-ndjson", **request.get("headers", {})}
    return masked(await answered(app, project, key="", **{**usual, **request, "headers": headers}))


async def test_both_ways_answer_a_batch_alike(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, request in BATCH_REQUESTS.items():
        bypassed = await batch_answer(app, request)
        with monkeypatch.context() as routed:
            routed.setattr(fast_path, "BATCH_MODES", {})
            assert await batch_answer(app, request) == bypassed, name


async def test_only_the_usual_spelling_bypasses_routing() -> None:
    project = uuid4()
    bypassing = {name for name, path in PATHS.items() if fast_path.COMMAND_PATH.fullmatch(path(project))}
    assert bypassing == {"usual", "unknown id"}
