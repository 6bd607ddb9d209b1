"""Replaces the master key: every key is re-wrapped, while servers go on reading and making keys.

The order makes it safe to be interrupted anywhere and to be run again: secrets are stored before anything else changes,
a mark then lets every process wrap by the following key, and only when no key is left does the old one go. A process
that made a key meanwhile looks at the mark again, and wraps its key itself if it was too early.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from msgspec import Struct

from infrastructure.privacy.keystore import KeystoreError, SecretPurpose, new_key
from infrastructure.privacy.wrapped_keystore import MARK, SET_ASIDE, WrappedKeystore, opens

Advance = Callable[[int, int], None]
"""Called with how many keys were looked at, and how many there are."""

log = structlog.get_logger()


class RewrappedKeys(Struct, frozen=True):
    """How many keys of *persons* the following master key opens, and how many this run re-wrapped."""

    persons: int
    rewrapped: int


def rewrap(keys: WrappedKeystore, advance: Advance) -> RewrappedKeys:
    """Wrap every key by the following master key. Raises KeystoreError; what was done by then stays."""
    masters = keys.masters()
    if (following := masters.following) is None:
        raise KeystoreError("There is no following master key.")
    for purpose in SecretPurpose:
        keys.store_secret(purpose)
    mark = keys.wrapped(MARK)
    if mark is None:
        keys.add(MARK, following.wrap(new_key()))
    elif not opens(following, mark):
        keys.exchange(MARK, mark, following.wrap(new_key()))
    rewrapped = 0
    while changed := _pass(keys, advance):
        rewrapped += changed
    persons = sum(person not in SET_ASIDE for person in keys.ids())
    log.info("master_key_replaced", persons=persons, rewrapped=rewrapped)
    return RewrappedKeys(persons, rewrapped)


def _pass(keys: WrappedKeystore, advance: Advance) -> int:
    """Wrap what the following master key does not open; how many keys that were."""
    masters, changed = keys.masters(), 0
    following = masters.following
    assert following is not None, "it is replaced by this process alone"
    ids = list(keys.ids())
    for number, person in enumerate(ids, 1):
        wrapped = keys.wrapped(person)
        if wrapped is not None and not opens(following, wrapped):  # None: erased meanwhile
            key = masters.current.unwrap(wrapped)
            changed += keys.exchange(person, wrapped, following.wrap(key))
        advance(number, len(ids))
    return changed
