"""One served instance, with a projector beside it, for all pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from api.app import PAGES
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from tests.api.served import served
from tests.conftest import database_in, name_of
from tests.docs.readers import Site
from tests.law.questions import at
from tests.projections.zone import tell_zone


@pytest.fixture(scope="package")
def site(server_url: str, migrated_template: str) -> Iterator[Site]:
    """The served instance."""
    with database_in(server_url, migrated_template) as url:
        projector = Projector(url)
        thread = threading.Thread(target=projector.run)
        thread.start()
        try:
            with served(url, PAGES) as address:
                yield Site(address, url)
        finally:
            projector.stop()
            thread.join()


@pytest.fixture(scope="package")
def filled_template(server_url: str, migrated_template: str) -> Iterator[str]:
    """The name of a database with projects in it, to be copied for pages that need no server."""
    with database_in(server_url, migrated_template) as url:
        asyncio.run(_fill(url))
        yield name_of(url)


async def _fill(url: str) -> None:
    hands = [at("03-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await tell_zone(approvals, hands)
