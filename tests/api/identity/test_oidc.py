"""OpenID Connect against a provider that misbehaves: every token that is not exactly ours is refused."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from infrastructure.identity.claims import LOGOUT_EVENT
from tests.api.client import problem
from tests.api.identity.fake_provider import AUDIENCE, CLIENT, FakeProvider, fake_provider
from tests.api.identity.site import EARLY, PATIENCE, Site, signed_site

HTML = {"Accept": "text/html"}
Spoil = Callable[[FakeProvider, dict[str, Any]], None]


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with fake_provider() as opened:
        yield opened


@pytest.fixture(scope="module")
def oidc_site(shared_database_url: str, running: FakeProvider) -> Iterator[Site]:
    chosen: dict[str, Any] = {
        "oidc_issuer": running.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": "s3cret",
        "oidc_audience": AUDIENCE,
        "public_url": "http://127.0.0.1:{}",
    }
    with signed_site(shared_database_url, **chosen) as opened:
        accounts, clock = opened.identity.accounts, opened.identity.clock
        for subject, principal in (("sub-wang", "wang.min"), ("sub-land", "land-system"), ("sub-li", "li.qiang")):
            opened.run(lambda s=subject, p=principal: accounts.link(running.issuer, s, p, clock()))  # type: ignore[misc]
        yield opened


@pytest.fixture
def provider(running: FakeProvider, oidc_site: Site, shared_database_url: str) -> FakeProvider:
    """The provider, as good as new; earlier failures of these tests' one address do not count."""
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM identity.rate")
    running.claims, running.metadata, running.id_token = {}, {}, None
    oidc = oidc_site.identity.provider
    assert oidc is not None
    oidc._metadata, oidc._keys, oidc._refreshed_at = None, None, float("-inf")
    return running


@pytest.fixture
def client(oidc_site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(timeout=PATIENCE, base_url=oidc_site.address) as opened:
        yield opened


def claims(provider: FakeProvider, site: Site, nonce: str = "", subject: str = "sub-wang") -> dict[str, Any]:
    now = int(site.identity.clock().timestamp())
    common = {"iss": provider.issuer, "aud": CLIENT, "sub": subject, "iat": now, "exp": now + 300}
    return common | {"nonce": nonce, "name": "王敏", "sid": "sid-1"}


def leave(client: httpx.Client, to: str = "/") -> dict[str, str]:
    """Go to the provider; the parameters that it is sent."""
    answer = client.post("/sign-in/provider", data={"to": to})
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def come_back(client: httpx.Client, sent: dict[str, str], **answer: str) -> httpx.Response:
    params = {"code": str(uuid4()), "state": sent["state"], **answer}
    return client.get("/sign-in/callback", params=params, headers=HTML)


def test_a_person_signs_in(client: httpx.Client, oidc_site: Site, provider: FakeProvider) -> None:
    sent = leave(client, "/account")
    provider.claims = claims(provider, oidc_site, sent["nonce"])

    answer = come_back(client, sent, iss=provider.issuer)

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/v1/me").json()["id"] == "wang.min"
    assert (sent["code_challenge_method"], sent["response_type"], sent["scope"]) == ("S256", "code", "openid profile")
    challenge = urlsafe_b64encode(sha256(provider.received[-1]["code_verifier"].encode()).digest()).rstrip(b"=")
    assert sent["code_challenge"] == challenge.decode()
    assert sent["redirect_uri"] == f"{oidc_site.address}/sign-in/callback"


def other_nonce(_: FakeProvider, token: dict[str, Any]) -> None:
    token["nonce"] = "another"


def no_nonce(_: FakeProvider, token: dict[str, Any]) -> None:
    del token["nonce"]


def other_issuer(_: FakeProvider, token: dict[str, Any]) -> None:
    token["iss"] = "https://evil.example"


def other_audience(_: FakeProvider, token: dict[str, Any]) -> None:
    token["aud"] = "another"


def two_audiences_without_azp(_: FakeProvider, token: dict[str, Any]) -> None:
    token["aud"] = [CLIENT, "another"]


def other_azp(_: FakeProvider, token: dict[str, Any]) -> None:
    token |= {"aud": [CLIENT, "another"], "azp": "another"}


def expired(_: FakeProvider, token: dict[str, Any]) -> None:
    token |= {"iat": token["iat"] - 400, "exp": token["iat"] - 61}


def from_the_future(_: FakeProvider, token: dict[str, Any]) -> None:
    token["iat"] += 120


def no_subject(_: FakeProvider, token: dict[str, Any]) -> None:
    token["sub"] = ""


def no_expiry(_: FakeProvider, token: dict[str, Any]) -> None:
    del token["exp"]


def strange_types(_: FakeProvider, token: dict[str, Any]) -> None:
    token |= {"aud": {"a": CLIENT}, "exp": "soon", "sub": ["x"]}


def unsigned(provider: FakeProvider, _: dict[str, Any]) -> None:
    provider.id_token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzdWItd2FuZyJ9."


def signed_by_another(provider: FakeProvider, token: dict[str, Any]) -> None:
    other = RSAKey.generate_key(2048, {"kid": str(provider.key.kid)})
    provider.id_token = jwt.encode({"alg": "RS256", "kid": str(provider.key.kid)}, token, other)


def signed_with_the_public_key(provider: FakeProvider, token: dict[str, Any]) -> None:
    secret = OctKey.import_key(provider.key.as_pem(private=False).hex())
    header = {"alg": "HS256", "kid": str(provider.key.kid)}
    provider.id_token = jwt.encode(header, token, secret, algorithms=["HS256"])


def no_token(provider: FakeProvider, _: dict[str, Any]) -> None:
    provider.id_token = ""


@pytest.mark.parametrize(
    "spoil",
    [
        *(other_nonce, no_nonce, other_issuer, other_audience, two_audiences_without_azp, other_azp, expired),
        *(from_the_future, no_subject, no_expiry, strange_types, unsigned, signed_by_another),
        *(signed_with_the_public_key, no_token),
    ],
)
def test_a_spoilt_token_is_refused(client: httpx.Client, oidc_site: Site, provider: FakeProvider, spoil: Spoil) -> None:
    sent = leave(client)
    token = claims(provider, oidc_site, sent["nonce"])
    spoil(provider, token)
    provider.claims = token

    answer = come_back(client, sent)

    assert answer.status_code == 401, answer.headers
    assert "没有确认您的身份" in answer.text
    assert client.get("/v1/me").status_code == 401
    entries = oidc_site.run(lambda: oidc_site.identity.log.read(EARLY, kind="sign_in_refused", limit=1))
    assert entries[0].detail.startswith("provider-refused the ")


def test_a_minute_of_difference_between_clocks_is_tolerated(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider
) -> None:
    sent = leave(client)
    token = claims(provider, oidc_site, sent["nonce"])
    provider.claims = token | {"exp": token["iat"] - 30}
    assert come_back(client, sent).status_code == 303


def test_several_audiences_with_azp_are_accepted(client: httpx.Client, oidc_site: Site, provider: FakeProvider) -> None:
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"]) | {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert come_back(client, sent).status_code == 303


def test_an_answer_is_taken_once_and_in_the_browser_that_began(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider
) -> None:
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"])
    with httpx.Client(timeout=PATIENCE, base_url=oidc_site.address) as other:
        assert come_back(other, sent, code="once").status_code == 401
        leave(other)
        assert come_back(other, sent, code="once").status_code == 401
    assert come_back(client, sent | {"state": "forged"}, code="once").status_code == 401

    assert come_back(client, sent, code="once").status_code == 303
    client.post("/sign-out")
    assert come_back(client, sent, code="once").status_code == 401
    again = leave(client)
    provider.claims = claims(provider, oidc_site, again["nonce"])
    assert come_back(client, again, code="once").status_code == 401  # the provider knows the code


def test_an_answer_of_another_issuer_is_refused(client: httpx.Client, oidc_site: Site, provider: FakeProvider) -> None:
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"])
    assert come_back(client, sent, iss="https://evil.example").status_code == 401


def test_where_the_provider_says_so_the_answer_names_its_issuer(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"])
    assert come_back(client, sent).status_code == 401


def test_a_refusal_by_the_provider_is_reported(client: httpx.Client, provider: FakeProvider) -> None:
    assert come_back(client, leave(client), code="", error="access_denied").status_code == 401


def test_a_provider_that_calls_itself_otherwise_is_not_used(client: httpx.Client, provider: FakeProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    answer = client.post("/sign-in/provider", data={"to": "/"}, headers=HTML)
    assert answer.status_code == 401
    assert "暂时没有响应" in answer.text


def test_an_unlinked_person_sees_what_to_give_an_administrator(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider
) -> None:
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"], "sub-stranger")
    answer = come_back(client, sent)
    assert answer.status_code == 401
    assert f"sub-stranger at {provider.issuer}" in answer.text


def test_a_new_key_is_looked_for_once(client: httpx.Client, oidc_site: Site, provider: FakeProvider) -> None:
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"])
    assert come_back(client, sent).status_code == 303
    provider.rotate()
    oidc = oidc_site.identity.provider
    assert oidc is not None
    oidc._refreshed_at = float("-inf")
    sent = leave(client)
    provider.claims = claims(provider, oidc_site, sent["nonce"])
    assert come_back(client, sent).status_code == 303

    reads = provider.reads.count("/jwks")
    forged = jwt.encode({"alg": "RS256", "kid": "unknown", "typ": "at+jwt"}, {"sub": "x"}, provider.key)
    for _ in range(5):
        answer = client.get("/v1/me", headers={"Authorization": f"Bearer {forged}"})
        problem(answer, "credential-invalid")
    assert provider.reads.count("/jwks") == reads


def logout_token(provider: FakeProvider, site: Site, **changed: Any) -> str:
    now = int(site.identity.clock().timestamp())
    token = {"iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": str(uuid4())}
    token |= {"sid": "sid-1", "events": {LOGOUT_EVENT: {}}} | changed
    return provider.sign({name: value for name, value in token.items() if value is not None}, typ="logout+jwt")


def test_the_provider_signs_a_person_out(client: httpx.Client, oidc_site: Site, provider: FakeProvider) -> None:
    for named in ({}, {"sid": None, "sub": "sub-wang"}):
        sent = leave(client)
        provider.claims = claims(provider, oidc_site, sent["nonce"])
        come_back(client, sent)
        assert client.get("/v1/me").status_code == 200

        token = logout_token(provider, oidc_site, **named)
        answer = httpx.post(f"{oidc_site.address}/sign-in/back-channel", timeout=PATIENCE, data={"logout_token": token})

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/v1/me").status_code == 401
        again = httpx.post(f"{oidc_site.address}/sign-in/back-channel", timeout=PATIENCE, data={"logout_token": token})
        assert again.status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"events": {}},
        {"events": None},
        {"nonce": "x"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"sid": None},
        {"jti": None},
        {"iat": 1_700_000_000},
        {"exp": 1_700_000_000},
    ],
)
def test_a_spoilt_logout_token_ends_nothing(oidc_site: Site, provider: FakeProvider, changed: dict[str, Any]) -> None:
    token = logout_token(provider, oidc_site, **changed)
    answer = httpx.post(f"{oidc_site.address}/sign-in/back-channel", timeout=PATIENCE, data={"logout_token": token})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def access_token(provider: FakeProvider, site: Site, typ: str = "at+jwt", **changed: Any) -> dict[str, str]:
    token = claims(provider, site, subject="sub-land") | {"aud": AUDIENCE, "client_id": "land", "scope": "read:*"}
    return {"Authorization": f"Bearer {provider.sign(token | changed, typ=typ)}"}


def test_a_program_with_an_access_token_acts_by_its_grant(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider
) -> None:
    me = client.get("/v1/me", headers=access_token(provider, oidc_site)).json()
    assert (me["id"], me["kind"], me["role"], me["scopes"]) == ("land-system", "program", "integrator", ["read:*"])


@pytest.mark.parametrize(
    "changed",
    [
        {"typ": "JWT"},
        {"aud": CLIENT},
        {"client_id": ""},
        {"sub": "sub-stranger"},
        {"sub": "sub-li"},  # has two grants: which one is meant, nothing says
        {"exp": 1_700_000_000},
    ],
)
def test_any_other_access_token_is_refused(
    client: httpx.Client, oidc_site: Site, provider: FakeProvider, changed: dict[str, Any]
) -> None:
    answer = client.get("/v1/me", headers=access_token(provider, oidc_site, **changed))
    problem(answer, "credential-invalid")
