"""No byte of a backup taken after an erasure holds the erased texts; what keeps that from being so is said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.core.personal import CONTACT
from domain.legal_person.registration import RegisterLegalPerson
from domain.legal_person.state import Contact, Particulars, PersonKind
from domain.legal_person.state import stream_of as legal_person_stream
from infrastructure.backup import erased
from infrastructure.backup.erased import NOTHING, STATISTICS, TABLES, ErasedTexts
from infrastructure.backup.errors import BackupError
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.roles import login_of
from infrastructure.projector.rebuild import VIEW_WORKSHOP
from scripts.server.catching_up import catch_up
from tests.backups import Installation, files_in, files_of_backup, files_with
from tests.conftest import reachable_folder
from tests.infrastructure.privacy.test_erasure import ERASURES, MANAGER, SECRETS, USCC, erase, send

PROJECT, PRINCIPAL = UUID(int=7), "wu"
OF_A_PERSON, OF_A_PRINCIPAL, MAIL, QUOTED = "诸葛孔明先生", "139-0000-0000", "wu@example.org", "quoted-by-a-receiver"
TEXTS = (*SECRETS, OF_A_PERSON, OF_A_PRINCIPAL, MAIL, QUOTED)
IN_CLEAR = set(TEXTS) - {OF_A_PRINCIPAL}  # of a principal, views show no contact
REASONS = ("--reasons", "on request")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def record_persons(url: str) -> None:
    """Persons of every kind, whose texts are in views, in drafts, and in the answer of a receiver of webhooks."""
    async with Approvals(url) as approvals:
        await send(approvals, PROJECT)
        particulars = Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact(OF_A_PERSON, "1"))
        register = RegisterLegalPerson(code=USCC, particulars=particulars, source="licence")
        await send(approvals, legal_person_stream(USCC), [(MANAGER, register)])


def write_beside(url: str) -> None:
    """Rows outside the ledger: a mail address, half-filled forms, and a delivery whose answer quoted the event."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO process.mail_address (id, principal, grant_id, address, language, position, created_at,"
            " next_at) VALUES (%s, %s, %s, %s, 'zh', 0, %s, %s)",
            [uuid4(), PRINCIPAL, uuid4(), MAIL, NOW, NOW],
        )
        forms = (f"/projects/{PROJECT}/acts/record_information", f"/items/{PROJECT}/land/acts/file_complaint")
        for owner, form in ((PRINCIPAL, "/projects/new"), *(("li", form) for form in (*forms, "/projects/other"))):
            connection.execute(
                "INSERT INTO process.form_draft VALUES (%s, %s, 'sealed', '{}', %s, %s)",
                [owner, form, NOW, NOW + timedelta(hours=1)],
            )
        subscription = uuid4()
        connection.execute(
            "INSERT INTO webhook.subscription (id, principal, kind, role, over, url, types, position, created_at)"
            " VALUES (%s, 'p', 'program', 'integrator', '', 'https://x', '{}', 0, %s)",
            [subscription, NOW],
        )
        connection.execute(
            "INSERT INTO webhook.delivery (subscription, position, stream, type, queued_at, next_at, error)"
            " VALUES (%s, 1, %s, 'complaint_filed', %s, %s, %s)",
            [subscription, PROJECT, NOW, NOW, f"answered 422: {QUOTED}"],
        )
        connection.execute("ANALYZE")


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with reachable_folder() as folder:
        ours = Installation(folder)
        monkeypatch.setenv("COUNTERSIGN_KEYS", str(folder / "data-keys"))
        yield ours


@pytest.mark.long
@pytest.mark.slow
def test_no_byte_of_a_later_backup_holds_an_erased_text(ours: Installation) -> None:
    ours.add_person(PRINCIPAL, "--contact", OF_A_PRINCIPAL)
    url, before = ours.url(), ours.folder / "before"
    asyncio.run(record_persons(url))
    catch_up(url)
    write_beside(url)
    ours.run("backup", before)
    assert set(files_with(files_in(before), *TEXTS)) == IN_CLEAR, "the search finds what is there"

    ours.run("erase-person", CONTACT, "--project", str(PROJECT), *REASONS)
    ours.run("erase-person", "complainant:c1", "--project", str(PROJECT), *REASONS)
    ours.run("erase-person", CONTACT, "--legal-person", USCC, *REASONS)
    ours.run("erase-person", CONTACT, "--principal", PRINCIPAL, *REASONS)
    taken = ours.run("backup", ours.backups)["backup"]
    assert taken["erasures"] == 4
    assert files_with(files_in(ours.backups), *TEXTS) == {}, "a folder of its own, with all of its log"

    again = ours.run("backup", before)["backup"]
    assert (again["kind"], again["erasures"]) == ("incremental", 0)
    assert files_with(files_of_backup(before, again["name"]), *TEXTS) == {}, "after what was backed up before"
    with psycopg.connect(url) as connection:
        forms = connection.execute("SELECT form FROM process.form_draft").fetchall()
    assert forms == [("/projects/other",)], "drafts that are not about the person stay"


@pytest.fixture
def url(projected_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one person erased, whose views have not followed yet."""
    monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(erased, "WAIT_SECONDS_MAX", 0.2)

    async def work() -> None:
        async with Approvals(projected_database_url) as approvals:
            await send(approvals, PROJECT)
            await asyncio.to_thread(catch_up, projected_database_url)
            await erase(approvals, PROJECT, ERASURES[1])

    asyncio.run(work())
    return projected_database_url


def cleared(url: str) -> ErasedTexts:
    return ErasedTexts(url, lambda: catch_up(url))


def silent(_: str, __: int, ___: int) -> None:
    """No progress is shown."""


def refusal(texts: ErasedTexts) -> str:
    with pytest.raises(BackupError) as refused:
        texts.clear(silent)
    assert refused.value.code == "erasure-unfinished"
    return refused.value.sentence


def test_tables_are_rewritten_once_after_an_erasure(url: str) -> None:
    steps: list[str] = []
    done = cleared(url).clear(lambda step, _, __: steps.append(step))
    assert (done.erasures, done.tables, done.segment_begun) == (1, list(TABLES), True)
    assert [step for step in steps if STATISTICS in step]
    assert cleared(url).clear(silent) == NOTHING


def test_views_that_do_not_follow_are_named(url: str) -> None:
    assert "the view information is not at position 6 yet and does not come on" in refusal(
        ErasedTexts(url, lambda: None)
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE views.position SET error = 'its fold fails' WHERE view = 'voices_history'")
    assert "voices_history is not at position 6 yet: its fold fails" in refusal(ErasedTexts(url, lambda: None))


def test_a_transaction_that_may_still_read_the_text_is_named(url: str) -> None:
    """A rewrite copies the rows that it may see."""
    with psycopg.connect(f"{url}&application_name=a-report") as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        assert f"process {reader.info.backend_pid} (a-report)" in refusal(cleared(url))
    assert cleared(url).clear(silent).erasures == 1


def test_a_rebuild_under_way_and_a_held_table_are_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [VIEW_WORKSHOP.key])
        assert "views are being rebuilt" in refusal(cleared(url))
    monkeypatch.setattr(erased, "LOCK_SECONDS", 1)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE views.person IN ACCESS SHARE MODE")
        other.commit()
        other.execute("LOCK TABLE webhook.delivery IN ROW SHARE MODE")
        assert "holds the table webhook.delivery" in refusal(cleared(url))


def test_an_account_that_does_not_own_the_tables_is_refused(url: str) -> None:
    assert "countersign_service may not rewrite the table process.form_draft" in refusal(cleared(login_of(url)))
