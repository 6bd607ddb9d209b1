"""An OpenID Connect provider whose every answer a test can spoil: metadata, keys, tokens and codes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey
from msgspec import json

CLIENT, AUDIENCE = "countersign", "https://approvals.example.org"


class FakeProvider:
    """The provider's state: *claims* go into ID tokens, *verifiers* came with codes."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.published = [self.key]
        self.issuer = ""
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.id_token: str | None = None
        self.received: list[dict[str, str]] = []
        self.reads: list[str] = []

    def answer(self, path: str) -> bytes:
        """What GET *path* is answered."""
        self.reads.append(path)
        if path == "/jwks":
            return json.encode({"keys": [key.as_dict(private=False) for key in self.published]})
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return json.encode(described | self.metadata)

    def token(self, form: dict[str, str]) -> tuple[int, bytes]:
        """What POST /token is answered: each code is good once."""
        if form["code"] in [earlier["code"] for earlier in self.received]:
            return 400, json.encode({"error": "invalid_grant"})
        self.received.append(form)
        token = self.id_token if self.id_token is not None else self.sign(self.claims)
        return 200, json.encode({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def sign(self, claims: dict[str, Any], **header: str) -> str:
        """*claims* as a token signed by the newest key; a header `typ="at+jwt"` is added."""
        return jwt.encode({"alg": "RS256", "kid": str(self.key.kid), **header}, claims, self.key)

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
        self.published = [self.key]


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Serve a provider in a thread, on this machine."""
    provider = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._send(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the library's name
            """Nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
