"""Checks what a Countersign server promises to programs: one file, standard library only, JUnit out.

python contract_kit.py --url https://approvals.example.org --key cs_live_... --junit report.xml

The key is that of a program in the role project_manager, with the scopes commands:*, read:*, feed and webhooks. The kit
registers projects called "contract kit". With --receiver, the server may post to this machine: webhooks are checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

SECONDS_MAX = 30
WEBHOOK_SECONDS_MAX = 60
PROBLEM = "application/problem+json"
NDJSON, SSE, EVENTS = "application/x-ndjson", "text/event-stream", "application/cloudevents-batch+json"
STANDARD = {"type", "title", "status", "detail", "instance", "code", "article", "remedy", "request_id"}
EVENT_FIELDS = {"id", "source", "type", "time", "specversion", "occurredat", "version", "actor", "hash", "data"}
HEADERS = {"x-content-type-options", "referrer-policy", "permissions-policy", "cache-control", "vary"}
HEADERS |= {"cross-origin-opener-policy", "cross-origin-resource-policy"}
BUSY, TOO_MANY = 503, 429
LAND = {"item": "land-use", "department": "land"}
PLANNED, SUBMIT = {"command": "plan_item", "item": LAND}, {"command": "submit_item", "item": "land-use"}
CLOCK, DAY = "/v1/test/clock", timedelta(hours=24)
INSECURE = ("ftp://example.org/", "https://user:secret@example.org/", "https:///nowhere")
PRIVATE = ("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/")
LINES_MAX = 10_000


class BrokenPromiseError(AssertionError):
    """The server does not keep a promise: the message says which, and what came instead."""


class NotCheckedError(Exception):
    """What the kit was given is not enough for a check."""


Message = tuple[dict[str, str], bytes]


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
    """The server, the key, and how requests are made."""

    url: str
    key: str
    receiver: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.netloc, timeout=SECONDS_MAX)

    def send(self, method: str, path: str, body: Any = None, *, signed: Any = True, **headers: Any) -> HttpAnswer:
        """One request; *headers* with _ for -."""
        sent = {"Authorization": f"Bearer {self.key}"} if signed else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        for _ in range(SECONDS_MAX):
            with closing(self.connect()) as connection:
                connection.request(method, path, content, sent)
                response = connection.getresponse()
                answer = HttpAnswer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())
            require(answer.status != TOO_MANY or "retry-after" in answer.headers, "429 says when to come again")
            if answer.status not in (BUSY, TOO_MANY) or "retry-after" not in answer.headers:
                break
            time.sleep(1)  # the server says so
        return answer

    def get(self, path: str, params: Mapping[str, Any] | None = None, **headers: Any) -> HttpAnswer:
        return self.send("GET", path + (f"?{urlencode(params, doseq=True)}" if params else ""), **headers)

    def command(self, project: str, command: dict[str, Any], key: str = "", **headers: Any) -> HttpAnswer:
        path = f"/v1/projects/{project}/commands"
        return self.send("POST", path, command, Idempotency_Key=key or str(uuid.uuid4()), **headers)

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

    def check(self, project: str, command: dict[str, Any]) -> HttpAnswer:
        return self.send("POST", f"/v1/projects/{project}/commands/check", command)

    def history(self, project: str, **params: Any) -> list[dict[str, Any]]:
        return list(self.get(f"/v1/projects/{project}/history", params).json()["entries"])

    def version(self, project: str) -> str:
        return self.get(f"/v1/projects/{project}").headers["etag"].strip('"').partition("-")[0]

    @contextmanager
    def subscribed(self, project: str, refused: int) -> Iterator[tuple[str, str, list[Message]]]:
        """A subscription to a project: its path, its secret, and what the receiver got."""
        if not self.receiver:
            raise NotCheckedError("give --receiver, an address of this machine that the server may post to")
        with receiving(self.receiver, refused) as (url, received):
            made = self.send("POST", "/v1/subscriptions", {"url": url, "filter": {"project": project}}).json()
            path = f"/v1/subscriptions/{made['subscription']['id']}"
            yield path, made["secret"], received
            self.send("DELETE", path)

    def plan(self) -> dict[str, Any]:
        return {"command": "plan_item", "item": {"item": f"item-{next(self.numbers)}", "department": "land"}}

    def events(self, after: int, upto: int, **params: Any) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        end = time.monotonic() + SECONDS_MAX
        while after < upto and time.monotonic() < end:
            page = self.get("/v1/events", {**params, "after": after, "wait": 1}).json()
            events += page["events"]
            after = page["next"]
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


def batch_lines(project: str, *commands: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"project": project, "key": str(uuid.uuid4()), "command": command} for command in commands]


def send_batch(kit: Kit, lines: list[dict[str, Any]], mode: str = "each") -> list[Any]:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = kit.send("POST", f"/v1/commands/batch?mode={mode}", body, Content_Type=NDJSON)
    require(answer.status == 200, f"a batch is answered, and {answer.status} came: {answer.body[:200]!r}")
    require(answer.headers.get("content-type", "").startswith(NDJSON), f"a batch is answered in {NDJSON}")
    require(len(answer.lines()) == len(lines), "each line has an answer")
    return answer.lines()


def next_message(response: http.client.HTTPResponse) -> dict[str, str]:
    """The next message with data."""
    message: dict[str, str] = {}
    for line in iter(lambda: response.readline().decode(), ""):
        name, _, value = line.rstrip("\n").partition(": ")
        if not name and "data" in message:
            return message
        message = {**message, name: value} if name else {}
    raise BrokenPromiseError("the stream ended")


def require_signed(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """The signature is one by Standard Webhooks."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256)
    signatures = headers["webhook-signature"].split()
    require(f"v1,{base64.b64encode(digest).decode()}" in signatures, "a message is signed with each secret")


def wait_for(received: list[Message], count: int) -> None:
    end = time.monotonic() + WEBHOOK_SECONDS_MAX
    while len(received) < count and time.monotonic() < end:
        time.sleep(0.05)
    require(len(received) >= count, f"{len(received)} of {count} messages came")


@contextmanager
def receiving(address: str, refused: int) -> Iterator[tuple[str, list[Message]]]:
    """A receiver that refuses so many messages at first: its address, and what came."""
    received: list[Message] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(received) <= refused else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer((address, 0), Handler) as server, ExitStack() as ending:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        ending.callback(server.shutdown)
        yield f"http://{address}:{server.server_port}/", received


class IdentityPromises(Kit):
    def nothing_without_credentials(self) -> None:
        answer = self.send("GET", "/v1/progress", signed=False)
        require_problem(answer, 401, "signin-required")
        require("bearer" in answer.headers.get("www-authenticate", "").lower(), "401 names the scheme Bearer")

    def a_wrong_key_is_refused_and_headers_sign_no_one_in(self) -> None:
        answer = self.send("GET", "/v1/progress", signed=False, Authorization=f"Bearer cs_live_kit_{'A' * 43}")
        require_problem(answer, 401, "credential-invalid")
        headers = {"X-Actor": "mallory", "X-Role": "supervisor", "X-Department": "bureau"}
        require(self.send("GET", "/v1/progress", signed=False, **headers).status == 401, "headers alone are no sign-in")

    def answers_have_security_headers(self) -> None:
        for path in ("/v1/me", "/v1/law/packs", "/v1/nothing", "/sign-in"):
            headers = self.get(path).headers
            require(headers.keys() >= HEADERS, f"{path} lacks {HEADERS - headers.keys()}")
            require(headers["x-content-type-options"] == "nosniff", f"{path}: types are not guessed")
            require("no-" in headers["cache-control"], f"{path}: no cache answers for the server")
            require(path != "/sign-in" or "content-security-policy" in headers, "a page says what it may load")
            require(self.url.startswith("http:") or "strict-transport-security" in headers, "TLS is kept to")

    def the_key_is_shown_with_its_rate(self) -> None:
        answer = self.get("/v1/me")
        me, headers = answer.json(), answer.headers
        shown = me["kind"], me["role"], me["signed_in_by"], len(me["grants"]), {"feed", "webhooks"} <= set(me["scopes"])
        require(shown == ("program", "project_manager", "key", 1, True), f"/v1/me shows the key: {shown}")
        require("expires_at" in me, "/v1/me says when the key ends")
        quota = re.fullmatch(r'"key";q=(\d+);w=\d+', headers.get("ratelimit-policy", ""))
        left = re.fullmatch(r'"key";r=(\d+);t=\d+', headers.get("ratelimit", ""))
        require(quota and left and int(left[1]) < int(quota[1]), "RateLimit and its policy say what is left")

    def other_sites_and_hosts_are_refused(self, project: str, _: int) -> None:
        require_problem(self.get("/v1/me", Host="evil.example"), 421, "host-unknown")
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
            require_problem(self.send("POST", "/sign-in/password", b"", signed=False, **headers), 403, "cross-site")
            answer = self.command(project, self.plan(), **headers)
            require(answer.status == 200, f"a program with a key is of no site: {answer.status}")

    def what_belongs_together_stays_so(self, project: str, _: int) -> None:
        correlation = str(uuid.uuid4())
        self.command(project, self.plan(), X_Correlation_ID=correlation)
        entry = self.history(project)[-1]
        require(entry["correlation"] == correlation, "X-Correlation-ID stays with the entry")
        require(entry["by"]["id"] == self.me, "an entry names who acted")


class AccessPromises(Kit):
    def the_law_is_public(self) -> None:
        for path in ("/v1/law/packs", "/v1/law/calendars", "/v1/catalogues", "/healthz", "/problems"):
            require(self.send("GET", path, signed=False).status == 200, f"{path} needs no credentials")

    def what_one_may_not_see_is_not_there(self) -> None:
        for ending in ("", "/history", "/progress", "/clocks"):
            require_problem(self.get(f"/v1/projects/{uuid.uuid4()}{ending}"), 404, "project-unknown")

    def what_one_may_not_do_is_forbidden(self, project: str, _: int) -> None:
        card = {"command": "issue_card", "item": "land-use", "colour": "red", "reasons": "contract kit"}
        require("rule" in require_problem(self.command(project, card), 403, "access-denied"), "403 names the rule")


class CommandPromises(Kit):
    def head_has_no_body_and_unchanged_answers_are_not_sent_again(self, project: str, _: int) -> None:
        public = ("/v1/law/packs", "/v1/law/calendars", "/v1/catalogues", "/schema/openapi.json")
        for path in (*public, f"/v1/projects/{project}"):
            head = self.send("HEAD", path)
            require((head.status, head.body) == (200, b""), f"HEAD {path} is 200 without a body: {head.status}")
            require(tag := self.get(path).headers.get("etag", ""), f"{path} has an ETag")
            answer = self.get(path, If_None_Match=tag)
            require((answer.status, answer.body) == (304, b""), f"{path} is 304 while unchanged: {answer.status}")

    def pages_are_whole_and_without_repeats(self) -> None:
        made = {self.register()[0] for _ in range(3)}
        _, last = self.register()
        seen: list[str] = []
        params: dict[str, Any] = {"limit": 2, "after": last}
        while params:
            page = self.get("/v1/progress", params).json()
            seen += [row["project"] for row in page["projects"]]
            require(len(seen) == len(set(seen)), "no row is on two pages")
            self.register()  # what comes meanwhile moves no row to another page
            params = {"limit": 2, "cursor": page["next"]} if page["next"] else {}
        require(made <= set(seen), "every row is on a page")
        require_problem(self.get("/v1/progress", {"cursor": "AAAA"}), 400, "invalid-cursor")

    def one_reads_what_one_wrote(self) -> None:
        for project, position in [self.register() for _ in range(5)]:
            answer = self.get(f"/v1/projects/{project}/progress", {"after": position})
            require(answer.status == 200, f"with `after` the view has it, and {answer.status} came")
            require([row["item"] for row in answer.json()["items"]] == ["land-use"], "the table shows the items")

    def a_position_that_never_was_is_refused_at_once(self) -> None:
        for path in ("/v1/progress", "/v1/events"):
            began = time.monotonic()
            require_problem(self.get(path, {"after": 2**40}), 400, "invalid-parameter")
            require(time.monotonic() - began < SECONDS_MAX / 2, f"{path} does not wait for what will not come")

    def a_code_leads_to_its_project_and_to_no_other(self) -> None:
        code = f"KIT-{uuid.uuid4().hex[:12]}"
        project, position = self.register(code=code)
        rows = self.get("/v1/projects", {"code": code, "after": position}).json()
        require(project in json.dumps(rows), "GET /v1/projects?code= finds the project")
        body = {"command": "register_project", "name": "contract kit", "manager": self.me, "code": code}
        answer = self.command(str(uuid.uuid4()), body | {"enterprise": {"name": "contract kit"}})
        require(require_problem(answer, 409, "project-code-taken").get("project") == project, "it names the first")

    def a_repeat_changes_nothing(self, project: str, _: int) -> None:
        command, key = self.plan(), str(uuid.uuid4())
        first, again = self.command(project, command, key), self.command(project, command, key)
        require(first.status == again.status == 200, f"a repeat is answered as at first: {again.status}")
        require(first.json() == again.json(), "a repeat gets the first answer")
        require("idempotent-replay" not in first.headers, "the first answer is no repeat")
        require(again.headers.get("idempotent-replay") == "true", "a repeat is marked")
        require(self.version(project) == "2", "a repeat records nothing")

    def a_key_is_for_one_command_with_or_without_a_condition(self, project: str, _: int) -> None:
        command, key = self.plan(), str(uuid.uuid4())
        self.command(project, command, key, If_Match='"1"')
        require(self.command(project, command, key).status == 200, "If-Match is no part of the key's fingerprint")
        require_problem(self.command(project, self.plan(), key), 422, "key-reused")
        require_problem(self.send("POST", f"/v1/projects/{project}/commands", self.plan()), 400, "key-missing")

    def a_version_conflict_is_reported(self, project: str, _: int) -> None:
        require(self.command(project, self.plan(), If_Match='"1"').status == 200, "the present version passes")
        problem = require_problem(self.command(project, self.plan(), If_Match='"1"'), 412, "version-moved")
        require(problem.get("version") == 2, "412 has the version now")
        require(len(problem.get("changed", [])) == 1, "412 has what was recorded since")

    def a_check_stores_nothing(self, project: str, _: int) -> None:
        checked = self.check(project, self.plan())
        require(checked.status == 200, f"a check is 200, and {checked.status} came")
        require(checked.json().get("facts"), "a check answers with the facts that would follow")
        require(checked.json().get("version") == 1, "a check answers with the version now")
        require(self.version(project) == "1", "a check records nothing")
        effect = self.check(project, SUBMIT).json()
        require(effect["clocks"] and {"ends", "unblocked"} <= effect.keys(), "a check says what clocks it would move")
        refused = self.check(project, {"command": "accept_item", "item": "no-such-item"})
        require(refused.status in (403, 409), f"a check answers with the problem, and {refused.status} came")

    def a_batch_is_answered_line_by_line_in_order(self, project: str, _: int) -> None:
        lines = batch_lines(project, self.plan(), PLANNED, self.plan())
        answers = send_batch(self, lines)
        require([each["line"] for each in answers] == [1, 2, 3], "answers come in the order of the lines")
        require([each["status"] == 200 for each in answers] == [True, False, True], "a refused line stops no other")
        require("code" in answers[1].get("problem", {}), "a refused line has its problem")
        again = send_batch(self, lines)
        require(again[2]["receipt"] == answers[2]["receipt"], "a batch that is sent again gets the first answers")
        require(again[0].get("repeated") is True, "and is marked")

    def an_atomic_batch_is_carried_out_whole_or_not_at_all(self, project: str, _: int) -> None:
        answers = send_batch(self, batch_lines(project, self.plan(), PLANNED), "atomic")
        require(answers[0]["status"] == 409, f"the other line is undone, and {answers[0]['status']} came")
        require(self.version(project) == "1", "nothing of it is recorded")

    def a_batch_has_limits(self) -> None:
        path = "/v1/commands/batch"
        answers = self.send("POST", path, b"\n" * LINES_MAX + b"{}\n", Content_Type=NDJSON).lines()
        codes = [answer["problem"]["code"] for answer in answers]
        require(codes == ["body-too-large"], f"a batch ends after {LINES_MAX} lines: {codes}")

    def a_history_is_read_in_parts(self, project: str, _: int) -> None:
        self.command(project, self.plan())
        for after in (0, 1):
            versions = [entry["version"] for entry in self.history(project, after_version=after, limit=1)]
            require(versions == [after + 1], f"`after_version` and `limit` say which part comes: {versions}")

    def a_sandbox_lets_happen_what_falls_due(self) -> None:
        before = self.get(CLOCK)
        if before.status == 404:
            raise NotCheckedError("the server is no sandbox: only these have a clock to advance")
        now = datetime.fromisoformat(before.json()["now"])
        project, _ = self.register(code=f"sandbox-refused-{uuid.uuid4().hex[:12]}")
        self.command(project, SUBMIT)
        require_problem(self.send("POST", CLOCK, {"advance_to": (now - DAY).isoformat()}), 422, "invalid-field")
        moved = self.send("POST", CLOCK, {"advance_to": (now + DAY).isoformat()}).json()
        require(datetime.fromisoformat(moved["now"]) >= now + DAY, "the clock is advanced as far as was wanted")
        entries = [(entry["fact"]["fact"], entry["fact"].get("outcome")) for entry in self.history(project)[2:4]]
        require(entries == [("item_accepted", None), ("item_completed", "refused")], f"the code decides: {entries}")

    def bad_requests_are_refused_with_what_is_wrong(self, project: str, _: int) -> None:
        path, key = f"/v1/projects/{project}/commands", str(uuid.uuid4())
        require_problem(self.get("/v1/progress", {"departmnet": "land"}), 400, "invalid-parameter")
        require_problem(self.send("POST", path, b"{", Idempotency_Key=key), 400, "malformed-json")
        require_problem(self.command(project, {"command": "no_such_command"}, key), 400, "unknown-command")
        wrong = self.send("POST", path, self.plan(), Idempotency_Key=key, Content_Type="text/plain")
        require_problem(wrong, 415, "wrong-content-type")
        field = require_problem(self.command(project, {"command": "plan_item", "item": 3}, key), 422, "invalid-field")
        require(field.get("path"), "a wrong field is named by its path")
        require(self.command(project, self.plan(), key).status == 200, "the key of a refused command is free")

    def each_problem_is_explained(self) -> None:
        problem = require_problem(self.get("/v1/nothing"), 404, "not-found")
        require(self.send("GET", problem["type"], signed=False).json()["code"] == "not-found", "`type` leads to it")
        require(len(self.send("GET", "/problems", signed=False).json()["problems"]) > 50, "/problems lists the codes")

    def the_document_distinguishes_commands(self) -> None:
        document = self.send("GET", "/schema/openapi.json", signed=False).json()
        union = document["components"]["schemas"]["AnyCommand"]
        require(union["discriminator"]["propertyName"] == "command", "commands have a discriminator")
        require(len(union["oneOf"]) == len(union["discriminator"]["mapping"]), "each command is in it")


class FeedPromises(Kit):
    def events_are_cloud_events_in_the_order_of_the_ledger(self, project: str, position: int) -> None:
        last = [self.command(project, self.plan()).json()["position"] for _ in range(3)][-1]
        events = self.events(position - 1, last, project=project)
        require(len(events) == 4, f"each entry is an event: of 4, {len(events)} came")
        require([event["version"] for event in events] == [1, 2, 3, 4], "events come in order")
        require(events[0].keys() >= EVENT_FIELDS, f"an event has {sorted(EVENT_FIELDS - events[0].keys())}")
        require(events[0]["id"] == str(position), "`id` is the position")
        require(events[0]["type"] == "org.countersign.project_registered.v1", "`type` names the fact")
        require(events[0]["source"] == f"/projects/{project}", "`source` is the project's path")
        hashes = [entry["hash"] for entry in self.history(project)]
        require(hashes == [event["hash"] for event in events], "`hash` is the entry's")

    def the_feed_is_filtered(self, project: str, position: int) -> None:
        last = self.command(project, self.plan()).json()["position"]
        events = self.events(position - 1, last, type="item_planned", project=project)
        require([event["version"] for event in events] == [2], "`type` and `project` filter")
        require_problem(self.get("/v1/events", {"type": "no_such_fact"}), 400, "invalid-parameter")
        for department, count in (("land", 1), ("nobody", 0)):
            events = self.events(position, last, project=project, department=department)
            require(len(events) == count, f"`department` filters: {len(events)} of {department} came")

    def the_feed_has_its_forms(self, project: str, position: int) -> None:
        self.events(position - 1, position)
        query = f"/v1/events?project={project}&after={position - 1}"
        lines = self.send("GET", query, Accept=NDJSON).lines()
        require(lines[0]["source"] == f"/projects/{project}" and "next" in lines[-1], "lines end with `next`")
        batch = self.send("GET", query, Accept=EVENTS)
        require(batch.headers["content-type"].startswith(EVENTS), f"a batch is {EVENTS}")
        require(isinstance(batch.json(), list), "a batch is an array")
        require('rel="next"' in batch.headers.get("link", ""), "a batch has its next")
        resumed = self.get("/v1/events", {"project": project}, Last_Event_ID=str(position)).json()
        require(resumed["events"] == [], "Last-Event-ID says where to go on")
        for name in ("lastEventId", "cursor"):
            resumed = self.get("/v1/events", {"project": project, name: position}).json()
            require(resumed["events"] == [], f"{name} says where to go on")
        require_problem(self.get("/v1/events", {"cursor": "ZZZ.99:1"}), 400, "invalid-parameter")

    def the_stream_goes_on(self, project: str, position: int) -> None:
        with closing(self.connect()) as connection:
            headers = {"Authorization": f"Bearer {self.key}", "Accept": SSE}
            headers["Last-Event-ID"] = str(position - 1)
            connection.request("GET", f"/v1/events?project={project}", headers=headers)
            response = connection.getresponse()
            require(response.getheader("Content-Type", "").startswith(SSE), f"a stream is {SSE}")
            require(next_message(response).get("id") == str(position), "the message's id is the position")
            last = self.command(project, self.plan()).json()["position"]
            message = next_message(response)
            require(message.get("id") == str(last), "what happens next comes next")
            require(message.get("event") == "org.countersign.item_planned.v1", "the message names the type")

    def a_waiting_reader_is_answered_when_something_happens(self, project: str, position: int) -> None:
        threading.Timer(0.5, lambda: self.command(project, self.plan())).start()
        began = time.monotonic()
        page = self.get("/v1/events", {"after": position, "project": project, "wait": 25}).json()
        require([event["version"] for event in page["events"]] == [2], "the event is in the answer")
        require(time.monotonic() - began < 20, "the answer comes when it happens")

    def webhooks_go_to_no_address_that_is_insecure_or_private(self) -> None:
        for url in INSECURE + (() if self.receiver else PRIVATE):  # one may be given because the server allows these
            answer = self.send("POST", "/v1/subscriptions", {"url": url})
            require_problem(answer, 422, "webhook-address-refused")
        require_problem(self.get(f"/v1/subscriptions/{uuid.uuid4()}"), 404, "subscription-unknown")

    def webhooks_are_signed_in_order_and_sent_again(self, project: str, _: int) -> None:
        with self.subscribed(project, 1) as (_path, secret, received):
            for _ in range(2):
                self.command(project, self.plan())
            wait_for(received, 3)
        versions = [json.loads(body)["version"] for _, body in received]
        require(versions == [2, 2, 3], f"a refused event comes again, and in order: {versions}")
        require(received[0][0]["webhook-id"] == received[1][0]["webhook-id"], "a repeat has the same id")
        for message in received:
            require_signed(secret, *message)

    def webhooks_are_pinged_replayed_and_listed_and_secrets_rotated(self, project: str, position: int) -> None:
        with self.subscribed(project, 0) as (path, secret, received):
            new = self.send("POST", f"{path}/secret?old_hours=1").json()["secret"]
            require(self.send("POST", f"{path}/ping").json()["delivered"], "a ping is delivered before the answer")
            require(json.loads(received[0][1])["type"] == "org.countersign.ping.v1", "a ping has a type of its own")
            require_signed(secret, *received[0])
            require_signed(new, *received[0])
            self.events(position - 1, position)
            self.send("POST", f"{path}/replay", {"from": position, "to": position})
            wait_for(received, 2)
            require(received[1][0]["webhook-id"].endswith(f":{position}"), "what is replayed has the id of its entry")
            page = self.get(f"{path}/deliveries").json()
            require([each["position"] for each in page["deliveries"]] == [position], f"deliveries are listed: {page}")
            require("oldest_seconds" in self.get("/readyz").json()["webhooks"], "/readyz has the oldest undelivered")


GROUPS = {"1": IdentityPromises, "2": AccessPromises, "3": CommandPromises, "4": FeedPromises}
CHECKS = [(section, check) for section, group in GROUPS.items() for check in vars(group).values() if callable(check)]


@dataclass
class Result:
    section: str
    name: str
    seconds: float
    failure: str = ""
    skipped: str = ""


def run(kit: Kit, names: list[str] | None = None) -> list[Result]:
    """Run the checks called *names*, or all; one that fails stops no other."""
    results = []
    for section, check in CHECKS:
        if names and check.__name__ not in names:
            continue
        began, failure, skipped = time.monotonic(), "", ""
        try:
            check(kit, *(kit.register() if check.__code__.co_argcount > 1 else ()))
        except NotCheckedError as reason:
            skipped = str(reason)
        except BrokenPromiseError as broken:
            failure = str(broken)
        except (OSError, http.client.HTTPException, LookupError, TypeError, ValueError, AttributeError) as error:
            failure = f"{type(error).__name__}: {error}"  # an answer in another form than was promised
        results.append(Result(section, check.__name__, time.monotonic() - began, failure, skipped))
    return results


def junit(results: list[Result]) -> str:
    """The results in the form that CI systems read."""
    suite = ET.Element("testsuite", name="contract", tests=str(len(results)))
    suite.set("failures", str(sum(bool(each.failure) for each in results)))
    suite.set("skipped", str(sum(bool(each.skipped) for each in results)))
    for each in results:
        case = ET.SubElement(suite, "testcase", classname=f"contract.{each.section}", name=each.name)
        case.set("time", f"{each.seconds:.3f}")
        for tag, message in (("failure", each.failure), ("skipped", each.skipped)):
            if message:
                ET.SubElement(case, tag, message=message)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def main(words: list[str] | None = None) -> int:
    """Check a server; the exit status."""
    parser = argparse.ArgumentParser(description="Checks what a Countersign server promises to programs.")
    parser.add_argument("--url", required=True, help="address of the server")
    parser.add_argument("--key", required=True, help="key of a program that manages projects")
    parser.add_argument("--receiver", default="", help="address of this machine that the server may post webhooks to")
    parser.add_argument("--junit", type=Path, help="file for the results")
    parser.add_argument("checks", nargs="*", help="names of checks; all without a name")
    arguments = parser.parse_args(words)
    results = run(Kit(arguments.url.rstrip("/"), arguments.key, arguments.receiver), arguments.checks)
    for each in results:
        state = "FAILED" if each.failure else "skipped" if each.skipped else "passed"
        print(f"{state:7} {each.section} {each.name.replace('_', ' ')} {each.failure or each.skipped}".rstrip())
    if arguments.junit:
        arguments.junit.write_text(junit(results), "utf-8")
    failed = sum(bool(each.failure) for each in results)
    print(f"{len(results) - failed} of {len(results)} hold")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
