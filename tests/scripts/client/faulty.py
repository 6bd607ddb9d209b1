"""A proxy between the contract kit and a server, which plants one fault."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from msgspec import Struct, field, json

SSE = "text/event-stream"
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "content-encoding"}


class Passing(Struct):
    """A request on its way to the server, and the answer on its way back."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""

    def change_json(self, change: Callable[[Any], Any]) -> None:
        """Replace the answer, if it is JSON."""
        if "json" in self.answered.get("content-type", "") and self.answer:
            self.answer = json.encode(change(json.decode(self.answer)))


class Fault(Struct, frozen=True):
    """What the proxy does to requests, and to answers."""

    name: str
    asking: Callable[[Passing], None] = lambda _: None
    answering: Callable[[Passing], None] = lambda _: None
    streaming: Callable[[bytes], bytes] = lambda line: line


NONE = Fault("none")


class ProxyHandler(BaseHTTPRequestHandler):
    """Hands requests on to *target*, with a fault; *key* is that of a known program."""

    fault: Fault
    target: str
    key: str
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        in_chunks = headers.pop("transfer-encoding", "") == "chunked"
        body = self.chunks() if in_chunks else self.rfile.read(int(headers.pop("content-length", 0)))
        known_host = headers.pop("host", "")
        headers["host"] = self.target if known_host.startswith("127.0.0.1") else known_host
        headers.pop("accept-encoding", "")
        passing = Passing(self.command, self.path, headers, body)
        passing.headers["x-kit-key"] = self.key
        self.fault.asking(passing)
        passing.headers.pop("x-kit-key", "")
        connection = http.client.HTTPConnection(self.target, timeout=60)
        try:
            content = iter([passing.body]) if in_chunks else passing.body or None
            connection.request(passing.method, passing.path, content, passing.headers)
            response = connection.getresponse()
            passing.status = response.status
            passing.answered = {n.lower(): v for n, v in response.getheaders() if n.lower() not in HOP}
            if passing.answered.get("content-type", "").startswith(SSE):
                self.stream(passing, response)
                return
            passing.answer = response.read()
        finally:
            connection.close()
        self.fault.answering(passing)
        self.reply(passing)

    def chunks(self) -> bytes:
        """A body whose length was not announced."""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_HEAD = do_POST = do_DELETE = handle_any  # noqa: N815  http.server's names

    def reply(self, passing: Passing) -> None:
        self.send_response(passing.status)
        for name, value in passing.answered.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(passing.answer)))
        self.end_headers()
        if self.command != "HEAD" and passing.status != 304:
            self.wfile.write(passing.answer)

    def stream(self, passing: Passing, response: http.client.HTTPResponse) -> None:
        self.close_connection = True
        self.send_response(passing.status)
        for name, value in passing.answered.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            while line := response.readline():
                self.wfile.write(self.fault.streaming(line))
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def proxy(address: str, fault: Fault, key: str = "") -> Iterator[str]:
    """The address of a proxy before the server at *address*. *key* is that of a known program."""
    handler = type("Handler", (ProxyHandler,), {"fault": fault, "target": urlsplit(address).netloc, "key": key})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def without_header(name: str) -> Callable[[Passing], None]:
    """Drop a header of the answer."""
    return lambda passing: _forget(passing.answered, name)


def without_request_header(name: str) -> Callable[[Passing], None]:
    """Drop a header of the request."""
    return lambda passing: _forget(passing.headers, name)


def without_parameter(name: str) -> Callable[[Passing], None]:
    """Drop a parameter of the query."""

    def drop(passing: Passing) -> None:
        passing.path = re.sub(rf"(?<=[?&]){name}=[^&]*&?", "", passing.path).rstrip("?&")

    return drop


def without_member(name: str) -> Callable[[Passing], None]:
    """Drop a member of every problem."""

    def drop(passing: Passing) -> None:
        if passing.status >= 400:
            passing.change_json(lambda members: {key: value for key, value in members.items() if key != name})

    return drop


def instead_of(before: int, after: int) -> Callable[[Passing], None]:
    """Answer another status."""

    def change(passing: Passing) -> None:
        passing.status = after if passing.status == before else passing.status

    return change


def on_events(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Passing], None]:
    """Change pages of the feed."""

    def changed(passing: Passing) -> None:
        if passing.path.startswith("/v1/events") and passing.status == 200:
            passing.change_json(lambda page: change(page) if isinstance(page, dict) else page)

    return changed


def sign_everybody(passing: Passing) -> None:
    passing.headers.setdefault("authorization", f"Bearer {passing.headers['x-kit-key']}")


def sign_any_scheme(passing: Passing) -> None:
    """Take a key whatever stands before it."""
    _scheme, _, key = passing.headers.get("authorization", "").partition(" ")
    if key:
        passing.headers["authorization"] = f"Bearer {key}"


def sign_all_keys(passing: Passing) -> None:
    """Take every key for the known one."""
    if "authorization" in passing.headers:
        passing.headers["authorization"] = f"Bearer {passing.headers['x-kit-key']}"


def sign_cookies(passing: Passing) -> None:
    """Take any cookie for a session."""
    if "cookie" in passing.headers:
        passing.headers["authorization"] = f"Bearer {passing.headers['x-kit-key']}"


def forget_when_to_come_again(passing: Passing) -> None:
    if passing.status == 429:
        passing.answered["retry-after"] = "0"


def without_blank_lines(passing: Passing) -> None:
    """Send a batch that is shorter than the client's."""
    if passing.path.startswith("/v1/commands/batch"):
        passing.body = passing.body.rstrip()


def instead_of_retry(passing: Passing) -> None:
    if passing.path.endswith("/retry"):
        passing.method, passing.path, passing.body = "GET", passing.path.partition("/deliveries")[0], b""


def new_key(passing: Passing) -> None:
    if "idempotency-key" in passing.headers:
        passing.headers["idempotency-key"] = str(uuid4())


def carry_out_checks(passing: Passing) -> None:
    if passing.path.endswith("/commands/check"):
        passing.path = passing.path.removesuffix("/check")
        passing.headers.setdefault("idempotency-key", str(uuid4()))


def reverse_lines(passing: Passing) -> None:
    if passing.path.startswith("/v1/commands/batch") and passing.status == 200:
        passing.answer = b"\n".join(reversed(passing.answer.splitlines())) + b"\n"


def offset_pages(passing: Passing) -> None:
    """The second page begins where the first did."""
    if passing.path.startswith("/v1/progress") and "cursor=" in passing.path:
        passing.path = re.sub(r"cursor=[^&]*", "", passing.path)


def answer_plainly(passing: Passing) -> None:
    if passing.status >= 400:
        passing.answered["content-type"] = "application/json"


def at(path: str, change: Callable[[Passing], None]) -> Callable[[Passing], None]:
    """The same for addresses that contain *path*."""
    return lambda passing: change(passing) if path in passing.path else None


def member(name: str, value: Any = None) -> Callable[[Passing], None]:
    """Replace a member of an answer; without a *value*, drop it."""

    def change(passing: Passing) -> None:
        def changed(members: Any) -> Any:
            if not isinstance(members, dict) or name not in members:
                return members
            rest = {key: each for key, each in members.items() if key != name}
            return rest if value is None else rest | {name: value}

        passing.change_json(changed)

    return change


def too_many(passing: Passing) -> None:
    """Refuse for the rate, and do not say when to come again."""
    passing.status = 429
    _forget(passing.answered, "retry-after")


def cut_batch(passing: Passing) -> None:
    if passing.path.startswith("/v1/commands/batch"):
        passing.body = passing.body[-1:]


def taken_whatever_it_is(passing: Passing) -> None:
    """Take subscriptions to private addresses."""
    if passing.method == "POST" and b"10.0.0.1" in passing.body:
        passing.status = 200


def without_code(passing: Passing) -> None:
    passing.body = passing.body.replace(b"sandbox-refused", b"sandbox-granted")


def without_advance(passing: Passing) -> None:
    """Let the clock stay where it is."""
    if passing.method == "POST":
        passing.method, passing.body = "GET", b""


def of_another_project(passing: Passing) -> None:
    """Subscribe to a project that there is not."""
    if passing.path == "/v1/subscriptions" and passing.body:
        passing.body = json.encode({**json.decode(passing.body), "filter": {"project": str(uuid4())}})


def without_old_secret(passing: Passing) -> None:
    passing.path = passing.path.replace("old_hours=1", "old_hours=0")


def instead_of_replay(passing: Passing) -> None:
    if passing.path.endswith("/replay"):
        passing.method, passing.path, passing.body = "GET", passing.path.removesuffix("/replay"), b""


def no_head(passing: Passing) -> None:
    if passing.method == "HEAD":
        passing.status = 405


def _forget(headers: dict[str, str], name: str) -> None:
    headers.pop(name, None)


FAULTS = (
    Fault("anybody-is-signed-in", asking=sign_everybody),
    Fault("no-nosniff", answering=without_header("x-content-type-options")),
    Fault("no-www-authenticate", answering=without_header("www-authenticate")),
    Fault("any-host", asking=lambda passing: passing.headers.update(host="127.0.0.1")),
    Fault("correlation-lost", asking=without_request_header("x-correlation-id")),
    Fault("hidden-told-as-forbidden", answering=instead_of(404, 403)),
    Fault("forbidden-told-as-hidden", answering=instead_of(403, 404)),
    Fault("no-head", answering=no_head),
    Fault("no-etag", answering=without_header("etag")),
    Fault("never-304", asking=without_request_header("if-none-match")),
    Fault("pages-repeat", asking=offset_pages),
    Fault("after-ignored", asking=without_parameter("after")),
    Fault("repeat-not-marked", answering=without_header("idempotent-replay")),
    Fault("repeat-carried-out", asking=new_key),
    Fault("if-match-ignored", asking=without_request_header("if-match")),
    Fault("check-carried-out", asking=carry_out_checks),
    Fault("batch-out-of-order", answering=reverse_lines),
    Fault("batch-never-atomic", asking=without_parameter("mode")),
    Fault("problem-without-remedy", answering=without_member("remedy")),
    Fault("problem-as-json", answering=answer_plainly),
    Fault("request-id-missing", answering=without_header("x-request-id")),
    Fault("events-reversed", answering=on_events(lambda page: {**page, "events": page["events"][::-1]})),
    Fault("event-lost", answering=on_events(lambda page: {**page, "events": page["events"][1:]})),
    Fault("type-ignored", asking=without_parameter("type")),
    Fault("last-event-id-ignored", asking=without_request_header("last-event-id")),
    Fault("no-rate", answering=without_header("ratelimit")),
    Fault("no-rate-policy", answering=without_header("ratelimit-policy")),
    Fault("no-retry-after", answering=at("/v1/me", too_many)),
    Fault("scopes-hidden", answering=at("/v1/me", member("scopes"))),
    Fault("expiry-hidden", answering=at("/v1/me", member("expires_at"))),
    Fault("cross-site-passes", asking=without_request_header("sec-fetch-site")),
    Fault("no-corp", answering=without_header("cross-origin-resource-policy")),
    Fault("no-csp", answering=without_header("content-security-policy")),
    Fault("check-without-clocks", answering=at("/commands/check", member("clocks", []))),
    Fault("batch-limits-hidden", asking=cut_batch),
    Fault("after-version-ignored", asking=without_parameter("after_version")),
    Fault("department-ignored", asking=at("/v1/events", without_parameter("department"))),
    Fault("id-in-query-ignored", asking=without_parameter("lastEventId")),
    Fault("cursor-ignored", asking=at("/v1/events", without_parameter("cursor"))),
    Fault("private-addresses-taken", answering=taken_whatever_it_is),
    Fault("no-tag-for-schema", answering=at("/schema/", without_header("etag"))),
    Fault("any-scheme", asking=sign_any_scheme),
    Fault("any-cookie", asking=sign_cookies),
    Fault("expired-keys-taken", asking=sign_all_keys),
    Fault("scopes-ignored", asking=at("/history", sign_all_keys)),
    Fault("scopes-not-named", answering=without_member("remedy")),
    Fault("batch-without-end", asking=without_blank_lines),
    Fault("stream-without-ids", streaming=lambda line: b"" if line.startswith(b"id:") else line),
)
# Faults of what only a sandbox does, or a server that sends webhooks to this machine.
IN_SANDBOXES = (
    Fault("clock-stays", asking=at("/v1/test/clock", without_advance)),
    Fault("code-ignored", asking=without_code),
    Fault("nothing-sent", asking=of_another_project),
    Fault("another-secret", answering=at("/v1/subscriptions", member("secret", "whsec_AAAA"))),
    Fault("old-secret-ended", asking=without_old_secret),
    Fault("ping-fails", answering=at("/ping", member("delivered", value=False))),
    Fault("replay-ignored", asking=instead_of_replay),
    Fault("deliveries-hidden", answering=at("/deliveries", member("deliveries", []))),
    Fault("lost-positions-given", answering=at("lastEventId", instead_of(410, 200))),
    Fault("parked-hidden", answering=at("state=parked", member("deliveries", []))),
    Fault("parked-not-counted", answering=at("/readyz", member("webhooks", {}))),
    Fault("retry-ignored", asking=instead_of_retry),
    Fault("parked-too-soon", answering=at("state=parked", member("deliveries", [{"position": 1, "attempts": 6}]))),
    Fault("oldest-hidden", answering=at("/readyz", member("webhooks", {}))),
)
# Faults of rates, before a server that has a low one.
OF_RATES = (
    Fault("rate-without-end", answering=instead_of(429, 200)),
    Fault("returns-at-once", answering=forget_when_to_come_again),
    Fault("remedy-hidden", answering=member("remedy", "")),
)
