"""Encrypts the marked texts of a stored fact, and decrypts them again.

A marked text is stored as "enc1:" and base64url of: the id of its person's key (16 bytes), a nonce (12), and what
AES-256-GCM-SIV (RFC 8452) makes of the UTF-8 text (with a tag of 16), bound to stream, fact and field. What can't be
decrypted any more reads as ERASED, and never fails.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from msgspec import DecodeError, json

from domain.core.ledger import Command, Fact
from domain.core.personal import EACH, ERASED, PersonalField, person_id, personal_fields
from domain.messages import FACTS, tag_of
from infrastructure.privacy.current import keystore
from infrastructure.privacy.keystore import Keystore, SecretPurpose

PREFIX = "enc1:"
MARK = b'"enc1:'  # in the bytes of a fact that may hold an encrypted text
ID_BYTES, NONCE_BYTES, TAG_BYTES = 16, 12, 16
MARKED_FACTS = frozenset(fact for fact in FACTS.values() if personal_fields(fact))
FIELDS_BY_TAG = {tag_of(fact): personal_fields(fact) for fact in MARKED_FACTS}
NO_ERASURES: Mapping[str, int] = {}

log = structlog.get_logger()


def encrypted_fact(stream: UUID, fact: Fact, data: bytes, erasures: Mapping[str, int] = NO_ERASURES) -> bytes:
    """*data*, the JSON of *fact*, with its marked texts encrypted; *erasures* are those of the stream so far.

    Raises KeystoreError.
    """
    tag, keys = tag_of(fact), keystore()
    content = json.decode(data)
    changed = False
    for field in personal_fields(type(fact)):
        person = field.mark.person(content)
        if not person:
            continue

        def encrypt(text: str, field: PersonalField = field, person: str = person) -> str:
            if not text:
                return text
            key_id = person_id(stream, person, erasures.get(person, 0))
            return _sealed(keys.make(key_id), key_id, text, _bound_to(stream, tag, field))

        changed |= _replace(content, field.path, encrypt)
    return json.encode(content) if changed else data


def decrypted_facts(stream: UUID, data: bytes) -> bytes:
    """*data*, the JSON of a fact or of several separated by commas, with its marked texts readable."""
    if MARK not in data:
        return data
    try:
        contents: Any = json.decode(b"[%b]" % data)
    except DecodeError:  # decoding it into a fact names the fault
        return data
    keys = keystore()
    for content in contents:
        tag = content.get("fact", "") if isinstance(content, dict) else ""
        for field in FIELDS_BY_TAG.get(tag, ()):

            def decrypt(text: str, field: PersonalField = field, tag: str = tag) -> str:
                return _opened(keys, text, _bound_to(stream, tag, field))

            _replace(content, field.path, decrypt)
    return json.encode(contents)[1:-1]


def persons_in(data: bytes) -> Iterator[UUID]:
    """The ids of the keys by which texts in the JSON of a fact are encrypted."""
    if MARK in data:
        yield from (UUID(bytes=parts[0]) for _, text in _texts(data) if (parts := _parts(text)))


def plain_texts(data: bytes, person: str) -> int:
    """How many texts of *person* in the JSON of a fact were stored before there was encryption, and can't be erased."""
    return _in_clear(data).count(person)


def has_plain_text(data: bytes) -> bool:
    """Whether a personal text in the JSON of a fact is readable as it is stored."""
    return any(_in_clear(data))


def _in_clear(data: bytes) -> list[str]:
    """Whose the texts in the JSON of a fact are that were stored before there was encryption, a person a text."""
    return [person for person, text in _texts(data) if text and _parts(text) is None]


def _texts(data: bytes) -> list[tuple[str, str]]:
    """The marked texts in the JSON of a fact, as they are stored, each with its person."""
    try:
        content = json.decode(data)
    except DecodeError:  # another application's
        return []
    tag = content.get("fact", "") if isinstance(content, dict) else ""
    texts: list[tuple[str, str]] = []
    for field in FIELDS_BY_TAG.get(tag, ()):

        def collect(text: str, person: str = field.mark.person(content)) -> str:
            texts.append((person, text))
            return text

        _replace(content, field.path, collect)
    return texts


def replace_personal_texts(fact: Fact, content: Any, by: str) -> bool:
    """Replace each personal text in *content*, which is *fact* in built-in types, by *by*; whether there was any."""
    changed = False
    for field in personal_fields(type(fact)):
        if field.mark.person(content):
            changed |= _replace(content, field.path, lambda text: by if text else text)
    return changed


def keyed_digest(command: Command, content: bytes) -> bytes | None:
    """The fingerprint of *content*, the bytes of a command with personal data: it can't be found by guessing.

    None for a command of a type without marks.
    """
    if not is_marked(type(command)):
        return None
    return hmac.digest(keystore().secret(SecretPurpose.FINGERPRINTS), content, "sha256")


def former_digest(content: bytes) -> bytes | None:
    """The same under the secret before its renewal; None where it was never renewed."""
    former = keystore().former_secret(SecretPurpose.FINGERPRINTS)
    return None if former is None else hmac.digest(former, content, "sha256")


@cache
def is_marked(command: type[Command]) -> bool:
    """Whether commands of this type may hold personal data."""
    return bool(personal_fields(command))


def _bound_to(stream: UUID, tag: str, field: PersonalField) -> bytes:
    return stream.bytes + f"{tag}/{field.name}".encode()


def _sealed(key: bytes, key_id: UUID, text: str, bound_to: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCMSIV(key).encrypt(nonce, text.encode(), bound_to)
    return PREFIX + urlsafe_b64encode(key_id.bytes + nonce + sealed).decode()


def _parts(text: str) -> tuple[bytes, bytes, bytes] | None:
    """Id, nonce and ciphertext of an encrypted text; None for one that was stored before encryption."""
    if not text.startswith(PREFIX):
        return None
    try:
        raw = urlsafe_b64decode(text.removeprefix(PREFIX))
    except ValueError:
        return None
    if len(raw) < ID_BYTES + NONCE_BYTES + TAG_BYTES:
        return None
    return raw[:ID_BYTES], raw[ID_BYTES : ID_BYTES + NONCE_BYTES], raw[ID_BYTES + NONCE_BYTES :]


def _opened(keys: Keystore, text: str, bound_to: bytes) -> str:
    parts = _parts(text)
    if parts is None:
        return text
    key_id, nonce, sealed = parts
    key = keys.find(UUID(bytes=key_id))
    if key is None:
        return ERASED
    try:
        return AESGCMSIV(key).decrypt(nonce, sealed, bound_to).decode()
    except InvalidTag:  # of a destroyed key whose person got another one, or a forgery, which `verify` finds
        log.warning("personal_text_unreadable", person=str(UUID(bytes=key_id)))
        return ERASED


def _replace(content: Any, path: Sequence[str], by: Callable[[str], str]) -> bool:
    """Replace every text that *path* leads to. Whether any was changed; what is not there is passed by."""
    name, *rest = path
    if name == EACH:
        places: Any = range(len(content)) if isinstance(content, list) else ()
    else:
        places = (name,) if isinstance(content, dict) and name in content else ()
    changed = False
    for place in places:
        value = content[place]
        if rest:
            changed |= _replace(value, rest, by)
        elif isinstance(value, str) and (new := by(value)) != value:
            content[place] = new
            changed = True
    return changed
