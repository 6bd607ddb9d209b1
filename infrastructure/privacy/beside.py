"""Removes the texts of an erased person outside the ledger: in drafts, addresses, and answers of receivers. This is
done with the erasure, and once more before the next backup, in case a killed command left some of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

from msgspec import json

from domain.access.registration import PrincipalRegistered
from domain.messages import COMMANDS, tag_of
from infrastructure.privacy.cipher import is_marked

FIRST_FACT: LiteralString = "SELECT type, data FROM ledger.event WHERE stream = %s AND version = 1"
# Half-filled forms about the project whose command takes personal texts; the path of a form ends with its command.
FORMS: LiteralString = """
    DELETE FROM process.form_draft
    WHERE (starts_with(form, %(project)s) OR starts_with(form, %(item)s))
        AND regexp_replace(form, '^.*/', '') = ANY(%(commands)s)
"""
ADDRESSES: LiteralString = "DELETE FROM process.mail_address WHERE principal = %s"
OWN_FORMS: LiteralString = "DELETE FROM process.form_draft WHERE owner = %s"
# A receiver may have quoted an event in its answer, of which the beginning is stored.
ANSWERS: LiteralString = "UPDATE webhook.delivery SET error = '' WHERE stream = %s AND error <> ''"
PERSONAL_COMMANDS = sorted(tag_of(command) for command in COMMANDS.values() if is_marked(command))
PRINCIPAL_FACT = tag_of(PrincipalRegistered)

Statement = tuple[LiteralString, list[Any] | dict[str, Any]]


def removals(stream: UUID, first: tuple[str, bytes] | None) -> Iterator[Statement]:
    """The statements that remove it, for an erasure in *stream*, of which *first* is the row of FIRST_FACT."""
    yield ANSWERS, [stream]
    params = {"project": f"/projects/{stream}/", "item": f"/items/{stream}/", "commands": PERSONAL_COMMANDS}
    yield FORMS, params
    if first is not None and first[0] == PRINCIPAL_FACT:
        principal = json.decode(bytes(first[1]))["principal"]
        yield ADDRESSES, [principal]
        yield OWN_FORMS, [principal]
