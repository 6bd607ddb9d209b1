"""Security schemes of the document: a key, a session, or the word of a gateway; public operations need none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.identity.cookies import SESSION
from api.web.identity import ROLES

Schema = dict[str, Any]

KEY, BROWSER, ACTOR, ACTS_FOR, CAPACITY = "key", "session", "actor", "department", "role"


def _header(name: str, description: str) -> Schema:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


SCHEMES: Mapping[str, Schema] = {
    KEY: {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's key, `cs_live_...`, as `countersign keys issue` prints it once; or an access token "
        "of the installation's OpenID provider (RFC 9068).",
    },
    BROWSER: {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": "The session of a person who signed in at /sign-in; under TLS its name begins with `__Host-`.",
    },
    ACTOR: _header("X-Actor", "Behind a gateway: who acts, in UTF-8, percent-encoded where it is not ASCII."),
    ACTS_FOR: _header("X-Department", "Behind a gateway: the department or enterprise acted for, encoded as X-Actor."),
    CAPACITY: _header("X-Role", f"Behind a gateway: in what capacity, one of {', '.join(sorted(map(str, ROLES)))}."),
}
SIGNED_IN: tuple[Schema, ...] = ({KEY: []}, {BROWSER: []}, {ACTOR: [], ACTS_FOR: [], CAPACITY: []})
PUBLIC_ACCESS: tuple[Schema, ...] = ()
