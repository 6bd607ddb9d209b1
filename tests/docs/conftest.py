"""One served instance, with a projector beside it, for all pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from api.app import PAGES
from infrastructure.projector.projector import Projector
from tests.api.served import served
from tests.conftest import database_in
from tests.docs.readers import Site


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
