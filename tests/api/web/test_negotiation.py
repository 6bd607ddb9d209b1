"""What a client says it reads, and has already: media types, codings and entity tags, also in several lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import uuid4

import httpx
import pytest

from api.project_page.pages import ProjectPages
from api.web.http_request import best_media_type
from infrastructure.projector.projector import Projector
from tests.api.client import Door, identity
from tests.api.served import served
from tests.api.web.wire import exchange, head, status_of
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER

JSON, LINES, EVENTS = "application/json", "application/x-ndjson", "text/event-stream"
PAGE, PROBLEM = "text/html", "application/problem+json"
NAMES = "/v1/names"
BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(scope="module")
def address(shared_database_url: str) -> Iterator[str]:
    with served(shared_database_url) as url:
        yield url


@pytest.fixture(scope="module")
def page_address(shared_database_url: str, projector: Projector) -> Iterator[str]:
    assert projector
    with served(shared_database_url, [ProjectPages]) as url:
        yield url


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ([], JSON),
        ([""], JSON),
        ([";;;,,"], JSON),
        (["*/*"], JSON),
        (["image/png"], JSON),
        ([EVENTS], EVENTS),
        (["TEXT/Event-Stream"], EVENTS),
        (["application/x-ndjson, */*"], LINES),
        (["text/*, */*;q=0.9"], EVENTS),
        (["application/json;q=0.4, text/event-stream;q=0.5"], EVENTS),
        (["application/json;q=0.4, text/event-stream; q=0.30"], JSON),
        ([f"{EVENTS};q=0"], JSON),
        ([f"{EVENTS};q=0, {LINES}"], LINES),
        ([f"*/*, {JSON};q=0"], LINES),
        ([f"{EVENTS};q=inf"], EVENTS),
        ([f"{EVENTS};q=nan"], EVENTS),
        ([f"{LINES};q=0.1", JSON], JSON),
        ([f"{JSON};q=0.1", LINES], LINES),
    ],
)
def test_the_best_type_is_what_the_client_weighs_most_and_never_what_it_refuses(
    accept: Sequence[str], best: str
) -> None:
    assert best_media_type(accept, (JSON, LINES, EVENTS)) == best


@pytest.mark.parametrize(
    ("accept", "of_a_page", "elsewhere"),
    [
        ([BROWSERS], PAGE, PAGE),
        (["text/html"], PAGE, PAGE),
        (["TEXT/HTML"], PAGE, PAGE),
        (["text/html;q=0.9, application/json;q=0.1"], PAGE, PAGE),
        (["*/*"], PAGE, PROBLEM),
        ([], PAGE, PROBLEM),
        (["text/html;q=0, application/json"], PROBLEM, PROBLEM),
        (["text/html;q=0, */*"], PROBLEM, PROBLEM),
        (["application/json", "text/html;q=0"], PROBLEM, PROBLEM),
        (["application/json, text/html;q=0.5"], PROBLEM, PROBLEM),
        (["application/problem+json"], PROBLEM, PROBLEM),
    ],
)
def test_only_who_reads_a_page_best_gets_an_error_as_a_page(
    page_address: str, accept: Sequence[str], of_a_page: str, elsewhere: str
) -> None:
    """At an address of a page one is what comes by itself; where nothing is, a problem."""
    headers = [*identity(LEADER).items(), *(("Accept", value) for value in accept)]
    with httpx.Client(base_url=page_address, timeout=PATIENCE_SECONDS) as client:
        del client.headers["accept"]
        for path, kind in ((f"/pages/projects/{uuid4()}", of_a_page), ("/nowhere", elsewhere)):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (404, kind), path


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (["*, gzip;q=0"], None),
        (["gzip;q=0, *"], None),
        (["*;q=0, gzip"], "gzip"),
        (["br", "gzip"], "gzip"),
        (["br", "gzip;q=0.000"], None),
    ],
)
async def test_a_coding_counts_as_it_is_named_in_whatever_line(
    door: Door, accepted: Sequence[str], coding: str | None
) -> None:
    headers = [*identity(LEADER).items(), *(("Accept-Encoding", value) for value in accepted)]
    answer = await door.client.get("/schema/openapi.json", headers=headers)
    assert answer.headers.get("content-encoding") == coding


async def test_tags_may_come_in_several_lines(door: Door) -> None:
    tag = (await door.get(NAMES)).headers["etag"]
    headers = [*identity(LEADER).items(), ("If-None-Match", '"x"'), ("If-None-Match", tag)]
    assert (await door.client.get(NAMES, headers=headers)).status_code == 304


@pytest.mark.parametrize("accept", [EVENTS, LINES])
def test_head_of_a_stream_holds_no_connection(address: str, accept: str) -> None:
    who = [f"{name}: {value}" for name, value in identity(LEADER).items()]
    first = head("HEAD /v1/events", *who, f"Accept: {accept}").replace(b"Connection: close\r\n", b"")
    answers = exchange(address, first + head("GET /healthz"))
    assert status_of(answers) == 200
    assert answers.count(b"HTTP/1.1 200") == 2
    assert answers.endswith(b'"status":"alive"}')
