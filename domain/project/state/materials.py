"""State of the files attached to a project's items, each identified by the SHA-256 of its content."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta, Struct, field

DIGEST_FORM = "^[0-9a-f]{64}$"
MEDIA_TYPE_FORM = r"^[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,126}$"
NAME_CHARACTERS_MAX = 200
SIZE_MAX = 2**31 - 1  # bytes; an installation's own limit is a setting, and smaller
MATERIALS_MAX = 2000  # files of one project: about ten for each of the 200 items it can have

Digest = Annotated[
    str,
    Meta(
        min_length=64,
        max_length=64,
        pattern=DIGEST_FORM,
        description="SHA-256 of the content, in lower-case hexadecimal.",
    ),
]
FileName = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
MediaType = Annotated[str, Meta(pattern=MEDIA_TYPE_FORM, description="Such as application/pdf.")]
Size = Annotated[int, Meta(ge=1, le=SIZE_MAX, description="Bytes.")]

_digest = re.compile(DIGEST_FORM)
_media_type = re.compile(MEDIA_TYPE_FORM)


class Material(Struct):
    """One file of a project. *items* maps each item to the version of the entry that attached the file."""

    size: int
    items: dict[str, int] = field(default_factory=dict)


def is_digest(text: str) -> bool:
    """Whether *text* is a SHA-256 in 64 lower-case hexadecimal digits."""
    return _digest.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether *text* is a media type without parameters, in lower case (RFC 6838, section 4.2)."""
    return _media_type.fullmatch(text) is not None
