"""Leading, in an event loop and without one: what ends a lead is logged in the same way, and it is tried again."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from infrastructure.leader import BlockingLeader, Leader, LeadTerms

TERMS = LeadTerms("tests", 0x7E575, 0.0, 0.0)
FAILURES = (psycopg.OperationalError("gone"), ValueError("wrong"))
LOGGED = [("leader_disconnected", "warning", "tests"), ("leader_failed", "error", "tests")]


class FailingLeader(Leader):
    """Fails in each way once, then stops."""

    def __init__(self, url: str) -> None:
        super().__init__(url, TERMS)
        self._failures = iter(FAILURES)

    async def _work(self, connection: psycopg.AsyncConnection[Any], /) -> None:
        assert self.is_leader
        assert not connection.closed
        for failure in self._failures:
            raise failure
        self.stop()


class FailingBlockingLeader(BlockingLeader):
    """The same without an event loop."""

    def __init__(self, url: str) -> None:
        super().__init__(url, TERMS)
        self._failures = iter(FAILURES)

    def _work(self, connection: psycopg.Connection[Any], /) -> None:
        assert self.is_leader
        assert not connection.closed
        for failure in self._failures:
            raise failure
        self.stop()


@pytest.mark.parametrize("kind", [FailingLeader, FailingBlockingLeader])
async def test_what_ends_a_lead_is_logged_and_the_lead_taken_again(
    shared_database_url: str, kind: type[FailingLeader | FailingBlockingLeader]
) -> None:
    leader = kind(shared_database_url)
    with capture_logs() as lines:
        if isinstance(leader, FailingLeader):
            await leader.run()
        else:
            leader.run()
    assert [(line["event"], line["log_level"], line["work"]) for line in lines] == LOGGED
    assert (lines[0]["error"], lines[1]["exc_info"]) == ("gone", FAILURES[1])
    assert not leader.is_leader
