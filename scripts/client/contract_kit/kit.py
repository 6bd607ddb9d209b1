"""The server that is checked, how requests are made to it, and what a broken promise is."""

from __future__ import annotations

import http.client
import itertools
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

SECONDS_MAX = 30
PROBLEM, NDJSON = "application/problem+json", "application/x-ndjson"
STANDARD = {"type", "title", "status", "detail", "instance", "code", "article", "remedy", "request_id"}
NOT_FOUND, GONE, TOO_MANY, BUSY = 404, 410, 429, 503
LAND = {"item": "land-use", "department": "land"}
CLOCK = "/v1/test/clock"


class BrokenPromiseError(AssertionError):
    """The server does not keep a promise: the message says which, and what came instead."""


class NotCheckedError(Exception):
    """What the kit was given is not enough for a check."""


@dataclass
class HttpAnswer:
    """An HTTP answer, its header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines() if line]


@dataclass
class Kit:
    """The server, the key, and how requests are made.

    *narrow* is a key of the same program with the scope feed alone, *expired* a key that has ended, *receiver* an
    address of this machine that the server may post to; each may be empty. *exhausts*: whether the rate is used up.
    """

    url: str
    key: str
    receiver: str = ""
    narrow: str = ""
    expired: str = ""
    exhausts: bool = False
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.netloc, timeout=SECONDS_MAX)

    def send(
        self, method: str, path: str, body: Any = None, *, signed: bool = True, key: str = "", **headers: Any
    ) -> HttpAnswer:
        """One request; *headers* with _ for -. *key*: another key than the usual one."""
        sent = {"Authorization": f"Bearer {key or self.key}"} if signed else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | Iterator | None) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        for _ in range(SECONDS_MAX):
            answer = self.exchange(method, path, content, sent)
            require(answer.status != TOO_MANY or "retry-after" in answer.headers, "429 says when to come again")
            if answer.status not in (BUSY, TOO_MANY) or "retry-after" not in answer.headers:
                break
            time.sleep(1)  # the server says so
        return answer

    def exchange(self, method: str, path: str, content: Any, headers: dict[str, str]) -> HttpAnswer:
        """One request as it is, without patience."""
        with closing(self.connect()) as connection:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return HttpAnswer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())

    def get(self, path: str, params: Mapping[str, Any] | None = None, **headers: Any) -> HttpAnswer:
        return self.send("GET", path + (f"?{urlencode(params, doseq=True)}" if params else ""), **headers)

    def command(self, project: str, command: dict[str, Any], once: str = "", **more: Any) -> HttpAnswer:
        """A command, with *once* as its idempotency key."""
        path = f"/v1/projects/{project}/commands"
        return self.send("POST", path, command, Idempotency_Key=once or str(uuid.uuid4()), **more)

    def register(self, **changes: Any) -> tuple[str, int]:
        """A new project, and the position of its first entry."""
        project = str(uuid.uuid4())
        body = {"command": "register_project", "name": "contract kit", "manager": self.me, "items": [LAND]}
        answer = self.command(project, body | {"enterprise": {"name": "contract kit"}} | changes)
        require(answer.status == 200, f"a project is registered, and it was answered {answer.status}: {answer.body!r}")
        return project, int(answer.json()["position"])

    @cached_property
    def me(self) -> str:
        return str(self.get("/v1/me").json()["id"])

    @cached_property
    def epoch(self) -> str:
        """What ids of new entries have before the position: nothing, or zone and epoch once the ledger was restored."""
        _, position = self.register()
        answer = self.get("/v1/events", {"after": position})
        if answer.status != GONE:
            return ""
        lost = answer.json()
        return f"{lost['zone']}.{lost['epoch']}:"

    def behind(self, position: int) -> dict[str, Any]:
        """The parameter of the feed by which one goes on behind a new entry."""
        return {"cursor": f"{self.epoch}{position}"} if self.epoch else {"after": position}

    def now(self) -> datetime:
        """The time of the sandbox that the server is."""
        answer = self.get(CLOCK)
        if answer.status == NOT_FOUND:
            raise NotCheckedError("the server is no sandbox: only these have a clock to advance")
        return datetime.fromisoformat(answer.json()["now"])

    def advance_to(self, instant: datetime) -> HttpAnswer:
        return self.send("POST", CLOCK, {"advance_to": instant.isoformat()})

    def check(self, project: str, command: dict[str, Any]) -> HttpAnswer:
        return self.send("POST", f"/v1/projects/{project}/commands/check", command)

    def history(self, project: str, **params: Any) -> list[dict[str, Any]]:
        return list(self.get(f"/v1/projects/{project}/history", params).json()["entries"])

    def version(self, project: str) -> str:
        return self.get(f"/v1/projects/{project}").headers["etag"].strip('"').partition("-")[0]

    def plan(self) -> dict[str, Any]:
        return {"command": "plan_item", "item": {"item": f"item-{next(self.numbers)}", "department": "land"}}

    def events(self, after: int, upto: int, **params: Any) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        end = time.monotonic() + SECONDS_MAX
        going_on = self.behind(after)
        while after < upto and time.monotonic() < end:
            page = self.get("/v1/events", {**params, **going_on, "wait": 1}).json()
            events += page["events"]
            after = page["next"]
            going_on = {"cursor": page["cursor"]} if self.epoch else {"after": after}
        require(after >= upto, f"`next` moves on to {upto}, and stays at {after}")
        return events


def require(holds: object, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(sentence)


def require_problem(answer: HttpAnswer, status: int, code: str) -> dict[str, Any]:
    """The problem, which has to be of this status and code."""
    require(answer.status == status, f"{status} {code} was promised, and {answer.status} came: {answer.body[:200]!r}")
    require(answer.headers.get("content-type") == PROBLEM, f"a problem is {PROBLEM}")
    members: dict[str, Any] = answer.json()
    require(members.get("code") == code, f"the code is {code}, and {members.get('code')} came")
    require(members.keys() >= STANDARD, f"a problem has {sorted(STANDARD - members.keys())}")
    require(members["remedy"], "a problem says what would make it pass")
    require(members["request_id"] == answer.headers.get("x-request-id"), "request_id is that of X-Request-Id")
    return members
