"""UUIDs to texts and back: as the standard library does it."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.core.uuids import uuid_from, uuid_of_digest, uuid_text


@given(st.uuids())
def test_a_uuid_is_what_its_text_says(uuid: UUID) -> None:
    assert uuid_text(uuid) == str(uuid).encode()
    assert uuid_from(uuid_text(uuid)) == uuid == uuid_from(str(uuid).upper().encode())


@given(st.uuids(), st.text(max_size=20))
def test_a_digest_becomes_the_uuid_of_a_name(namespace: UUID, name: str) -> None:
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    assert uuid_of_digest(digest) == uuid5(namespace, name)
