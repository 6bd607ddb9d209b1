"""Where requests come from: forwarded addresses count from trusted proxies alone, cookies and headers follow TLS."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.identity.cookies import cookie_in, drop_cookie, set_cookie
from api.identity.origin import Origin, Proxies
from api.identity.security_headers import DEFAULTS, HSTS, VARY, SecurityHeaders
from api.identity.visit import Pairs
from infrastructure.identity.service import options_of
from infrastructure.settings import Gateway, SettingRefusedError, Settings
from tests.api.identity.site import PASSWORD, PATIENCE, signed_site


def origin(peer: str | None, networks: str = "10.0.0.0/8, ::1", public: str = "", **headers: str) -> Origin:
    """The origin of a request that came from *peer*."""
    scope: dict[str, Any] = {"client": (peer, 1) if peer else None, "scheme": "http"}
    encoded = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Proxies(networks, public).origin(scope, encoded)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),  # no proxy of ours
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "127.0.0.1, 203.0.113.9", "203.0.113.9"),  # the client wrote the first
        ("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "nonsense", "10.1.2.3"),
        ("10.1.2.3", "nonsense, 10.4.4.4", "10.4.4.4"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("::1", "[2001:db8::7]", "2001:db8::7"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        (None, "203.0.113.9", "unix"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str | None, forwarded: str, address: str
) -> None:
    assert origin(peer, x_forwarded_for=forwarded).address == address


def test_only_a_direct_connection_of_this_machine_is_local() -> None:
    assert origin("127.0.0.1", "").is_local
    assert origin("::1", "").is_local
    assert not origin("127.0.0.1", "", x_forwarded_for="10.0.0.1").is_local
    assert not origin("127.0.0.1", "", forwarded="for=10.0.0.1").is_local
    assert not origin("127.0.0.1", "127.0.0.0/8").is_local
    assert not origin("192.168.0.1", "").is_local
    assert not origin(None, "").is_local


def test_tls_is_that_of_the_proxy_or_of_the_public_url() -> None:
    assert origin("10.1.2.3", x_forwarded_proto="https").is_secure
    assert not origin("203.0.113.9", x_forwarded_proto="https").is_secure
    assert origin("203.0.113.9", public="https://approvals.example.org").is_secure


@given(st.text(max_size=60))
def test_no_forwarded_text_is_taken_for_an_address(text: str) -> None:
    headers = {b"x-forwarded-for": text.encode("utf-8", "surrogatepass")}
    read = Proxies("10.0.0.0/8", "").origin({"client": ("10.0.0.1", 1), "scheme": "http"}, headers)
    assert read.address == "10.0.0.1" or read.address in text


@pytest.mark.parametrize("networks", ["10.0.0.0/99", "1.2.3", "::/200"])
def test_a_network_that_is_none_is_refused(networks: str) -> None:
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_TRUSTED_PROXIES"):
        Proxies(networks, "")


def test_under_tls_only_the_cookie_bound_to_the_host_counts() -> None:
    assert cookie_in(b"a=b; __Host-countersign-session=good", "countersign-session", is_secure=True) == "good"
    assert cookie_in(b"countersign-session=planted", "countersign-session", is_secure=True) == ""
    assert cookie_in(b"countersign-session=one; countersign-session=two", "countersign-session", is_secure=False) == ""
    assert cookie_in(b"xcountersign-session=good", "countersign-session", is_secure=False) == ""
    header = set_cookie("countersign-session", "t", is_secure=True).to_header(header="")
    assert header.startswith("__Host-countersign-session=t")
    assert "Secure" in header
    assert "Domain" not in header
    assert "Max-Age=0" in drop_cookie("countersign-session", is_secure=True).to_header(header="")


def test_the_policy_of_pages_names_the_issuer() -> None:
    headers = SecurityHeaders("https://idp.example.org/realms/zone")
    html = [(b"Content-Type", b"text/html"), (b"Content-Security-Policy", b"default-src *")]
    completed = headers.complete(html, [], is_secure=True)

    policies = [value for name, value in completed if name == b"content-security-policy"]
    assert len(policies) == 1
    assert b"form-action 'self' https://idp.example.org;" in policies[0]
    assert (b"strict-transport-security", b"max-age=31536000; includeSubDomains") in completed


@pytest.mark.parametrize(
    ("sent", "completed"),
    [
        ([], [*DEFAULTS, (b"ratelimit", b"1"), (b"vary", VARY)]),
        (
            [(b"VARY", b"Accept"), (b"etag", b"1"), (b"Vary", b"Origin")],
            [(b"etag", b"1"), *DEFAULTS, (b"ratelimit", b"1"), (b"vary", b"Origin, " + VARY)],
        ),
        (
            [
                (b"set-cookie", b"a=1"),
                (b"set-cookie", b"b=2"),
                *DEFAULTS[:-1],
                (b"cache-control", b"public, max-age=60"),
            ],
            [
                *[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), *DEFAULTS[:-1]],
                *[(b"cache-control", b"public, max-age=60"), (b"ratelimit", b"1")],
            ],
        ),
        ([*DEFAULTS, (b"vary", b"")], [*DEFAULTS, (b"ratelimit", b"1"), (b"vary", VARY)]),
    ],
    ids=["none", "capitals-twice", "public", "all"],
)
def test_an_answer_has_each_header_for_browsers_once(sent: Pairs, completed: Pairs) -> None:
    headers = SecurityHeaders()
    for _ in range(2):  # what is cached of the first answer is good for the second
        assert headers.complete(tuple(sent), [(b"ratelimit", b"1")], is_secure=False) == completed
    assert headers.complete(sent, [], is_secure=True)[-1] == HSTS, "nothing of it is taken for another answer's"


def test_without_tls_a_password_is_not_asked_for_over_a_network(database_url: str) -> None:
    with (
        signed_site(database_url, trusted_proxies="127.0.0.1") as site,
        httpx.Client(timeout=PATIENCE, base_url=site.address, headers={"X-Forwarded-For": "203.0.113.9"}) as client,
    ):
        page = client.get("/sign-in", headers={"Accept": "text/html"}).text
        assert "此连接未加密" in page
        assert 'type="password"' not in page
        tls = {"X-Forwarded-Proto": "https"}
        answer = client.post("/sign-in/password", data={"login": "wang", "password": PASSWORD}, headers=tls)
        assert answer.headers["set-cookie"].startswith("__Host-countersign-session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    "chosen",
    [
        {"oidc_issuer": "https://idp.example.org"},
        {"oidc_issuer": "https://idp.example.org", "oidc_client_id": "x"},
        {
            "oidc_issuer": "http://idp.example.org",
            "oidc_client_id": "x",
            "public_url": "https://approvals.example.org",
        },
    ],
)
def test_half_a_provider_is_refused(chosen: dict[str, Any], tmp_path: Any) -> None:
    with pytest.raises(SettingRefusedError, match="COUNTERSIGN_OIDC_ISSUER"):
        options_of(Settings(data=tmp_path, gateway=Gateway.CLOSED, **chosen))
