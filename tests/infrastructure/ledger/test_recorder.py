"""The eventsourcing library's own recorder test cases, run on our recorder and a real PostgreSQL."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.persistence import ApplicationRecorder
from eventsourcing.tests import persistence as library
from psycopg_pool import ConnectionPool

from infrastructure.ledger.reader import configure
from infrastructure.ledger.recorder import POOL_MAX, LedgerAggregateRecorder, LedgerRecorder


class OnLedger:
    pool: ConnectionPool

    @pytest.fixture(autouse=True)
    def _pool(self, database_url: str) -> Iterator[None]:
        with ConnectionPool(database_url, min_size=0, max_size=POOL_MAX + 4, configure=configure, open=True) as pool:
            self.pool = pool
            yield


class TestAggregateRecorder(OnLedger, library.AggregateRecorderTestCase):
    def create_recorder(self) -> LedgerAggregateRecorder:
        return LedgerAggregateRecorder(self.pool)


class TestApplicationRecorder(OnLedger, library.ApplicationRecorderTestCase[Any]):
    def create_recorder(self) -> ApplicationRecorder:
        return LedgerRecorder(self.pool)

    def test_insert_subscribe(self) -> None:
        with warnings.catch_warnings():
            self.optional_test_insert_subscribe()


class TestPositionsDoNotInterleave(OnLedger, library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return LedgerRecorder(self.pool)
