"""删除个人信息 erasure: a person's key is destroyed, so that no text encrypted with it can be read again."""

from __future__ import annotations

from typing import Any, TypeAlias
from uuid import UUID

from domain.access.state import Principal
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.personal import COMPLAINANT, CONTACT, EVALUATOR, RECIPIENT, person_id
from domain.core.rules import require_reasons, require_role
from domain.core.types import Line, Text
from domain.legal_person.state import LegalPerson
from domain.project.feedback.rules import find_complaint, find_evaluation
from domain.project.state.project import Project

DUTY_TO_DELETE = "《中华人民共和国个人信息保护法》第四十七条第一款"
DUTIES_OF_OFFICE = "《中华人民共和国个人信息保护法》第十三条第一款第三项"
NOT_OFFICIALS = (Role.APPLICANT, Role.INTEGRATOR)  # roles that no official acts in

PERSONS = "name contact, complainant:<complaint>, evaluator:<evaluation> or recipient:<item>, where there is one"

ErasableState: TypeAlias = Project | LegalPerson | Principal


class ErasePerson(Command, frozen=True, tag="erase_person"):
    """Erase a person's data: destroy the key of all texts of *data_subject* in this stream.

    *data_subject* is "contact", "complainant:<complaint>", "evaluator:<evaluation>" or "recipient:<item>".
    """

    data_subject: Line
    reasons: Text

    def decide(self, state: ErasableState, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "erase a person's data", Role.ADMINISTRATOR, Role.SYSTEM)
        require_reasons(self.reasons, f"erasing {self.data_subject}", DUTY_TO_DELETE)
        self._require_erasable(state)
        erasures = state.erasures.get(self.data_subject, 0)
        key = person_id(state.id, self.data_subject, erasures)
        return (PersonErased(data_subject=self.data_subject, key=key, reasons=self.reasons),)

    def _require_erasable(self, state: ErasableState) -> None:
        """Refuse officials, persons that there are none of, and those whose case is still open."""
        role, _, of = self.data_subject.partition(":")
        if isinstance(state, Principal):
            require_no_official(state)
        if self.data_subject == CONTACT and state.version:
            return
        if not isinstance(state, Project):
            raise self._unknown(state)
        if role == COMPLAINANT:
            complaint = find_complaint(state, of)
            if not (complaint.answered or complaint.closed):
                raise Refused(
                    "person-needed",
                    f"the complaint {of} is open: without its text it can't be answered",
                    article=DUTY_TO_DELETE,
                    remedy="answer the complaint first, or let the complainant withdraw it",
                )
        elif role == EVALUATOR:
            evaluation = state.evaluations.get(of) or find_evaluation(state, of)
            if evaluation.bad and not evaluation.closed:
                raise Refused(
                    "person-needed",
                    f"the evaluation {of} is open: without its text it can't be rectified",
                    article=DUTY_TO_DELETE,
                    remedy="rectify what it is about and call back first",
                )
        elif role == RECIPIENT:
            state.item(of)
        else:
            raise self._unknown(state)

    def _unknown(self, state: ErasableState) -> Refused:
        return Refused(
            "no-such-person", f"{state.id} holds no data of a person named {self.data_subject}", remedy=PERSONS
        )


class PersonErased(Fact, frozen=True, tag="person_erased"):
    """删除个人信息: the key with the id *key* was destroyed, with which the texts of *data_subject* were encrypted."""

    data_subject: str
    key: UUID
    reasons: str

    def apply(self, state: Any) -> None:
        state.erasures[self.data_subject] = state.erasures.get(self.data_subject, 0) + 1


def require_no_official(state: Principal) -> None:
    """Refuse a principal that has ever held a role in which officials act."""
    held = sorted({grant.role for grant in state.grants.values()} - set(NOT_OFFICIALS))
    if held:
        raise Refused(
            "official-not-erased",
            f"{state.principal} has acted as {held[0].with_article}: officials' acts stay with their names",
            article=DUTIES_OF_OFFICE,
            remedy="close the principal with close_principal; erase only applicants and contacts",
        )
