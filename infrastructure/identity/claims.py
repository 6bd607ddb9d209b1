"""Claims of JSON web tokens from an OpenID Connect provider: ID tokens, logout tokens, access tokens (RFC 9068)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")  # asymmetric alone: never none, never HMAC with a public key
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE_SECONDS_MAX = 600
TEXT_CHARACTERS_MAX = 255  # of subjects, by OpenID Connect Core 2; of what we keep of others


class TokenRefusedError(Exception):
    """A token, or an answer of the provider, that is not accepted. The sentence says why."""


class ProviderPerson(Struct, frozen=True):
    """Who signed in at the provider."""

    issuer: str
    subject: str
    name: str = ""
    provider_session: str = ""


class Logout(Struct, frozen=True):
    """Whose sessions a back-channel logout ends: one session of the provider, or all of a subject."""

    id: str
    subject: str
    provider_session: str
    expires_at: int


class AccessToken(Struct, frozen=True):
    """A program with an access token of the provider."""

    issuer: str
    subject: str
    client: str
    scopes: tuple[str, ...]
    expires_at: int


def person_in(claims: Mapping[str, Any], *, issuer: str, client: str, nonce: str, now: datetime) -> ProviderPerson:
    """The person an ID token names (OpenID Connect Core 3.1.3.7). Raises TokenRefusedError."""
    require_origin(claims, issuer, client, now)
    audience = _audience(claims)
    azp = claims.get("azp")
    if (azp is not None and azp != client) or (azp is None and len(audience) > 1):
        raise TokenRefusedError("the ID token was issued to another client (azp)")
    if not nonce or claims.get("nonce") != nonce:
        raise TokenRefusedError("the ID token does not belong to this sign-in (nonce)")
    name = claims.get("name") or claims.get("preferred_username") or ""
    return ProviderPerson(issuer, _subject(claims), _short(name), _short(claims.get("sid", "")))


def logout_in(claims: Mapping[str, Any], *, issuer: str, client: str, now: datetime) -> Logout:
    """The person a logout token names (OpenID Connect Back-Channel Logout 2.6). Raises TokenRefusedError."""
    require_origin(claims, issuer, client, now, expires=False)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefusedError("the token is no logout token (events)")
    if "nonce" in claims:
        raise TokenRefusedError("a logout token has no nonce")
    issued = _seconds(claims, "iat")
    if issued < now.timestamp() - LOGOUT_AGE_SECONDS_MAX:
        raise TokenRefusedError("the logout token is too old (iat)")
    jti, subject, sid = (_short(claims.get(name, "")) for name in ("jti", "sub", "sid"))
    if not jti or not (subject or sid):
        raise TokenRefusedError("the logout token names no session and no person (jti, sub, sid)")
    return Logout(f"{issuer} {jti}", subject, sid, issued + 2 * LOGOUT_AGE_SECONDS_MAX)


def access_in(
    header: Mapping[str, Any], claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime
) -> AccessToken:
    """Which program an access token names (RFC 9068, 4). Raises TokenRefusedError."""
    if str(header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
        raise TokenRefusedError("the token is no access token of RFC 9068 (typ)")
    require_origin(claims, issuer, audience, now)
    client = claims.get("client_id")
    if not isinstance(client, str) or not client:
        raise TokenRefusedError("the access token names no client (client_id)")
    scope = claims.get("scope", "")
    scopes = tuple(scope.split()) if isinstance(scope, str) else ()
    return AccessToken(issuer, _subject(claims), _short(client), scopes, _seconds(claims, "exp"))


def require_origin(
    claims: Mapping[str, Any], issuer: str, audience: str, now: datetime, *, expires: bool = True
) -> None:
    """Check issuer, audience and times. Raises TokenRefusedError."""
    at = now.timestamp()
    if claims.get("iss") != issuer:
        raise TokenRefusedError("the token is from another issuer (iss)")
    if audience not in _audience(claims):
        raise TokenRefusedError("the token is for another audience (aud)")
    if (expires or "exp" in claims) and _seconds(claims, "exp") <= at - LEEWAY_SECONDS:
        raise TokenRefusedError("the token has expired (exp)")
    if "nbf" in claims and _seconds(claims, "nbf") > at + LEEWAY_SECONDS:
        raise TokenRefusedError("the token is not valid yet (nbf)")
    if _seconds(claims, "iat") > at + LEEWAY_SECONDS:
        raise TokenRefusedError("the token is from the future (iat): compare the clocks of both servers")


def _audience(claims: Mapping[str, Any]) -> list[str]:
    audience = claims.get("aud")
    return [audience] if isinstance(audience, str) else [name for name in audience or () if isinstance(name, str)]


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise TokenRefusedError(f"the token has no time in {name}")
    return int(value)


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= TEXT_CHARACTERS_MAX or not subject.isprintable():
        raise TokenRefusedError("the token names no subject (sub)")
    return subject


def _short(text: object) -> str:
    return text[:TEXT_CHARACTERS_MAX].replace("\0", "") if isinstance(text, str) else ""
