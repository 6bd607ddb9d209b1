"""Bytes that no library sends, at a real server: it answers or hangs up, and goes on serving."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from time import sleep
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from api.web.http_limits import HEAD_BYTES_MAX
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS

HEAD = b"X-Actor: wang\r\nX-Role: project_manager\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n"
ANSWERS = 20  # of a megabyte each: more than the kernel takes for a client that does not read
UNREAD_SECONDS = 3.0  # the server looks sixty times, and gives up at the tenth


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url) as url:
        yield url


def send(address: str, request: bytes, *, hang_up: bool = False) -> bytes:
    """Send *request* as it is; what comes back until the server stops talking."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(request)
        if hang_up:
            return b""
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


def answer_to_half(address: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes back to a client that sends *parts*, one every *pause* seconds, and keeps the line open."""
    place, answer = urlsplit(address), b""
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE_SECONDS) as connection:
        with suppress(ConnectionError):  # hung up on while still sending
            for part in parts:
                connection.sendall(part)
                sleep(pause)
        with suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                answer += part
    return answer


def post(body: bytes, headers: bytes = HEAD, length: int | None = None) -> bytes:
    line = b"POST /v1/projects/%s/commands HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" % str(uuid4()).encode()
    return line + headers + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/projects/\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /problems?\xff=\x00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /problems/%ED%A0%80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /problems HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /problems HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET /problems HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"OPTIONS /problems HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"HEAD /problems HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        post(b"{}", HEAD + b"X-Role: \xff\r\n"),
        post(b"{}", HEAD + b"Content-Encoding: gzip\r\n"),
        post(b"{}", HEAD + b"Content-Type: application/json\r\n"),
        post(b"{}", HEAD + b"Content-Length: 3\r\n"),
        post(b"{}", HEAD.replace(b"application/json", b"\xff\xfe/\x80")),
        post(b"", length=-1),
        post(b"", length=10**30),
        post(b"{}", HEAD + b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_odd_bytes_are_answered_below_500_or_not_at_all(address: str, request_: bytes) -> None:
    answer = send(address, request_)
    assert not answer or b"400" <= answer.split(b" ", 2)[1] < b"500" or answer.split(b" ", 2)[1] in (b"200", b"204")
    assert httpx.get(f"{address}/problems", timeout=PATIENCE_SECONDS).status_code == 200


def test_a_disconnect_in_the_middle_of_a_body_leaves_nothing(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        send(address, post(b'{"command":', length=1000), hang_up=True)
    assert httpx.get(f"{address}/problems", timeout=PATIENCE_SECONDS).status_code == 200
    assert "unexpected" not in capsys.readouterr().out


@pytest.mark.parametrize("more", [b"X: " + b"a" * HEAD_BYTES_MAX, b"X: a\r\n" * (HEAD_BYTES_MAX // 6)])
def test_an_endless_head_is_not_kept(address: str, more: bytes) -> None:
    assert b'"code":"head-too-large"' in answer_to_half(address, b"GET / HTTP/1.1\r\n" + more)


def test_half_a_request_holds_no_connection(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.http_limits.SILENCE_SECONDS_MAX", 0.05)
    endless = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    drip = post(b"").split(HEAD)[0] + endless
    halves = [
        [drip, *[b"1\r\n \r\n"] * 40],
        [b""],
        [b"GET /"],
        [post(b'{"command":', length=99)],
        [b"GET /problems HTTP/1.1\r\n", *[b"X"] * 20],
    ]
    for half in halves:
        assert b'"code":"request-timeout"' in answer_to_half(address, *half, pause=0.02)


def test_a_request_that_comes_slowly_but_comes_is_answered(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.http_limits.SILENCE_SECONDS_MAX", 1.0)
    slow = post(b'{"command": "fly"}')
    assert b'"code":"unknown-command"' in answer_to_half(
        address, slow[:-9], *[bytes([byte]) for byte in slow[-9:]], pause=0.12
    )


def test_a_long_head_may_come_long_before_its_body(address: str) -> None:
    whole = post(b'{"command": "fly"}', HEAD + b"X-Long: " + b"a" * 10_000 + b"\r\n")
    assert b'"code":"unknown-command"' in answer_to_half(address, whole[:-18], whole[-18:], pause=0.3)


@pytest.mark.parametrize("cut", [1, 18, 30, None])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_an_offer_of_another_protocol_takes_nothing_from_a_request(
    address: str, cut: int | None, is_chunked: bool
) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
    request = post(b'{"command": "fly"}', HEAD + offer)
    if is_chunked:
        request = request.replace(b"Content-Length: 18", b"Transfer-Encoding: chunked")
        request = request.replace(b'{"command": "fly"}', b'12\r\n{"command": "fly"}\r\n0\r\n\r\n')
    parts = (request,) if cut is None else (request[:-cut], request[-cut:])
    answer = answer_to_half(address, *parts, pause=0.1)
    assert b'"code":"unknown-command"' in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_body_behind_an_offer_is_never_read_as_a_request(address: str) -> None:
    offer = HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = answer_to_half(address, post(b"", offer, length=len(smuggled)), smuggled, pause=0.1)
    assert b'"code":"malformed-json"' in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_what_follows_an_offer_is_answered_in_turn(address: str) -> None:
    offering = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = answer_to_half(address, offering * 20 + b"GET /healthz HTTP/1.0\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 21


def test_an_absolute_address_without_a_path_means_the_first_page(address: str) -> None:
    host = urlsplit(address).netloc.encode()
    for target in (b"http://%b", b"http://%b?a=1"):
        request = b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % (target % host)
        assert b'"code":"bad-request"' not in answer_to_half(address, request)


def test_an_address_with_a_fragment_is_refused(address: str) -> None:
    answer = answer_to_half(address, post(b"{}").replace(b"/commands ", b"/commands#check "))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"leave out #" in answer


@pytest.mark.parametrize("reads", [False, True])
def test_an_answer_that_no_one_reads_is_given_up(address: str, monkeypatch: pytest.MonkeyPatch, reads: bool) -> None:
    httpx.get(f"{address}/schema/openapi.json", timeout=PATIENCE_SECONDS)  # is made at the first request
    monkeypatch.setattr("api.web.http_limits.SILENCE_SECONDS_MAX", 0.05)
    place, answer = urlsplit(address), b""
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET /schema/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * (ANSWERS - 1))
        connection.sendall(b"GET /schema/openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if not reads:
            sleep(UNREAD_SECONDS)
        with suppress(ConnectionResetError):
            while part := connection.recv(1_000_000):
                answer += part
    assert (answer.count(b"HTTP/1.1 200 OK") == ANSWERS) is reads
