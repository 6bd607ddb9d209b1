"""Requests as raw bytes, in as many packets as a test wants."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any
from urllib.parse import urlsplit

SECONDS_MAX = 20  # a busy machine takes its time; an answer that never comes fails the test


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=SECONDS_MAX) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def exchange(address: str, *packets: bytes, pause: float = 0.0) -> bytes:
    """What is answered to *packets*, sent one by one, until the server hangs up."""
    with connected(address) as connection, suppress(ConnectionError):
        for packet in packets:
            connection.sendall(packet)
            sleep(pause)
        return received(connection)
    return b""


def received(connection: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionResetError):  # hung up on while still sending: what was answered has been read
        while part := connection.recv(65_536):
            answer += part
    return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def headers_in(answer: bytes) -> dict[str, str]:
    """The headers of the first answer in *answer*."""
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def problem_in(answer: bytes) -> dict[str, Any]:
    """The problem in *answer*, which has the id of its request in its head, too."""
    body: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert headers_in(answer)["content-type"] == "application/problem+json"
    assert headers_in(answer)["x-content-type-options"] == "nosniff"
    assert headers_in(answer)["x-request-id"] == body["request_id"]
    assert body["remedy"]
    return body


def head(line: str, *headers: str) -> bytes:
    """The head of a request, after whose answer the server hangs up."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]).encode()


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def trailers(*lines: str) -> bytes:
    """The last chunk, and *lines* after it."""
    return "\r\n".join(["0", *lines, "", ""]).encode()
