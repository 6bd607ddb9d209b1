"""The metadata of an entry: who, for whom, why, and what was sent; and repeats of what was stored before format 1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import json

from api.commands.if_match import OnVersion
from domain.core.ledger import Actor, CommandOrigin, Recorded, Refused, Role, entry_id
from domain.examples.story import ENTERPRISE, MANAGER
from domain.messages import replay
from domain.project.application.note import NoteStep, StepNoted
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.entry_draft import CachedState, EntryDraft
from infrastructure.ledger.mapper import decode_recorded, encode_recorded
from infrastructure.ledger.sent_command import command_id_of, former_fingerprints

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=())
NOTE = NoteStep(activity="site visit")


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


async def test_an_entry_carries_who_for_whom_why_and_what_was_sent(approvals: Approvals) -> None:
    project, key, undertaking = uuid4(), uuid4(), uuid4()
    deputy = Actor("chen", "zone-office", Role.PROJECT_MANAGER)
    origin = CommandOrigin(on_behalf_of=MANAGER, correlation=undertaking, causation=entry_id(project, 1))
    before = approvals.clock()
    await approvals.handle(project, REGISTER, deputy, key, origin=origin)

    (row,) = await approvals.store.stream(project)
    recorded = row.decoded().recorded
    assert (recorded.by, recorded.on_behalf_of, recorded.command_id) == (deputy, MANAGER, key)
    assert (recorded.correlation, recorded.causation) == (undertaking, entry_id(project, 1))
    assert recorded.fingerprint == sha256(project.bytes + json.encode(REGISTER)).digest()
    assert isinstance(recorded.at, datetime)
    assert before <= recorded.at <= row.recorded_at


def test_metadata_of_before_format_1_is_read_and_written_as_it_was() -> None:
    former = (
        b'{"by":{"id":"wang.min","department":"zone-office","role":"project_manager"},'
        b'"command_id":"0193f0a2-7c00-7000-8000-000000000001","law":"cn-licensing@2019-04-23","source":""}'
    )
    recorded = decode_recorded(former)
    assert not recorded.fingerprint
    assert encode_recorded(recorded) == former


async def test_what_was_stored_before_format_1_answers_its_repeat(approvals: Approvals) -> None:
    """Its fingerprint took in the sender, and the version in If-Match."""
    project, key = uuid4(), uuid4()
    await approvals.handle(project, REGISTER, MANAGER, uuid4())
    (first,) = await approvals.store.stream(project)
    cached = CachedState(replay(project, [first.decoded()]), first.hash)
    recorded, now = Recorded(MANAGER, key, first.decoded().recorded.law), approvals.clock()
    draft = EntryDraft.of(cached, [StepNoted(activity=NOTE.activity)], recorded, now, now)
    conditional = OnVersion(wanted=NOTE, version=1)
    await approvals.committer.append(draft.item(key, next(former_fingerprints(project, MANAGER, conditional))))

    answer = await approvals.handle(project, conditional, MANAGER, key)  # type: ignore[arg-type]  # as the interface has it
    assert (answer.repeated, answer.receipt.version) == (True, 2)
    with pytest.raises(Refused, match="used before"):
        await approvals.handle(project, conditional, ENTERPRISE, key)  # type: ignore[arg-type]  # as above


def test_a_key_leads_each_principal_to_an_id_of_its_own() -> None:
    key = UUID(int=7)
    assert command_id_of("wang.min", key) == command_id_of("wang.min", UUID(int=7))
    assert command_id_of("wang.min", key) != command_id_of("li", key)
    assert str(command_id_of("wang.min", key)) == "9aad755b-aab1-5963-8903-8989e994644d"
