"""Attacks on drafts: another's draft, another enterprise's project and files, forms that are none."""

from __future__ import annotations

from uuid import UUID

import pytest
from litestar import Litestar

from api.apply import material_pages
from domain.core.ledger import Actor, Role
from domain.project.materials.attachment import MaterialAttached
from infrastructure.identity.rates import RatePolicy
from infrastructure.ledger.approvals import Approvals
from tests.api.apply.applicants import APPLY, OTHER, OTHER_USCC, OWN, RIVAL, Browser, pdf
from tests.examples import APPLICANT, USCC

READS = ("", "/data", "/materials", "/check", "/receipt")
WRITES = ("/data", "/materials", "/check", "/delete")
FORM, FIELD = "multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7'
COLLEAGUE = Actor("colleague", USCC, Role.APPLICANT)


@pytest.mark.parametrize("by", [RIVAL, COLLEAGUE], ids=["another enterprise", "a colleague"])
async def test_a_draft_is_its_owners_alone(app: Litestar, browser: Browser, by: Actor) -> None:
    draft = await browser.begin(OWN, "plan")
    await browser.upload(draft, pdf(), "secret-name.pdf")
    stranger = Browser(app, by)
    for path in READS:
        answer = await stranger.get(f"{draft}{path}")
        assert answer.status_code == 404, path
        assert "secret-name" not in answer.text
    for path in WRITES:
        assert (await stranger.post(f"{draft}{path}", remove="x")).status_code == 404, path
    assert (await stranger.upload(draft, pdf())).status_code == 404
    assert draft not in (await stranger.get(APPLY)).text
    assert "secret-name" in (await browser.get(f"{draft}/materials")).text


async def test_a_mandate_that_has_ended_ends_the_draft(app: Litestar, browser: Browser) -> None:
    """The same person, acting for another enterprise now."""
    draft = await browser.begin(OWN, "plan")
    moved = Browser(app, Actor(APPLICANT.id, OTHER_USCC, Role.APPLICANT))
    for path in READS:
        assert (await moved.get(f"{draft}{path}")).status_code == 404


async def test_another_enterprises_project_is_not_begun(app: Litestar) -> None:
    rival = Browser(app, RIVAL)
    answer = await rival.post(APPLY, project=str(OWN), item="land")
    assert answer.status_code == 404
    assert "Hengxin" not in answer.text


async def test_another_enterprises_file_is_not_used_by_its_digest(
    browser: Browser, files: dict[UUID, str], approvals: Approvals
) -> None:
    draft = await browser.begin(OWN, "works")
    for digest in (files[OTHER], "f" * 64, "x"):
        answer = await browser.post(f"{draft}/materials", reuse=digest, requirement="")
        assert answer.status_code == 422
        assert "does not have this file" in answer.text
    assert "no files" not in answer.text
    attached = await approvals.entries_with(OWN, MaterialAttached)
    assert files[OTHER] not in {entry.fact.digest for entry in attached if isinstance(entry.fact, MaterialAttached)}


@pytest.mark.parametrize(
    ("content", "name", "kind", "sentence"),
    [
        (b"", "a.pdf", "application/pdf", "The file is empty"),
        (b"MZ\x90\0" + bytes(200), "a.pdf", "application/pdf", "Programs, and archives"),
        (b"%PDF-1.7", "a.png", "image/png", "does not match the type"),
        (b"hello", "a.xyz", "application/x-unknown", "Files of this type are not accepted"),
        (b"%PDF-1.7" + bytes(100_001), "a.pdf", "application/pdf", "too large"),
        (b"%PDF-1.7", "a\u202efdp.pdf", "application/pdf", "characters that are not allowed"),
        (b"%PDF-1.7", "图" * 6_000 + ".pdf", "application/pdf", "characters that are not allowed"),
        (b"%PDF-1.7", "a%0D%0Ab.pdf", "application/pdf", "characters that are not allowed"),
        (b"%PDF-1.7", "", "application/pdf", "Choose a file first"),
    ],
    ids=["empty", "program", "other type", "unknown type", "too large", "hidden", "long name", "line break", "none"],
)
async def test_a_file_that_is_not_taken_is_refused_beside_its_field(
    browser: Browser, content: bytes, name: str, kind: str, sentence: str
) -> None:
    draft = await browser.begin(OWN, "works")
    answer = await browser.upload(draft, content, name, kind=kind)
    assert answer.status_code == 422, answer.text
    assert answer.text.count(sentence) == 2, answer.text
    assert 'id="file-wrong"' in answer.text


async def test_a_person_uploads_so_much_in_a_day_and_no_more(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material_pages, "UPLOADS", RatePolicy("upload-test", 2, 86_400))
    rival = Browser(app, RIVAL)
    draft = await rival.begin(OTHER, "plan")
    answers = [await rival.upload(draft, pdf(), f"{nth}.pdf") for nth in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "daily limit" in answers[-1].text
    assert "1.pdf" in answers[-1].text
    assert "2.pdf" not in answers[-1].text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        (FORM, b"--b\r\nno header\r\n"),
        (FORM, FILE),
        (FORM, FIELD + b"y" * 90_000 + b"\r\n--b--\r\n"),
        (FORM, (FIELD + b"y\r\n") * 20 + b"--b--\r\n"),
    ],
)
async def test_a_form_that_is_none_is_refused(browser: Browser, kind: str, body: bytes) -> None:
    draft = await browser.begin(OWN, "works")
    answer = await browser.client.post(f"{draft}/materials/files", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text


async def test_a_page_of_another_site_sends_nothing(browser: Browser) -> None:
    draft = await browser.begin(OWN, "works")
    for path in (*WRITES, "/materials/files"):
        answer = await browser.client.post(f"{draft}{path}", headers={"Sec-Fetch-Site": "cross-site"}, data={"a": "b"})
        assert answer.status_code == 403, path
