"""Signing keys as files: only their owner reads them, they are rotated with an overlap, and backed up elsewhere."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infrastructure.proof.keys import (
    OF_A_WITNESS,
    PRIVATE,
    PUBLIC,
    SigningKeyError,
    SigningKeys,
    create_keys,
    restore_keys,
)
from infrastructure.proof.note import COSIGNATURE, ED25519, ML_DSA_44

NAME = "countersign.example/zone"


def test_keys_that_were_made_are_read_again_and_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    made = create_keys(folder, NAME)
    assert [signer.algorithm for signer in made.signers] == [ED25519, ML_DSA_44]
    assert SigningKeys.read(folder) == made
    assert made.name == NAME
    assert stat.S_IMODE((folder / PRIVATE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / PRIVATE).chmod(0o640)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        SigningKeys.read(folder)


def test_a_second_creation_is_refused(tmp_path: Path) -> None:
    create_keys(tmp_path, NAME)
    with pytest.raises(SigningKeyError, match="already"):
        create_keys(tmp_path, NAME)


def test_a_rotation_signs_by_both_until_the_old_are_retired(tmp_path: Path) -> None:
    old = create_keys(tmp_path, NAME)
    both = old.add_new(tmp_path)
    assert len(both.signers) == 4
    assert both.signers[2:] == old.signers
    assert SigningKeys.read(tmp_path).current == both.signers[:2]
    new = both.retire(tmp_path)
    assert new.signers == both.signers[:2]
    assert [key in new.published for key in (signer.verifier for signer in both.signers)] == [True] * 4
    assert SigningKeys.read(tmp_path) == new


def test_a_lost_key_is_replaced_under_the_same_name(tmp_path: Path) -> None:
    old = create_keys(tmp_path, NAME)
    (tmp_path / PRIVATE).unlink()
    with pytest.raises(SigningKeyError, match="no signing key"):
        SigningKeys.read(tmp_path)
    with pytest.raises(SigningKeyError, match="called countersign"):
        create_keys(tmp_path, "other.example")
    new = create_keys(tmp_path, NAME)
    assert new.signers[0] != old.signers[0]
    assert old.signers[0].verifier in new.published


def test_a_backup_is_restored_and_never_in_the_data_folder(tmp_path: Path) -> None:
    data, folder, backup = tmp_path / "data", tmp_path / "proof", tmp_path / "safe"
    data.mkdir()
    keys = create_keys(folder, NAME)
    with pytest.raises(SigningKeyError, match="must not be in a backup of the data"):
        keys.back_up(data / "keys", data)
    keys.back_up(backup, data)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with pytest.raises(SigningKeyError, match="exists already"):
        keys.back_up(backup, data)
    with pytest.raises(SigningKeyError, match="already"):
        restore_keys(folder, backup)
    assert restore_keys(tmp_path / "new", backup).signers == keys.signers
    with pytest.raises(SigningKeyError, match="can't be read"):
        restore_keys(tmp_path / "newer", tmp_path / "missing")


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+b+c\n", "nothing\n", "{line}x\n", "{public}\n"])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    create_keys(tmp_path, NAME, OF_A_WITNESS)
    line, public = (tmp_path / PRIVATE).read_text().strip(), (tmp_path / PUBLIC).read_text().strip()
    (tmp_path / PRIVATE).write_text(text.format(line=line, public=public))
    with pytest.raises(SigningKeyError, match="backup"):
        SigningKeys.read(tmp_path)


def test_the_key_of_a_witness_makes_cosignatures(tmp_path: Path) -> None:
    assert create_keys(tmp_path, "bureau.example", OF_A_WITNESS).signers[0].algorithm == COSIGNATURE


@pytest.mark.parametrize("name", ["", "a b", "a+b"])
def test_a_name_that_cant_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SigningKeyError, match="can't be called"):
        create_keys(tmp_path, name)
