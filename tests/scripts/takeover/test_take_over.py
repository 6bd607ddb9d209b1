"""Cases taken over: their clocks go on as if they had lived here, by vectors counted by hand; whole, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from msgspec import json, structs
from typer.testing import CliRunner

from domain.core.ledger import Actor, Role
from domain.core.types import Outcome
from domain.messages import AnyCommand, Entry, register_of, tag_of
from domain.project.application.completion import CompleteItem
from domain.project.application.suspension import ResumeClock
from infrastructure import logging as log
from infrastructure.ledger.approvals import Approvals
from projections.clocks.law_events import item_histories
from projections.clocks.reading import Reading, read
from scripts import cli
from scripts.importing.importer import SYSTEM_IMPORTER
from scripts.takeover.reading import ProjectToTakeOver, TakeOverFileError, read_projects
from scripts.takeover.taking import TakeOverReport, take_over
from tests.examples import APPLICANT, LAND, MANAGER

Act = dict[str, Any]


def at(local: str) -> str:
    """An instant of Beijing, such as "2025-09-26 10:00"."""
    return f"{local.replace(' ', 'T')}:00+08:00"


def act(local: str, command: str, department: str = "", **fields: Any) -> Act:
    return {"at": at(local), "department": department, "command": {"command": command, **fields}}


def registered(local: str, **planned: Any) -> Act:
    item = {"item": "land", "department": "land", **planned}
    enterprise = {"name": "恒信", "uscc": "91420100MA0HX2026E"}
    return act(local, "register_project", name="厂房", enterprise=enterprise, manager="wang", items=[item])


def accepted(on: str, **planned: Any) -> list[Act]:
    """Registered, applied for and accepted on one day."""
    return [
        registered(f"{on} 09:00", **planned),
        act(f"{on} 09:30", "submit_item", item="land"),
        act(f"{on} 10:00", "accept_item", "land", item="land"),
    ]


def suspended(since: str, until: str = "", item: str = "land") -> list[Act]:
    begun = act(since, "suspend_clock", "land", item=item, ground="expert_review", suspension="s1", notified=True)
    return [begun, *([act(until, "resume_clock", "land", item=item, suspension="s1")] if until else [])]


APPROVED = {"reasons": "水文论证", "approver": "agency_head", "notified": True}
LONGER = act("2026-04-16 11:00", "extend_limit", "land", item="land", days=5, **APPROVED)
APPLIED = [registered("2025-09-26 09:00"), act("2025-09-26 10:00", "submit_item", item="land")]
# Twenty working days from the day after acceptance, by the State Council's notices for 2025 and 2026; the first two are
# those of the working days around the National Day and Qingming, the others what a suspension and an extension move.
VECTORS: dict[str, tuple[list[Act], dict[str, str]]] = {
    "national-day": (accepted("2025-09-26"), {"decision": "2025-10-30"}),
    "promise": (accepted("2026-04-09", promise_days=10), {"decision": "2026-05-11", "commitment": "2026-04-23"}),
    "expert-review": (
        [*accepted("2026-04-09", promise_days=10), *suspended("2026-04-10 09:00", "2026-04-17 09:00")],
        {"decision": "2026-05-18", "commitment": "2026-04-30"},
    ),
    "extension": ([*accepted("2026-04-09"), LONGER], {"decision": "2026-05-18"}),
    "intake": (APPLIED, {"intake#1": "2025-10-10"}),
}


def project_of(name: str, acts: list[Act], clocks: dict[str, str]) -> ProjectToTakeOver:
    stated = [{"item": "land", "clock": clock, "due_on": due} for clock, due in clocks.items()]
    line = json.encode({"register": "old", "code": name, "acts": acts, "clocks": stated})
    return json.decode(line, type=ProjectToTakeOver)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    hands = datetime.fromisoformat(at("2026-04-20 09:00"))
    async with Approvals(shared_database_url, clock=lambda: hands) as opened:
        yield opened


async def taken(approvals: Approvals, *projects: ProjectToTakeOver, preview: bool = False) -> TakeOverReport:
    return await take_over(approvals, list(enumerate(projects, start=1)), preview=preview)


@pytest.mark.parametrize("name", VECTORS)
async def test_the_clocks_are_those_counted_by_hand(approvals: Approvals, name: str) -> None:
    acts, clocks = VECTORS[name]
    project = project_of(name, acts, clocks)
    report = await taken(approvals, project, preview=True)
    assert (report.refusals, report.differences, report.clocks) == ([], [], len(clocks))
    assert await approvals.history(project.id) == []

    wrong = project_of(name, acts, dict.fromkeys(clocks, "2026-01-05"))
    differing = await taken(approvals, wrong)
    assert [str(each.counted) for each in differing.differences] == list(clocks.values())
    assert (differing.taken_over, await approvals.history(project.id)) == (0, [])


def decision_of(entries: list[Entry], approvals: Approvals) -> Reading:
    now = datetime.fromisoformat(at("2026-06-30 09:00"))
    (history,) = item_histories(entries).values()
    reading = read(history, approvals.laws, now, now)
    assert reading is not None
    return next(clock for clock in reading.clocks if clock.clock == "decision")


async def test_a_case_goes_on_as_if_it_had_lived_here(approvals: Approvals, database_url: str) -> None:
    """Taken over while suspended, resumed and decided here; beside it the same case, lived here from the start."""
    acts = [*accepted("2026-04-09"), *suspended("2026-04-10 09:00")]
    project = project_of("goes-on", acts, {})
    assert (await taken(approvals, project)).taken_over == 1
    hands = [datetime.fromisoformat(at("2026-04-09 09:00"))]
    own = uuid4()
    async with Approvals(database_url, clock=lambda: hands[0]) as native:
        by = {"register_project": MANAGER, "submit_item": APPLICANT}
        for each in project.sequence(LAND).commands:
            hands[0] = each.command.occurred_at or hands[0]
            command = structs.replace(each.command, occurred_at=None)
            await native.handle(own, command, by.get(tag_of(command), LAND), uuid4())
        further: list[tuple[str, AnyCommand]] = [
            ("2026-04-17 09:00", ResumeClock(item="land", suspension="s1")),
            ("2026-04-20 08:00", CompleteItem(item="land", outcome=Outcome.GRANTED)),
        ]
        for local, command in further:
            hands[0] = datetime.fromisoformat(at(local))
            await native.handle(own, command, LAND, uuid4())
            dated = structs.replace(command, occurred_at=hands[0])
            await approvals.handle(project.id, dated, LAND, uuid4())
        lived = decision_of(await native.history(own), native)
    entries = await approvals.history(project.id)
    over = decision_of(entries, approvals)
    assert (over.due_on, over.state, over.used, over.length) == (lived.due_on, lived.state, lived.used, lived.length)
    assert over.due_on == date(2026, 5, 18)
    assert register_of(entries[0]) == "", "it is the zone's own"
    assert entries[0].recorded_at == datetime.fromisoformat(at("2026-04-09 09:00"))
    assert entries[0].recorded.by == SYSTEM_IMPORTER
    assert entries[0].recorded.on_behalf_of == entries[0].recorded.actor == Actor("old", "", Role.SYSTEM)


async def test_it_is_taken_over_once_and_whole_or_not_at_all(approvals: Approvals) -> None:
    acts, clocks = VECTORS["promise"]
    project = project_of("once", acts, clocks)
    assert (await taken(approvals, project)).facts == len(acts)
    assert (await taken(approvals, project)).repeated == 1
    broken = project_of("broken", [*acts, act("2026-04-14 09:00", "accept_item", "land", item="land")], {})
    report = await taken(approvals, broken, project_of("beside", acts, clocks))
    (refusal,) = report.refusals
    assert (refusal.line, refusal.act) == (1, 4)
    assert "land is accepted" in refusal.sentence
    assert refusal.remedy
    assert (report.taken_over, await approvals.history(broken.id)) == (1, [])


async def test_a_project_that_comes_again_with_other_acts_is_refused_and_stays(approvals: Approvals) -> None:
    acts = [*accepted("2026-04-09"), *suspended("2026-04-10 09:00")]
    project = project_of("again", acts[:-1], {})
    assert (await taken(approvals, project)).taken_over == 1
    stored = await approvals.history(project.id)
    for preview in (True, False):
        longer = await taken(approvals, project_of("again", acts, {}), preview=preview)
        shorter = await taken(approvals, project_of("again", acts[:1], {}), preview=preview)
        moved = [{**acts[0], "at": at("2026-04-09 08:00")}, *acts[1:-1]]
        earlier = await taken(approvals, project_of("again", moved, {}), preview=preview)
        for report, number in ((longer, len(acts)), (shorter, 1), (earlier, 1)):
            (refusal,) = report.refusals
            assert (refusal.act, report.repeated, report.taken_over) == (number, 0, 0)
            assert "with other acts" in refusal.sentence
        assert (await taken(approvals, project, preview=preview)).repeated == 1
    assert await approvals.history(project.id) == stored


async def test_a_refused_act_has_its_place_in_the_file(approvals: Approvals) -> None:
    acts = [*accepted("2026-04-09"), act("2026-04-08 09:00", "accept_item", "land", item="land")]
    (refusal,) = (await taken(approvals, project_of("earlier", acts, {}))).refusals
    assert (refusal.act, refusal.sentence) == (4, "this project is not registered")


async def test_what_follows_on_an_act_is_recorded_no_earlier(approvals: Approvals) -> None:
    """Otherwise the ledger would hold an entry recorded before the last, and count as damaged."""
    acts = accepted("2026-04-09")
    acts[1]["recorded_at"] = at("2026-04-15 09:00")
    project = project_of("keyed-in-late", acts, {})
    assert (await taken(approvals, project)).taken_over == 1
    recorded = [str(entry.recorded_at.date()) for entry in await approvals.history(project.id)]
    assert recorded == ["2026-04-09", "2026-04-15", "2026-04-15"]


async def test_what_is_still_to_be_recorded_is_refused(approvals: Approvals) -> None:
    acts = accepted("2026-04-09")
    acts[1]["recorded_at"] = at("2030-04-15 09:00")
    (refusal,) = (await taken(approvals, project_of("of-tomorrow", acts, {}))).refusals
    assert (refusal.act, "can't have been recorded at 2030" in refusal.sentence) == (2, True)


async def test_one_code_is_for_one_project(approvals: Approvals) -> None:
    acts = accepted("2026-04-09")
    acts[0]["command"]["code"] = "LAND-9"
    coded = [project_of(name, acts, {}) for name in ("code-1", "code-2")]
    for preview in (True, False):
        report = await taken(approvals, *coded, preview=preview)
        (refusal,) = report.refusals
        assert (refusal.line, refusal.act) == (2, 1)
        assert "under the code LAND-9" in refusal.sentence
    assert report.taken_over == 1


async def test_a_project_that_is_left_out_holds_no_code(approvals: Approvals) -> None:
    acts = accepted("2026-04-09")
    acts[0]["command"]["code"] = "LAND-10"
    differing, right = project_of("code-3", acts, {"statute": "2026-01-05"}), project_of("code-4", acts, {})
    for preview in (True, False):
        report = await taken(approvals, differing, right, preview=preview)
        assert (len(report.differences), report.refusals) == (1, [])
    assert report.taken_over == 1


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"old"', b'"o\\u0000ld"', r"\$: register: the text holds the character U\+0000"),
        (b'"land","actor"', b'"la\\u202end","actor"', r"acts\[2\]: department: .* U\+202E"),
        ("厂房".encode(), b"a\\u001b[31m", r"acts\[0\]\.command: \$\.name: .* U\+001B"),
        (b"2026-04-09T09:00", b"0001-04-09T09:00", r"acts\[0\]: at: at is in the year 1"),
        (b"2026-04-09T10:00", b"9999-12-31T23:00", r"acts\[2\]: at: at is in the year 9999"),
        (b'"acts"', b'"acts', "a line is one project as JSON in UTF-8"),
    ],
)
def test_what_no_command_may_hold_is_refused(tmp_path: Path, old: bytes, new: bytes, named: str) -> None:
    file = tmp_path / "cases.ndjson"
    line = json.encode(project_of("odd", accepted("2026-04-09"), {}))
    file.write_bytes(b"\xef\xbb\xbf" + line)
    assert len(list(read_projects(file))) == 1
    assert old in line
    file.write_bytes(line.replace(old, new))
    with pytest.raises(TakeOverFileError, match=rf"cases\.ndjson, line 1: .*{named}"):
        list(read_projects(file))


def test_a_line_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.ndjson"
    file.write_bytes(b'\n{"register": "old", "code": "x", "acts": []}\n')
    with pytest.raises(TakeOverFileError, match=r"cases\.ndjson, line 2: .*acts"):
        list(read_projects(file))
    with pytest.raises(TakeOverFileError, match="No such file"):
        list(read_projects(tmp_path / "none"))
    for nothing in (b"", b"\xef\xbb\xbf", b"\n \n"):
        file.write_bytes(nothing)
        with pytest.raises(TakeOverFileError, match=r"cases\.ndjson holds no project"):
            list(read_projects(file))


def test_an_interruption_says_how_to_go_on(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: Any, **__: Any) -> TakeOverReport:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.server.database.ready", lambda _: database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setattr("scripts.takeover.verbs.take_over_projects", interrupted)
    file = tmp_path / "cases.ndjson"
    file.write_bytes(json.encode(project_of("odd", accepted("2026-04-09"), {})))
    ended = CliRunner().invoke(cli.cli, ["take-over", str(file), "--carry-out"])
    assert ended.exit_code == 130
    assert "run the same command again" in " ".join(ended.stderr.split())


def test_the_verb_shows_a_preview_first_and_records_who_took_over(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.server.database.ready", lambda _: database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    file = tmp_path / "cases.ndjson"
    acts, clocks = VECTORS["national-day"]
    project = project_of("verb", acts, clocks)
    file.write_bytes(json.encode(project))
    words = ["take-over", str(file), "--as", "chen.jie", "--json"]
    stranger = CliRunner().invoke(cli.cli, words)
    assert (stranger.exit_code, "no grant as an administrator" in " ".join(stranger.stderr.split())) == (2, True)
    administrator = ["users", "add", "chen.jie", "Chen Jie", "--role", "administrator"]
    assert CliRunner().invoke(cli.cli, administrator).exit_code == 0
    for more, stored, repeated in (([], 0, 0), (["--carry-out"], 1, 0), (["--carry-out"], 0, 1)):
        done = CliRunner().invoke(cli.cli, [*words, *more])
        assert done.exit_code == 0, done.output
        report = json.decode(done.stdout)
        assert (report["taken_over"], report["repeated"], report["clocks"]) == (stored, repeated, 1 - repeated)
    history = json.decode(CliRunner().invoke(cli.cli, ["history", str(project.id), "--json"]).stdout)
    recorded = history[-1]["recorded"]
    assert recorded["by"] == {"id": "chen.jie", "department": "", "role": "administrator"}
    assert recorded["on_behalf_of"] == {"id": "old", "department": "land", "role": "system"}
