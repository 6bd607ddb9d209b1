"""The quota of uploads: a person or program stores so many files a day, over the interface and in forms together."""

from __future__ import annotations

import pytest
from litestar import Litestar

from api.app import PAGES, create_app
from domain.examples.materials import MEDIA_TYPE, REPORT
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.api.client import Door, problem
from tests.api.forms.conftest import FormClient, form, seen
from tests.api.forms.test_files import sent
from tests.examples import APPLICANT, MANAGER
from tests.projections.zone import project_id

pytestmark = pytest.mark.usefixtures("projector")
QUOTA = 2


@pytest.fixture(scope="module")
def app(approvals: Approvals, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    settings = Settings(data=tmp_path_factory.mktemp("data"), uploads_a_day=QUOTA)
    return create_app(approvals, Views(approvals.store), settings, pages=PAGES)


async def test_a_file_beyond_the_quota_is_refused_and_the_sender_learns_how_long_to_wait(door: Door) -> None:
    for nth in range(QUOTA):
        assert (await door.upload(REPORT + b"%% %d" % nth, MEDIA_TYPE, APPLICANT)).status_code == 201
    refused = await door.upload(REPORT + b"% one more", MEDIA_TYPE, APPLICANT)
    problem(refused, "too-many-uploads")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["RateLimit-Policy"] == f'"uploads";q={QUOTA};w=86400'
    assert (await door.upload(REPORT, MEDIA_TYPE, MANAGER)).status_code in (200, 201), "of another person"


async def test_files_of_forms_count_as_well(door: Door) -> None:
    client: FormClient = form(door, "record_external_result", project_id("joint"), "tax", by=MANAGER)
    await client.open()
    files = [(f"{nth}.pdf", REPORT + b"%% form %d" % nth, MEDIA_TYPE) for nth in range(QUOTA + 1)]
    page = seen(await sent(client, 422, *files, outcome="granted"))
    assert "您今天上传的文件已达上限" in page
    assert "0.pdf" in page, "what was stored stays"
