"""An application on a database that the tests of one file share, and a client that speaks to it in the same loop."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import cast

import httpx
import pytest
import pytest_asyncio
from jinja2 import FileSystemBytecodeCache
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from api.app import PAGES, create_app
from api.html.page import templates
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.settings import Settings
from tests.api.client import Door
from tests.conftest import COMPILED_VARIABLE
from tests.infrastructure.projector.running import projecting

Pages = Sequence[ControllerRouterHandler]


def pytest_configure() -> None:
    """Compile each template of the pages once a run: a hundred of them take a second."""
    templates.bytecode_cache = FileSystemBytecodeCache(os.environ[COMPILED_VARIABLE])


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(request: pytest.FixtureRequest) -> Pages:
    """The pages of modules marked `pages`: without them the application is made in a third of the time."""
    return PAGES if request.node.get_closest_marker("pages") else ()


@pytest.fixture(scope="module")
def app(approvals: Approvals, pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application, on an empty folder of data."""
    return create_app(approvals, Views(approvals.store), Settings(data=tmp_path_factory.mktemp("data")), pages=pages)


@pytest.fixture(scope="module")
def projector(shared_database_url: str) -> Iterator[Projector]:
    """A projector at work beside the application."""
    with projecting(shared_database_url) as working:
        yield working


@pytest_asyncio.fixture(scope="module")
async def door(app: Litestar) -> AsyncIterator[Door]:
    """The client; what goes wrong inside the application is answered, not raised."""
    asgi = cast("Callable[..., Awaitable[None]]", app)  # the two libraries spell ASGI's types differently
    transport = httpx.ASGITransport(app=asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
        yield Door(client)
