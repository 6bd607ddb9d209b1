"""A simulated zone: the same seed gives the same facts, its views equal a rebuild, and nonsense is refused."""

from __future__ import annotations

from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from msgspec import structs
from typer.testing import CliRunner

from domain.legal_person.codes import fault_of
from domain.messages import tag_of
from infrastructure import logging as log
from infrastructure.law.lawbook import law_book
from infrastructure.projector.rebuild import rebuild
from infrastructure.verifier.startup import OlderLedgerError
from infrastructure.verifier.verify import verify
from infrastructure.watcher.watch_schedule import LEADER_KEY
from scripts import cli, ledger
from scripts.server import database
from scripts.server.catching_up import catch_up
from scripts.simulation.chance import Chance
from scripts.simulation.legal_person import person_life
from scripts.simulation.office_time import OfficeTime
from scripts.simulation.people import enterprise
from scripts.simulation.simulate import Simulated, SimulationPlan, SimulationRefusedError, simulate
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import LAW

FEW = SimulationPlan(projects=5, seed=11, until=date(2026, 6, 1), begin=date(2025, 3, 3), processes=1)
FEWER = structs.replace(FEW, projects=chosen(2, 5), until=chosen(date(2025, 9, 1), FEW.until))
VIEWED = structs.replace(FEW, projects=chosen(3, 5), in_order=True)
BRIEF = structs.replace(FEW, projects=1, until=date(2025, 4, 1))
IN_LEDGER = """
    SELECT e.recorded_at FROM ledger.event AS e JOIN ledger.stream AS s ON s.stream = e.stream
    WHERE s.kind = 'project' ORDER BY e.seq
"""
SEEN_OFTEN = {
    "flow_adopted",
    "item_accepted",
    "item_completed",
    "decision_delivered",
    "external_result_recorded",
    "countersignature_asked",
    "supplement_requested",
    "deadline_warned",
    "service_evaluated",
}


async def simulated(server_url: str, template: str, plan: SimulationPlan) -> Simulated:
    with database_in(server_url, template) as url:
        return await simulate(url, plan)


@pytest.mark.slow
async def test_the_same_seed_gives_the_same_facts_in_whatever_order_and_another_seed_others(
    server_url: str, migrated_template: str
) -> None:
    first = await simulated(server_url, migrated_template, FEWER)
    again = await simulated(server_url, migrated_template, structs.replace(FEWER, in_order=True))
    other = await simulated(server_url, migrated_template, structs.replace(FEWER, seed=12))
    assert first.hash == again.hash != other.hash
    assert first.facts_by_name == again.facts_by_name


@pytest.mark.long
async def test_the_views_of_a_simulated_zone_equal_a_rebuild(projected_database_url: str) -> None:
    counts: list[tuple[int, int]] = []
    done = await simulate(projected_database_url, VIEWED, lambda done, of: counts.append((done, of)))
    with psycopg.connect(projected_database_url) as connection:
        recorded = [at for (at,) in connection.execute(IN_LEDGER).fetchall()]
    assert recorded == sorted(recorded)
    assert counts == [(number, VIEWED.projects) for number in range(1, VIEWED.projects + 1)]
    assert set(done.facts_by_name) >= SEEN_OFTEN
    catch_up(projected_database_url)
    result = rebuild(projected_database_url, swap=False)
    assert not result.differences
    assert not verify(projected_database_url, lambda _done, _of: None)[0].faults
    now = ledger.status(projected_database_url)
    assert (now.projects, now.errors) == (VIEWED.projects, {})
    assert now.facts >= done.facts


async def test_a_seed_is_simulated_once_in_a_ledger(database_url: str) -> None:
    await simulate(database_url, BRIEF)
    with pytest.raises(SimulationRefusedError, match="seed 11 was simulated"):
        await simulate(database_url, BRIEF)
    assert (await simulate(database_url, structs.replace(BRIEF, seed=13))).facts


async def test_another_watcher_of_the_ledger_is_not_overruled(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "scripts.simulation.simulate.HELD_TRIES", 1
    )  # each takes a second, and no one is about to let go
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LEADER_KEY])
        with pytest.raises(SimulationRefusedError, match="A server watches"):
            await simulate(database_url, FEW)


def test_a_ledger_that_lacks_what_its_log_has_signed_is_not_written_to(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(*_: object) -> None:
        raise OlderLedgerError("positions 1 to 7 are gone")

    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setattr(database, "ready", lambda _: database_url)
    monkeypatch.setattr(database, "check_against_log", older)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    done = CliRunner().invoke(cli.cli, ["simulate", "--projects", "1", "--until", "2025-04-01", "--processes", "1"])
    assert isinstance(done.exception, OlderLedgerError), done.output
    assert ledger.status(database_url).facts == 0


async def test_a_killed_process_is_reported_in_a_sentence(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(*_: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr("scripts.simulation.simulate._shared_out", killed)
    monkeypatch.setattr("scripts.simulation.simulate.SHARE", 1)
    with pytest.raises(SimulationRefusedError, match="was killed"):
        await simulate(database_url, structs.replace(FEW, processes=2))


@pytest.mark.parametrize(
    "plan",
    [
        structs.replace(FEW, projects=0),
        structs.replace(FEW, projects=100_001),
        structs.replace(FEW, until=date(1999, 1, 1), begin=None),
        structs.replace(FEW, begin=FEW.until),
    ],
)
async def test_nonsense_is_refused(database_url: str, plan: SimulationPlan) -> None:
    with pytest.raises(SimulationRefusedError):
        await simulate(database_url, plan)


def test_the_codes_of_simulated_enterprises_check() -> None:
    chance = Chance(1, "codes")
    assert not [person for _ in range(300) if fault_of((person := enterprise(chance)).code)[0]]


def test_people_of_a_zone_change_stand_twice_and_are_merged() -> None:
    """Each entry in the order of time, under a code that checks, and never after the end."""
    begin, days = date(2025, 3, 3), 250
    calendar = law_book().calendar(LAW, date(2026, 6, 1))
    entered = datetime(2025, 3, 3, 2, tzinfo=UTC)
    counts: Counter[str] = Counter()
    for number in range(60):
        chance = Chance(7, f"test {number}")
        person, time = enterprise(chance), OfficeTime(calendar, chance)
        life = list(person_life(person, 7, entered, time, lambda nth: calendar.nth_working_day_after(begin, nth), days))
        for code in {command.code for _, command in life}:
            assert not fault_of(code)[0]
            times = [at for at, command in life if command.code == code]
            assert times == sorted(times)
            assert entered <= times[0] <= times[-1] < datetime(2026, 6, 1, tzinfo=UTC)
        counts.update(tag_of(command) for _, command in life)
    assert set(counts) == {"register_legal_person", "change_legal_person", "link_legacy_code", "merge_legal_person"}
