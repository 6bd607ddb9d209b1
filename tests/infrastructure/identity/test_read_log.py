"""Reads of personal data leave a row in the security log, once a minute, in batches that no request waits for."""

from __future__ import annotations

from contextvars import copy_context
from uuid import uuid4

import pytest

from domain.core.ledger import Role
from infrastructure.identity import read_log
from infrastructure.identity.read_log import DataReader, ReadLog
from infrastructure.identity.security_log import SecurityEvent, SecurityLog
from infrastructure.ledger.reader import Store
from projections.personal_reads import PersonalRead, note_person, note_project, note_read
from tests.infrastructure.identity.conftest import NOON, MovedClock

INFORMATION = "read:information_contact"
WANG = DataReader("wang", "10.0.0.7", "password", uuid4())


@pytest.fixture
def reads(store: Store, clock: MovedClock) -> ReadLog:
    return ReadLog(SecurityLog(store), clock)


async def test_a_read_is_a_row_about_whose_data_it_was(reads: ReadLog, store: Store) -> None:
    project, person, log = uuid4(), uuid4(), SecurityLog(store)
    async with reads.running():
        with reads.reading(lambda: WANG):
            note_project(INFORMATION, project)
            copy_context().run(note_person, person)  # as in a thread of a handler
        note_project(INFORMATION, uuid4())  # by this system itself, which reads for no one

    about_project, about_person = [await log.read(NOON, about=str(each)) for each in (project, person)]
    (row,) = about_project
    assert (row.at, row.kind, row.detail) == (NOON, SecurityEvent.PERSONAL_DATA_READ, "information_contact")
    assert (row.principal, row.address, row.method, row.session) == (*("wang", "10.0.0.7", "password"), WANG.session)
    assert (row.subject, about_person[0].subject) == (f"projects/{project}", f"legal-persons/{person}")
    assert len(await log.read(NOON, kind=SecurityEvent.PERSONAL_DATA_READ)) == 2


async def test_the_same_read_is_one_row_a_minute(reads: ReadLog, store: Store, clock: MovedClock) -> None:
    read = PersonalRead(f"projects/{uuid4()}", "information_contact")
    for seconds in (0, 30, 29, 2):
        clock.move(seconds=seconds)
        reads.add(WANG, read)
    reads.add(DataReader("li"), read)
    await reads.flush()

    assert [entry.principal for entry in await SecurityLog(store).read(NOON)] == ["li", "wang", "wang"]


async def test_what_the_database_does_not_take_is_in_the_servers_log(
    reads: ReadLog, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(read_log, "ROWS_MAX", 1)
    for _ in range(2):
        reads.add(WANG, PersonalRead(f"projects/{uuid4()}", "information_contact"))

    assert "personal_read_not_recorded" in capsys.readouterr().out


def test_only_personal_data_is_noted() -> None:
    with pytest.raises(ValueError, match=Role.OFFICER):
        note_read("read:officer", "projects/1")
