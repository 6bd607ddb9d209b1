"""Which addresses webhooks are sent to: what is refused, before and after names are resolved."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.webhooks.addresses import (
    AddressRefusedError,
    Resolver,
    UnresolvedError,
    checked,
    is_public,
    resolve,
)

PUBLIC, OTHER = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"


def resolving(*addresses: str) -> Resolver:
    """A resolver that answers with *addresses*."""

    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolver


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "is not https"),
        ("ftp://example.org/", "is not https"),
        ("example.org", "is not https"),
        ("https://", "names no host"),
        ("https://user:secret@example.org/", "holds a name or a password"),
        ("https://exa mple.org/", "characters"),
        ("https://例子.org/", "characters"),
        ("https://example.org:99999/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://example.org/" + "x" * 3000, "too many"),
    ],
)
async def test_what_is_no_address_for_webhooks(url: str, why: str) -> None:
    with pytest.raises(AddressRefusedError, match=why):
        await checked(url, allows_private=False, resolver=resolving(PUBLIC))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.8",
        "64:ff9b::a00:8",
        "2002:a00:8::",
    ],
)
async def test_addresses_of_networks_are_refused_after_resolution(address: str) -> None:
    for resolved in ((address,), (PUBLIC, address)):
        with pytest.raises(AddressRefusedError, match="within a network"):
            await checked("https://example.org/", allows_private=False, resolver=resolving(*resolved))


async def test_the_connection_is_made_to_the_address_that_was_checked() -> None:
    target = await checked("https://example.org/hook?a=1#x", allows_private=False, resolver=resolving(PUBLIC, OTHER))

    assert target.connect_url == f"https://{PUBLIC}:443/hook?a=1"
    assert (target.host_header, target.host, target.is_secure) == ("example.org", "example.org", True)


async def test_the_operator_may_allow_networks_and_there_plain_http() -> None:
    target = await checked("http://127.0.0.1:8080/", allows_private=True)
    assert (target.connect_url, target.host_header) == ("http://127.0.0.1:8080/", "127.0.0.1:8080")
    with pytest.raises(AddressRefusedError, match="not https"):
        await checked("http://example.org/", allows_private=True, resolver=resolving(PUBLIC))


async def test_a_name_that_is_unknown() -> None:
    with pytest.raises(UnresolvedError):
        await resolve("no-such-host.invalid", 443)


@given(st.ip_addresses())
def test_what_is_public_is_nothing_special(address: object) -> None:
    """The law: no loopback, private, link-local, multicast or reserved address is public."""
    special = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_unspecified", "is_reserved")
    if is_public(str(address)):
        assert [name for name in special if getattr(address, name)] == []
