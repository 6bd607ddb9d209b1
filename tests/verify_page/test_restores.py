"""A ledger that was restored twice, on the page: its bundles, the statements alone, and what tampering shows as."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Page

from tests.effort import chosen
from tests.infrastructure.proof.restoring import FIRST_KEPT, TAMPERED, RestoredZone, restored_zone, tampered
from tests.infrastructure.proof.test_publisher import NAME
from tests.verify_page.forging import ask, packed

pytestmark = pytest.mark.slow

# Without the last statement the one before it leads to another log than that of the checkpoint, which is named as well.
FIRST_NAMED = {"the last one left out": FIRST_KEPT + 1}


@pytest.fixture(scope="module")
def restored(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> RestoredZone:
    with ThreadPoolExecutor(1) as thread:  # this one has the event loop of the browser
        return thread.submit(restored_zone, server_url, migrated_template, tmp_path_factory.mktemp("restored")).result()


@pytest.mark.long
@pytest.mark.parametrize("kind", chosen(["zone"], ["zone", "project"]))
def test_who_knows_the_first_log_can_check_the_last(
    page: Page, restored: RestoredZone, kind: str, tmp_path: Path
) -> None:
    bundle = packed(restored.zone if kind == "zone" else restored.project, tmp_path)

    answer = ask(page, keys=restored.keys[0], file=bundle)

    assert (answer.verdict, answer.first_bad, answer.failed) == ("verified", None, set()), answer
    (first, second), ((outcome, facts),) = answer.of("restore"), answer.of("restore_facts")
    assert (first[0], "positions lost: 5–6" in first[1], "positions lost: 10–11" in second[1]) == ("passed", True, True)
    assert (outcome, "2 restores" in facts) == ("passed", True)
    assert answer.of("signature") == [("passed", f"Signed by {NAME}/3: {NAME}/3, 12 entries.")]
    other = ask(page, keys=restored.keys[2], file=bundle)
    assert (other.verdict, [outcome for outcome, _ in other.of("restore_key")]) == ("verified", ["unchecked"])
    assert ask(page, keys="", file=bundle).verdict == "fits"


@pytest.mark.parametrize("name", chosen(["signed by somebody else", "the first one left out"], list(TAMPERED)))
def test_a_tampered_statement_is_refused_with_its_position(
    page: Page, restored: RestoredZone, name: str, tmp_path: Path
) -> None:
    change, position = TAMPERED[name]
    bundle = tampered(Path(copytree(restored.project, tmp_path / "copy")), change)

    answer = ask(page, keys=restored.keys[0], file=packed(bundle, tmp_path))

    assert (answer.verdict, answer.first_bad) == ("refuted", FIRST_NAMED.get(name, position)), answer
    assert any(f"{position}" in text for _, text in answer.of("restore") + answer.of("restore_facts")), answer
    assert answer.failed & {"restore", "restore_facts"}


def test_an_earlier_checkpoint_and_a_statement_alone_are_read(
    page: Page, restored: RestoredZone, tmp_path: Path
) -> None:
    ended = restored.folder.restores()
    checkpoint = str(ended[1].log.note)
    answer = ask(page, keys=restored.keys[0], earlier=checkpoint, file=packed(restored.zone, tmp_path))
    assert answer.verdict == "verified", answer
    assert answer.of("kept_lost")[0][1].startswith("Your checkpoint has 6 entries; those from position 5 on were lost")

    statement = str(ended[1].statement)
    page.set_input_files("#file", [])
    assert ask(page, keys=restored.keys[0], pasted=statement).verdict == "verified"
    forged = ask(page, keys=restored.keys[0], pasted=statement.replace("\nepoch 2\n", "\nepoch 4\n"))
    assert (forged.verdict, forged.first_bad, forged.failed) == ("refuted", 5, {"restore"})
