"""The archive: settled projects alone, verified, gone on with where it was interrupted, and damage named."""

from __future__ import annotations

import asyncio
import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from msgspec import json
from typer.testing import CliRunner, Result

from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.delivery import DeliverDecision
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure import logging as log
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.archive import ArchivedProjects, settled_before
from scripts import cli
from tests.conftest import database_in, name_of
from tests.examples import APPLICANT, LAND, MANAGER, USCC
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.projections.zone import TimedCommand, tell

SETTLED, LATER, UNDELIVERED = UUID(int=1), UUID(int=2), UUID(int=3)
EVERY_ENTRY = 1_000


def steps(month: str, *, delivered: bool = True) -> list[TimedCommand]:
    """A project with one item, decided on the eighth day of *month*."""
    register = RegisterProject(
        name="=厂房",
        enterprise=Enterprise("Hengxin", USCC),
        manager="wang",
        items=(PlannedItem(item="land", department="land"),),
    )
    commands: list[TimedCommand] = [
        (f"{month}-01 09:00", MANAGER, register),
        (f"{month}-01 10:00", APPLICANT, SubmitItem(item="land")),
        (f"{month}-02 09:00", LAND, AcceptItem(item="land")),
        (f"{month}-08 09:00", LAND, CompleteItem(item="land", outcome=Outcome.GRANTED)),
        (f"{month}-08 10:00", LAND, DeliverDecision(item="land", method="in_person")),
    ]
    return commands if delivered else commands[:-1]


@pytest.fixture(scope="module")
def three_projects(server_url: str, projected_template: str) -> Iterator[str]:
    """The name of a database with three projects, projected, to be copied."""
    with database_in(server_url, projected_template) as url:
        asyncio.run(record(url))
        project_all(url)
        yield name_of(url)


async def record(url: str) -> None:
    """A project that is settled, one that is undelivered, and one that is settled later."""
    hands: list[datetime] = [at("04-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        stories = [(SETTLED, steps("04")), (UNDELIVERED, steps("05", delivered=False)), (LATER, steps("06"))]
        await tell(approvals, hands, stories)


@pytest.fixture
def database_url(server_url: str, three_projects: str) -> Iterator[str]:
    """A fresh database with the three projects."""
    with database_in(server_url, three_projects) as url:
        yield url


@pytest.fixture
def archive(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to write to, beside an installation with three projects and a signed log."""
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    run("log-key", "create", "--name", "countersign.example/zone")
    run("checkpoint")
    return tmp_path / "archive"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, list(words))


def archived(folder: Path, before: str, status: int = 0) -> ArchivedProjects:
    ended = run("archive", str(folder), "--settled-before", before, "--json")
    assert ended.exit_code == status, (ended.output, ended.exception)
    return json.decode(ended.stdout, type=ArchivedProjects)


def names_in(folder: Path) -> set[str]:
    return {place.name for place in folder.iterdir()}


def test_settled_projects_alone_are_archived_and_more_with_a_later_day(archive: Path) -> None:
    first = archived(archive, "2026-06-01")
    assert (first.bundles, first.written, first.damaged) == (1, 1, [])
    assert names_in(archive) == {str(SETTLED), "index.csv", "SHA256SUMS"}
    again = archived(archive, "2026-07-01")
    assert (again.bundles, again.written) == (2, 1)
    assert archived(archive, "2026-07-01").written == 0
    with (archive / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["project"] for line in lines] == [str(SETTLED), str(LATER)]
    assert (lines[0]["name"], lines[0]["entries"], lines[0]["tree_size"]) == ("'=厂房", "5", "14")
    assert lines[0]["last_recorded"] == "2026-04-08T02:00:00+00:00"


def test_others_verify_the_archive_without_this_program(archive: Path) -> None:
    archived(archive, "2026-07-01")
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=archive, capture_output=True, check=False)
    assert sums.returncode == 0, sums.stderr
    verifier = [sys.executable, "-I", str(archive / str(SETTLED) / "verify.py")]
    judged = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stdout.splitlines()[-1]) == (0, "verified")


def test_an_interrupted_archive_is_gone_on_with(archive: Path) -> None:
    archived(archive, "2026-07-01")
    shutil.move(archive / str(LATER), archive / f"{LATER}.part")
    (archive / f"{LATER}.part" / "data" / "entries.ndjson").unlink()
    assert archived(archive, "2026-07-01").written == 1
    assert names_in(archive) == {str(SETTLED), str(LATER), "index.csv", "SHA256SUMS"}


def test_bundles_of_before_and_after_a_rotation_of_the_log_key_are_sound(archive: Path) -> None:
    archived(archive, "2026-06-01")
    for words in (("log-key", "rotate"), ("checkpoint",)):
        ended = run(*words)
        assert ended.exit_code == 0, ended.output
    report = archived(archive, "2026-07-01")
    assert (report.bundles, report.written, report.damaged) == (2, 1, [])


@pytest.mark.parametrize(("sound", "decayed"), [("厂房", "厂方"), ('{"position"', '["position"')], ids=["text", "form"])
def test_a_damaged_bundle_is_named_and_left_out_of_the_index(archive: Path, sound: str, decayed: str) -> None:
    archived(archive, "2026-07-01")
    entries = archive / str(LATER) / "data" / "entries.ndjson"
    entries.write_bytes(entries.read_bytes().replace(sound.encode(), decayed.encode()))
    report = archived(archive, "2026-07-01", status=1)
    assert report.damaged
    assert all(sentence.startswith(f"{LATER}: ") for sentence in report.damaged)
    assert str(LATER) not in (archive / "index.csv").read_text(encoding="utf-8")
    shutil.rmtree(archive / str(LATER))
    assert archived(archive, "2026-07-01").damaged == []


def test_what_log_or_views_lack_is_left_out_and_said(archive: Path, database_url: str) -> None:
    async def note() -> None:
        async with Approvals(database_url, clock=lambda: at("06-09")) as approvals:
            await approvals.handle(LATER, NoteStep(activity="核对", item="land"), LAND, uuid4())

    asyncio.run(note())
    behind = settled_before(database_url, at("07-01"), EVERY_ENTRY)
    assert (list(behind.versions), behind.unlogged, behind.behind) == ([SETTLED], 0, 1)
    report = archived(archive, "2026-07-01")
    assert (report.bundles, report.unlogged, report.behind) == (1, 1, 0)
    run("checkpoint")
    assert archived(archive, "2026-07-01").written == 1


def test_a_project_with_entries_since_is_written_again_once_it_is_settled(archive: Path, database_url: str) -> None:
    archived(archive, "2026-07-01")

    async def note() -> None:
        async with Approvals(database_url, clock=lambda: at("07-09")) as approvals:
            await approvals.handle(SETTLED, NoteStep(activity="核对", item="land"), LAND, uuid4())

    asyncio.run(note())
    run("checkpoint")
    assert archived(archive, "2026-07-01").written == 0
    report = archived(archive, "2026-08-01")
    assert (report.written, report.damaged, report.bundles) == (1, [], 2)
