"""What every request has to keep to, whatever its address: host, spelling of the address, encodings, and its origin.

Requests pass through here first on both paths, litestar's and the fast path for commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote_to_bytes

from litestar.types import HTTPScope

from api.web.identity import named_headers
from api.web.problems import Problem
from domain.core.characters import hidden_in_line
from infrastructure.settings import Settings

ECHO_CHARACTERS_MAX = 200  # of what was sent, an answer repeats no more than this
PATH_BYTES_MAX = 2000  # the longest address here has an id, and a code of 64 characters with each byte encoded
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"}  # RFC 9110, 9.1; RFC 5789
OF_BROWSERS = frozenset({b"sec-fetch-site", b"origin"})
CODINGS = frozenset({b"content-encoding", b"transfer-encoding"})
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY_ADDRESS = {"0.0.0.0", "::", "[::]"}  # noqa: S104  compared with, not listened at
HOST = re.compile(rb"(?i)(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?)\.?(?::\d{1,5})?")
_SEGMENT = rb"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+"
PLAIN_PATH = re.compile(rb"/|(?:/%b)+" % _SEGMENT)
IN_SEGMENT = "%!$&'()*+,;=:@~"  # beside letters, digits and _.-
ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# Letters, digits and -._~ are written as they are (RFC 3986, 2.3); / \ and control characters belong in no segment.
NEVER_ESCAPED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/\\\x7f") | {*range(32)}
HeaderList = Sequence[tuple[bytes, bytes]]
DEFAULT_PORTS = {b"http": b":80", b"https": b":443"}


class RequestChecks:
    """The checks of one installation, which knows by what names it is reached."""

    def __init__(self, settings: Settings) -> None:
        listening = settings.host if settings.host not in ANY_ADDRESS else ""
        self._named = frozenset(_bracketed(name).encode() for name in settings.host_names)
        self._hosts = self._named | {_bracketed(name).encode() for name in (*LOOPBACK, listening) if name}

    def __call__(self, scope: HTTPScope, *, is_plain: bool = False) -> None:
        """Raise Problem where the request of *scope* must not be served. *is_plain*: its path is known to be."""
        method = scope["method"]
        if method not in METHODS:
            raise Problem(
                "method-unknown",
                f"the method {method[:ECHO_CHARACTERS_MAX]} is not known here",
                remedy="GET and HEAD read, POST sends a command or a file",
            )
        headers = named_headers(scope)
        host = self._require_host(scope, headers)
        if not is_plain:
            require_plain_path(scope)
        if scope["query_string"]:
            require_plain_query(scope)
        if not CODINGS.isdisjoint(headers):
            require_encodings(scope)
        if method not in SAFE_METHODS and not OF_BROWSERS.isdisjoint(headers):
            self._require_same_site(headers, host)

    def _require_host(self, scope: HTTPScope, headers: Mapping[bytes, bytes]) -> bytes:
        """The Host of the request, which has to be one of ours: a page of another site may have its name lead here."""
        pairs: HeaderList = scope["headers"]  # type: ignore[assignment] # litestar says Iterable; it is a list
        if headers.get(b"host") in self._hosts and len(headers) == len(pairs):
            return headers[b"host"]  # as most have it: in small letters, without a port, and once
        hosts = [value for name, value in pairs if name == b"host"]
        if not hosts and scope["http_version"] == "1.0":
            return b""
        match = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            raise Problem(
                "bad-request",
                "the request has no single, well-formed Host (RFC 9112, 3.2)",
                remedy="send the header Host once, with the name or address this server is reached by",
                header="Host",
            )
        if (name := match[1].lower()) not in self._hosts and name != _local_address(scope):
            raise Problem(
                "host-unknown",
                f"this server is not reached as {name[:ECHO_CHARACTERS_MAX].decode()}",
                remedy="use its own address, or add the name to COUNTERSIGN_ALLOWED_HOSTS",
                header="Host",
            )
        return hosts[0].lower()

    def _require_same_site(self, headers: Mapping[bytes, bytes], host: bytes) -> None:
        """Refuse what a page of another site has a browser send; programs send neither of the two headers."""
        site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        if site is not None:
            ours = site in (b"same-origin", b"none")
        else:
            ours = origin is None or self._is_ours(origin.lower(), host)
        if not ours:
            raise Problem(
                "cross-site",
                "a page of another site had this sent by a browser",
                remedy="send it from a page of this server, or by a program without the headers of a browser",
            )

    def _is_ours(self, origin: bytes, host: bytes) -> bool:
        scheme, _, authority = origin.partition(b"://")
        port = DEFAULT_PORTS.get(scheme, b"")
        match = HOST.fullmatch(authority)
        if match is None:  # "null", as of a page in a sandbox
            return False
        return match[1] in self._named or authority.removesuffix(port) == host.removesuffix(port)


def require_plain_path(scope: HTTPScope) -> None:
    """Refuse a path that is spelt otherwise than usual: what a gateway lets through has to be what is served here."""
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    if len(raw) > PATH_BYTES_MAX:
        raise Problem(
            "address-too-long",
            f"the path of the address has {len(raw)} bytes, more than {PATH_BYTES_MAX}",
            remedy="/schema/openapi.json lists all addresses",
        )
    if PLAIN_PATH.fullmatch(raw):
        return
    canonical = _canonical(raw)
    if canonical is None:
        raise Problem(
            "path-not-canonical",
            "the path holds what is no text in UTF-8, or characters that can't be seen",
            remedy="percent-encode the UTF-8 bytes of names, and nothing else",
        )
    if canonical != ESCAPE.sub(lambda escape: escape[0].upper(), raw):
        raise not_canonical(canonical.decode())


def is_unescaped(scope: HTTPScope) -> bool:
    """Whether the path of the request was sent as it is served, each byte of it as itself."""
    raw = scope.get("raw_path")
    return raw is None or len(raw) == len(scope["path"])  # an escape has three bytes for one


def not_canonical(canonical: str) -> Problem:
    """The problem of a path that is spelt otherwise than *canonical*."""
    shown = canonical[:ECHO_CHARACTERS_MAX]
    return Problem(
        "path-not-canonical", f"the path is not spelt as addresses are here: {shown}", remedy=f"write {shown}"
    )


def _canonical(raw: bytes) -> bytes | None:
    """*raw* as it has to be spelt, its escapes in capitals; None where it is no text."""
    if BROKEN_ESCAPE.search(raw):
        return None
    try:
        text = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return None
    if hidden_in_line(text):
        return None
    plain = ESCAPE.sub(_unescaped, raw).replace(b"\\", b"/")
    segments = [quote(segment, safe=IN_SEGMENT) for segment in plain.split(b"/") if segment not in (b"", b".", b"..")]
    return ("/" + "/".join(segments)).encode()


def _unescaped(escape: re.Match[bytes]) -> bytes:
    byte = int(escape[1], 16)
    return bytes([byte]) if byte in NEVER_ESCAPED else escape[0].upper()


def require_plain_query(scope: HTTPScope) -> None:
    """Refuse a query that is no text: it would be looked for with replacement characters in it."""
    query = scope["query_string"]
    if b"%" not in query and query.isascii():
        return
    try:
        unquote_to_bytes(query).decode()
        broken = BROKEN_ESCAPE.search(query) is not None
    except UnicodeDecodeError:
        broken = True
    if broken:
        raise Problem(
            "invalid-parameter",
            "the query of the address is not percent-encoded UTF-8",
            remedy="percent-encode the UTF-8 bytes of each value; a percent sign itself is written %25",
        )


def require_encodings(scope: HTTPScope) -> None:
    """Refuse a body in a coding that this server does not decode."""
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise Problem(
                "wrong-content-encoding",
                f"bodies encoded as {value[:ECHO_CHARACTERS_MAX].decode('latin-1')} are not read here",
                remedy="send the body as it is, without Content-Encoding",
                headers={"Accept-Encoding": "identity"},
            )
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise Problem(
                "transfer-encoding-unknown",
                f"the transfer coding {value[:ECHO_CHARACTERS_MAX].decode('latin-1')} is not known here",
                remedy="send the body with Content-Length, or with Transfer-Encoding: chunked",
            )


def _bracketed(name: str) -> str:
    """*name* as a Host spells it: an IPv6 address in brackets."""
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _local_address(scope: HTTPScope) -> bytes:
    """The address of this machine that the connection came in at."""
    server = scope.get("server")
    return _bracketed(server[0]).lower().encode() if server else b""
