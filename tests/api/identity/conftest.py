"""A site with sign-in for all tests of a file, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from domain.access.principal import Grant
from domain.core.ledger import Role
from infrastructure.identity.accounts import DemoPerson
from tests.api.client import NO_TLS
from tests.api.identity.site import EARLY, PATIENCE, Site, signed_site


@pytest.fixture(scope="module")
def site(shared_database_url: str) -> Iterator[Site]:
    with signed_site(shared_database_url) as opened:
        yield opened


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """A client without any credentials."""
    with httpx.Client(verify=NO_TLS, timeout=PATIENCE, base_url=site.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(site: Site) -> Site:
    """The site, on a database that a demonstration has made."""
    people = [
        DemoPerson("高明", "高明", Role.SUPERVISOR, "supervision", "监察局"),
        DemoPerson("陈丽", "陈丽", Role.OFFICER, "natural-resources", "自然资源局"),
    ]
    for person in people:
        site.directory.names[person.principal] = person.name
        site.directory.grants[person.principal] = [Grant(uuid4(), person.role, EARLY, over=person.over)]
    site.run(lambda: site.identity.accounts.add_demo_people(people))
    return site
