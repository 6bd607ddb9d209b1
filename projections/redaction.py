"""Leaves out of a stream's entries what a reader may not see of them: complainants, and whom to call.

The rules are those of the table of access: `read:complainant` and the reads that end in `_contact`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from msgspec import structs

from domain.access.cases import cases_in, cases_named
from domain.access.decision import AccessCase, may
from domain.access.principal import Caller
from domain.core.ledger import Actor
from domain.legal_person.registration import LegalPersonChanged, LegalPersonRegistered
from domain.messages import AnyFact, Entry, replay
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.information.recording import InformationRecorded
from domain.project.state.project import Project
from projections.feedback.redaction import Complainants
from projections.information.fold import CONTACTS
from projections.personal_reads import FEEDBACK, INFORMATION, PERSON


class Redaction:
    """Entries as *to* may see them. *context* has what complainants recorded, and the corrections, of the stream.

    *project*: its state, where *context* is not all of its entries. *contacts*: whom to call is not left out, as the
    query of the entries has judged who may read that.
    """

    def __init__(
        self, context: Sequence[Entry], to: Caller, project: Project | None = None, *, contacts: bool = False
    ) -> None:
        self._contacts = contacts
        self._context, self._to, self._known = context, to, project
        self._complainants = Complainants(context)

    def __call__(self, entry: Entry) -> tuple[AnyFact, Actor]:
        """The fact of *entry*, and who recorded it; the very objects where nothing had to be left out."""
        fact, by = self._complainants(entry, self._to)
        return fact if self._contacts else self._without_contact(fact), by

    def _without_contact(self, fact: Any) -> Any:
        match fact:
            case InformationRecorded(category=category) if category == CONTACTS:
                if not self._may(INFORMATION, lambda: cases_in(self._project)):
                    return structs.replace(
                        fact, fields=tuple(structs.replace(field, value="") for field in fact.fields)
                    )
            case ComplaintFiled(contact=contact) if contact:
                if not self._may(FEEDBACK, lambda: cases_named(self._project, fact)):
                    return structs.replace(fact, contact="")
            case LegalPersonRegistered() | LegalPersonChanged() if fact.particulars.contact:
                if not self._may(PERSON, lambda: [AccessCase(uscc=self._code)]):
                    return structs.replace(fact, particulars=structs.replace(fact.particulars, contact=None))
            case _:
                pass
        return fact

    def _may(self, action: str, cases: Any) -> bool:
        """Whether the reader may do *action* on any of *cases*."""
        if may(self._to, action).allowed:
            return True
        of_stream: Iterable[AccessCase] = cases()
        return any(may(self._to, action, case).allowed for case in of_stream)

    @cached_property
    def _project(self) -> Project:
        return self._known or replay(self._context[0].stream, self._context)

    @cached_property
    def _code(self) -> str:
        registered = (entry.fact for entry in self._context)
        return next((fact.code for fact in registered if isinstance(fact, LegalPersonRegistered)), "")
