"""Signatures of webhooks by the specification Standard Webhooks: HMAC-SHA256 over id, timestamp and body."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from infrastructure.privacy.keystore import Keystore, SecretPurpose

SECRET_PREFIX = "whsec_"  # noqa: S105  of a secret as it is handed out
PURPOSE = SecretPurpose.WEBHOOKS
VERSION = "v1"


def secret(keystore: Keystore, subscription: UUID, generation: int) -> bytes:
    """The 32 bytes that sign for *subscription*. Derived, so that no copy of the database has them."""
    return hmac.digest(keystore.secret(PURPOSE), f"{subscription}:{generation}".encode(), sha256)


def shown(key: bytes) -> str:
    """The secret *key* as receivers' libraries take it."""
    return SECRET_PREFIX + b64encode(key).decode()


def secrets_now(
    keystore: Keystore, subscription: UUID, generation: int, old_until: datetime | None, now: datetime
) -> list[bytes]:
    """The secrets that sign at *now*: the present one, and while it is being rotated the one before."""
    generations = [generation]
    if old_until is not None and now < old_until and generation > 1:
        generations.append(generation - 1)
    return [secret(keystore, subscription, each) for each in generations]


def signed_headers(keys: Sequence[bytes], message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers webhook-id, webhook-timestamp and webhook-signature of *body*, signed by each of *keys*."""
    timestamp = str(int(at.timestamp()))
    content = f"{message}.{timestamp}.".encode() + body
    signatures = [f"{VERSION},{b64encode(hmac.digest(key, content, sha256)).decode()}" for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
