"""Headers for browsers and caches on every answer, and the content security policy of pages."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

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
NAME = itemgetter(0)
NO_HEADER = (b"", b"")  # after the last one: the place of those that are missing
COMPLETIONS_CACHED_MAX = 1000  # answers differ in some dozens of ways; a file's media type is its sender's to choose


class SecurityHeaders:
    """The headers of one installation; *issuer* is where sign-in forms lead to."""

    def __init__(self, issuer: str = "") -> None:
        parts = urlsplit(issuer)
        self._policy = POLICY.format(issuer=f" {parts.scheme}://{parts.netloc}" if parts.netloc else "").encode()

    def complete(self, pairs: Any, extra: Pairs, *, is_secure: bool) -> Pairs:
        """The headers *pairs*, with *extra*, and with those that every answer has."""
        headers: Pairs = [*pairs, NO_HEADER]
        names = tuple(map(NAME, headers))
        places = _deciding(names)
        if places is None:
            return self.complete([(name.lower(), value) for name, value in headers[:-1]], extra, is_secure=is_secure)
        kind, caching, varied = places
        completion = _completion(
            names, headers[kind][1], headers[caching][1], headers[varied][1], self._policy, is_secure
        )
        for place in completion.replaced:
            del headers[place]
        headers += completion.missing
        headers += extra
        headers += completion.last
        return headers


class Completion(Struct, frozen=True):
    """What answers with the same headers get: what is *missing*, and *last* what takes the places of *replaced* ones.

    These places are in descending order, the first of them that of NO_HEADER.
    """

    replaced: tuple[int, ...]
    missing: tuple[tuple[bytes, bytes], ...]
    last: tuple[tuple[bytes, bytes], ...]


@lru_cache(COMPLETIONS_CACHED_MAX)
def _deciding(names: tuple[bytes, ...]) -> tuple[int, int, int] | None:
    """Where in *names* Content-Type, Cache-Control and Vary are, the last of each; None if any is in capitals."""
    if any(name != name.lower() for name in names):
        return None
    places = {name: place for place, name in enumerate(names)}
    nowhere = places[NO_HEADER[0]]
    kind, caching, varied = (places.get(name, nowhere) for name in (b"content-type", b"cache-control", b"vary"))
    return kind, caching, varied


@lru_cache(COMPLETIONS_CACHED_MAX)
def _completion(
    names: tuple[bytes, ...], kind: bytes, caching: bytes, varied: bytes, policy: bytes, is_secure: bool
) -> Completion:
    """What an answer gets that has headers of these *names*, in lower case.

    *kind*, *caching* and *varied* are its Content-Type, Cache-Control and Vary.
    """
    last: dict[bytes, bytes] = {}
    present = names[:-1]
    if kind.startswith(b"text/html"):
        last[b"content-security-policy"] = policy
    if not caching.startswith(b"public"):
        last[b"vary"] = varied + b", " + VARY if varied else VARY
    replaced = tuple(place for place in reversed(range(len(present))) if present[place] in last)
    missing = tuple(pair for pair in DEFAULTS if pair[0] not in present)
    return Completion((len(present), *replaced), missing, (*last.items(), *([HSTS] if is_secure else [])))
