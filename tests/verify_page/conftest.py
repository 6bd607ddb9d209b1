"""A simulated zone with its log, a server, and a browser that is offline once the page is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import Struct
from playwright.sync_api import Browser, Page

from api.app import PAGES
from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.log import TransparencyLog
from infrastructure.proof.note import SignedNote
from infrastructure.proof.receipt import printed_proof, receipt_proof
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served
from tests.chromium import finish, launched
from tests.conftest import database_in
from tests.infrastructure.proof.test_bundle import LOG, WITNESS, record

NOW = datetime(2026, 11, 29, tzinfo=UTC)
COSIGNED_AT = 1_790_000_000
PROJECTS, SEED, UNTIL = 2, 7, date(2026, 5, 20)
REGISTERED = "SELECT stream FROM ledger.event WHERE type = 'project_registered' ORDER BY seq DESC LIMIT 1"

CARD = "SELECT seq, hash FROM ledger.event WHERE type = 'card_issued' ORDER BY seq DESC LIMIT 1"
# As the page is when it has been loaded.
EMPTIED = """() => {
    document.querySelector("#verify").reset();
    document.querySelector("#result").replaceChildren();
}"""


class ProvenEntry(Struct, frozen=True):
    """Proofs of one entry: a plain tlog-proof, one that holds the entry's *hash*, and the text of the code on paper."""

    position: int
    hash: str
    plain: str
    receipt: str
    printed: str


class Exported(Struct, frozen=True):
    """Bundles of one ledger: of the zone, of a project in it, and of the zone at an earlier moment; its checkpoint."""

    zone: Path
    project: Path
    earlier: Path
    checkpoint: str
    proven: ProvenEntry


@pytest.fixture(scope="session")
def exported(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The bundles, exported once and copied by what changes them."""
    folder = tmp_path_factory.mktemp("bundles")
    with database_in(server_url, migrated_template) as url, psycopg.connect(url, autocommit=True) as connection:
        finish(record(url))
        earlier = followed(TransparencyLog(folder / "earlier-log", LOG), connection)
        export(url, earlier, folder / "earlier", None)
        finish(simulate(url, SimulationPlan(PROJECTS, SEED, UNTIL, processes=1), lambda _done, _all: None))
        (project,) = connection.execute(REGISTERED).fetchone() or (None,)
        log = followed(TransparencyLog(folder / "log", LOG), connection)
        export(url, log, folder / "zone", None)
        export(url, log, folder / "project", project)
        proven = proofs_of(log, connection)
    return Exported(folder / "zone", folder / "project", folder / "earlier", str(log.note), proven)


def proofs_of(log: TransparencyLog, connection: psycopg.Connection[Any]) -> ProvenEntry:
    """The proofs of the last card's entry."""
    position, hash_ = connection.execute(CARD).fetchone() or (0, b"")
    printed = printed_proof(log, position, hash_, "https://approvals.example/verify")
    return ProvenEntry(position, hash_.hex(), log.proof(position), receipt_proof(log, position, hash_), printed)


def followed(log: TransparencyLog, connection: psycopg.Connection[Any]) -> TransparencyLog:
    """The log as far as the ledger, its checkpoint cosigned."""
    note = log.follow(connection)
    assert note
    log.note = SignedNote(note.text, (*note.signatures, WITNESS.sign(note.text, COSIGNED_AT)))
    return log


def export(url: str, log: TransparencyLog, folder: Path, project: UUID | None) -> None:
    """Write one bundle."""
    export_bundle(url, log, [LOG.verifier, WITNESS.verifier], folder, project, NOW, lambda _done, _of: None)


@pytest.fixture(scope="session")
def address(server_url: str, migrated_template: str) -> Iterator[str]:
    """A server with sign-in, and an empty ledger: the page needs nothing of it."""
    with database_in(server_url, migrated_template) as url, served(url, PAGES, signs_in=True) as site:
        yield site


@pytest.fixture(scope="package")
def browser(program: str) -> Iterator[Browser]:
    """One browser for the folder."""
    with launched(program) as running:
        yield running


@pytest.fixture(scope="package")
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """The page in English, loaded by a visitor who has not signed in: a window for each test would cost a second."""
    with browser.new_context(base_url=address) as window:
        tab = window.new_page()
        tab.goto("/verify?lang=en")
        tab.wait_for_selector("#verify:not([hidden])")
        yield tab


@pytest.fixture
def page(opened: Page) -> Page:
    """That page with an empty form and no result, cut off from the network."""
    opened.context.set_offline(True)
    opened.evaluate(EMPTIED)
    return opened
