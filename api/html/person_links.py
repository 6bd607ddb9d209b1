"""The way from an enterprise's code to its page, where the legal-person base knows it."""

from __future__ import annotations

from collections.abc import Sequence

from api.html.page import PageContext
from infrastructure.ledger.approvals import Approvals
from projections.legal_person.query import PersonBook

PERSON = "/pages/legal-persons"


async def linked_persons(approvals: Approvals, page: PageContext, codes: Sequence[str]) -> dict[str, str]:
    """The addresses of the pages of those of *codes* that the legal-person base knows."""
    known = await PersonBook(approvals.store).known(codes, approvals.clock()) if any(codes) else set()
    return {code: page.link(f"{PERSON}/{code}") for code in known}


async def linked_person(approvals: Approvals, page: PageContext, code: str) -> str:
    """The address of the page of the legal person with *code*; empty where there is none."""
    return (await linked_persons(approvals, page, [code])).get(code, "")
