"""Commands to one project carried out together: in one transaction, beside others' commands, and found again."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from domain.core.ledger import Refused
from domain.core.plan import PlannedItem
from domain.messages import AnyCommand, replay
from domain.project.application.correction import RetractEntry
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.atomic.sequence import CommandInSequence, CommandSequence, SequenceRefusedError
from infrastructure.verifier.verify import verify
from tests.examples import MANAGER

REGISTER = RegisterProject(name="Fab", enterprise=Enterprise("Hengxin"), manager="wang")
NOTE = NoteStep(activity="site visit")


def sequence(project: UUID, *commands: AnyCommand) -> CommandSequence:
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


async def test_a_sequence_is_decided_on_the_state_in_memory(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = uuid4()
    async with Approvals(database_url) as approvals:
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        monkeypatch.setattr(approvals.streams, "rows", None)  # nothing can be read
        answers = await approvals.handle_together(sequence(project, NOTE, NOTE))
        answers += [await approvals.handle(project, NOTE, MANAGER, uuid4())]
        answers += await approvals.handle_together(sequence(project, NOTE, NOTE))
    assert [each.receipt.version for each in answers] == [2, 3, 4, 5, 6]


async def test_nothing_of_a_refused_sequence_is_in_the_state_in_memory(database_url: str) -> None:
    project = uuid4()
    async with Approvals(database_url) as approvals:
        await approvals.handle(project, REGISTER, MANAGER, uuid4())
        seen = approvals.seen(project)
        with pytest.raises(SequenceRefusedError) as refused:
            await approvals.handle_together(sequence(project, NOTE, REGISTER))
        assert refused.value.index == 1
        assert seen is approvals.seen(project)
        assert seen is not None
        assert (seen.version, list(seen.notes)) == (1, [1])


async def test_a_sequence_is_decided_again_on_what_another_process_wrote(database_url: str) -> None:
    project = uuid4()
    item = PlanItem(item=PlannedItem(item="land", department="planning"))
    async with Approvals(database_url) as first, Approvals(database_url) as second:
        await first.handle(project, REGISTER, MANAGER, uuid4())
        assert (await second.project(project)).version == 1
        await second.handle(project, item, MANAGER, uuid4())
        answers = await first.handle_together(sequence(project, NoteStep(activity="visit", item="land"), NOTE))
        assert [each.receipt.version for each in answers] == [3, 4]
        await second.handle(project, NOTE, MANAGER, uuid4())
        answers = await first.handle_together(sequence(project, NOTE, NOTE))
        assert [each.receipt.version for each in answers] == [6, 7]


async def test_a_correction_in_a_sequence_shows_in_what_follows_it(database_url: str) -> None:
    project = uuid4()
    item = PlanItem(item=PlannedItem(item="land", department="planning"))
    async with Approvals(database_url) as approvals:
        await approvals.handle_together(sequence(project, REGISTER, item))
        taken_back = sequence(project, NOTE, RetractEntry(version=2, reasons="another project's"), item)
        answers = await approvals.handle_together(taken_back)
        assert [each.receipt.version for each in answers] == [3, 4, 5]
        assert approvals.seen(project) == replay(project, await approvals.history(project))
