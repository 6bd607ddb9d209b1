"""Where webhooks may be sent: https addresses of the public internet, checked after their names are resolved.

A name may resolve to an address within our own network, today or only after the check (DNS rebinding). So the sender
connects to the very address that was checked, and the certificate is verified for the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

URL_CHARACTERS_MAX = 2000
PORTS = {"https": 443, "http": 80}
RESOLVE_SECONDS_MAX = 5.0
EMBEDDED = ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")  # IPv6 that carries an IPv4 address

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class AddressRefusedError(Exception):
    """Nothing is sent to this address. The message says why; *remedy* what would make it pass."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.remedy = remedy


class UnresolvedError(Exception):
    """The name in the address resolves to nothing at present."""


class Target(Struct, frozen=True):
    """A receiver's address, with the IP address that was checked."""

    url: str
    host: str
    port: int
    ip: str
    is_secure: bool

    @property
    def connect_url(self) -> str:
        """The same address by its IP address."""
        parts = urlsplit(self.url)
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        return parts._replace(netloc=f"{ip}:{self.port}", fragment="").geturl()

    @property
    def host_header(self) -> str:
        """Host and port as a client names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.is_secure else "http"] else f"{host}:{self.port}"


async def resolve(host: str, port: int) -> Sequence[str]:
    """The IP addresses of *host*, as this machine resolves names. Raises UnresolvedError."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS_MAX):
            rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as failure:
        raise UnresolvedError(f"{host} can't be resolved: {failure or 'no answer'}") from failure
    return [str(row[4][0]) for row in rows]


def require_url(url: str, *, allows_private: bool) -> None:
    """Raise AddressRefusedError where *url* is none that webhooks are sent to, whatever it resolves to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as failure:
        raise AddressRefusedError(f"{url[:100]} is no address", "write https://host/path") from failure
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefusedError("the address has characters that none has, or too many", "write https://host/path")
    if parts.scheme not in (PORTS if allows_private else ("https",)):
        raise AddressRefusedError(f"{parts.scheme or 'nothing'} is not https", "write an address with https://")
    if not parts.hostname or port == 0:
        raise AddressRefusedError("the address names no host", "write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise AddressRefusedError(
            "the address holds a name or a password",
            "leave them out: every request is signed, and the receiver checks the signature",
        )


async def checked(url: str, *, allows_private: bool, resolver: Resolver = resolve) -> Target:
    """The target that *url* is. Raises AddressRefusedError, UnresolvedError."""
    require_url(url, allows_private=allows_private)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    addresses = await resolver(host, port)
    if not addresses:
        raise UnresolvedError(f"{host} resolves to no address")
    if not allows_private:
        for address in addresses:
            if not is_public(address):
                raise AddressRefusedError(
                    f"{host} is {address}, an address within a network",
                    "use an address of the public internet, or let the operator set COUNTERSIGN_WEBHOOKS_PRIVATE",
                )
    elif parts.scheme == "http" and any(is_public(address) for address in addresses):
        raise AddressRefusedError(f"{host} is public, and the address is not https", "write an address with https://")
    return Target(url, host, port, addresses[0], parts.scheme == "https")


def is_public(text: str) -> bool:
    """Whether the IP address is one of the public internet, also what is embedded in an IPv6 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and any(address in ipaddress.ip_network(net) for net in EMBEDDED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_private)
