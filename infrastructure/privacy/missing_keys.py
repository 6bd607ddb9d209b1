"""Whether the keystore is the one that a ledger was written with: the persons whose keys are there, and are not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct, json

from domain.privacy.erasure import PersonErased
from infrastructure.privacy.cipher import FIELDS_BY_TAG, persons_in
from infrastructure.privacy.keystore import Keystore

ENTRIES_MAX = 1000  # the newest ones: a wrong keystore shows at once
NEWEST = "SELECT data FROM ledger.event WHERE type = ANY(%s) ORDER BY seq DESC LIMIT %s"
ERASED = "SELECT data FROM ledger.event WHERE type = 'person_erased'"


class KeysCounted(Struct, frozen=True):
    """Of how many *persons* texts are stored, and how many of their keys are *missing* without an erasure."""

    persons: int
    missing: int


def count_keys(connection: psycopg.Connection[Any], keys: Keystore) -> KeysCounted:
    """Look at the newest entries with personal texts. Raises KeystoreError."""
    rows = connection.execute(NEWEST, [list(FIELDS_BY_TAG), ENTRIES_MAX]).fetchall()
    persons = {person for (data,) in rows for person in persons_in(bytes(data))}
    erased = {_key_of(bytes(data)) for (data,) in connection.execute(ERASED)}
    persons -= erased
    return KeysCounted(len(persons), sum(keys.find(person) is None for person in persons))


def _key_of(data: bytes) -> UUID:
    return json.decode(data, type=PersonErased).key
