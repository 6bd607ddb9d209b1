"""Signed statements on the page: what the views were, and the bureau's morning report."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from playwright.sync_api import Page

from infrastructure.proof.morning import morning_report
from infrastructure.proof.note import ED25519, NoteSigner
from infrastructure.proof.statement import RebuildStatement, signed_statement
from infrastructure.proof.tiles import TileFiles
from tests.effort import chosen
from tests.infrastructure.proof.test_bundle import FORGER, LOG
from tests.infrastructure.proof.test_morning import NOW, TODAY, Zone
from tests.verify_page.forging import ask

pytestmark = pytest.mark.slow
BUREAU = NoteSigner("supervision.example.org", sha256(b"reports").digest(), ED25519)
STATEMENT = RebuildStatement(LOG.name, 42, "AAAA", "ab" * 32, 7, datetime(2026, 11, 29, tzinfo=UTC).isoformat())


def test_a_rebuild_statement_is_checked_and_repeated(page: Page) -> None:
    signed = str(signed_statement(STATEMENT.text, [LOG], 0))

    answer = ask(page, pasted=signed, keys=LOG.verifier.text)

    assert answer.verdict == "verified"
    assert f"views {STATEMENT.views}" in answer.of("says_rebuild")[0][1]
    other = ask(page, pasted=signed.replace("position 42", "position 41"), keys=LOG.verifier.text)
    assert (other.verdict, other.failed) == ("refuted", {"signature"})
    assert ask(page, pasted=signed, keys=FORGER.verifier.text).failed == {"signature"}


@pytest.mark.parametrize("yesterday", chosen([0, 300, 700], [0, 1, 256, 300, 512, 699, 700]))
def test_a_morning_report_proves_that_nothing_was_rewritten(page: Page, tile_files: TileFiles, yesterday: int) -> None:
    zone = Zone(tile_files, TODAY, (650,))
    report = morning_report(zone.log, zone.checkpoint(yesterday) if yesterday else None, NOW)
    signed = str(signed_statement(report.text, [BUREAU], 0))

    answer = ask(page, pasted=signed, keys=BUREAU.verifier.text)

    assert (answer.verdict, answer.of("consistency")[0][0]) == ("verified", "passed"), answer
    assert ("passed 650 card_issued" in answer.of("says_morning")[0][1]) is (yesterday < 650)


def test_a_bureau_that_signs_what_does_not_follow_is_found_out(page: Page, tile_files: TileFiles) -> None:
    zone = Zone(tile_files, TODAY)
    report = morning_report(zone.log, zone.checkpoint(300), NOW)
    other = report.text.replace("since 300", "since 301")
    answer = ask(page, pasted=str(signed_statement(other, [BUREAU], 0)), keys=BUREAU.verifier.text)
    assert (answer.verdict, answer.failed) == ("refuted", {"consistency"})
    cut = "\n".join(line for line in report.text.split("\n") if not line.startswith("head"))
    assert ask(page, pasted=str(signed_statement(cut, [BUREAU], 0)), keys=BUREAU.verifier.text).verdict == "unreadable"


@pytest.fixture
def tile_files(tmp_path_factory: pytest.TempPathFactory) -> TileFiles:
    return TileFiles(tmp_path_factory.mktemp("tiles"))
