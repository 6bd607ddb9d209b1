"""The bench of pages: which address is read as of a past day, and what its table shows. Timings are never asserted."""

from __future__ import annotations

import gzip
import io
import os
from datetime import date
from pathlib import Path

import httpx2
import pytest
from litestar import Litestar
from rich.console import Console

from api.window.share import STATE, WindowShare
from domain.core.ledger import Actor, Role
from infrastructure.settings import Settings
from scripts.benches.http_server import open_window
from scripts.benches.pages.examples import ExamplePage
from scripts.benches.pages.measured import (
    BASE_MAX,
    READS,
    WARM_UP,
    NoCopiesError,
    PageBench,
    PageReader,
    PageReading,
    PageTimes,
    base_of,
    past_of,
)
from scripts.benches.pages.report import shown_pages, shown_rows

DAY = date(2026, 3, 2)
QUICK, SLOW = PageTimes(20.0, 10.0, 9_000), PageTimes(201.0, 10.0, 60_001)
BUREAU = Actor("bureau", "supervision", Role.SUPERVISOR)
LISTED = ExamplePage("/cards", "/cards", "first=2026-01-01&last=2026-01-31", frozenset({"first", "last", "on"}))


def test_a_past_day_is_asked_for_by_the_instant_where_the_day_would_be_redirected() -> None:
    both = LISTED._replace(takes=frozenset({"on", "as_of"}))

    assert past_of(both, DAY) == {"as_of": "2026-03-02T16:00:00+00:00"}
    assert past_of(LISTED, DAY) == {"on": "2026-03-02", "first": "2026-02-02", "last": "2026-03-02"}
    assert past_of(LISTED._replace(takes=frozenset({"first"})), DAY) == {}
    editions = LISTED._replace(takes=frozenset({"first", "second", "on"}))
    assert past_of(editions, DAY) == {"on": "2026-03-02"}, "the first edition, not the first day"


def test_a_changed_parameter_is_in_an_address_once() -> None:
    assert LISTED.address("en", last="2026-02-28") == "/cards?first=2026-01-01&last=2026-02-28&lang=en"
    assert ExamplePage("/", "/", "").address("zh") == "/?lang=zh"


def test_a_page_is_read_some_times_and_has_the_size_that_was_sent() -> None:
    body, addresses = gzip.compress(b"a page " * 1000), list[str]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        addresses.append(str(request.url.query, "ascii"))
        return httpx2.Response(200, stream=httpx2.ByteStream(body), headers={"Content-Encoding": "gzip"})

    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://zone") as client:
        page = PageReader(client, lambda: [os.getpid()]).page(LISTED, BUREAU, DAY)

    assert isinstance(page, PageReading)
    assert page.past
    assert (page.today.bytes, page.past.bytes) == (len(body), len(body))
    assert ["on=" in address for address in addresses] == [False] * (WARM_UP + READS) + [True] * (WARM_UP + READS)


def test_a_page_that_is_not_shown_says_its_status() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            403 if request.headers["X-Role"] == "officer" else 500 if b"on=" in request.url.query else 200
        )

    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://zone") as client:
        reader = PageReader(client, list)
        refused = reader.page(LISTED, Actor("officer", "planning", Role.OFFICER), DAY)
        broken = reader.page(LISTED, BUREAU, DAY)

    assert refused == 403
    assert isinstance(broken, PageReading)
    assert (broken.past, broken.past_status) == (None, 500)


def test_a_page_is_shown_as_the_role_that_waits_longest_reads_it_and_marked_where_it_is_over() -> None:
    pages = [
        PageReading("/", Role.LEADER, QUICK),
        PageReading("/", Role.OFFICER, QUICK),
        PageReading("/cards", Role.LEADER, QUICK, QUICK),
        PageReading("/cards", Role.SUPERVISOR, QUICK, SLOW),
        PageReading("/orders", Role.LEADER, QUICK, past_status=500),
    ]
    text = io.StringIO()
    shown_pages(PageBench(2000, 360_000, DAY, pages, {"/lost": "404 to leader"}), Console(file=text, width=160))

    assert [(page.template, page.role) for page in shown_rows(pages)] == [
        ("/", Role.LEADER),
        ("/", Role.OFFICER),
        ("/cards", Role.SUPERVISOR),
        ("/orders", Role.LEADER),
    ]
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.getvalue().splitlines() if "│" in line]
    assert ["/cards", "supervisor", "20", "10", "9.0", "201", "10", "60.0", "time past, size past"] in rows
    assert ["/orders", "leader", "20", "10", "9.0", "", "", "500", ""] in rows
    assert "5 pages by role" in text.getvalue()
    assert "1 over" in text.getvalue()
    assert "not shown: /lost: 404 to leader" in text.getvalue()


def test_a_large_zone_has_copies_of_as_many_projects_as_are_simulated() -> None:
    assert [base_of(projects) for projects in (1, 40, BASE_MAX)] == [1, 40, BASE_MAX]
    assert [base_of(projects) for projects in (2_002, 5_000, 20_000)] == [1_001, 1_250, BASE_MAX]
    with pytest.raises(NoCopiesError, match="2,003 projects are no copies of 100 to 2,000"):
        base_of(2_003)


def test_the_window_of_a_bench_answers_one_address_as_fast_as_it_asks() -> None:
    app, settings = Litestar([]), Settings(data=Path("unused"))
    usual = WindowShare(settings).buckets
    open_window(app, settings)
    share = app.state[STATE]

    assert not all(usual.take("address", 0.0).allowed for _ in range(1_000))
    assert all(share.buckets.take("address", 0.0).allowed for _ in range(1_000))
