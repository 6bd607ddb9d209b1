"""Paces of views beside their writer: medians of turns, projects in turn. Timings are never asserted."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from uuid import UUID

import pytest

from projections.registry import VIEWS
from scripts.benches.views.paces import OpenProjects, Pace, PacePair, catching_up, compared, family_of


def test_the_pace_of_views_is_the_median_of_turns_and_not_of_what_disturbed_one() -> None:
    pairs = [PacePair(Pace(100.0, 50.0), Pace(ours, 1e6 / ours)) for ours in (90.0, 80.0, 1.0)]

    paces = compared("views", "writer", pairs, 0.5)

    assert (paces.ratio, paces.per_second, paces.bound) == (0.8, 80.0, 0.5)
    assert paces.cpu_ratio == pytest.approx(50.0 / 12_500.0)


async def test_projects_under_way_get_their_commands_in_turn_and_one_at_a_time() -> None:
    sent: list[UUID] = []
    away: set[UUID] = set()

    async def send(project: UUID, *_: Any) -> None:
        assert project not in away
        away.add(project)
        await asyncio.sleep(0)
        away.remove(project)
        sent.append(project)

    left = iter(range(12))
    under_way = OpenProjects(3)
    await asyncio.gather(*[under_way.work(send, lambda: next(left, None) is not None) for _ in range(2)])

    assert [sent.count(project) for project in dict.fromkeys(sent)] == [4, 4, 4]


def test_views_that_caught_up_have_a_pace(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.benches.views.paces.TURN_SECONDS", 0.05)
    monkeypatch.setattr("scripts.benches.views.paces.WARM_UP_SECONDS", 0.0)

    paces = catching_up(database_url, VIEWS[:1], "progress", 1, projects=2, before=1)

    assert paces.per_second > 0.0
    assert len(paces.pairs) == 1


def test_a_process_that_is_not_there_has_no_family() -> None:
    assert family_of(0) == []
    assert os.getpid() in family_of(os.getppid())
