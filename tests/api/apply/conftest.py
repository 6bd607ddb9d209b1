"""A catalogue with papers, a project of one enterprise and one of another, and browsers of people who act for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import PAGES, create_app
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import stream_of
from domain.project.information.recording import EnteredField, RecordInformation
from domain.project.materials.attachment import AttachMaterial
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.settings import Settings
from tests.api.apply.applicants import CATALOGUE, OTHER, OTHER_USCC, OWN, SERVICE, Browser, pdf, registration
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU, MANAGER, USCC
from tests.law.questions import at


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Approvals]:
    """Both projects on the morning of 1 April, each with a file for its item `plan`."""
    async with Approvals(shared_database_url, clock=lambda: at("04-01 09:00")) as opened:
        publish = PublishCatalogue(catalogue=CATALOGUE, valid_from=date(2026, 1, 1))
        define = DefineServiceItem(catalogue=CATALOGUE, service=SERVICE)
        for command in (define, publish):
            await opened.handle(stream_of(CATALOGUE), command, BUREAU, uuid4())
        for project, name, uscc in ((OWN, "Hengxin", USCC), (OTHER, "Rival", OTHER_USCC)):
            await opened.handle(project, registration(name, uscc), MANAGER, uuid4())
        entered = RecordInformation(category="land", fields=(EnteredField(key="use", value="工业用地"),), source="合同")
        await opened.handle(OWN, entered, MANAGER, uuid4())
        yield opened


@pytest.fixture(scope="module")
def app(approvals: Approvals, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    settings = Settings(data=tmp_path_factory.mktemp("data"), materials_bytes_max=100_000)
    return create_app(approvals, Views(approvals.store), settings, pages=PAGES)


@pytest_asyncio.fixture(scope="module", autouse=True)
async def files(app: Litestar, approvals: Approvals, projector: Projector) -> dict[UUID, str]:
    """The digest of the file that each project has for its item `plan`; pages wait for the projector."""
    store: MaterialStore = app.services.materials  # type: ignore[attr-defined]  # our own application
    digests: dict[UUID, str] = {}
    for project in (OWN, OTHER):
        stored = await store.receive(pieces(pdf(project.hex)), "application/pdf")
        attach = AttachMaterial(
            digest=stored.digest,
            name=f"{project.hex[-2:]}.pdf",
            media_type="application/pdf",
            size=stored.size,
            items=("plan",),
        )
        await approvals.handle(project, attach, MANAGER, uuid4())
        digests[project] = stored.digest
    await Views(approvals.store).catch_up(await approvals.store.head(), PATIENCE_SECONDS)
    return digests


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
def browser(app: Litestar) -> Browser:
    """The enterprise's own."""
    return Browser(app, APPLICANT)
