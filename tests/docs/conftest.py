"""Served instances, with a projector beside them: one for what only reads, one of its own for a page with commands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.app import PAGES
from tests.api.served import served
from tests.conftest import database_in, name_of
from tests.docs.preloaded import preloaded_program
from tests.docs.readers import Site
from tests.infrastructure.projector.running import projecting
from tests.projections.zone import record_zone


@contextmanager
def _served(server_url: str, template: str) -> Iterator[Site]:
    """An instance that asks for sign-in, as every installation does, on a database of its own."""
    with (
        database_in(server_url, template) as url,
        projecting(url),
        served(url, PAGES, signs_in=True) as address,
    ):
        yield Site(address, url)


@pytest.fixture(scope="package")
def site(server_url: str, projected_template: str) -> Iterator[Site]:
    """The instance for blocks that set nothing up."""
    with _served(server_url, projected_template) as opened:
        yield opened


@pytest.fixture
def own_site(server_url: str, projected_template: str) -> Iterator[Site]:
    """An instance for one page, which registers people and programs of its own."""
    with _served(server_url, projected_template) as opened:
        yield opened


@pytest.fixture(scope="package")
def program_folder() -> Iterator[Path]:
    """The folder of the preloaded `countersign`."""
    with preloaded_program() as folder:
        yield folder


@pytest.fixture(scope="package")
def filled_template(server_url: str, projected_template: str) -> Iterator[str]:
    """The name of a database with projects and empty views in it, to be copied for pages that need no server."""
    with database_in(server_url, projected_template) as url:
        asyncio.run(record_zone(url))
        yield name_of(url)
