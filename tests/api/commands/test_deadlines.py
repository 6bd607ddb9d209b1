"""Deadlines of commands: one timer for all, and none of them disturbs another."""

from __future__ import annotations

import asyncio

import pytest

from api.commands.deadlines import deadlines
from api.commands.sender import in_time
from api.web.problems import Problem

NEVER = 60.0


async def answered(text: str) -> str:
    await asyncio.sleep(0)
    return text


async def test_an_answer_in_time_leaves_no_deadline_behind() -> None:
    assert await asyncio.gather(*(in_time(answered(text)) for text in "abc")) == ["a", "b", "c"]
    assert deadlines()._due == {}


async def test_a_late_command_gets_an_answer_while_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = asyncio.create_task(in_time(asyncio.sleep(NEVER)))
    await asyncio.sleep(0)
    monkeypatch.setattr("api.commands.sender.ANSWER_SECONDS_MAX", 0.01)  # earlier than the deadline that is there
    for _ in range(2):  # the second sets the timer anew
        with pytest.raises(Problem, match="did not answer within") as late:
            await in_time(asyncio.sleep(NEVER))
        assert late.value.kind.code == "outcome-unknown"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0  # it goes on, as if it had not been cancelled
    assert not patient.done()
    patient.cancel()
    with pytest.raises(Problem, match="this process ended"):
        await patient
