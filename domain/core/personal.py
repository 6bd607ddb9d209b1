"""Marks of personal data in message types: which text is personal, and whose it is.

A marked text is stored encrypted with a key of its person, so that destroying the key erases it. Who the person is
follows from the message: the contact of a stream, the complainant of a complaint. Officials who act in their office
are not marked: their acts are public business, and their names have to stay with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from msgspec import Meta, Struct, inspect

ERASED = "已删除 (erased)"  # what is read in place of a text whose key was destroyed
EACH = "*"  # in a path: every element of an array
CONTACT, COMPLAINANT, EVALUATOR, RECIPIENT = "contact", "complainant", "evaluator", "recipient"


class PersonalMark(Struct, frozen=True):
    """Whose text it is: the *role* of the person, and the field that distinguishes several persons of that role.

    With *only*, a field and its value, the text is personal in messages alone whose field has that value.
    """

    role: str
    of: str = ""
    only: tuple[str, str] | None = None

    def person(self, message: Mapping[str, Any]) -> str:
        """The person's name within its stream, such as "complainant:c-17"; empty where the text is not personal."""
        if self.only is not None and message.get(self.only[0]) != self.only[1]:
            return ""
        return f"{self.role}:{message.get(self.of, '')}" if self.of else self.role


class PersonalField(Struct, frozen=True):
    """One marked text of a message: the names that lead to it, and its mark."""

    path: tuple[str, ...]
    mark: PersonalMark

    @property
    def name(self) -> str:
        """As one word, e.g. "particulars.contact.phone"."""
        return ".".join(self.path)


def personal(role: str, of: str = "", only: tuple[str, str] | None = None) -> Meta:
    """The mark to annotate a text with."""
    return Meta(extra={"personal": PersonalMark(role, of, only)})


@cache
def personal_fields(message: type[Struct]) -> tuple[PersonalField, ...]:
    """The marked texts of a message type, also those within its parts."""
    return tuple(_marked(inspect.type_info(message), ()))


def _marked(kind: inspect.Type, path: tuple[str, ...]) -> Iterator[PersonalField]:
    match kind:
        case inspect.Metadata(extra={"personal": PersonalMark() as mark}):
            yield PersonalField(path, mark)
        case inspect.Metadata(type=inner):
            yield from _marked(inner, path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _marked(field.type, (*path, field.encode_name))
        case inspect.UnionType(types=types):
            for inner in types:
                yield from _marked(inner, path)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from _marked(item, (*path, EACH))


def person_id(stream: UUID, person: str, erasures: int = 0) -> UUID:
    """The id of a person's key. After an erasure, further texts of the same person get another key."""
    return uuid5(stream, f"person/{person}/{erasures}")
