"""A durable server of the faults' own: it is killed again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infrastructure.postgres.embedded import EmbeddedPostgres
from tests.conftest import reachable_folder


@pytest.fixture(autouse=True)
def _faults_are_logged(plain_tracebacks: None) -> None:
    """Every test here has some."""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A running server with the settings of production, in a folder that is thrown away afterwards."""
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        server.start()
        yield server
