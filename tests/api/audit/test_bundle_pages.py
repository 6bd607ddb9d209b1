"""An auditor takes a project's bundle from its page: with a reason, which is recorded, and no one else may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx
import psycopg
import pytest

from domain.access.principal import Grant
from domain.core.ledger import Actor, Role
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.feedback.complaint import FileComplaint
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.cipher import has_plain_text
from infrastructure.proof.bundle_verifier import verify
from infrastructure.proof.keys import create_keys
from infrastructure.proof.publisher import ProofFolder, Publisher
from tests.api.client import NO_TLS
from tests.api.identity.site import EARLY, PASSWORD, PATIENCE, Site, signed_site
from tests.examples import APPLICANT, ITEMS, MANAGER, USCC

PROJECT = UUID(int=73)
CONTACT, COMPLAINANT = "13800001111", "clerk.of.hengxin"
REASON = "审字〔2026〕7 号\n  专项审计"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ProofFolder:
    return ProofFolder(tmp_path_factory.mktemp("proof") / "proof")


@pytest.fixture(scope="module")
def site(shared_database_url: str, folder: ProofFolder) -> Iterator[Site]:
    """A project with an anonymous complaint, its log published, and an auditor and a leader who sign in."""
    asyncio.run(record(shared_database_url))
    publisher = Publisher(shared_database_url, folder, lambda: datetime.now(UTC))
    publisher.open(create_keys(folder.path, "countersign.example/zone"))
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        publisher.step(connection)
    with signed_site(shared_database_url, proof=str(folder.path)) as opened:
        for login, role in (("sun", Role.AUDITOR), ("zhou", Role.LEADER)):
            opened.directory.names[login] = login
            opened.directory.grants[login] = [Grant(uuid4(), role, EARLY)]
            opened.run(partial(opened.identity.passwords.set, login, login, PASSWORD, EARLY))
        yield opened


async def record(url: str) -> None:
    register = RegisterProject(name="Fab", enterprise=Enterprise("Hengxin", USCC), manager=MANAGER.id, items=ITEMS)
    complaint = FileComplaint(complaint="c-1", about="态度恶劣", contact=CONTACT, anonymous=True)
    async with Approvals(url) as approvals:
        await approvals.handle(PROJECT, register, MANAGER, uuid4())
        who = Actor(COMPLAINANT, APPLICANT.department, APPLICANT.role)
        await approvals.handle(PROJECT, complaint, who, uuid4())


@contextmanager
def client(site: Site, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(
        verify=NO_TLS, timeout=PATIENCE, base_url=site.address, headers={"Accept": "text/html"}
    ) as opened:
        assert opened.post("/sign-in/password", data={"login": login, "password": PASSWORD}).status_code == 303
        yield opened


ADDRESS = f"/audit/projects/{PROJECT}/bundle"


@pytest.mark.parametrize(
    ("reason", "says"), [("", "请填写用途。"), (" \n ", "请填写用途。"), ("长" * 301, "用途最多 300 个字。")]
)
def test_without_a_reason_that_fits_the_form_comes_again(site: Site, reason: str, says: str) -> None:
    with client(site, "sun") as auditor:
        answer = auditor.post(ADDRESS, data={"reason": reason})

    assert answer.status_code == 422
    assert answer.text.count(says) == 2  # above, and beside the field
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{reason.strip()}"' in answer.text
    assert site.run(lambda: site.identity.log.read(EARLY, kind=SecurityEvent.AUDIT_BUNDLE_TAKEN.value)) == []


def test_an_auditor_takes_a_bundle_that_verifies_and_the_reason_is_recorded(site: Site, tmp_path: Path) -> None:
    with client(site, "sun") as auditor:
        assert f'href="{ADDRESS}"' in auditor.get(f"/audit/projects/{PROJECT}").text
        assert "匿名投诉" in auditor.get(ADDRESS).text
        answer = auditor.post(ADDRESS, data={"reason": REASON})

    assert answer.headers["content-type"] == "application/zip"
    ZipFile(BytesIO(answer.content)).extractall(tmp_path)
    bundle = tmp_path / str(PROJECT)
    report = verify(bundle, (bundle / "data" / "keys.txt").read_text().split())
    entries = (bundle / "data" / "entries.ndjson").read_text()
    assert report.faults == []
    assert COMPLAINANT in entries
    assert CONTACT not in entries
    (row,) = site.run(lambda: site.identity.log.read(EARLY, about=str(PROJECT)))
    assert (row.kind, row.principal, row.method) == ("audit_bundle_taken", "sun", "password")
    assert (row.detail, row.address) == ("审字〔2026〕7 号 专项审计", "127.0.0.1")


def test_no_one_else_is_offered_or_given_a_bundle(site: Site) -> None:
    with client(site, "zhou") as leader:
        assert ADDRESS not in leader.get(f"/audit/projects/{PROJECT}").text
        assert leader.get(ADDRESS).status_code == 403
        assert leader.post(ADDRESS, data={"reason": REASON}).status_code == 403


def test_contacts_from_before_encryption_are_recognised() -> None:
    stored = b'{"fact":"complaint_filed","complaint":"c-1","about":%s,"contact":%s}'

    assert has_plain_text(stored % (b'""', b'"13800001111"'))
    assert not has_plain_text(stored % (b'""', b'""'))
    assert not has_plain_text(b'{"fact":"item_accepted","item":"land"}')
