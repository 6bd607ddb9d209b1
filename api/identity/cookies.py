"""Cookies of sessions: host-bound and secure under TLS, without the prefix on this machine alone."""

from __future__ import annotations

import re

from litestar.datastructures import Cookie

SESSION, PENDING = "countersign-session", "countersign-sign-in"
PREFIX = "__Host-"  # set by this host alone, over TLS, for every path (RFC 6265bis, 4.1.3.2)
PENDING_SECONDS = 600
PAIR = re.compile(r'\s*([^\s=;,]+)=("?)([A-Za-z0-9_-]{1,128})\2\s*')


def cookie_in(header: bytes, name: str, *, is_secure: bool) -> str:
    """The value of our cookie *name*; empty where there is none, or it comes twice."""
    if name.encode() not in header:
        return ""
    wanted = PREFIX + name if is_secure else name
    pairs = [PAIR.fullmatch(part) for part in header.decode("latin-1").split(";")]
    values = [match[3] for match in pairs if match and match[1] == wanted]
    return values[0] if len(values) == 1 else ""


def set_cookie(name: str, value: str, *, is_secure: bool, seconds: int | None = None) -> Cookie:
    """The cookie *name* with *value*; for the browser's session without *seconds*."""
    key = PREFIX + name if is_secure else name
    return Cookie(key, "/", value, max_age=seconds, secure=is_secure, httponly=True, samesite="lax")


def drop_cookie(name: str, *, is_secure: bool) -> Cookie:
    """The cookie that deletes *name*."""
    return set_cookie(name, "", is_secure=is_secure, seconds=0)
