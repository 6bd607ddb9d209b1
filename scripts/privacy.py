"""The command line's verb that erases a person's data by destroying his key."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

import typer
from msgspec import Struct

from domain.access.state import stream_of as principal_stream
from domain.legal_person.state import stream_of as legal_person_stream
from domain.privacy.erasure import ErasePerson
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from infrastructure.privacy.beside import FIRST_FACT, removals
from infrastructure.privacy.cipher import plain_texts
from scripts.access.acting import As, acting, identifier, with_ledger
from scripts.console import AsJson, fail, pairs, print_result, screen

Person = Annotated[
    str,
    typer.Argument(
        help="whose data: contact, complainant:<complaint>, evaluator:<evaluation> or recipient:<item>",
        metavar="PERSON",
    ),
]


class PersonErasedReceipt(Struct, frozen=True):
    """What was erased, and at which position that is recorded.

    *plain_texts* were stored before texts were encrypted: they stay, as no entry is ever changed.
    """

    stream: UUID
    data_subject: str
    position: int
    plain_texts: int


def erase_person(
    person: Person,
    reasons: Annotated[str, typer.Option(help="why, such as the request that asks for it")],
    project: Annotated[str, typer.Option(help="id of the project that holds the data")] = "",
    legal_person: Annotated[str, typer.Option(help="code of the legal person that holds the data")] = "",
    principal: Annotated[str, typer.Option(help="id of the principal that holds the data")] = "",
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person's data permanently: destroy the key by which it is encrypted. Every hash stays valid.

    From then on the texts are shown as erased, and half-filled forms and mail addresses of the person are deleted.
    Officials, and persons whose case is still open, can't be erased. Older backups of the folder of keys have to be
    destroyed, too.
    """
    chosen = [text for text in (project, legal_person, principal) if text]
    if len(chosen) != 1:
        fail("Name where the data is: one of --project, --legal-person and --principal.")
    if project:
        stream = identifier(project)
    else:
        stream = legal_person_stream(legal_person) if legal_person else principal_stream(principal)

    async def work(approvals: Approvals, directory: LedgerDirectory) -> PersonErasedReceipt:
        actor = await acting(directory, by, approvals.clock())
        command = ErasePerson(data_subject=person, reasons=reasons)
        answer = await approvals.handle(stream, command, actor, uuid4())
        await _remove_beside(approvals, stream)
        rows = await approvals.store.stream(stream)
        plain = sum(plain_texts(row.data, person) for row in rows)
        return PersonErasedReceipt(stream, person, answer.receipt.position, plain)

    receipt = with_ledger(work)
    print_result(receipt, as_json, lambda: pairs("erased", receipt))
    if receipt.plain_texts:
        screen.print(
            f"{receipt.plain_texts} texts of {person} were stored before texts were encrypted: they can't be erased.",
            highlight=False,
        )


async def _remove_beside(approvals: Approvals, stream: UUID) -> None:
    """Remove the person's texts outside the ledger; if this is interrupted, the next backup does it."""
    async with approvals.store.connection() as connection:
        first = await (await connection.execute(FIRST_FACT, [stream])).fetchone()
        for statement, params in removals(stream, first):
            await connection.execute(statement, params)
