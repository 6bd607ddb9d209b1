"""Attacks by bytes that no library sends: trailers as headers, endless heads, odd hosts, methods and encodings."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.web.http_limits import TRAILER_BYTES_MAX
from tests.api.client import REGISTER, identity
from tests.api.served import served
from tests.api.web.wire import chunk, connected, exchange, head, headers_in, problem_in, received, status_of, trailers
from tests.effort import PATIENCE_SECONDS
from tests.examples import MANAGER

PACKET_PAUSE_SECONDS = 0.2  # for the server to have read what came before
NOTE = b'{"command":"note_step","activity":"x"}'
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
PROJECT_MANAGER = "X-Role: project_manager"
FLOOD_BYTES = 96 * 2**20


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url) as url:
        yield url


@pytest.fixture(scope="module")
def project(address: str) -> str:
    """A registered project."""
    project_id = str(uuid4())
    headers = {"Idempotency-Key": project_id, **identity(MANAGER)}
    assert (
        httpx.post(
            f"{address}/v1/projects/{project_id}/commands", json=REGISTER, headers=headers, timeout=PATIENCE_SECONDS
        ).status_code
        == 200
    )
    return project_id


def packets(parts: tuple[bytes, ...], layout: str) -> list[bytes]:
    """*parts* of a request as one packet, or the last of them in a packet of its own, later than the head."""
    return [b"".join(parts)] if layout == "one packet" else [b"".join(parts[:-1]), parts[-1]]


LAYOUTS = pytest.mark.parametrize("layout", ["one packet", "trailers later"])


@LAYOUTS
@pytest.mark.parametrize(
    ("in_head", "in_trailers", "code"),
    [
        (["X-Actor: mallory"], [PROJECT_MANAGER], "role-missing"),
        (["X-Actor: mallory", "X-Role: auditor"], [PROJECT_MANAGER], "access-denied"),
        ([], ["X-Actor: mallory", PROJECT_MANAGER], "actor-missing"),
    ],
)
def test_trailers_give_no_role(
    address: str, layout: str, in_head: list[str], in_trailers: list[str], code: str
) -> None:
    """Registering is for project managers: only what the head says counts."""
    lines = head(f"POST /v1/projects/{uuid4()}/commands", JSON, CHUNKED, f"Idempotency-Key: {uuid4()}", *in_head)
    request = (lines, chunk(json.dumps(REGISTER).encode()), trailers(*in_trailers))
    answer = exchange(address, *packets(request, layout), pause=PACKET_PAUSE_SECONDS)
    assert problem_in(answer)["code"] == code


@LAYOUTS
def test_trailers_are_no_idempotency_key(address: str, project: str, layout: str) -> None:
    lines = head(f"POST /v1/projects/{project}/commands", JSON, CHUNKED, "X-Actor: wang", PROJECT_MANAGER)
    request = (lines, chunk(NOTE), trailers("Idempotency-Key: of-a-trailer"))
    answer = exchange(address, *packets(request, layout), pause=PACKET_PAUSE_SECONDS)
    assert problem_in(answer)["code"] == "key-missing"


@LAYOUTS
def test_trailers_open_no_history(address: str, project: str, layout: str) -> None:
    """A GET with a body, of which the trailers say that an auditor reads."""
    lines = head(f"GET /v1/projects/{project}/history", CHUNKED)
    request = (lines, chunk(b"x"), trailers("X-Actor: m", "X-Role: auditor"))
    answer = exchange(address, *packets(request, layout), pause=PACKET_PAUSE_SECONDS)
    assert problem_in(answer)["code"] == "actor-missing"


@LAYOUTS
def test_harmless_trailers_are_read_past(address: str, project: str, layout: str) -> None:
    key = f"Idempotency-Key: {uuid4()}"
    lines = head(f"POST /v1/projects/{project}/commands", JSON, CHUNKED, key, "X-Actor: wang", PROJECT_MANAGER)
    request = (lines, chunk(NOTE), trailers("X-Checksum: 7", "X-Role: supervisor"))
    answer = exchange(address, *packets(request, layout), pause=PACKET_PAUSE_SECONDS)
    assert status_of(answer) == 200


HAPROXY = """
global
    log stderr format raw local0 err
defaults
    mode http
    timeout connect 10s
    timeout client 20s
    timeout server 20s
frontend zone
    bind fd@{descriptor}
    http-request del-header X-Actor
    http-request del-header X-Department
    http-request del-header X-Role
    http-request set-header X-Actor mallory
    {role}
    default_backend countersign
backend countersign
    server one {server}
"""


@contextmanager
def gateway(server: str, folder: Path, role: str) -> Iterator[str]:
    """HAProxy before *server*, which names everyone mallory, and does *role* with the role; yields its address."""
    program = shutil.which("haproxy")
    if program is None:
        pytest.skip("no haproxy on PATH (Debian, Ubuntu: apt-get install haproxy): trailers through it are not tried")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        written = folder / "haproxy.cfg"
        place = server.removeprefix("http://")
        written.write_text(HAPROXY.format(descriptor=listening.fileno(), server=place, role=role), encoding="utf-8")
        with subprocess.Popen([program, "-db", "-f", str(written)], pass_fds=[listening.fileno()]) as running:
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                running.terminate()


@LAYOUTS
@pytest.mark.parametrize(
    ("role", "code"), [("http-request set-header X-Role applicant", "access-denied"), ("", "role-missing")]
)
def test_trailers_through_a_gateway_give_no_role(
    address: str, layout: str, tmp_path: Path, role: str, code: str
) -> None:
    """HAProxy removes the three headers, sets its own, and passes trailers on as they came."""
    lines = head(f"POST /v1/projects/{uuid4()}/commands", JSON, CHUNKED, f"Idempotency-Key: {uuid4()}", PROJECT_MANAGER)
    request = (lines, chunk(json.dumps(REGISTER).encode()), trailers(PROJECT_MANAGER))
    with gateway(address, tmp_path, role) as front:
        answer = exchange(front, *packets(request, layout), pause=PACKET_PAUSE_SECONDS)
    assert problem_in(answer)["code"] == code


@pytest.mark.parametrize("flood", [b"X-Many: %b\r\n" % (b"a" * 992), b"a" * 1000], ids=["many lines", "one line"])
def test_a_flood_of_trailers_is_cut_off_and_fills_no_memory(address: str, project: str, flood: bytes) -> None:
    """Many trailers, and one that never ends, while the command waits for the end of its body."""
    key = f"Idempotency-Key: {uuid4()}"
    lines = head(f"POST /v1/projects/{project}/commands", JSON, CHUNKED, key, "X-Actor: wang", PROJECT_MANAGER)
    sent = 0
    with connected(address) as connection:
        with suppress(ConnectionError):  # hung up on while sending
            connection.sendall(lines + chunk(NOTE) + b"0\r\nX-First: ")
            while sent < FLOOD_BYTES:
                connection.sendall(flood * 100)
                sent += len(flood) * 100
        answer = received(connection)
    assert sent < FLOOD_BYTES, "the server read everything"
    assert not answer or problem_in(answer)["code"] == "head-too-large"  # a reset may overtake the answer


def test_more_trailers_than_allowed_are_a_problem(address: str, project: str) -> None:
    key = f"Idempotency-Key: {uuid4()}"
    lines = head(f"POST /v1/projects/{project}/commands", JSON, CHUNKED, key, "X-Actor: wang", PROJECT_MANAGER)
    many = [f"X-{number}: {'a' * 80}" for number in range(TRAILER_BYTES_MAX // 80)]
    answer = exchange(address, lines + chunk(NOTE) + trailers(*many))
    assert problem_in(answer)["code"] == "head-too-large"


@pytest.mark.parametrize("count", [1, 40])
def test_the_limit_of_a_head_is_hard(address: str, count: int) -> None:
    """A head of 70 kB that comes in one read, as one header or as many."""
    lines = [f"X-{number}: {'a' * (70_000 // count)}" for number in range(count)]
    assert problem_in(exchange(address, head("GET /problems", *lines)))["code"] == "head-too-large"


def test_a_long_body_before_the_next_head_counts_as_no_head(address: str) -> None:
    """Two requests on one connection: the first has a body of 100 kB, and the head of the second comes right after."""
    body = b" " * 100_000 + b"{}"
    first = head("POST /v1/law/evaluate", JSON, f"Content-Length: {len(body)}").replace(b"Connection: close\r\n", b"")
    answer = exchange(address, first + body + head("GET /healthz"))
    assert answer.count(b"HTTP/1.1 ") == 2
    assert answer.endswith(b'{"status":"alive"}')


HOSTS = [
    (b"", 400, "bad-request"),
    (b"Host: localhost\r\nHost: localhost\r\n", 400, "bad-request"),
    (b"Host: \r\n", 400, "bad-request"),
    (b"Host: local host\r\n", 400, "bad-request"),
    (b"Host: a@localhost\r\n", 400, "bad-request"),
    (b"Host: evil.example\r\n", 421, "host-unknown"),
    (b"Host: evil.example:8000\r\n", 421, "host-unknown"),
    (b"Host: localhost.evil.example\r\n", 421, "host-unknown"),
    (b"Host: 169.254.169.254\r\n", 421, "host-unknown"),
    (b"Host: localhost\r\n", 200, ""),
    (b"Host: LOCALHOST.:99\r\n", 200, ""),
    (b"Host: 127.0.0.1:8000\r\n", 200, ""),
    (b"Host: [::1]:8000\r\n", 200, ""),
]


@pytest.mark.parametrize(("lines", "status", "code"), HOSTS)
def test_a_name_of_another_site_does_not_lead_here(address: str, lines: bytes, status: int, code: str) -> None:
    """DNS rebinding: a page's own name that resolves to this machine (and RFC 9112, 3.2: one Host, well-formed)."""
    answer = exchange(address, b"GET /problems HTTP/1.1\r\nConnection: close\r\n" + lines + b"\r\n")
    assert status_of(answer) == status
    assert not code or problem_in(answer)["code"] == code


def test_the_host_in_an_absolute_address_is_the_one_that_counts(address: str) -> None:
    for site, status in (("localhost", 200), ("evil.example", 421)):
        assert status_of(exchange(address, head(f"GET http://{site}/problems"))) == status


def test_a_balancer_that_speaks_http_1_0_needs_no_host(address: str) -> None:
    assert status_of(exchange(address, b"GET /healthz HTTP/1.0\r\n\r\n")) == 200


@pytest.mark.parametrize("before", ["/v1/projects/./", "/x/../v1/projects/", "/x/%2E%2e/v1/projects/"])
def test_an_address_has_no_dots_to_climb_by(address: str, project: str, before: str) -> None:
    who = [JSON, "X-Actor: wang", PROJECT_MANAGER, f"Idempotency-Key: {uuid4()}", f"Content-Length: {len(NOTE)}"]
    answer = exchange(address, head(f"POST {before}{project}/commands", *who) + NOTE)
    assert problem_in(answer)["code"] == "path-not-canonical"


@pytest.mark.parametrize("query", ["limit=\uff11", "text=\udcff", "x\udcff=1"])
def test_a_query_that_is_no_number_or_no_text_is_refused(address: str, query: str) -> None:
    sent = head("GET /v1/progress?QUERY", "X-Actor: wang", PROJECT_MANAGER)
    answer = exchange(address, sent.replace(b"QUERY", query.encode("utf-8", "surrogateescape")))
    assert problem_in(answer)["status"] == 400


def test_names_of_the_settings_lead_here(shared_database_url: str) -> None:
    with served(shared_database_url, allowed_hosts="Approvals.Example.org, zone.example.org") as address:
        for host, status in (("approvals.example.org:443", 200), ("zone.example.org", 200), ("example.org", 421)):
            assert (
                httpx.get(f"{address}/problems", headers={"Host": host}, timeout=PATIENCE_SECONDS).status_code == status
            )


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("FOO", 501, "method-unknown"),
        ("get", 501, "method-unknown"),
        ("PROPFIND", 501, "method-unknown"),
        ("DELETE", 405, "method-not-allowed"),
        ("TRACE", 405, "method-not-allowed"),
    ],
)
def test_a_method_that_http_does_not_have_is_not_implemented(address: str, method: str, status: int, code: str) -> None:
    answer = exchange(address, head(f"{method} /problems"))
    assert (status_of(answer), problem_in(answer)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("Content-Type: application/json; charset=gbk", 415, "wrong-content-type"),
        ('Content-Type: application/json; charset="UTF-16"', 415, "wrong-content-type"),
        ("Content-Type: application/json; charset=UTF-8", 200, ""),
        ("Content-Encoding: gzip", 415, "wrong-content-encoding"),
        ("Content-Encoding: identity", 200, ""),
        ("Transfer-Encoding: gzip, chunked", 501, "transfer-encoding-unknown"),
    ],
)
def test_a_body_packed_in_another_way_is_not_taken_for_plain(
    address: str, project: str, header: str, status: int, code: str
) -> None:
    kind = [] if header.startswith("Content-Type") else [JSON]
    length = CHUNKED if not header.startswith("Transfer") else header
    who = ["X-Actor: wang", PROJECT_MANAGER, f"Idempotency-Key: {uuid4()}"]
    lines = head(f"POST /v1/projects/{project}/commands", *{length, header, *kind, *who})
    answer = exchange(address, lines + chunk(NOTE) + trailers())
    assert status_of(answer) == status
    assert not code or problem_in(answer)["code"] == code


@pytest.mark.parametrize(
    "request_", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", head("GET /problems")]
)
def test_no_answer_says_which_program_serves(address: str, request_: bytes) -> None:
    answer = exchange(address, request_)
    assert "server" not in headers_in(answer)
    assert headers_in(answer)["x-content-type-options"] == "nosniff"
    assert headers_in(answer)["x-request-id"]
