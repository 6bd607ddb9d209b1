"""Where events are published: servers, stream, credentials, certificates; and the subjects and ids that they get."""

from __future__ import annotations

import re
import ssl
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, json

from domain.messages import Entry, tag_of
from infrastructure.settings import NATS_URL_PATTERN, SettingRefusedError, Settings

SUBJECTS = "countersign"  # the first part of every subject
MESSAGE_ID = re.compile(r"(?P<zone>[A-Z]{2,6})(\.(?P<epoch>[1-9][0-9]{0,9}))?:(?P<position>[1-9][0-9]{0,18})")
TLS = "tls"


class StreamTarget(Struct, frozen=True):
    """A *stream* on NATS *servers*, for the events of *zone*.

    *credentials* is a file as `nsc` writes it; *ca* a PEM file with the certificates that the server's leads to, where
    the machine's own do not have them. Both may be empty.
    """

    servers: tuple[str, ...]
    stream: str
    zone: str
    credentials: str = ""
    ca: str = ""

    @classmethod
    def of(cls, settings: Settings) -> StreamTarget:
        """The target in *settings*. Raises SettingRefusedError."""
        if not re.fullmatch(NATS_URL_PATTERN, settings.nats_url) or not settings.nats_url:
            raise SettingRefusedError(
                "No NATS server is named: set COUNTERSIGN_NATS_URL, or give --to, such as nats://127.0.0.1:4222."
            )
        for variable, path in (
            ("COUNTERSIGN_NATS_CREDENTIALS", settings.nats_credentials),
            ("COUNTERSIGN_NATS_CA", settings.nats_ca),
        ):
            if path and not Path(path).is_file():
                raise SettingRefusedError(f"{variable} names {path}, and there is no such file.")
        servers = tuple(settings.nats_url.split(","))
        if not all(map(is_address, servers)):  # not quoted: what is wrong may be the password
            raise SettingRefusedError(
                "COUNTERSIGN_NATS_URL has an address without a host or port that can be understood: write"
                " nats://user:password@host:4222. A password with / ? # or a comma can't be used in it: change it, or"
                " name a credentials file by COUNTERSIGN_NATS_CREDENTIALS."
            )
        stream = settings.nats_stream or f"{SUBJECTS}-{settings.area}"
        return cls(servers, stream, settings.area, settings.nats_credentials, settings.nats_ca)

    @property
    def subjects(self) -> str:
        """What the stream has to take: all subjects of the zone."""
        return f"{SUBJECTS}.{self.zone}.>"

    @property
    def address(self) -> str:
        """The servers without names and passwords, for people."""
        return ", ".join(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" for parts in map(urlsplit, self.servers))

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken from the first byte, and nothing without it."""
        return any(server.startswith(f"{TLS}://") for server in self.servers)

    def tls(self) -> ssl.SSLContext | None:
        """The context for TLS, also where only the server asks for it. Raises SettingRefusedError."""
        if not self.ca and not self.is_secure:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca or None)
        except OSError as failure:  # of which ssl.SSLError is one
            raise SettingRefusedError(
                f"COUNTERSIGN_NATS_CA names {self.ca}, which holds no certificate that can be read."
            ) from failure


def takes(filter_: str, subjects: str) -> bool:
    """Whether a stream with the subject *filter_* takes all of *subjects*; both may have the wildcards of NATS."""
    ours = subjects.split(".")
    for n, part in enumerate(filter_.split(".")):
        if part == ">":
            return n < len(ours)
        if n >= len(ours) or ours[n] == ">" or part not in ("*", ours[n]):
            return False
    return filter_.count(".") == subjects.count(".")


def is_address(server: str) -> bool:
    """Whether *server* has a host, a port that may be one or none, and every "@" before them.

    A password with a slash would otherwise end where the slash is, and its first half be taken for the port.
    """
    try:
        parts = urlsplit(server)
        port = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and port != 0 and "@" not in f"{parts.path}{parts.query}{parts.fragment}"


class EventIdentity(Struct, frozen=True):
    """The identity of an event over all ledgers; these values never change."""

    id: str
    source: str
    type: str
    version: int
    time: str


class OutgoingMessage(Struct, frozen=True):
    """An event as it is published: *id* is its Nats-Msg-Id, *body* the CloudEvent in JSON."""

    subject: str
    id: str
    body: bytes


class StreamTail(Struct, frozen=True):
    """Where a stream ends: the *sequence* of its last message, 0 before the first, and when it was *created*."""

    sequence: int
    created: datetime | None


class StoredMessage(Struct, frozen=True):
    """A message in the stream, with its Nats-Msg-Id."""

    sequence: int
    id: str
    body: bytes


def outgoing(entry: Entry, id_: str, body: bytes, zone: str) -> OutgoingMessage:
    """The event of *entry*, rendered as *body*: its subject names what it is about and what happened."""
    kind = identity_of(body).source.split("/")[1]
    return OutgoingMessage(f"{SUBJECTS}.{zone}.{kind}.{tag_of(entry.fact)}", id_, body)


_decode_identity: Any = json.Decoder(EventIdentity).decode


def identity_of(body: bytes) -> EventIdentity:
    """The identity of the event in *body*. Raises msgspec.DecodeError where *body* holds none."""
    identity: EventIdentity = _decode_identity(body)
    return identity
