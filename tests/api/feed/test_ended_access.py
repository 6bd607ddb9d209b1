"""Streams and waits of those whose key, session or grant ends meanwhile: nothing more is sent to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx
import pytest
from msgspec import structs

from api.feed.routes import JSON, NDJSON, SSE, Subscription, listing, page_of
from api.guard.admission import Holds
from api.identity.cookies import SESSION
from api.web.identity import caller_by_headers
from api.web.problems import Problem
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import Feed, FeedCriteria
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.api.client import NO_TLS, REGISTER
from tests.api.identity.site import API_KEY, PASSWORD, Site, signed_site
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER

BEATS_MAX = 100  # at which a test gives up that the stream ends


@pytest.fixture(scope="module")
def site(shared_database_url: str, projector: Projector) -> Iterator[Site]:
    with signed_site(shared_database_url) as opened:
        yield opened


@pytest.fixture
def keys(site: Site) -> Iterator[dict[str, str]]:
    """The header of a key for the feed, which a test ends, and is given back afterwards."""
    key = site.directory.keys[API_KEY.id]
    site.directory.keys[API_KEY.id] = structs.replace(key, scopes=("feed",))
    site.run(site.identity.changed)
    yield {"Authorization": f"Bearer {API_KEY.text}"}
    site.directory.keys[API_KEY.id] = key
    site.run(site.identity.changed)


def revoke(site: Site) -> None:
    """End the key, as an administrator does."""
    del site.directory.keys[API_KEY.id]
    site.run(site.identity.changed)


def register(site: Site) -> None:
    """Register a project, as a person signed in does."""
    with signed_in(site) as client:
        answer = client.post(
            f"/v1/projects/{uuid4()}/commands", json=REGISTER | {"manager": "wang.min"}, headers=with_key()
        )
        assert answer.status_code == 200, answer.text


def with_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4()), "Sec-Fetch-Site": "same-origin"}


@contextmanager
def signed_in(site: Site) -> Iterator[httpx.Client]:
    """A client with a session."""
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE_SECONDS, base_url=site.address) as client:
        answer = client.post("/sign-in/password", data={"login": "wang", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


def streamed(site: Site, path: str, **headers: str) -> Any:
    sent = {"Accept": SSE, **headers}
    return httpx.stream("GET", f"{site.address}{path}", headers=sent, timeout=PATIENCE_SECONDS, verify=NO_TLS)


def test_a_revoked_key_gets_no_further_event(site: Site, keys: dict[str, str]) -> None:
    with streamed(site, "/v1/events", **keys) as response:
        lines = response.iter_lines()
        assert next(lines) == "retry: 2000"
        revoke(site)
        register(site)
        assert [line for line in islice(lines, BEATS_MAX) if line.startswith("data")] == []


def test_an_open_page_hears_nothing_once_its_session_has_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.feed.live.HEARTBEAT_SECONDS", 0.05)
    with signed_in(site) as client:
        cookie = f"{SESSION}={client.cookies[SESSION]}"
        with streamed(site, "/live", Cookie=cookie) as response:
            lines = response.iter_lines()
            assert next(lines).startswith(":")
            assert client.post("/sign-out", headers=with_key(), follow_redirects=False).status_code < 400
            assert len(list(islice(lines, BEATS_MAX))) < BEATS_MAX


@pytest.fixture
def ended() -> Holds:
    """What tells that a sender is not accepted any more."""

    async def never() -> bool:
        return False

    return never


async def test_a_listing_ends_where_its_reader_is_no_longer_accepted(approvals: Approvals, ended: Holds) -> None:
    """With the position to go on from: a client that is let in again loses nothing."""
    reader = Subscription(caller_by_headers(LEADER), FeedCriteria(), 0, NDJSON, LedgerEpochs(), ended)
    (last,) = [piece async for piece in listing(Feed(approvals.store), reader)]
    assert b'"next":0' in last


async def test_a_wait_of_one_who_is_no_longer_accepted_is_refused(approvals: Approvals, ended: Holds) -> None:
    feed = Feed(approvals.store)
    reader = Subscription(caller_by_headers(LEADER), FeedCriteria(), await feed.head(), JSON, LedgerEpochs(), ended)
    with pytest.raises(Problem) as refused:
        await page_of(feed, reader, 1, 10)
    assert refused.value.kind.code == "credential-invalid"
