"""The support bundle: personal data planted wherever there may be some is found nowhere in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
import pytest_asyncio
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from infrastructure import logging as log
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import LogFormat, Settings
from infrastructure.support import bundle
from infrastructure.support.scrubbing import scrubbed_log, scrubbed_settings
from scripts import cli
from tests.api.guard.two_projects import PHONE, tell_both
from tests.infrastructure.projector.test_projector import project_all

PERSON, SECRET = "chenweiZQX", "hunter2ZQX"
MARKS = ("ZQX", PHONE, "陈工", "恒信", "wang.min", "91420100")
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


def planted_settings(folder: Path) -> Settings:
    """Settings with a person in every text."""
    home = folder / f"home-{PERSON}"
    home.mkdir(exist_ok=True)
    return Settings(
        data=home / "data",
        database_url=f"postgresql://{PERSON}:{SECRET}@localhost/none",
        allowed_hosts=f"{PERSON}.example.org",
        public_url=f"https://{PERSON}.example.org",
        materials=str(home),
        keys=str(home / "keys"),
        proof=str(home / "proof"),
        gateway_secret=SECRET * 4,
        oidc_client_id=PERSON,
        oidc_client_secret=SECRET,
        master_key="ab" * 32,
        master_key_next="cd" * 32,
    )


def planted_log() -> str:
    """A log as the program writes it, with persons in every place that a line has."""
    stream = StringIO()
    log.configure(Settings(data=Path(), log=LogFormat.JSON), stream)
    logger = structlog.get_logger()
    logger.info("material_uploaded", actor=PERSON, department="land", size=12, name=f"{PERSON}.pdf")
    line = f"{PERSON} could not sign in"  # as a library logs
    logger.warning(line)
    logger.warning("view_stopped", view=PERSON, position=7, phone=int(PHONE), logger=PERSON, **{PERSON: 1})
    try:
        int(PHONE + "x")
    except ValueError:
        logger.exception("projector_failed", error=f"value {PHONE}", **{PERSON + " 陈工": 1})
    structlog.reset_defaults()
    return stream.getvalue() + f"plain text of {PERSON}\n" + '{"half": "' + PERSON + "\n"


@pytest_asyncio.fixture
async def url(database_url: str) -> str:
    """A ledger with two projects, and a view that stopped with a person's name in its error."""
    async with Approvals(database_url) as approvals:
        await tell_both(approvals)
    project_all(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE views.position SET error = %s WHERE view = 'clocks'", [f"can't fold {PERSON}"])
    return database_url


def contents(file: BytesIO) -> dict[str, str]:
    with ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_is_planted_everywhere_is_found_nowhere(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = planted_settings(tmp_path)
    monkeypatch.setenv(f"COUNTERSIGN_{PERSON.upper()}", PERSON)  # doctor names what it does not know
    monkeypatch.setattr("infrastructure.doctor.connect_url", lambda _: url)
    file = BytesIO()
    lines = planted_log().splitlines()
    assert sum(any(mark in line for mark in MARKS) for line in lines) == len(lines)

    written = bundle.write_support_bundle(file, chosen, url, NOW, lines, lambda _done, _of: None)

    texts = contents(file)
    assert [name for name in texts if name not in written.files] == []
    for name, text in texts.items():
        assert [mark for mark in (*MARKS, PERSON.upper(), SECRET, str(tmp_path)) if mark in text] == [], name
    assert (written.log_lines, written.log_lines_left_out) == (4, 2)


def test_what_helps_is_in_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.doctor.connect_url", lambda _: url)
    file = BytesIO()
    bundle.write_support_bundle(file, planted_settings(tmp_path), url, NOW, planted_log().splitlines(), None)
    texts = {name: json.loads(text) for name, text in contents(file).items() if name.endswith(".json")}
    assert texts["versions.json"]["packages"]["msgspec"]
    assert texts["settings.json"]["COUNTERSIGN_PORT"] == 8000
    assert texts["settings.json"]["COUNTERSIGN_OIDC_CLIENT_SECRET"] == "set"
    assert texts["settings.json"]["COUNTERSIGN_TSA"] == ""
    clocks = next(view for view in texts["database.json"]["views"] if view["view"] == "clocks")
    assert (clocks["stopped"], clocks["lag_entries"]) == (True, 0)
    assert texts["database.json"]["facts"]["project_registered"] == 2
    assert {check["name"] for check in texts["doctor.json"]} >= {"python", "ledger", "keys"}
    last = texts["log.json"]["lines"][-1]
    assert (last["event"], last["exception"][0]["exc_type"]) == ("projector_failed", "ValueError")
    assert "verified.json" not in texts


def test_the_verb_writes_it_and_says_what_it_can_not_read(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.server.database.ready", lambda _: url)
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setenv("DATABASE_URL", url)
    file = tmp_path / "bundle.zip"
    done = CliRunner().invoke(cli.cli, ["support-bundle", str(file), "--verify", "--json"])
    assert done.exit_code == 0, done.output
    assert "verified.json" in contents(BytesIO(file.read_bytes()))
    lost = CliRunner().invoke(cli.cli, ["support-bundle", str(file), "--log", str(tmp_path / "none")])
    assert lost.exit_code == 2
    assert "No such file" in " ".join(lost.output.split())


def test_a_database_of_a_newer_release_is_described_all_the_same(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setenv("DATABASE_URL", database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO schema_migration (number, name, digest) VALUES (9000, '9000_later.sql', '')")
        connection.execute("ALTER TABLE watch.position RENAME TO later")
    file = tmp_path / "bundle.zip"
    done = CliRunner().invoke(cli.cli, ["support-bundle", str(file), "--json"])
    assert done.exit_code == 1, done.output
    assert "A newer Countersign has changed this database" in done.output
    read = json.loads(contents(BytesIO(file.read_bytes()))["database.json"])
    assert (read["migrations"], read["unread"]) == (9000, {"watched": "UndefinedTable"})


def test_a_database_that_is_away_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setattr("infrastructure.postgres.connect.SERVER_SECONDS_MAX", 0)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    file = tmp_path / "bundle.zip"
    done = CliRunner().invoke(cli.cli, ["support-bundle", str(file), "--verify"])
    assert done.exit_code == 1, done.output
    assert "No connection to" in done.output
    texts = contents(BytesIO(file.read_bytes()))
    assert json.loads(texts["database.json"])["unread"] == {"connection": "OperationalError"}
    assert json.loads(texts["verified.json"]) == {"unread": {"verified": "OperationalError"}}
    assert str(tmp_path) not in "".join(texts.values())


def test_a_bundle_that_can_not_be_written_leaves_the_one_before(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "configure", lambda _: None)
    monkeypatch.setattr("scripts.server.database.ready", lambda _: url)
    monkeypatch.setenv("DATABASE_URL", url)
    file = tmp_path / "bundle.zip"
    file.write_bytes(b"the one before")
    done = CliRunner().invoke(cli.cli, ["support-bundle", str(file), "--log", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert file.read_bytes() == b"the one before"


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["event", "view", "exception", "error", "position", "name", PERSON]), VALUES))
def test_no_line_of_any_shape_is_too_odd(fields: dict[str, Any]) -> None:
    planted = fields | {"error": PERSON, "message": PERSON, "at": PERSON, "work": PERSON}
    tail = scrubbed_log([json.dumps(planted)])
    assert PERSON not in json.dumps(tail.lines, ensure_ascii=False)
    assert len(tail.lines) == 1


def test_settings_are_shown_by_kind() -> None:
    shown = scrubbed_settings(Settings(data=Path("/home/chen"), port=9000))
    assert (shown["COUNTERSIGN_PORT"], shown["COUNTERSIGN_DATA"], shown["COUNTERSIGN_GATEWAY"]) == (
        9000,
        "set",
        "closed",
    )
