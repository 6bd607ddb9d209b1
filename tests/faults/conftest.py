"""A durable server of the faults' own: it is killed again and again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from infrastructure.postgres import EmbeddedPostgres
from tests.conftest import reachable_folder


@pytest.fixture(autouse=True)
def _plain_tracebacks() -> Iterator[None]:
    """Faults are logged with tracebacks, and those that show every variable take half a minute each."""
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A running server with the settings of production, in a folder that is thrown away afterwards."""
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        server.start()
        yield server
