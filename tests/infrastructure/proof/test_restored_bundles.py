"""Bundles of a ledger that was restored: who knows the first log's key can check the last, and forgeries are named."""

from __future__ import annotations

import asyncio
from pathlib import Path
from shutil import copytree

import psycopg
import pytest

from infrastructure.proof.bundle_verifier import verify
from infrastructure.proof.epochs import begin_epoch
from infrastructure.proof.keys import SigningKeys, create_keys
from infrastructure.proof.log import SignedReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.proof.witness import RESTORES as WITNESSED
from infrastructure.verifier.startup import OlderLedgerError, check_against_log
from tests.conftest import database_in, name_of
from tests.infrastructure.proof.restoring import (
    FORGER,
    RESTORES,
    TAMPERED,
    RestoredZone,
    ed25519_of,
    export,
    restored_zone,
    tampered,
)
from tests.infrastructure.proof.test_bundle import lines, rewrite, seal, verified
from tests.infrastructure.proof.test_log import record
from tests.infrastructure.proof.test_publisher import NAME, running_witness
from tests.infrastructure.proof.test_restores import AT, restored, step


@pytest.fixture(scope="module")
def zone(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> RestoredZone:
    return restored_zone(server_url, migrated_template, tmp_path_factory.mktemp("restored"))


@pytest.fixture(params=["zone", "project"])
def bundle(request: pytest.FixtureRequest, zone: RestoredZone, tmp_path: Path) -> Path:
    return Path(copytree(zone.zone if request.param == "zone" else zone.project, tmp_path / "bundle"))


def test_the_key_of_any_of_the_logs_is_enough(bundle: Path, zone: RestoredZone) -> None:
    for keys in ([zone.keys[0]], [zone.keys[1]], [zone.keys[2]], list(zone.keys), []):
        report = verify(bundle, keys)
        assert report.faults == []
        assert f"restore: epoch 2, positions lost: 5 to 6, stated by {NAME}" in report.lines
        assert f"restore: epoch 3, positions lost: 10 to 11, stated by {NAME}/2" in report.lines
        is_confirmed = not keys or zone.keys[0] in keys
        assert (f"keys: that of {NAME}, which ended, is the one in the bundle" in report.lines) is not is_confirmed
    status, out = verified(bundle, zone.keys[0])
    assert (status, out.splitlines()[-1]) == (0, "verified"), out


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_statement_is_refused_with_its_position(bundle: Path, zone: RestoredZone, name: str) -> None:
    change, position = TAMPERED[name]
    for keys in ([zone.keys[0]], list(zone.keys), []):
        report = verify(tampered(Path(copytree(bundle, bundle.with_name(f"copy-{len(keys)}"))), change), keys)
        assert any(fault.startswith(f"position {position}: ") for fault in report.faults), report.faults


def test_a_log_that_a_stranger_began_is_not_trusted_by_the_key_in_the_bundle(bundle: Path, zone: RestoredZone) -> None:
    file = bundle / "data" / "keys.txt"
    file.write_text(f"{FORGER.verifier.text}\n{file.read_text()}")
    change, position = TAMPERED["signed by somebody else"]
    report = verify(tampered(bundle, change), [zone.keys[0]])
    assert [fault for fault in report.faults if fault.startswith(f"position {position}: the restore statement of ")]


def test_a_restore_without_its_statement_is_named(bundle: Path, zone: RestoredZone) -> None:
    (bundle / "data" / RESTORES).unlink()
    manifest = bundle / "manifest-sha256.txt"
    left = [line for line in manifest.read_text().splitlines() if RESTORES not in line]
    manifest.write_text("".join(f"{line}\n" for line in left))
    seal(bundle)
    faults = verify(bundle, [zone.keys[2]]).faults
    assert faults == [
        f"position 5: {NAME} ended with this restore, and no statement says so",
        f"position 10: {NAME}/2 ended with this restore, and no statement says so",
    ]
    assert f"the checkpoint of {NAME}/3 is not signed by {NAME}" in verify(bundle, [zone.keys[0]]).faults


def test_a_fact_that_says_otherwise_than_the_statement_is_named(bundle: Path, zone: RestoredZone) -> None:
    rows = [row | {"data": str(row["data"]).replace('"lost_to":6', '"lost_to":5')} for row in lines(bundle)]
    rewrite(bundle, rows)
    faults = verify(bundle, [zone.keys[0]]).faults
    assert f"position 5: the entry is not the restore that {NAME} has stated" in faults


def test_statements_that_cant_be_read_are_said_to_be_so(bundle: Path, zone: RestoredZone) -> None:
    (bundle / "data" / RESTORES).write_text('{"statement": "", "path": []}\n')
    seal(bundle)
    status, out = verified(bundle, zone.keys[0])
    assert (status, out.startswith("can't be verified: ")) == (2, True), out


def test_two_restores_with_nothing_published_between_them_are_recognised(
    server_url: str, migrated_template: str, tmp_path: Path
) -> None:
    """The second one goes back to before the first, whose fact is lost with it; the witness hears of both."""
    folder = ProofFolder(tmp_path / "proof")
    first = create_keys(folder.path, NAME)
    with (
        database_in(server_url, migrated_template) as oldest,
        running_witness(tmp_path / "witness", first.signers[0].verifier) as (address, key),
    ):
        folder.policy_file.write_text(f"witness bureau {key.text} {address}\nquorum bureau\n")
        asyncio.run(record(oldest, 1))
        with database_in(server_url, name_of(oldest)) as older:
            asyncio.run(record(older, 1))
            with database_in(server_url, name_of(older)) as url:
                asyncio.run(record(url, 1))
                step(url, folder, first)
            second = went_back(older, 6, folder, epoch_before=1)
            asyncio.run(record(older, 1))
        with pytest.raises(OlderLedgerError, match="positions 3 to 5 are gone"):
            check_against_log(oldest, SignedReader(folder.log))
        third = went_back(oldest, 7, folder, epoch_before=2)
        check_against_log(oldest, SignedReader(folder.log))

        status = step(oldest, folder, third)
        assert (status.trouble, status.published, third.name) == ("", 3, f"{NAME}/3")
        witnessed = (tmp_path / "witness" / WITNESSED).read_text()
        assert [line for line in witnessed.splitlines() if line.startswith(("ended ", "kept ", "size "))] == [
            *(f"ended {NAME}", "size 6", "kept 4"),
            *(f"ended {second.name}", "size 5", "kept 2"),
        ]
        export(oldest, folder, tmp_path / "bundle", None)
    report = verify(tmp_path / "bundle", [ed25519_of(first).text])
    assert report.faults == []
    assert f"restore: epoch 2, positions lost: 5 to 6, stated by {NAME}" in report.lines
    assert f"restore: epoch 3, positions lost: 3 to 5, stated by {NAME}/2" in report.lines


def went_back(url: str, lost_to: int, folder: ProofFolder, epoch_before: int) -> SigningKeys:
    """Record at *url* that entries up to *lost_to* were lost by a restore; the keys of the log that begins."""
    asyncio.run(restored(url, lost_to, SigningKeys.read(folder.path).name, "", epoch_before))
    with psycopg.connect(url, autocommit=True) as connection:
        fresh = begin_epoch(folder, connection, AT)
    assert fresh
    return fresh
