"""Commands to one project carried out together: in one transaction, beside others' commands, and found again."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Refused
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence, SequenceRefusedError
from infrastructure.verifier.verify import verify
from tests.examples import MANAGER

REGISTER = RegisterProject(name="Fab", enterprise=Enterprise("Hengxin"), manager="wang")
NOTE = NoteStep(activity="site visit")


def sequence(project: UUID, *commands: RegisterProject | NoteStep) -> CommandSequence:
    """The *commands* to *project*, each under a new id."""
    return CommandSequence(project, [CommandInSequence(command, uuid4()) for command in commands], MANAGER)


async def test_sequences_and_single_commands_of_two_processes_take_turns(database_url: str) -> None:
    project, rounds = uuid4(), 10
    async with Approvals(database_url) as first, Approvals(database_url) as second:
        await first.handle(project, REGISTER, MANAGER, uuid4())
        together = [first.handle_together(sequence(project, NOTE, NOTE, NOTE)) for _ in range(rounds)]
        singly = [second.handle(project, NOTE, MANAGER, uuid4()) for _ in range(rounds)]
        answers, receipts = await asyncio.gather(asyncio.gather(*together), asyncio.gather(*singly))

        for versions in ([each.receipt.version for each in answer] for answer in answers):
            assert versions == list(range(versions[0], versions[0] + 3))
        stored = [each.receipt.version for answer in answers for each in answer]
        assert sorted([*stored, *(each.receipt.version for each in receipts)]) == list(range(2, 2 + 4 * rounds))
    verified, _ = verify(database_url, lambda *_: None)
    assert list(verified.faults) == []


async def test_a_sequence_sent_twice_at_once_is_stored_once(database_url: str) -> None:
    project = uuid4()
    same = sequence(project, REGISTER, NOTE)
    async with Approvals(database_url) as first, Approvals(database_url) as second:
        answers = await asyncio.gather(first.handle_together(same), second.handle_together(same))
        assert [each.receipt for each in answers[0]] == [each.receipt for each in answers[1]]
        assert sorted(answer[0].repeated for answer in answers) == [False, True]
        assert len(await first.history(project)) == 2


async def test_an_id_used_by_itself_ends_the_sequence(database_url: str) -> None:
    project = uuid4()
    async with Approvals(database_url) as approvals:
        known = sequence(project, REGISTER, NOTE)
        await approvals.handle(project, REGISTER, MANAGER, known.commands[0].id)
        with pytest.raises(SequenceRefusedError) as refused:
            await approvals.handle_together(known)
        assert (refused.value.index, refused.value.refusal.code) == (0, "key-reused")
        assert isinstance(refused.value.refusal, Refused)
        assert len(await approvals.history(project)) == 1
