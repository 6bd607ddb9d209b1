"""Data folders for the tests of the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgres.embedded import EmbeddedPostgres
from tests.conftest import reachable_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder that has been used once and stopped: making one takes a second."""
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "made")
        with psycopg.connect(server.start()) as connection:
            connection.execute("CREATE TABLE kept (number integer)")
        server.stop()
        yield server.data


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    """The data folder, with its server stopped; the test leaves it fit for use."""
    yield made
    EmbeddedPostgres(made).stop()
