"""Which edition of a flow a project runs by: each adoption ends with the next, also when recorded out of order."""

from __future__ import annotations

from datetime import datetime

from domain.core.plan import Phase
from domain.messages import AnyFact
from domain.project.application.correction import EntryRetracted
from domain.project.flow.adoption import FlowAdopted, FlowMoved
from projections.flow.fold import Adoption, Adoptions
from projections.view import fold
from tests.examples import MANAGER, REGISTERED
from tests.spec import PROJECT, entry

VIEW = Adoptions()
PHASES = (Phase(code="p1"),)


def at(day: int) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02}T09:00:00+08:00")


def adopted(edition: int, kind: str = "factory") -> FlowAdopted:
    return FlowAdopted(flow="f", edition=edition, kind=kind, phases=PHASES, steps=())


def moved(edition: int, kind: str = "factory") -> FlowMoved:
    return FlowMoved(flow="f", edition=edition, kind=kind, phases=PHASES, steps=())


def rows(*dated_facts: tuple[int, AnyFact]) -> list[tuple[int, str, datetime, datetime | None]]:
    entries = [entry(version, fact, MANAGER, at(day)) for version, (day, fact) in enumerate(dated_facts, start=1)]
    folded = fold((VIEW,), PROJECT, entries)
    adoptions = [Adoption(*row) for row in VIEW.rows(folded.states[VIEW.name], folded.project)["adoption"]]
    assert [row.nth for row in adoptions] == list(range(1, len(adoptions) + 1))
    return [(row.edition, row.kind, row.since, row.until) for row in adoptions]


def test_each_adoption_ends_with_the_next() -> None:
    assert rows((2, REGISTERED)) == []
    assert rows((2, REGISTERED), (3, adopted(1)), (9, moved(2)), (10, moved(2, "lab"))) == [
        (1, "factory", at(3), at(9)),
        (2, "factory", at(9), at(10)),
        (2, "lab", at(10), None),
    ]


def test_a_move_keyed_in_out_of_order_overlaps_with_none() -> None:
    assert rows((2, REGISTERED), (5, adopted(1)), (4, moved(2))) == [
        (1, "factory", at(5), at(5)),
        (2, "factory", at(5), None),
    ]


def test_a_retracted_move_leaves_the_project_where_it_was() -> None:
    retracted = EntryRetracted(version=3, item="", reasons="x")
    assert rows((2, REGISTERED), (3, adopted(1)), (9, moved(2)), (10, retracted)) == [(1, "factory", at(3), None)]
