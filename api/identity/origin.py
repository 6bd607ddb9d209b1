"""Where a request comes from: the client's address and whether it came by TLS, through proxies that are trusted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from msgspec import Struct

from infrastructure.settings import SettingRefusedError

ADDRESSES_CACHED = 1000
UNIX_SOCKET = "unix"  # in the place of an address

Network = Any  # of either version


class Origin(Struct, frozen=True):
    """The client's address, whether it speaks TLS, and whether it is on this machine without a proxy between."""

    address: str
    is_secure: bool
    is_local: bool


class Proxies:
    """The proxies whose forwarded headers count."""

    def __init__(self, networks: str, public_url: str) -> None:
        self._networks: list[Network] = []
        for text in filter(None, (part.strip() for part in networks.split(","))):
            try:
                self._networks.append(ip_network(text, strict=False))
            except ValueError as wrong:
                raise SettingRefusedError(f"COUNTERSIGN_TRUSTED_PROXIES can't be used: {wrong}.") from wrong
        self._public_tls = public_url.startswith("https:")

    def origin(self, scope: Any, headers: Mapping[bytes, bytes]) -> Origin:
        """Where the request with this *scope* and these *headers* comes from."""
        peer = scope["client"][0] if scope.get("client") else UNIX_SOCKET
        forwarded = headers.get(b"x-forwarded-for", b"")
        secure = scope.get("scheme") == "https" or self._public_tls
        if not self._networks or not self._trusts(peer):
            return _origin_at(peer, secure, not forwarded and b"forwarded" not in headers)
        secure = secure or headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https"
        return Origin(self._client(peer, forwarded), secure, is_local=False)

    def _client(self, peer: str, forwarded: bytes) -> str:
        """The last address in X-Forwarded-For that no trusted proxy has: clients can write what comes before it."""
        for part in reversed(forwarded.decode("latin-1").split(",")):
            address = part.strip().strip("[]")
            if _read(address) is None:
                break
            peer = address
            if not self._trusts(address):
                break
        return peer

    def _trusts(self, address: str) -> bool:
        read = _read(address)
        return read is not None and any(read in network for network in self._networks)


@lru_cache(ADDRESSES_CACHED)
def _origin_at(address: str, is_secure: bool, is_direct: bool) -> Origin:
    return Origin(address, is_secure, is_direct and is_loopback(address))


@lru_cache(ADDRESSES_CACHED)
def is_loopback(address: str) -> bool:
    """Whether *address* is this machine's own."""
    read = _read(address)
    return read is not None and read.is_loopback


@lru_cache(ADDRESSES_CACHED)
def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        read = ip_address(address)
    except ValueError:
        return None
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read
