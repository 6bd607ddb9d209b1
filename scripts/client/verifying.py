"""Verifies webhooks: the receiver's side of Standard Webhooks."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from msgspec import DecodeError, json

from scripts.client.errors import SignatureError

TOLERANCE = timedelta(minutes=5)  # between the clocks of both sides; older ones may be repeated by a stranger
PREFIX, VERSION = "whsec_", "v1"


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> Any:
    """The event in *body*, signed with *secret* just now. Raises SignatureError.

    *headers* in any case. Take an event once by its header `webhook-id`: it may come again.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
        message, timestamp = fields["webhook-id"], fields["webhook-timestamp"]
        signatures = fields["webhook-signature"].split(" ")
        at = datetime.fromtimestamp(int(timestamp), UTC)
    except KeyError as missing:
        raise SignatureError(f"the header {missing.args[0]} is missing") from missing
    except (ValueError, OverflowError, OSError, Base64Error) as failure:
        raise SignatureError("the secret or the timestamp can't be read") from failure
    if abs((now or datetime.now(UTC)) - at) > TOLERANCE:
        raise SignatureError(f"it was signed at {at:%Y-%m-%dT%H:%M:%SZ}: too far from now")
    expected = b64encode(hmac.digest(key, f"{message}.{timestamp}.".encode() + body, sha256)).decode()
    if not any(hmac.compare_digest(f"{VERSION},{expected}".encode(), each.encode()) for each in signatures):
        raise SignatureError("no signature is by this secret")
    try:
        return json.decode(body)
    except DecodeError as failure:
        raise SignatureError("the body is signed and no JSON") from failure
