"""The secret text of an API key: made once, shown once, and stored as its SHA-256 digest."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_hex

KEY_ID_BYTES, SECRET_BYTES = 6, 32


def new_key_id() -> str:
    """A random id for a key."""
    return token_hex(KEY_ID_BYTES)


def new_secret(key_id: str, kind: str = "live") -> tuple[str, str]:
    """A new text for the key *key_id*, and its digest as a command has it; *kind* is `live`, or `test` in a sandbox."""
    text = f"cs_{kind}_{key_id}_{token_hex(SECRET_BYTES)}"
    return text, sha256(text.encode()).hexdigest()
