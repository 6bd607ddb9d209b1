"""Keys are backed up by themselves: never with the data, never over other keys, readable by their owner alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import structs

from infrastructure.backup.errors import BackupError
from infrastructure.backup.keys import back_up_keys, require_apart, restore_keys_file
from infrastructure.privacy.folder_keystore import FolderKeystore
from infrastructure.privacy.keystore import SecretPurpose
from infrastructure.proof.keys import SigningKeys, create_keys
from infrastructure.settings import Settings

PERSON = uuid4()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with signing keys, and the key of a person."""
    chosen = Settings(data=tmp_path / "data", keys=str(tmp_path / "data-keys"))
    chosen.data.mkdir()
    create_keys(chosen.proof_folder, "countersign.example/zone")
    FolderKeystore(Path(chosen.keys)).make(PERSON)
    return chosen


def test_all_keys_come_back_on_another_machine(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "safe" / "keys"
    file.parent.mkdir()
    written = back_up_keys(file, settings)
    assert (written.signing_files, written.persons, written.master_key) == (2, 1, True)
    assert file.stat().st_mode & 0o777 == 0o600
    other = Settings(data=tmp_path / "other", keys=str(tmp_path / "other-keys"))
    assert structs.replace(restore_keys_file(file, other), file="") == structs.replace(written, file="")
    assert SigningKeys.read(other.proof_folder) == SigningKeys.read(settings.proof_folder)
    here, there = FolderKeystore(Path(settings.keys)), FolderKeystore(Path(other.keys))
    assert there.find(PERSON) == here.find(PERSON) is not None
    assert there.secret(SecretPurpose.MAIL) == here.secret(SecretPurpose.MAIL)
    again = restore_keys_file(file, other)
    assert (again.signing_files, again.persons, again.master_key) == (0, 0, False), "what is there stays"


def test_other_keys_are_not_replaced(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    back_up_keys(file, settings)
    other = Settings(data=tmp_path / "other", keys=str(tmp_path / "other-keys"))
    create_keys(other.proof_folder, "another.example/zone")
    with pytest.raises(BackupError, match="another key than"):
        restore_keys_file(file, other)
    assert not Path(other.keys).exists(), "nothing of it was written"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (lambda chosen: chosen.proof_folder, "keys-with-data"),
        (lambda chosen: chosen.proof_folder / "backups", "keys-with-data"),
        (lambda chosen: Path(chosen.keys), "keys-with-data"),
        (lambda chosen: chosen.data.parent, "keys-with-data"),
        (lambda chosen: chosen.data / "backups", "backup-in-data"),
        (lambda chosen: chosen.data, "backup-in-data"),
    ],
    ids=["the log's folder", "below it", "the persons' keys", "what holds them", "below the data", "the data"],
)
def test_data_is_not_backed_up_where_keys_are(settings: Settings, place: Callable[[Settings], Path], code: str) -> None:
    with pytest.raises(BackupError) as refused:
        require_apart(place(settings), settings)
    assert refused.value.code == code
    assert "ame " in refused.value.remedy, "it says what to do"


def test_keys_inside_the_database_are_refused(settings: Settings, tmp_path: Path) -> None:
    inside = structs.replace(settings, keys=str(settings.data / "postgres" / "keys"))
    with pytest.raises(BackupError, match="same backup as the data"):
        require_apart(tmp_path / "backups", inside)
    require_apart(tmp_path / "backups", settings)


def test_keys_are_not_written_to_where_the_data_is(settings: Settings, tmp_path: Path) -> None:
    backups = tmp_path / "backups" / "deep"
    backups.mkdir(parents=True)
    (tmp_path / "backups" / "backup.json").write_text("{}")
    for file in (settings.data / "keys", backups / "keys"):
        with pytest.raises(BackupError, match="keys must not be in a backup"):
            back_up_keys(file, settings)
    (tmp_path / "there").write_text("")
    with pytest.raises(BackupError, match="exists already"):
        back_up_keys(tmp_path / "there", settings)
    with pytest.raises(BackupError, match="There are no keys yet"):
        back_up_keys(tmp_path / "keys", Settings(data=tmp_path / "empty"))


@pytest.mark.parametrize("name", ["persons/../../passwd.key", "elsewhere/x.key", "proof/log", "/etc/x.key"])
def test_a_file_that_would_be_written_elsewhere_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    file = tmp_path / "forged"
    with tarfile.open(file, "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(BackupError, match="no backup of keys"):
        restore_keys_file(file, settings)


def test_what_is_no_backup_of_keys_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("keys")
    for file in (tmp_path / "text", tmp_path / "absent"):
        with pytest.raises(BackupError, match="can't be read"):
            restore_keys_file(file, settings)
