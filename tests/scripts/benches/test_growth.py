"""Copies of a zone verify like any ledger; and what is measured on ledgers of two sizes is printed side by side."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

import psycopg
from rich.console import Console

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.verifier.verify import verify
from projections.registry import VIEWS
from scripts.benches.copies.multiply import Multiplier, copied_id
from scripts.benches.growth import COMMAND, GrowthReport, SizedLedger, shown, unlike_lengths
from scripts.benches.report import Machine
from scripts.server.catching_up import catch_up
from tests.conftest import database_in

PROJECT = UUID(int=7)


async def test_copies_have_chains_and_answers_of_their_own(
    database_url: str, server_url: str, migrated_template: str
) -> None:
    async with Approvals(database_url) as approvals:
        for step in STORY:
            await approvals.handle(PROJECT, step.dated, step.by, uuid4())
    with database_in(server_url, migrated_template) as url:
        last = Multiplier(database_url, 3).write(url)
        verified, _ = verify(url, lambda _done, _of: None)
        assert (verified.faults, verified.streams, verified.position) == ([], 3, last)
        assert verified.position == 3 * verify(database_url, lambda _done, _of: None)[0].position
        catch_up(url, [VIEWS])
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT project, items_total, items_done FROM views.project").fetchall()
    assert {project for project, *_ in rows} == {copied_id(PROJECT, number) for number in range(3)}
    assert len({tuple(counts) for _, *counts in rows}) == 1
    assert {copied_id(PROJECT, number).version for number in (1, 2)} == {8}


def test_what_grows_is_computed_for_more() -> None:
    ledgers = [SizedLedger("", 100_000), SizedLedger("", 1_000_000)]
    for sized, seconds in zip(ledgers, (0.001, 0.002), strict=True):
        sized.note(COMMAND, [seconds])
        sized.note("flat", [0.004])
        sized.disk["ledger"] = 700.0
    ledgers[1].refused["refused"] = "400"
    text = io.StringIO()
    shown(GrowthReport(Machine(2, "any", "3.11", 0.1), ledgers), Console(file=text, width=160))
    rows = {cells[1].strip(): cells for line in text.getvalue().splitlines() if len(cells := line.split("│")) > 4}
    assert [cell.strip() for cell in rows[COMMAND][2:6]] == ["1.00", "2.00", "2.00", "8.0"]
    assert [cell.strip() for cell in rows["flat"][2:6]] == ["4.00", "4.00", "1.00", "4.0"]
    assert [cell.strip() for cell in rows["refused"][2:4]] == ["", "400"]


def test_an_answer_with_more_rows_of_a_larger_zone_is_listed() -> None:
    small, large = SizedLedger("", 100_000), SizedLedger("", 1_000_000)
    small.lengths = {"a page that is not full": [40_000, 41_000, 42_000], "a full page": [50_000], "refused": [1]}
    large.lengths = {"a page that is not full": [123_000], "a full page": [51_000]}

    assert unlike_lengths([small, large]) == {"a page that is not full": ["41.0", "123.0"]}


def test_an_answer_that_a_ledger_refused_is_not_listed() -> None:
    ledgers = [SizedLedger("", size, lengths={"a page": [size]}) for size in (1_000, 2_000, 3_000)]
    assert unlike_lengths(ledgers) == {"a page": ["1.0", "2.0", "3.0"]}

    ledgers[1].lengths.clear()
    assert unlike_lengths(ledgers) == {}
