"""An erased person's texts are gone from rows, replies and histories; chains hold, and a rebuild is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from msgspec import structs
from psycopg.sql import SQL, Identifier

from domain.access.grants import GiveGrant
from domain.access.registration import RegisterPrincipal
from domain.access.state import stream_of as principal_stream
from domain.core.ledger import Actor, Refused, Role
from domain.core.personal import ERASED, person_id
from domain.core.plan import PlannedItem
from domain.legal_person.registration import ChangeLegalPerson, RegisterLegalPerson
from domain.legal_person.state import Contact, Particulars, PersonKind
from domain.legal_person.state import stream_of as legal_person_stream
from domain.privacy.erasure import ErasePerson
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.feedback.complaint import AnswerComplaint, CloseComplaint, FileComplaint
from domain.project.information.recording import EnteredField, RecordInformation
from domain.project.state.feedback import Satisfied
from infrastructure.doctor import Check, diagnose
from infrastructure.ledger import sent_command
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.current import keystore
from infrastructure.privacy.folder_keystore import MASTER_FILE
from infrastructure.privacy.table_keystore import TableKeystore
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from infrastructure.settings import Settings
from infrastructure.verifier.verify import verify
from projections.histories import HISTORIES
from projections.registry import VIEWS
from projections.view import Projected
from tests.infrastructure.projector.running import require_lead
from tests.infrastructure.projector.test_projector import project_all

USCC = "91420100MA0HX2026E"
MANAGER = Actor("wang", "zone-office", Role.PROJECT_MANAGER)
ENTERPRISE = Actor("hengxin", USCC, Role.APPLICANT)
OFFICER, BUREAU = Actor("li", "land"), Actor("jc", "bureau", Role.SUPERVISOR)
ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)
REGISTER = RegisterProject(
    name="Fab 2",
    enterprise=Enterprise("Hengxin"),
    manager="wang",
    items=(PlannedItem(item="land", department="land"),),
)
SECRETS = ("Zhangsanfeng", "13812345678", "zsf@example.org", "very-slow-office", "still-unhappy")
STORY: Sequence[tuple[Actor, Any]] = (
    (MANAGER, REGISTER),
    (
        MANAGER,
        RecordInformation(
            category="contacts",
            fields=(
                EnteredField("name", "Zhangsanfeng"),
                EnteredField("phone", "13812345678"),
                EnteredField("email", "zsf@example.org"),
            ),
        ),
    ),
    (ENTERPRISE, FileComplaint(complaint="c1", item="land", about="very-slow-office", contact="Zhangsanfeng")),
    (OFFICER, AnswerComplaint(complaint="c1", answer="we hurry now", upheld=True)),
    (ENTERPRISE, CloseComplaint(complaint="c1", satisfied=Satisfied.NO, remarks="still-unhappy")),
)
EVERY_SCHEMA = ("views", "ledger", "watch", "process", "identity", "webhook", "privacy", "public")
ERASURES = tuple(ErasePerson(data_subject=whom, reasons="on request") for whom in ("contact", "complainant:c1"))


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


@pytest.fixture(autouse=True)
def _keys_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests have the same legal persons, and keep theirs."""
    monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / "keys"))


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


async def send(approvals: Approvals, project: UUID, story: Sequence[tuple[Actor, Any]] = STORY) -> None:
    for by, command in story:
        await approvals.handle(project, command, by, uuid4())


async def erase(approvals: Approvals, stream: UUID, *commands: ErasePerson) -> None:
    await send(approvals, stream, [(ADMINISTRATOR, command) for command in commands or ERASURES])


def everything(url: str, schemas: Sequence[str]) -> str:
    """Every row of every table in *schemas*, as text; bytes as UTF-8."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [list(schemas)]
        ).fetchall()
        texts = []
        for table in tables:
            rows = connection.execute(SQL("SELECT * FROM {}").format(Identifier(*table))).fetchall()
            texts += [repr([bytes(v).decode("latin-1") if isinstance(v, bytes) else v for v in row]) for row in rows]
    return "\n".join(texts)


def secrets_in(text: str) -> set[str]:
    return {secret for secret in SECRETS if secret in text}


async def test_the_ledger_holds_no_personal_text_and_views_hold_it_until_it_is_erased(
    approvals: Approvals, database_url: str
) -> None:
    project = uuid4()
    await send(approvals, project)
    project_all(database_url)
    assert secrets_in(everything(database_url, ["ledger", "privacy"])) == set()
    assert secrets_in(everything(database_url, ["views"])) == set(SECRETS)
    assert rebuild(database_url, swap=False).differences == ()

    await erase(approvals, project)
    project_all(database_url)
    assert secrets_in(everything(database_url, EVERY_SCHEMA)) == set()
    assert secrets_in(repr(await approvals.history(project))) == set()
    assert ERASED in repr(await approvals.history(project))
    assert rebuild(database_url, swap=False).differences == ()
    verified, checkpoint = verify(database_url, lambda _, __: None)
    assert (verified.fault_count, checkpoint is None) == (0, False)


@pytest.mark.parametrize("views", [VIEWS, HISTORIES], ids=["views", "histories"])
@pytest.mark.parametrize("restarted", [False, True])
async def test_rows_written_by_a_projector_that_has_forgotten_them_are_emptied_too(
    approvals: Approvals, database_url: str, views: Sequence[Projected], *, restarted: bool
) -> None:
    """With its cache and without: then the old rows can't be computed any more, and still have to go."""
    project, projector = uuid4(), Projector(database_url, views)
    await send(approvals, project)
    with psycopg.connect(database_url, autocommit=True) as connection:
        require_lead(projector, connection)
        projector.catch_up(connection)
        await erase(approvals, project)
        if restarted:
            projector = Projector(database_url, views)
            projector._begin_leading(connection)
        projector.catch_up(connection)
    assert secrets_in(everything(database_url, ["views"])) == set()
    assert rebuild(database_url, views, swap=False).differences == ()


async def test_an_erasure_that_was_cut_short_is_carried_out_later(approvals: Approvals, database_url: str) -> None:
    """Of a key that is there again, by the projector; of a restored keystore, at the next start."""
    project = uuid4()
    await send(approvals, project)
    key = person_id(project, "complainant:c1")
    wrapped = keystore().wrapped(key)
    assert wrapped
    await erase(approvals, project)
    assert keystore().find(key) is None
    keystore().adopt(key, wrapped)
    project_all(database_url)
    assert keystore().find(key) is None
    keystore().adopt(key, wrapped)
    async with Approvals(database_url):
        assert keystore().find(key) is None


async def test_the_doctor_finds_missing_keys_and_no_erased_ones(
    approvals: Approvals, database_url: str, tmp_path: Path
) -> None:
    project = uuid4()
    await send(approvals, project)
    await erase(approvals, project, ERASURES[1])

    def check(folder: str) -> Check:
        settings = Settings(data=tmp_path, database_url=database_url, keys=str(tmp_path / folder))
        return next(check for check in diagnose(settings, {}) if check.name == "keys")

    assert (check("keys").ok, check("elsewhere").ok) == (True, False)
    assert "1 persons, 1 of whose keys are missing" in check("elsewhere").detail
    (tmp_path / "keys" / MASTER_FILE).write_text("00" * 32)
    assert "another master key" in check("keys").detail


async def test_what_is_recorded_after_an_erasure_can_be_read(approvals: Approvals, database_url: str) -> None:
    project = uuid4()
    await send(approvals, project, STORY[:2])
    await erase(approvals, project, ERASURES[0])
    again = RecordInformation(category="contacts", fields=(EnteredField("name", "Li Si"),))
    await send(approvals, project, [(MANAGER, again)])
    project_all(database_url)
    views = everything(database_url, ["views"])
    assert ("Li Si" in views, secrets_in(views)) == (True, set())
    await erase(approvals, project, ERASURES[0])
    project_all(database_url)
    assert "Li Si" not in everything(database_url, ["views"])
    assert rebuild(database_url, swap=False).differences == ()


async def test_a_command_with_erased_text_still_answers_its_repeat(approvals: Approvals) -> None:
    project, key = uuid4(), uuid4()
    await send(approvals, project, STORY[:2])
    first = await approvals.handle(project, STORY[2][1], ENTERPRISE, key)
    await send(approvals, project, STORY[3:])
    await erase(approvals, project)
    again = await approvals.handle(project, STORY[2][1], ENTERPRISE, key)
    assert (again.repeated, again.receipt) == (True, first.receipt)


async def test_a_fingerprint_of_before_keys_answers_its_repeat(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, key, filed = uuid4(), uuid4(), STORY[2][1]
    await send(approvals, project, STORY[:2])
    with monkeypatch.context() as before:
        before.setattr(sent_command, "keyed_digest", lambda _, __: None)
        await approvals.handle(project, filed, ENTERPRISE, key)
    assert (await approvals.handle(project, filed, ENTERPRISE, key)).repeated
    with pytest.raises(Refused, match="used before"):
        await approvals.handle(project, structs.replace(filed, about="another"), ENTERPRISE, key)


async def test_the_contact_of_a_legal_person_is_erased(approvals: Approvals, database_url: str) -> None:
    stream = legal_person_stream(USCC)
    particulars = Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact("Zhangsanfeng", "13812345678"))
    register = RegisterLegalPerson(code=USCC, particulars=particulars)
    change = ChangeLegalPerson(
        code=USCC,
        particulars=Particulars(contact=Contact("Zhangsanfeng", "13812345679")),
        effective_on=date(2026, 3, 2),
        source="letter",
    )
    await send(approvals, stream, [(MANAGER, register), (MANAGER, change)])
    project_all(database_url)
    assert "13812345679" in everything(database_url, ["views"])
    await erase(approvals, stream, ERASURES[0])
    state = await approvals.state(stream)
    assert secrets_in(repr(state)) == set()
    project_all(database_url)
    assert secrets_in(everything(database_url, ["views", "ledger"])) == set()
    assert rebuild(database_url, swap=False).differences == ()


async def test_the_histories_go_on_behind_the_erasure_of_a_legal_person(
    approvals: Approvals, database_url: str
) -> None:
    """An erasure alone in its batch does not show whether it is in the stream of a project."""
    historian = Projector(database_url, HISTORIES)
    stream = legal_person_stream(USCC)
    particulars = Particulars(name="Hengxin", kind=PersonKind.COMPANY, contact=Contact("Zhangsanfeng", "13812345678"))
    await send(approvals, stream, [(MANAGER, RegisterLegalPerson(code=USCC, particulars=particulars))])
    with psycopg.connect(database_url, autocommit=True) as connection:
        require_lead(historian, connection)
        historian.catch_up(connection)
        await erase(approvals, stream, ERASURES[0])
        historian.catch_up(connection)
        rows = connection.execute("SELECT DISTINCT seq, error FROM views.position WHERE history").fetchall()
    assert rows == [(2, None)]


async def test_an_official_is_refused_and_an_applicant_is_erased(approvals: Approvals) -> None:
    system = Actor("installer", "", Role.SYSTEM)
    for name, role, over in (("li", Role.OFFICER, "land"), ("chen", Role.APPLICANT, USCC)):
        stream = principal_stream(name)
        register = RegisterPrincipal(principal=name, name=name, contact="13812345678")
        await send(approvals, stream, [(system, register), (system, GiveGrant(principal=name, role=role, over=over))])
    with pytest.raises(Refused) as refusal:
        await erase(approvals, principal_stream("li"), ERASURES[0])
    assert refusal.value.code == "official-not-erased"
    await erase(approvals, principal_stream("chen"), ERASURES[0])
    histories = [repr(await approvals.history(principal_stream(name))) for name in ("li", "chen")]
    assert ["13812345678" in history for history in histories] == [True, False]


async def test_servers_that_share_a_database_share_the_keys_in_it(
    approvals: Approvals, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSIGN_KEYS")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COUNTERSIGN_MASTER_KEY", "ab" * 32)
    keys, project = keystore(), uuid4()
    assert isinstance(keys, TableKeystore)
    await send(approvals, project)
    project_all(database_url)
    assert secrets_in(everything(database_url, ["views"])) == set(SECRETS)
    assert secrets_in(everything(database_url, ["ledger", "privacy"])) == set()
    await erase(approvals, project)
    project_all(database_url)
    assert secrets_in(everything(database_url, ["views"])) == set()
    keys.close()


async def test_the_librarys_own_way_reads_and_writes_ciphertext(approvals: Approvals, database_url: str) -> None:
    project = uuid4()
    await send(approvals, project)
    entries = [approvals.mapper.to_domain_event(event) for event in approvals.recorder.select_events(project)]
    assert secrets_in(repr(entries)) == set(SECRETS)
    stored = [approvals.mapper.to_stored_event(entry) for entry in entries]
    assert secrets_in(repr(stored)) == set()
    assert secrets_in(everything(database_url, ["ledger"])) == set()
