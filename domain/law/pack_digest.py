"""The digest of a pack's values: a published value is never edited, a new version is written (rule B14)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

# What explains a value and decides nothing: it may be put right or completed without a new version.
WORDS = frozenset({"quote", "note", "note_zh", "title", "title_zh", "confidence", "counting_rules", "language"})


def pack_digest(text: str) -> str:
    """SHA-256 over everything in the pack that decides something: all of it but quotations, notes and titles."""
    return sha256(msgspec.json.encode(values(tomllib.loads(text)), order="deterministic")).hexdigest()


def values(raw: Any) -> Any:
    """*raw* without the words that explain it."""
    match raw:
        case dict():
            return {key: values(value) for key, value in raw.items() if key not in WORDS}
        case list():
            return [values(value) for value in raw]
        case _:
            return raw


def digest_faults(texts: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[str]:
    """Compare packs (name to text) with their recorded digests: what was edited, added or lost, one sentence each."""
    for name, text in texts.items():
        if name not in digests:
            yield f"{name} has no recorded digest; if it is new, record {pack_digest(text)}"
        elif digests[name] != pack_digest(text):
            yield f"{name} was edited after it was published: write a new version with a new date instead"
    for name in digests.keys() - texts.keys():
        yield f"{name} was published and is gone"
