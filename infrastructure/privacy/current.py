"""The keystore of this process, as the settings in its environment name it."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from infrastructure.privacy.folder_keystore import FolderKeystore
from infrastructure.privacy.keystore import KeystoreError, LocalMasterKey
from infrastructure.privacy.table_keystore import TableKeystore
from infrastructure.privacy.wrapped_keystore import MasterKeys, WrappedKeystore
from infrastructure.settings import Settings, variable

VARIABLES = tuple(map(variable, ("keys", "master_key", "master_key_next", "database_url", "data")))
KEYSTORES_MAX = 4  # of one process, which has one; tests have more
SUFFIX = "-keys"  # of the folder beside the data folder: a copy of the data folder holds no key


def keystore() -> WrappedKeystore:
    """The keystore of the settings. Reads the environment each time, which takes a microsecond."""
    return _keystore(*[os.environ.get(name, "") for name in VARIABLES])


@lru_cache(KEYSTORES_MAX)
def _keystore(*_: str) -> WrappedKeystore:
    return keystore_of(Settings.of())


def keystore_of(settings: Settings) -> WrappedKeystore:
    """A table of the database where a master key is set, else a folder. Raises KeystoreError."""
    if not settings.master_key:
        if settings.master_key_next:
            raise KeystoreError(f"{variable('master_key_next')} follows COUNTERSIGN_MASTER_KEY: set that too.")
        return FolderKeystore(keys_folder(settings))
    following = LocalMasterKey(bytes.fromhex(settings.master_key_next)) if settings.master_key_next else None
    master = MasterKeys(LocalMasterKey(bytes.fromhex(settings.master_key)), following)
    if settings.keys:
        return FolderKeystore(keys_folder(settings), master)
    if not settings.database_url:
        raise KeystoreError("COUNTERSIGN_MASTER_KEY is for servers that share DATABASE_URL: set that too.")
    return TableKeystore(settings.database_url, master)


def keys_folder(settings: Settings) -> Path:
    """Where the keys of a single machine are."""
    return Path(settings.keys).expanduser() if settings.keys else settings.data.with_name(settings.data.name + SUFFIX)
