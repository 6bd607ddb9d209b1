"""Headers for browsers and caches on every answer, and the content security policy of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from api.identity.visit import Pairs

VARY = b"Cookie, Authorization"  # the answer depends on them
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
DEFAULTS: Pairs = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cache-control", b"private, no-cache"),
]
POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{issuer};"
    " require-trusted-types-for 'script'"
)


class SecurityHeaders:
    """The headers of one installation; *issuer* is where sign-in forms lead to."""

    def __init__(self, issuer: str = "") -> None:
        parts = urlsplit(issuer)
        self._policy = POLICY.format(issuer=f" {parts.scheme}://{parts.netloc}" if parts.netloc else "").encode()

    def complete(self, given: Any, extra: Pairs, *, is_secure: bool) -> Pairs:
        """The headers *given*, with *extra*, and with those that every answer has."""
        headers: Pairs = [(name.lower(), value) for name, value in given]
        known = dict(headers)
        headers += [pair for pair in DEFAULTS if pair[0] not in known]
        headers += extra
        if known.get(b"content-type", b"").startswith(b"text/html"):
            _replace(headers, known, b"content-security-policy", self._policy)
        if not known.get(b"cache-control", b"").startswith(b"public"):
            varied = known.get(b"vary")
            _replace(headers, known, b"vary", varied + b", " + VARY if varied else VARY)
        if is_secure:
            headers.append(HSTS)
        return headers


def _replace(headers: Pairs, known: Mapping[bytes, bytes], name: bytes, value: bytes) -> None:
    """Put *value* in the place of all headers of this *name*, if any is *known*."""
    if name in known:
        headers[:] = [pair for pair in headers if pair[0] != name]
    headers.append((name, value))
