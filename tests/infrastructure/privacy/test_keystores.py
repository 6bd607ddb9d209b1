"""Keystores: a key per person, made once, gone when destroyed, useless under another master key."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from infrastructure.privacy import table_keystore
from infrastructure.privacy.current import SUFFIX, keys_folder, keystore_of
from infrastructure.privacy.folder_keystore import MASTER_FILE, FolderKeystore
from infrastructure.privacy.keystore import KEY_BYTES, Keystore, KeystoreError, LocalMasterKey, SecretPurpose, new_key
from infrastructure.privacy.table_keystore import TableKeystore
from infrastructure.settings import SettingRefusedError, Settings

MASTER = LocalMasterKey(bytes(range(KEY_BYTES)))
OTHER = LocalMasterKey(bytes(KEY_BYTES))


@pytest.fixture(params=["folder", "table"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keystore]:
    if request.param == "folder":
        yield FolderKeystore(tmp_path / "keys", MASTER)
        return
    table = TableKeystore(request.getfixturevalue("database_url"), MASTER)
    yield table
    table.close()


def test_a_key_is_made_once_and_gone_when_destroyed(keys: Keystore) -> None:
    person = uuid4()
    assert (keys.find(person), keys.wrapped(person), keys.destroy(person)) == (None, None, False)
    key = keys.make(person)
    assert len(key) == KEY_BYTES
    assert keys.make(person) == keys.find(person) == key
    assert keys.make(uuid4()) != key
    assert key not in (keys.wrapped(person) or b"")
    assert keys.destroy(person)
    assert keys.find(person) is None
    assert keys.make(person) != key


def test_an_exported_key_is_adopted_under_the_same_master_key_alone(keys: Keystore) -> None:
    person, key = uuid4(), new_key()
    keys.adopt(person, MASTER.wrap(key))
    assert keys.find(person) == key
    with pytest.raises(KeystoreError, match="another master key"):
        keys.adopt(uuid4(), OTHER.wrap(key))


def test_a_secret_stays_and_differs_by_purpose_and_master_key(keys: Keystore) -> None:
    codes, mail = SecretPurpose.QUERY_CODES, SecretPurpose.MAIL
    assert keys.secret(codes) == keys.secret(codes) == MASTER.secret(codes)
    assert len({keys.secret(codes), keys.secret(mail), OTHER.secret(codes)}) == 3


def test_processes_that_make_the_same_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    person = uuid4()

    def make(_: int) -> bytes:
        return FolderKeystore(tmp_path / "keys").make(person)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(16)))) == 1
    assert not list((tmp_path / "keys").rglob(".*")), "no draft of a file is left behind"


def test_the_folder_is_for_its_own_account_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    FolderKeystore(folder).make(UUID(int=1))
    (key,) = folder.rglob("*-*.key")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / MASTER_FILE, key)]
    assert modes == [0o700, 0o600, 0o600]


def test_a_damaged_master_key_or_folder_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    FolderKeystore(folder).make(UUID(int=1))
    (folder / MASTER_FILE).write_text("not a key")
    with pytest.raises(KeystoreError, match="64 hexadecimal digits"):
        FolderKeystore(folder).find(UUID(int=1))
    (tmp_path / "file").write_text("")
    for work in (FolderKeystore(tmp_path / "file").make, FolderKeystore(tmp_path / "file").destroy):
        with pytest.raises(KeystoreError, match="COUNTERSIGN_KEYS"):
            work(UUID(int=1))


def test_a_database_that_is_away_is_a_sentence() -> None:
    with pytest.raises(KeystoreError, match="can't be reached"):
        TableKeystore("postgresql://nobody@127.0.0.1:1/none", MASTER).find(uuid4())


def test_a_database_without_an_answer_is_given_up_and_not_asked_again_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where packets vanish: each key of a page would wait, and with it every page of the server."""
    monkeypatch.setattr(table_keystore, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(table_keystore, "SILENT_SECONDS", 0.1)
    keys, person = TableKeystore(database_url, MASTER), uuid4()
    key = keys.make(person)
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE privacy.person_key")
        with pytest.raises(KeystoreError, match="can't be reached"):
            keys.find(person)
        with pytest.raises(KeystoreError, match="a moment ago"):
            keys.find(person)
        other.rollback()
    monkeypatch.setattr(keys, "_again_at", 0.0)
    assert keys.find(person) == key
    keys.close()


def test_a_server_that_says_nothing_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        keys = TableKeystore(f"postgresql://nobody@127.0.0.1:{port}/none?sslmode=disable&gssencmode=disable", MASTER)
        with pytest.raises(KeystoreError, match="can't be reached"):
            keys.find(uuid4())
        with pytest.raises(KeystoreError, match="a moment ago"):
            keys.find(uuid4())
        silent.settimeout(5)
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_settings_name_the_keystore(tmp_path: Path) -> None:
    beside = Settings(data=tmp_path / "data")
    assert keys_folder(beside) == tmp_path / f"data{SUFFIX}"
    assert isinstance(keystore_of(beside), FolderKeystore)
    master = "ab" * KEY_BYTES
    shared = Settings(data=tmp_path, master_key=master, database_url="postgresql://localhost/zone")
    assert isinstance(keystore_of(shared), TableKeystore)
    assert master not in repr(shared)
    assert isinstance(keystore_of(Settings(data=tmp_path, master_key=master, keys="~/keys")), FolderKeystore)
    with pytest.raises(KeystoreError, match="DATABASE_URL"):
        keystore_of(Settings(data=tmp_path, master_key=master))
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_MASTER_KEY"):
        Settings.of({"COUNTERSIGN_MASTER_KEY": "short"})
