"""Random tokens, the digests by which they are stored, and the form of API keys."""

from __future__ import annotations

import re
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from msgspec import Struct

TOKEN_BYTES = 32
KEY_ID_BYTES = 6
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
API_KEY = re.compile(r"cs_(?:live|test)_(?P<id>[0-9a-z]{4,32})_(?P<secret>[0-9a-f]{64})")


class NewKey(Struct, frozen=True):
    """A new API key: *text* is shown once, *digest* is stored."""

    id: str
    text: str
    digest: bytes


def new_token() -> str:
    """A token of 32 random bytes, in 43 characters."""
    return token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    """SHA-256 of *token*: enough for what is random, where a password needs Argon2."""
    return sha256(token.encode()).digest()


def new_key(key_id: str = "", *, kind: str = "live") -> NewKey:
    """A new secret for the key *key_id*, or for a new one."""
    key_id = key_id or token_hex(KEY_ID_BYTES)
    text = f"cs_{kind}_{key_id}_{token_hex(TOKEN_BYTES)}"
    return NewKey(key_id, text, digest_of(text))


def key_id_in(text: str) -> str:
    """The id in an API key; empty where *text* is none."""
    match = API_KEY.fullmatch(text)
    return match["id"] if match else ""
