"""A NATS server that speaks TLS from the first byte and lets in by credentials files alone, as `nsc` makes them."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]  # it ships no types
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec import json

from tests.infrastructure.jetstream.nats_server import NatsServer

WITHOUT_LIMITS = dict.fromkeys(
    ("mem_storage", "disk_storage", "streams", "consumer", "subs", "conn", "data", "payload"), -1
)


def secured_server(folder: Path) -> NatsServer:
    """The server; `ca.pem` and `user.creds` in *folder* are what a client needs."""
    certificate(folder)
    operator, account, system, user = (
        key_pair(prefix)
        for prefix in (
            nkeys.PREFIX_BYTE_OPERATOR,
            nkeys.PREFIX_BYTE_ACCOUNT,
            nkeys.PREFIX_BYTE_ACCOUNT,
            nkeys.PREFIX_BYTE_USER,
        )
    )
    limits = {"limits": {**WITHOUT_LIMITS, "wildcards": True}}
    accounts = {
        name_of(account): signed(operator, account, "account", limits),
        name_of(system): signed(operator, system, "account", {}),  # in which there can be no streams
    }
    (folder / "user.creds").write_text(
        credentials(user, signed(account, user, "user", WITHOUT_LIMITS)), encoding="utf-8"
    )
    preloaded = "\n".join(f"  {name}: {token}" for name, token in accounts.items())
    settings = f"""
tls: {{cert_file: "{folder}/server.pem", key_file: "{folder}/server.key", handshake_first: true}}
operator: {signed(operator, operator, "operator", {})}
system_account: {name_of(system)}
resolver: MEMORY
resolver_preload: {{
{preloaded}
}}
"""
    return NatsServer(folder, settings=settings, scheme="tls")


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself, so it is also what it leads to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nats.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(hours=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    for file in ("ca.pem", "server.pem"):
        (folder / file).write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.key").write_bytes(private)


def key_pair(prefix: int) -> Any:
    """A new key of the kind that *prefix* stands for."""
    return nkeys.from_seed(bytearray(nkeys.encode_seed(os.urandom(32), prefix)))


def name_of(key: Any) -> str:
    """The public key, which is also its owner's name."""
    return bytes(key.public_key).decode()


def signed(issuer: Any, subject: Any, kind: str, claims: dict[str, Any]) -> str:
    """What *issuer* says of *subject*: a JWT with the algorithm of NATS."""
    content = {"iss": name_of(issuer), "sub": name_of(subject), "name": kind, "iat": int(datetime.now(UTC).timestamp())}
    content["nats"] = {**claims, "type": kind, "version": 2}
    content["jti"] = sha256(json.encode(content)).hexdigest()
    text = f"{part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{part(content)}"
    return f"{text}.{urlsafe_b64encode(issuer.sign(text.encode())).decode().rstrip('=')}"


def part(content: dict[str, Any]) -> str:
    """A part of a JWT."""
    return urlsafe_b64encode(json.encode(content)).decode().rstrip("=")


def credentials(user: Any, token: str) -> str:
    """The credentials file of *user*."""
    ends = ("-----BEGIN {}-----", "------END {}------")
    jwt, seed = ([end.format(of) for end in ends] for of in ("NATS USER JWT", "USER NKEY SEED"))
    return "\n".join([jwt[0], token, jwt[1], "", seed[0], bytes(user.seed).decode(), seed[1], ""])
