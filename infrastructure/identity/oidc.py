"""OpenID Connect: the provider's metadata and keys, the code flow with PKCE and nonce, its tokens checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import DecodeError, Struct, ValidationError, json

from infrastructure.identity.claims import (
    ALGORITHMS,
    AccessToken,
    Logout,
    ProviderPerson,
    TokenRefusedError,
    access_in,
    logout_in,
    person_in,
)
from infrastructure.identity.tokens import new_token

METADATA_SECONDS = 3600.0
REFRESH_SECONDS_MIN = 10.0  # between two looks for a new key: a stranger's tokens name keys that never existed
TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 1024 * 1024
DISCOVERY = "/.well-known/openid-configuration"
LOOPBACK = ("http://localhost:", "http://127.0.0.1:", "http://[::1]:")
CONFIDENTIAL = ("client_secret_basic", "client_secret_post")

log = structlog.get_logger()


class ProviderUnreachableError(Exception):
    """The provider does not answer, or not as OpenID Connect asks for."""


class ProviderMetadata(Struct, frozen=True):
    """What is used of the provider's description of itself (OpenID Connect Discovery)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class OidcClient(Struct, frozen=True):
    """The installation as the provider knows it. *audience* is that of access tokens; empty: none are accepted."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    audience: str = ""


class PendingSignIn(Struct, frozen=True):
    """A sign-in that went to the provider, until its answer comes."""

    state: str
    nonce: str
    verifier: str


class OidcProvider:
    """The configured provider."""

    def __init__(self, client: OidcClient, clock: Callable[[], datetime]) -> None:
        self.client, self._clock = client, clock
        self._metadata: ProviderMetadata | None = None
        self._keys: KeySet | None = None
        self._read_at = self._refreshed_at = float("-inf")
        self._lock = asyncio.Lock()

    async def begin(self) -> tuple[str, PendingSignIn]:
        """The address to send the browser to, and what its answer is checked against."""
        metadata = await self._described()
        pending = PendingSignIn(new_token(), new_token(), new_token() + new_token())
        async with self._session(metadata) as session:
            address, _ = session.create_authorization_url(
                metadata.authorization_endpoint,
                state=pending.state,
                code_verifier=pending.verifier,
                nonce=pending.nonce,
            )
        return str(address), pending

    async def finish(self, answer: Mapping[str, str], pending: PendingSignIn) -> ProviderPerson:
        """Who signed in, by the provider's *answer*. Raises TokenRefusedError, ProviderUnreachableError."""
        metadata = await self._described()
        issuer = answer.get("iss")
        if issuer != metadata.issuer and (issuer or metadata.authorization_response_iss_parameter_supported):
            raise TokenRefusedError("the answer is from another issuer (RFC 9207)")
        if error := answer.get("error"):
            raise TokenRefusedError(f"the provider did not sign the person in: {error[:100]}")
        if not (code := answer.get("code")):
            raise TokenRefusedError("the provider's answer has no code")
        try:
            async with self._session(metadata) as session:
                token = await session.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=pending.verifier
                )
        except OAuthError as refused:
            raise TokenRefusedError(f"the provider does not accept the code: {refused.error}") from refused
        except (httpx2.HTTPError, ValueError, TypeError, AttributeError) as failure:
            raise ProviderUnreachableError(f"{metadata.token_endpoint} does not answer") from failure
        _, claims = await self._verified(str(token.get("id_token", "")))
        return person_in(
            claims,
            issuer=metadata.issuer,
            client=self.client.client_id,
            nonce=pending.nonce,
            now=self._clock(),
        )

    async def logout(self, token: str) -> Logout:
        """Whose sessions the logout *token* ends. Raises TokenRefusedError and ProviderUnreachableError."""
        _, claims = await self._verified(token)
        return logout_in(claims, issuer=self.client.issuer, client=self.client.client_id, now=self._clock())

    async def access(self, token: str) -> AccessToken:
        """The program that an access *token* names. Raises TokenRefusedError and ProviderUnreachableError."""
        if not self.client.audience:
            raise TokenRefusedError("access tokens are not accepted here: COUNTERSIGN_OIDC_AUDIENCE is not set")
        header, claims = await self._verified(token)
        return access_in(header, claims, issuer=self.client.issuer, audience=self.client.audience, now=self._clock())

    async def _verified(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of *token*, whose signature is the provider's."""
        keys = self._keys or await self._read_keys()
        try:
            try:
                verified = jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):  # signed by a key that came later: look for it, once
                verified = jwt.decode(token, await self._read_keys(), algorithms=ALGORITHMS)
        except (JoseError, ValueError, UnicodeError) as wrong:
            raise TokenRefusedError(f"the token's signature can't be verified: {type(wrong).__name__}") from wrong
        return dict(verified.header), dict(verified.claims)

    async def _described(self) -> ProviderMetadata:
        """The provider's metadata, read once an hour."""
        async with self._lock:
            if self._metadata is None or time.monotonic() - self._read_at > METADATA_SECONDS:
                body = await self._get(self.client.issuer.rstrip("/") + DISCOVERY)
                try:
                    metadata = json.decode(body, type=ProviderMetadata)
                except (DecodeError, ValidationError) as wrong:
                    raise ProviderUnreachableError(f"{self.client.issuer} does not describe itself") from wrong
                if metadata.issuer != self.client.issuer:
                    raise ProviderUnreachableError(f"{self.client.issuer} calls itself {metadata.issuer[:100]}")
                self._metadata, self._read_at = metadata, time.monotonic()
            return self._metadata

    async def _read_keys(self) -> KeySet:
        """The provider's public keys, as they are now; not more often than every ten seconds."""
        metadata = await self._described()
        async with self._lock:
            if self._keys is not None and time.monotonic() - self._refreshed_at < REFRESH_SECONDS_MIN:
                return self._keys
            try:
                self._keys = KeySet.import_key_set(json.decode(await self._get(metadata.jwks_uri)))
            except (DecodeError, JoseError, ValueError, KeyError, TypeError) as wrong:
                raise ProviderUnreachableError(f"{metadata.jwks_uri} has no keys") from wrong
            self._refreshed_at = time.monotonic()
            log.info("provider_keys_read", issuer=metadata.issuer)
            return self._keys

    async def _get(self, address: str) -> bytes:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                answer = await client.get(address)
                answer.raise_for_status()
        except httpx2.HTTPError as failure:
            raise ProviderUnreachableError(f"{address} does not answer: {type(failure).__name__}") from failure
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise ProviderUnreachableError(f"{address} answers with more than {ANSWER_BYTES_MAX} bytes")
        return answer.content

    def _session(self, metadata: ProviderMetadata) -> Any:
        offered = metadata.token_endpoint_auth_methods_supported
        method = next((method for method in CONFIDENTIAL if method in offered), CONFIDENTIAL[0])
        return AsyncOAuth2Client(
            self.client.client_id,
            self.client.client_secret or None,
            token_endpoint_auth_method=method if self.client.client_secret else "none",
            scope="openid profile",
            redirect_uri=self.client.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )
