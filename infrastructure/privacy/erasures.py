"""Carries erasures out: destroys the keys that the facts of erasure name, also again after a keystore was restored."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from domain.messages import Entry, tag_of
from domain.privacy.erasure import PersonErased
from infrastructure.privacy.current import keystore

ERASURES = (tag_of(PersonErased),)  # stored names, for a query

log = structlog.get_logger()


def destroy_keys(entries: Iterable[Entry]) -> int:
    """Destroy the keys that erasures among *entries* name; returns how many there still were. Raises KeystoreError."""
    destroyed = 0
    for entry in entries:
        if isinstance(entry.fact, PersonErased) and keystore().destroy(entry.fact.key):
            log.info("person_key_destroyed", key=str(entry.fact.key), stream=str(entry.stream), version=entry.version)
            destroyed += 1
    return destroyed
