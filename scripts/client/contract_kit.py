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
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import quoteattr

SECONDS_MAX = 30
WEBHOOK_SECONDS_MAX = 60
PROBLEM = "application/problem+json"
NDJSON, SSE, EVENTS = "application/x-ndjson", "text/event-stream", "application/cloudevents-batch+json"
STANDARD = {"type", "title", "status", "detail", "instance", "code", "article", "remedy", "request_id"}
EVENT_FIELDS = {"id", "source", "type", "time", "specversion", "occurredat", "version", "actor", "hash", "data"}
HEADERS = "x-content-type-options referrer-policy cross-origin-opener-policy permissions-policy cache-control vary"
BUSY = 503


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
    """The server, the key, and how requests are made."""

    url: str
    key: str
    receiver: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.netloc, timeout=SECONDS_MAX)

    def send(self, method: str, path: str, body: Any = None, *, signed: bool = True, **headers: Any) -> HttpAnswer:
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
            if answer.status != BUSY or "retry-after" not in answer.headers:
                break
            time.sleep(1)  # the server says so
        return answer

    def get(self, path: str, params: Mapping[str, Any] | None = None, **headers: Any) -> HttpAnswer:
        return self.send("GET", path + (f"?{urlencode(params, doseq=True)}" if params else ""), **headers)

    def command(self, project: str, command: dict[str, Any], key: str = "", **headers: Any) -> HttpAnswer:
        path = f"/v1/projects/{project}/commands"
        return self.send("POST", path, command, Idempotency_Key=key or str(uuid.uuid4()), **headers)

    def register(self, **changes: Any) -> tuple[str, dict[str, Any]]:
        """A new project and its receipt."""
        project = str(uuid.uuid4())
        item = {"item": "land-use", "department": "land"}
        body = {"command": "register_project", "name": "contract kit", "manager": self.me(), "items": [item]}
        answer = self.command(project, body | {"enterprise": {"name": "contract kit"}} | changes)
        require(answer.status == 200, f"a project is registered, and it was answered {answer.status}: {answer.body!r}")
        return project, answer.json()

    def me(self) -> str:
        """The id of who has the key."""
        if not hasattr(self, "_me"):
            self._me = str(self.get("/v1/me").json()["id"])
        return self._me

    def plan(self) -> dict[str, Any]:
        """A command that adds an item no other has."""
        return {"command": "plan_item", "item": {"item": f"item-{next(self.numbers)}", "department": "land"}}

    def events(self, after: int, upto: int, **params: Any) -> list[dict[str, Any]]:
        """Every event after one position, until the feed has come to another."""
        events: list[dict[str, Any]] = []
        end = time.monotonic() + SECONDS_MAX
        while after < upto and time.monotonic() < end:
            page = self.get("/v1/events", {**params, "after": after, "wait": 1}).json()
            events += page["events"]
            after = page["next"]
        require(after >= upto, f"`next` moves on to {upto}, and stays at {after}")
        return events


Check = Callable[[Kit], None]
CHECKS: list[tuple[str, Check]] = []


def promise(section: str) -> Callable[[Check], Check]:
    """Enter a check, which belongs to a section of the contract."""

    def enter(check: Check) -> Check:
        CHECKS.append((section, check))
        return check

    return enter


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


@promise("1")
def nothing_without_credentials(kit: Kit) -> None:
    answer = kit.send("GET", "/v1/progress", signed=False)
    require_problem(answer, 401, "signin-required")
    require("bearer" in answer.headers.get("www-authenticate", "").lower(), "401 names the scheme Bearer")


@promise("1")
def a_wrong_key_is_refused_and_headers_sign_no_one_in(kit: Kit) -> None:
    answer = kit.send("GET", "/v1/progress", signed=False, Authorization=f"Bearer cs_live_kit_{'A' * 43}")
    require_problem(answer, 401, "credential-invalid")
    headers = {"X-Actor": "mallory", "X-Role": "supervisor", "X-Department": "bureau"}
    require(kit.send("GET", "/v1/progress", signed=False, **headers).status == 401, "headers alone are no sign-in")
    role = kit.get("/v1/me").json().get("role")
    require(role == "project_manager", f"the key is of a project manager: it is of {role}")


@promise("1")
def answers_have_security_headers(kit: Kit) -> None:
    for path in ("/v1/me", "/v1/law/packs"):
        headers = kit.get(path).headers
        require(set(HEADERS.split()) <= headers.keys(), f"{path} lacks {set(HEADERS.split()) - headers.keys()}")
        require(headers["x-content-type-options"] == "nosniff", f"{path}: types are not guessed")
        require("no-cache" in headers["cache-control"], f"{path}: no cache answers for the server")


@promise("1")
def an_unknown_host_is_refused(kit: Kit) -> None:
    require_problem(kit.get("/v1/me", Host="evil.example"), 421, "host-unknown")


@promise("1")
def what_belongs_together_stays_so(kit: Kit) -> None:
    project, _ = kit.register()
    correlation = str(uuid.uuid4())
    kit.command(project, kit.plan(), X_Correlation_ID=correlation)
    entries = kit.get(f"/v1/projects/{project}/history").json()["entries"]
    require(entries[-1]["correlation"] == correlation, "X-Correlation-ID stays with the entry")
    require(entries[-1]["by"]["id"] == kit.me(), "an entry names who acted")


@promise("2")
def the_law_is_public(kit: Kit) -> None:
    for path in ("/v1/law/packs", "/v1/law/calendars", "/v1/catalogues", "/healthz", "/problems"):
        answer = kit.send("GET", path, signed=False)
        require(answer.status == 200, f"{path} needs no credentials, and {answer.status} came")


@promise("2")
def what_one_may_not_see_is_not_there(kit: Kit) -> None:
    for ending in ("", "/history", "/progress", "/clocks"):
        require_problem(kit.get(f"/v1/projects/{uuid.uuid4()}{ending}"), 404, "project-unknown")


@promise("2")
def what_one_may_not_do_is_forbidden(kit: Kit) -> None:
    project, _ = kit.register()
    card = {"command": "issue_card", "item": "land-use", "colour": "red", "reasons": "contract kit"}
    require("rule" in require_problem(kit.command(project, card), 403, "access-denied"), "403 names the rule")


@promise("3")
def head_answers_as_get_without_a_body(kit: Kit) -> None:
    for path in ("/v1/law/packs", "/v1/me", "/v1/progress"):
        head = kit.send("HEAD", path)
        require((head.status, head.body) == (200, b""), f"HEAD {path} is 200 without a body: {head.status}")


@promise("3")
def unchanged_answers_are_not_sent_again(kit: Kit) -> None:
    project, _ = kit.register()
    for path in ("/v1/law/packs", "/v1/law/calendars", f"/v1/projects/{project}"):
        tag = kit.get(path).headers.get("etag", "")
        require(tag, f"{path} has an ETag")
        answer = kit.get(path, If_None_Match=tag)
        require((answer.status, answer.body) == (304, b""), f"{path} is 304 while unchanged, and {answer.status} came")


@promise("3")
def pages_are_whole_and_without_repeats(kit: Kit) -> None:
    made = {kit.register()[0] for _ in range(3)}
    _, last = kit.register()
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "after": last["position"]}
    while params:
        page = kit.get("/v1/progress", params).json()
        seen += [row["project"] for row in page["projects"]]
        require(len(seen) == len(set(seen)), "no row is on two pages")
        kit.register()  # what comes meanwhile moves no row to another page
        params = {"limit": 2, "cursor": page["next"]} if page["next"] else {}
    require(made <= set(seen), "every row is on a page")
    require_problem(kit.get("/v1/progress", {"cursor": "AAAA"}), 400, "invalid-cursor")


@promise("3")
def one_reads_what_one_wrote(kit: Kit) -> None:
    for _ in range(5):
        project, receipt = kit.register()
        answer = kit.get(f"/v1/projects/{project}/progress", {"after": receipt["position"]})
        require(answer.status == 200, f"with `after` the view has it, and {answer.status} came")
        require([row["item"] for row in answer.json()["items"]] == ["land-use"], "the progress table shows the items")


@promise("3")
def a_position_that_never_was_is_refused_at_once(kit: Kit) -> None:
    for path in ("/v1/progress", "/v1/events"):
        began = time.monotonic()
        require_problem(kit.get(path, {"after": 2**40}), 400, "invalid-parameter")
        require(time.monotonic() - began < SECONDS_MAX / 2, f"{path} does not wait for what will not come")


@promise("3")
def a_code_leads_to_its_project_and_to_no_other(kit: Kit) -> None:
    code = f"KIT-{uuid.uuid4().hex[:12]}"
    project, receipt = kit.register(code=code)
    rows = kit.get("/v1/projects", {"code": code, "after": receipt["position"]}).json()
    require(project in json.dumps(rows), "GET /v1/projects?code= finds the project")
    body = {"command": "register_project", "name": "contract kit", "manager": kit.me(), "code": code}
    answer = kit.command(str(uuid.uuid4()), body | {"enterprise": {"name": "contract kit"}})
    require(require_problem(answer, 409, "project-code-taken").get("project") == project, "it names the first")


@promise("3")
def a_repeat_changes_nothing(kit: Kit) -> None:
    project, _ = kit.register()
    command, key = kit.plan(), str(uuid.uuid4())
    first, again = kit.command(project, command, key), kit.command(project, command, key)
    require(first.status == again.status == 200, f"a repeat is answered as at first: {again.status}")
    require(first.json() == again.json(), "a repeat gets the first answer")
    require("idempotent-replay" not in first.headers, "the first answer is no repeat")
    require(again.headers.get("idempotent-replay") == "true", "a repeat is marked")
    require(kit.get(f"/v1/projects/{project}").headers["etag"].startswith('"2'), "a repeat records nothing")


@promise("3")
def a_key_is_for_one_command_with_or_without_a_condition(kit: Kit) -> None:
    project, _ = kit.register()
    command, key = kit.plan(), str(uuid.uuid4())
    kit.command(project, command, key, If_Match='"1"')
    require(kit.command(project, command, key).status == 200, "If-Match is no part of the key's fingerprint")
    require_problem(kit.command(project, kit.plan(), key), 422, "key-reused")
    require_problem(kit.send("POST", f"/v1/projects/{project}/commands", kit.plan()), 400, "key-missing")


@promise("3")
def a_version_conflict_is_reported(kit: Kit) -> None:
    project, _ = kit.register()
    require(kit.command(project, kit.plan(), If_Match='"1"').status == 200, "the present version passes")
    problem = require_problem(kit.command(project, kit.plan(), If_Match='"1"'), 412, "version-moved")
    require(problem.get("version") == 2, "412 has the version now")
    require(len(problem.get("changed", [])) == 1, "412 has what was recorded since")


@promise("3")
def a_check_stores_nothing(kit: Kit) -> None:
    project, _ = kit.register()
    checked = kit.send("POST", f"/v1/projects/{project}/commands/check", kit.plan(), Idempotency_Key=str(uuid.uuid4()))
    require(checked.status == 200, f"a check is 200, and {checked.status} came")
    require(checked.json().get("facts"), "a check answers with the facts that would follow")
    require(checked.json().get("version") == 1, "a check answers with the version now")
    require(kit.get(f"/v1/projects/{project}").headers["etag"].startswith('"1'), "a check records nothing")
    wrong = {"command": "accept_item", "item": "no-such-item"}
    refused = kit.send("POST", f"/v1/projects/{project}/commands/check", wrong)
    require(refused.status in (403, 409), f"a check answers with the problem, and {refused.status} came")


@promise("3")
def a_batch_is_answered_line_by_line_in_order(kit: Kit) -> None:
    project, _ = kit.register()
    commands = [kit.plan(), {"command": "plan_item", "item": {"item": "land-use", "department": "land"}}, kit.plan()]
    lines = [{"project": project, "key": str(uuid.uuid4()), "command": command} for command in commands]
    answers = send_batch(kit, lines)
    require([each["line"] for each in answers] == [1, 2, 3], "answers come in the order of the lines")
    require([each["status"] == 200 for each in answers] == [True, False, True], "a refused line stops no other")
    require("code" in answers[1].get("problem", {}), "a refused line has its problem")
    again = send_batch(kit, lines)
    require(again[2]["receipt"] == answers[2]["receipt"], "a batch that is sent again gets the first answers")
    require(again[0].get("repeated") is True, "and is marked")


@promise("3")
def an_atomic_batch_is_carried_out_whole_or_not_at_all(kit: Kit) -> None:
    project, _ = kit.register()
    commands = [kit.plan(), {"command": "plan_item", "item": {"item": "land-use", "department": "land"}}]
    lines = [{"project": project, "key": str(uuid.uuid4()), "command": command} for command in commands]
    answers = send_batch(kit, lines, "atomic")
    require(answers[0]["status"] == 409, f"the other line is undone, and {answers[0]['status']} came")
    require(kit.get(f"/v1/projects/{project}").headers["etag"].startswith('"1'), "nothing of it is recorded")


def send_batch(kit: Kit, lines: list[dict[str, Any]], mode: str = "each") -> list[Any]:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = kit.send("POST", f"/v1/commands/batch?mode={mode}", body, Content_Type=NDJSON)
    require(answer.status == 200, f"a batch is answered, and {answer.status} came: {answer.body[:200]!r}")
    require(answer.headers.get("content-type", "").startswith(NDJSON), f"a batch is answered in {NDJSON}")
    answers = answer.lines()
    require(len(answers) == len(lines), "each line has an answer")
    return answers


@promise("3")
def bad_requests_are_refused_with_what_is_wrong(kit: Kit) -> None:
    project, _ = kit.register()
    path, key = f"/v1/projects/{project}/commands", str(uuid.uuid4())
    require_problem(kit.get("/v1/progress", {"departmnet": "land"}), 400, "invalid-parameter")
    require_problem(kit.send("POST", path, b"{", Idempotency_Key=key), 400, "malformed-json")
    require_problem(kit.command(project, {"command": "no_such_command"}, key), 400, "unknown-command")
    wrong = kit.send("POST", path, kit.plan(), Idempotency_Key=key, Content_Type="text/plain")
    require_problem(wrong, 415, "wrong-content-type")
    field = require_problem(kit.command(project, {"command": "plan_item", "item": 3}, key), 422, "invalid-field")
    require(field.get("path"), "a wrong field is named by its path")
    require(kit.command(project, kit.plan(), key).status == 200, "the key of a refused command is free")


@promise("3")
def each_problem_is_explained(kit: Kit) -> None:
    problem = require_problem(kit.get("/v1/nothing"), 404, "not-found")
    require(kit.send("GET", problem["type"], signed=False).json()["code"] == "not-found", "`type` leads to it")
    require(len(kit.send("GET", "/problems", signed=False).json()["problems"]) > 50, "/problems lists the codes")


@promise("3")
def the_document_distinguishes_commands(kit: Kit) -> None:
    document = kit.send("GET", "/schema/openapi.json", signed=False).json()
    union = document["components"]["schemas"]["AnyCommand"]
    require(union["discriminator"]["propertyName"] == "command", "commands have a discriminator")
    require(len(union["oneOf"]) == len(union["discriminator"]["mapping"]), "each command is in it")


@promise("4")
def events_are_cloud_events_in_the_order_of_the_ledger(kit: Kit) -> None:
    project, receipt = kit.register()
    last = [kit.command(project, kit.plan()).json()["position"] for _ in range(3)][-1]
    events = kit.events(receipt["position"] - 1, last, project=project)
    require(len(events) == 4, f"each entry is an event: of 4, {len(events)} came")
    require([event["version"] for event in events] == [1, 2, 3, 4], "events come in order")
    require(events[0].keys() >= EVENT_FIELDS, f"an event has {sorted(EVENT_FIELDS - events[0].keys())}")
    require(events[0]["id"] == str(receipt["position"]), "`id` is the position")
    require(events[0]["type"] == "org.countersign.project_registered.v1", "`type` names the fact")
    require(events[0]["source"] == f"/projects/{project}", "`source` is the project's path")
    history = kit.get(f"/v1/projects/{project}/history").json()["entries"]
    require([entry["hash"] for entry in history] == [event["hash"] for event in events], "`hash` is the entry's")


@promise("4")
def the_feed_is_filtered(kit: Kit) -> None:
    project, receipt = kit.register()
    last = kit.command(project, kit.plan()).json()["position"]
    events = kit.events(receipt["position"] - 1, last, type="item_planned", project=project)
    require([event["version"] for event in events] == [2], "`type` and `project` filter")
    require_problem(kit.get("/v1/events", {"type": "no_such_fact"}), 400, "invalid-parameter")


@promise("4")
def the_feed_has_its_forms(kit: Kit) -> None:
    project, receipt = kit.register()
    kit.events(receipt["position"] - 1, receipt["position"])
    query = f"/v1/events?project={project}&after={receipt['position'] - 1}"
    lines = kit.send("GET", query, Accept=NDJSON).lines()
    require(lines[0]["source"] == f"/projects/{project}" and "next" in lines[-1], "lines end with `next`")
    batch = kit.send("GET", query, Accept=EVENTS)
    require(batch.headers["content-type"].startswith(EVENTS), f"a batch is {EVENTS}")
    require(isinstance(batch.json(), list) and 'rel="next"' in batch.headers.get("link", ""), "a batch has its next")
    resumed = kit.get("/v1/events", {"project": project}, Last_Event_ID=str(receipt["position"])).json()
    require(resumed["events"] == [], "Last-Event-ID says where to go on")


@promise("4")
def the_stream_goes_on(kit: Kit) -> None:
    project, receipt = kit.register()
    with closing(kit.connect()) as connection:
        headers = {"Authorization": f"Bearer {kit.key}", "Accept": SSE, "Last-Event-ID": str(receipt["position"] - 1)}
        connection.request("GET", f"/v1/events?project={project}", headers=headers)
        response = connection.getresponse()
        require(response.getheader("Content-Type", "").startswith(SSE), f"a stream is {SSE}")
        first = next_message(response)
        require(first.get("id") == str(receipt["position"]), "the message's id is the position")
        last = kit.command(project, kit.plan()).json()["position"]
        message = next_message(response)
        require(message.get("id") == str(last), "what happens next comes next")
        require(message.get("event") == "org.countersign.item_planned.v1", "the message names the type")


def next_message(response: http.client.HTTPResponse) -> dict[str, str]:
    """The next message with data."""
    message: dict[str, str] = {}
    while raw := response.readline():
        line = raw.decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if line:
            message[name] = value
        elif "data" in message:
            return message
        else:
            message = {}
    raise BrokenPromiseError("the stream ended")


@promise("4")
def a_waiting_reader_is_answered_when_something_happens(kit: Kit) -> None:
    project, receipt = kit.register()
    later = threading.Timer(0.5, lambda: kit.command(project, kit.plan()))
    later.start()
    began = time.monotonic()
    page = kit.get("/v1/events", {"after": receipt["position"], "project": project, "wait": 25}).json()
    later.join()
    require([event["version"] for event in page["events"]] == [2], "the event is in the answer")
    require(time.monotonic() - began < 20, "the answer comes when it happens")


@promise("4")
def webhooks_go_to_no_address_without_tls_or_with_a_password(kit: Kit) -> None:
    for url in ("ftp://example.org/", "https://user:secret@example.org/", "https:///nowhere"):
        answer = kit.send("POST", "/v1/subscriptions", {"url": url})
        require_problem(answer, 422, "webhook-address-refused")
    require_problem(kit.get(f"/v1/subscriptions/{uuid.uuid4()}"), 404, "subscription-unknown")


@promise("4")
def webhooks_are_signed_in_order_and_sent_again(kit: Kit) -> None:
    if not kit.receiver:
        raise NotCheckedError("give --receiver, an address of this machine that the server may post to")
    project, _ = kit.register()
    with receiving(kit.receiver) as (url, received):
        made = kit.send("POST", "/v1/subscriptions", {"url": url, "filter": {"project": project}}).json()
        subscription = made["subscription"]["id"]
        for _ in range(2):
            kit.command(project, kit.plan())
        end = time.monotonic() + WEBHOOK_SECONDS_MAX
        while len(received) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        kit.send("DELETE", f"/v1/subscriptions/{subscription}")
    require(len(received) >= 3, f"a refused event is sent again: {len(received)} of 3 messages came")
    versions = [json.loads(body)["version"] for _, body in received]
    require(versions == [2, 2, 3], f"a project's order is kept: {versions}")
    require(received[0][0]["webhook-id"] == received[1][0]["webhook-id"], "a repeat has the same id")
    for headers, body in received:
        require(signature_of(made["secret"], headers, body) in headers["webhook-signature"].split(), "it is signed")


def signature_of(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The signature by Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"


@contextmanager
def receiving(address: str) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A receiver that refuses the first message: its address, and what came."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(received) == 1 else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://{address}:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Result:
    """What came of one check: *failure* and *skipped* are empty where it passed."""

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
            check(kit)
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
    failures, skips = sum(bool(each.failure) for each in results), sum(bool(each.skipped) for each in results)
    lines = [f'<testsuite name="contract" tests="{len(results)}" failures="{failures}" skipped="{skips}">']
    for each in results:
        head = f'  <testcase classname="contract.{each.section}" name="{each.name}" time="{each.seconds:.3f}">'
        inner = f"<failure message={quoteattr(each.failure)}/>" if each.failure else ""
        inner += f"<skipped message={quoteattr(each.skipped)}/>" if each.skipped else ""
        lines.append(f"{head}{inner}</testcase>")
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines, "</testsuite>", ""])


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
