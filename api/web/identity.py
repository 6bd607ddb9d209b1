"""Who acts, and under which key: what a trusted gateway asserts in the headers of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID, uuid5

from litestar.types import Scope

from api.web.problems import Problem
from domain.access.principal import Caller, PrincipalKind
from domain.core.characters import hidden_in_line, spelled
from domain.core.ledger import Actor, CommandOrigin, Role
from domain.core.types import CODE_CHARACTERS_MAX
from domain.core.uuids import uuid_from
from infrastructure.ledger.sent_command import DIRECT

CALLER = "caller"  # where the scope's state has it
HEADERS = "headers"  # where it has the headers by name with the list that they are of, if none of them comes twice
VISITOR = "visitor"  # where it has what tells who reads a page; absent on a server without sign-in
ACTORS_CACHED_MAX = 10_000  # a zone's officers and enterprises, each about 300 bytes, and 2 kB at the very most
NAME_BYTES_MAX = CODE_CHARACTERS_MAX * 4 * len("%FF")  # the longest name, each byte of its UTF-8 percent-encoded
KEY_CHARACTERS_MAX = 200
ROLE_BYTES_SHOWN_MAX = 40
KEY_NAMESPACE = UUID("6a0f3a5e-52d4-4c26-9d0e-7f6c1b7a9e11")  # permanent: a repeat must find the same id years later
ROLES = tuple(role for role in Role if role is not Role.SYSTEM)  # the system's own acts never come over HTTP
UUID_TEXT = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
VERSION_TAG = re.compile(rb'"(\d{1,9})(?:-[0-9a-f]{16})?(?:-gzip)?"')
KEY_TEXT = re.compile(rb"[\x21-\x7e]{1,%d}" % KEY_CHARACTERS_MAX)
SINGLE = {
    *(b"x-actor", b"x-department", b"x-role", b"idempotency-key", b"if-match"),
    *(b"content-type", b"content-encoding", b"content-digest", b"x-correlation-id"),
}

Headers = Mapping[bytes, bytes]


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers, names in lower case. Raises Problem where one that decides something comes twice."""
    headers = named_headers(scope)
    pairs: Any = scope["headers"]  # litestar says Iterable; it is a list
    if len(headers) != len(pairs):
        require_once(pairs, SINGLE)
    return headers


def named_headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by name, the last of each: a dictionary that identity, checks and handlers share."""
    pairs = scope["headers"]
    read = scope.get("state", {}).get(HEADERS)
    if read is not None and read[0] is pairs:
        by_name: dict[bytes, bytes] = read[1]
        return by_name
    by_name = dict(pairs)
    scope.setdefault("state", {})[HEADERS] = pairs, by_name
    return by_name


def require_once(pairs: Iterable[tuple[bytes, bytes]], names: AbstractSet[bytes]) -> None:
    """Raise Problem where one of the headers *names* comes twice: a proxy before us may have read the other one."""
    seen: set[bytes] = set()
    for name, _ in pairs:
        if name in seen and name in names:
            raise _unreadable(name, "comes twice", "send it once")
        seen.add(name)


def caller_of(scope: Scope) -> Caller:
    """Who sends the request with this *scope*: as the identity middleware established, else as a gateway asserts.

    Raises Problem where nothing says so, as `actor_of`.
    """
    caller: Caller | None = scope.get("state", {}).get(CALLER)
    return caller or caller_by_headers(actor_of(headers_of(scope)))


def caller_by_headers(actor: Actor) -> Caller:
    """The caller whom a gateway asserts."""
    return Caller(actor.id, actor.id, PrincipalKind.PERSON, actor.role, actor.department)


def actor_of(headers: Headers) -> Actor:
    """Who is acting. Raises Problem: actor-missing, role-missing, role-reserved, invalid-header."""
    actor, department = headers.get(b"x-actor", b""), headers.get(b"x-department", b"")
    for name, value in ((b"x-actor", actor), (b"x-department", department)):
        if len(value) > NAME_BYTES_MAX:  # before anything is cached under it
            raise _unreadable(name, f"has {len(value)} bytes", f"at most {CODE_CHARACTERS_MAX} characters")
    return _actor(actor, department, headers.get(b"x-role", b""))


@lru_cache(ACTORS_CACHED_MAX)
def _actor(actor: bytes, department: bytes, role: bytes) -> Actor:
    name = _text(b"x-actor", actor)
    if not name:
        raise _unasserted("actor-missing", "X-Actor", "the header X-Actor does not say who is acting")
    return Actor(name, _text(b"x-department", department), _role(role))


def _role(value: bytes) -> Role:
    """The role in the header, unencoded: an encoded one would pass by a gateway that filters roles."""
    role = next((role for role in Role if role.encode() == value), None)
    if role is None and not value:
        raise _unasserted("role-missing", "X-Role", "the header X-Role does not say in what role the actor acts")
    if role is Role.SYSTEM:
        raise Problem(
            "role-reserved", "the role system is not for people", remedy=f"one of: {', '.join(ROLES)}", header="X-Role"
        )
    if role is None:
        shown = value[:ROLE_BYTES_SHOWN_MAX].decode("ascii", "replace")
        raise _unreadable(b"x-role", f"names no role: {shown}", f"one of: {', '.join(ROLES)}")
    return role


def _unasserted(code: str, header: str, sentence: str) -> Problem:
    """The problem of a request whose gateway did not say who acts."""
    return Problem(
        code,
        sentence,
        remedy="the gateway that signs people in sends X-Actor and X-Role, and X-Department where it applies",
        headers={"WWW-Authenticate": 'Gateway realm="countersign"'},
        header=header,
    )


def _text(name: bytes, value: bytes) -> str:
    """A header's text: UTF-8, as it is or percent-encoded."""
    try:
        text = unquote_to_bytes(value).decode().strip()
    except UnicodeDecodeError as error:
        raise _unreadable(name, "is not UTF-8", "percent-encode the UTF-8 bytes of names") from error
    if len(text) > CODE_CHARACTERS_MAX:
        raise _unreadable(name, f"has {len(text)} characters", f"at most {CODE_CHARACTERS_MAX}")
    if hidden := hidden_in_line(text):
        raise _unreadable(name, f"holds the character {spelled(hidden)}", "send plain text")
    return text


def key_of(headers: Headers) -> UUID:
    """The command's id: the UUID in Idempotency-Key, or the one that belongs to any other text there."""
    return key_from(headers.get(b"idempotency-key", b""))


def key_from(key: bytes) -> UUID:
    """The same, of what the header holds."""
    if UUID_TEXT.fullmatch(key):
        return uuid_from(key)
    if not key:
        raise Problem(
            "key-missing",
            "the header Idempotency-Key is missing",
            remedy="send a new UUID with each new command, and the same one when sending a command again",
            header="Idempotency-Key",
        )
    if not KEY_TEXT.fullmatch(key):
        raise _unreadable(
            b"idempotency-key",
            "is neither a UUID nor a short text without spaces",
            f"a UUID, or 1 to {KEY_CHARACTERS_MAX} visible ASCII characters",
        )
    return uuid5(KEY_NAMESPACE, key.decode())


def origin_of(headers: Headers) -> CommandOrigin:
    """The origin of a command by its headers: the undertaking of the sender that it belongs to."""
    correlation = headers.get(b"x-correlation-id")
    if correlation is None:
        return DIRECT
    if not UUID_TEXT.fullmatch(correlation):
        raise _unreadable(b"x-correlation-id", "is no UUID", "a UUID, the same one for all that belongs together")
    return CommandOrigin(correlation=UUID(correlation.decode()))


def expected_version(headers: Headers) -> int | None:
    """The version in If-Match: "12", or the ETag of a project's state, which begins with it; None without one."""
    tag = headers.get(b"if-match")
    if tag is None:
        return None
    match = VERSION_TAG.fullmatch(tag)
    if match is None:
        raise _unreadable(b"if-match", "is no version of a project", 'write one number in quotes, as in "12"')
    return int(match[1])


def _unreadable(name: bytes, what: str, remedy: str) -> Problem:
    title = "-".join(part.capitalize() for part in name.decode().split("-")).replace("-Id", "-ID")
    return Problem("invalid-header", f"the header {title} {what}", remedy=remedy, header=title)
