"""After an erasure no export holds the texts, of now or of a day before; what was handed out before still verifies."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile, is_zipfile

import psycopg
import pytest
import pytest_asyncio

from domain.core.ledger import Actor, Role
from domain.examples.people import BUREAU
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Contact, Particulars, PersonKind
from domain.legal_person.state import stream_of as legal_person_stream
from infrastructure.case_record.archive import write_case_records
from infrastructure.case_record.codes import PlatformCodes
from infrastructure.event_log.log_file import EventLogFormat, write_event_log
from infrastructure.facts_file.export import export_facts
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.bundle_verifier import head_by_proof
from infrastructure.proof.log import TransparencyLog
from infrastructure.proof.merkle import leaf, leaf_hash
from infrastructure.proof.receipt import printed_proof, receipt_proof
from scripts.server.catching_up import catch_up
from tests.api.client import Door, identity
from tests.api.exports.test_exports import EXPORTS, LEADER, LISTS
from tests.infrastructure.privacy.test_erasure import ERASURES, MANAGER, SECRETS, USCC, erase, secrets_in, send
from tests.infrastructure.proof.test_bundle import LOG, verified

pytestmark = pytest.mark.pages

PROJECT = UUID(int=0xE7A5)
NOW = datetime(2026, 11, 29, tzinfo=UTC)
PERSON = Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact("Zhangsanfeng", "13812345678"))
ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A project with a complaint and a contact, and an enterprise with a contact, projected."""
    async with Approvals(shared_database_url) as opened:
        await send(opened, PROJECT)
        register = RegisterLegalPerson(code=USCC, particulars=PERSON, source="licence")
        await send(opened, legal_person_stream(USCC), [(MANAGER, register)])
        await asyncio.to_thread(catch_up, shared_database_url)
        yield opened


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> TransparencyLog:
    return TransparencyLog(tmp_path_factory.mktemp("log"), LOG)


def follow(url: str, log: TransparencyLog) -> dict[int, bytes]:
    """Let the *log* sign all entries; the hash of each."""
    with psycopg.connect(url, autocommit=True) as connection:
        log.follow(connection)
        rows = connection.execute("SELECT seq, hash FROM ledger.event").fetchall()
    return {seq: bytes(hash_) for seq, hash_ in rows}


def text_of(content: bytes) -> str:
    """What a reader of a file sees, also of an archive or a workbook."""
    if is_zipfile(BytesIO(content)):
        with ZipFile(BytesIO(content)) as archive:
            content = b"\n".join(map(archive.read, archive.namelist()))
    return content.decode()


async def over_http(door: Door, params: dict[str, str]) -> dict[str, str]:
    """Every list as a file of both kinds, and the feed, by name."""
    answers = {}
    for name, by in ((name, by) for name in LISTS for by in (LEADER, BUREAU)):
        for kind in ("csv", "xlsx"):
            asked_for = {"lang": "en", **LISTS[name][2], **params}
            answer = await door.client.get(f"{EXPORTS}/{name}/{kind}", params=asked_for, headers=identity(by))
            assert answer.status_code == 200, answer.text
            answers[f"{name}/{kind} {by.role}"] = text_of(answer.content)
    for by in (BUREAU, ADMINISTRATOR, MANAGER):
        answer = await door.client.get("/v1/events", params={"limit": "500"}, headers=identity(by))
        answers[f"events {by.role}"] = answer.text
    return answers


def files(url: str, log: TransparencyLog, folder: Path) -> dict[str, str]:
    """Event logs, case records, facts, and a bundle of the zone, by name."""
    folder.mkdir()
    written = {}
    for log_format in EventLogFormat:
        file = BytesIO()
        write_event_log(url, file, log_format)
        written[log_format.value] = text_of(file.getvalue())
    file = BytesIO()
    write_case_records(url, file, PlatformCodes(), NOW)
    written["case records"] = text_of(file.getvalue())
    export_facts(url, folder / "facts", lambda _, __: None)
    written["facts"] = (folder / "facts").read_text()
    export_bundle(url, log, [LOG.verifier], folder / "bundle", None, NOW, lambda _, __: None)
    for path in (folder / "bundle").rglob("*"):
        if path.is_file():
            written[f"bundle/{path.name}"] = path.read_bytes().decode("utf-8", "replace")
    return written


def holding(exports: dict[str, str]) -> dict[str, set[str]]:
    """The names of *exports* with personal texts, and which."""
    return {name: secrets for name, text in exports.items() if (secrets := secrets_in(text))}


@pytest.mark.long
async def test_no_export_holds_what_was_erased_and_earlier_proofs_hold(
    door: Door, approvals: Approvals, shared_database_url: str, log: TransparencyLog, tmp_path: Path
) -> None:
    hashes = follow(shared_database_url, log)
    before = await over_http(door, {}) | files(shared_database_url, log, tmp_path / "before")
    assert {name.partition("/")[0] for name in holding(before)} >= {"complaints"}, "they were there"
    assert all(set(SECRETS).isdisjoint(secrets) for name, secrets in holding(before).items() if "bundle" in name)
    earlier = {"as_of": datetime.now(UTC).isoformat()}
    size, head = log.checkpoint.size, log.checkpoint.head
    receipts = {seq: (receipt_proof(log, seq, hashes[seq]), printed_proof(log, seq, hashes[seq])) for seq in hashes}

    await erase(approvals, PROJECT)
    await erase(approvals, legal_person_stream(USCC), ERASURES[0])
    await asyncio.to_thread(catch_up, shared_database_url)
    after = follow(shared_database_url, log)
    assert {seq: after[seq] for seq in hashes} == hashes
    exported = await over_http(door, {}) | files(shared_database_url, log, tmp_path / "after")
    assert holding(exported) == {}
    assert holding(await over_http(door, earlier)) == {}, "of an instant before the erasure"

    for folder in ("before", "after"):
        assert verified(tmp_path / folder / "bundle", LOG.verifier.text)[0] == 0
    for seq, (receipt, printed) in receipts.items():
        assert receipt.startswith("c2sp.org/tlog-proof@v1")
        assert printed.startswith("cs1.")
        path = receipt.partition("\n\n")[0].split("\n")[3:]
        proof = [b64decode(line) for line in path]
        assert head_by_proof(leaf_hash(leaf(seq, after[seq])), seq - 1, size, proof) == head
