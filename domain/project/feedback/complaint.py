"""投诉 complaint: filed by those served, answered by the department, closed with the complainant's verdict."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
from domain.core.personal import COMPLAINANT, personal
from domain.core.rules import require_reasons, require_role
from domain.core.types import LINES_MAX, Code, Line, Name, Text
from domain.project.feedback.rules import (
    find_complaint,
    require_entries,
    require_responsible,
    require_unsettled,
    terms_now,
)
from domain.project.state.feedback import Complaint, Satisfied
from domain.project.state.project import Project

COMPLAINED = personal(COMPLAINANT, of="complaint")  # what a complainant writes, and how to reach him
Versions = Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=LINES_MAX)]


class FileComplaint(Command, frozen=True, tag="file_complaint"):
    """File a complaint about one item, or about the whole project if *item* is empty.

    *entries* are versions in the project's history, *step* the node or clock and *person* the person complained
    about.
    """

    complaint: Code  # its id, chosen by the complainant
    about: Annotated[Text, COMPLAINED]
    item: Name = ""
    contact: Annotated[Line, COMPLAINED] = ""
    anonymous: bool = False
    entries: Versions = ()
    step: Line = ""
    person: Line = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "file a complaint", Role.APPLICANT, Role.PROJECT_MANAGER, Role.SUPERVISOR, Role.SYSTEM)
        department = project.item(self.item).department if self.item else ""
        if self.complaint in project.complaints:
            raise Refused(
                "complaint-repeated",
                f"the complaint id {self.complaint} is already in use",
                remedy="choose another id",
            )
        if not self.about.strip():
            raise Refused("complaint-empty", "the complaint is empty", remedy="describe what went wrong")
        self._require_nameless(context.by)
        entries = tuple(dict.fromkeys(self.entries))
        require_entries(project, entries, self.item)
        return (
            ComplaintFiled(
                complaint=self.complaint,
                item=self.item,
                department=department,
                about=self.about,
                contact=self.contact,
                anonymous=self.anonymous,
                by=context.by.id,
                entries=entries,
                step=self.step,
                person=self.person,
                rule=terms_now(context).name,
            ),
        )

    def _require_nameless(self, by: Actor) -> None:
        """Refuse an anonymous complaint whose id, which is public, names the complainant."""
        names = [re.escape(name) for name in (by.id.strip(), self.contact.strip()) if name]
        match = re.search(rf"(?<![0-9A-Za-z])({'|'.join(names)})(?![0-9A-Za-z])", self.complaint, re.IGNORECASE)
        if self.anonymous and names and match:
            raise Refused(
                "complaint-names-complainant",
                f"the id {self.complaint} is public and reveals the complainant",
                remedy="choose an id without your name or code",
            )


class ComplaintFiled(Fact, frozen=True, tag="complaint_filed"):
    """A complaint about *department*; empty if it is about the whole project.

    *rule* is the edition of the zone's limits that applies to it; empty in the oldest facts.
    """

    complaint: str
    item: str
    department: str
    about: Annotated[str, COMPLAINED]
    by: str
    contact: Annotated[str, COMPLAINED] = ""
    anonymous: bool = False
    entries: tuple[int, ...] = ()
    step: str = ""
    person: str = ""
    rule: str = ""

    def apply(self, project: Project) -> None:
        project.complaints[self.complaint] = Complaint(self.item, self.department, self.by, self.anonymous)


class AnswerComplaint(Command, frozen=True, tag="answer_complaint"):
    """Answer a complaint, as *upheld* or not, perhaps only *partly*; *entries* are the evidence.

    Answering a complaint that is not accepted yet also accepts it.
    """

    complaint: Code
    answer: Text
    upheld: bool
    partly: bool = False
    entries: Versions = ()

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find_complaint(project, self.complaint)
        require_responsible(context.by, complaint.department, f"the complaint {self.complaint}")
        require_unsettled(self.complaint, complaint)
        if not self.answer.strip():
            raise Refused("answer-empty", "the answer is empty", remedy="describe what was found and done")
        if self.partly and not self.upheld:
            raise Refused(
                "outcome-contradicts",
                "a complaint that is partly right has to be upheld",
                remedy="set upheld to true, or partly to false",
            )
        entries = tuple(dict.fromkeys(self.entries))
        require_entries(project, entries, "")
        return (
            ComplaintAnswered(
                complaint=self.complaint,
                item=complaint.item,
                answer=self.answer,
                upheld=self.upheld,
                partly=self.partly,
                entries=entries,
            ),
        )


class ComplaintAnswered(Fact, frozen=True, tag="complaint_answered"):
    """The complaint was answered: its clock stops."""

    complaint: str
    item: str
    answer: str
    upheld: bool
    partly: bool = False
    entries: tuple[int, ...] = ()

    @property
    def outcome(self) -> str:
        """One of upheld (属实), partly (部分属实) or unfounded (不属实)."""
        if not self.upheld:
            return "unfounded"
        return "partly" if self.partly else "upheld"

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.accepted = complaint.answered = True


class CloseComplaint(Command, frozen=True, tag="close_complaint"):
    """Close an answered complaint with the complainant's verdict; *remarks* give the reasons of a dissatisfied one."""

    complaint: Code
    satisfied: Satisfied = Satisfied.NONE
    remarks: Annotated[Text, COMPLAINED] = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find_complaint(project, self.complaint)
        by = context.by
        if by.role not in (Role.SUPERVISOR, Role.SYSTEM) and by.id != complaint.by:
            raise Refused(
                "wrong-role",
                f"{by.id} ({by.role}) can't close the complaint {self.complaint}",
                remedy="the complainant or the supervision bureau has to close it",
            )
        if complaint.closed:
            raise Refused(
                "complaint-settled", f"the complaint {self.complaint} is already closed", remedy="file a new one"
            )
        if not complaint.answered:
            raise Refused(
                "complaint-unanswered", f"the complaint {self.complaint} is not answered yet", remedy="answer it first"
            )
        if self.satisfied is Satisfied.NO:
            require_reasons(self.remarks, "a verdict of not satisfied", "")
        return (
            ComplaintClosed(
                complaint=self.complaint, item=complaint.item, satisfied=self.satisfied, remarks=self.remarks
            ),
        )


class ComplaintClosed(Fact, frozen=True, tag="complaint_closed"):
    """The complaint was closed with the complainant's verdict."""

    complaint: str
    item: str
    satisfied: Satisfied
    remarks: Annotated[str, COMPLAINED] = ""

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True


def handled(project: Project, code: str, context: Context) -> Complaint:
    """The open complaint *code*; refused unless the sender may handle it."""
    complaint = find_complaint(project, code)
    require_responsible(context.by, complaint.department, f"the complaint {code}")
    require_unsettled(code, complaint)
    return complaint


def require_fresh(code: str, complaint: Complaint) -> None:
    """Refuse if the complaint has already been accepted."""
    if complaint.accepted:
        raise Refused(
            "complaint-accepted",
            f"the complaint {code} has already been accepted",
            remedy="answer it, extend it or transfer it",
        )


class AcceptComplaint(Command, frozen=True, tag="accept_complaint"):
    """Accept a complaint (受理): the time to answer begins."""

    complaint: Code

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        require_fresh(self.complaint, complaint)
        return (
            ComplaintAccepted(
                complaint=self.complaint,
                item=complaint.item,
                department=complaint.department,
                rule=terms_now(context).name,
            ),
        )


class ComplaintAccepted(Fact, frozen=True, tag="complaint_accepted"):
    """*department* accepted the complaint; it is answered under *rule*."""

    complaint: str
    item: str
    department: str
    rule: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.accepted = True


class DeclineComplaint(Command, frozen=True, tag="decline_complaint"):
    """Decline a complaint (不予受理), with reasons."""

    complaint: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        require_fresh(self.complaint, complaint)
        require_reasons(self.reasons, f"declining the complaint {self.complaint}", "")
        return (ComplaintDeclined(complaint=self.complaint, item=complaint.item, reasons=self.reasons),)


class ComplaintDeclined(Fact, frozen=True, tag="complaint_declined"):
    """The complaint was declined: it ends here."""

    complaint: str
    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True


class TransferComplaint(Command, frozen=True, tag="transfer_complaint"):
    """Transfer a complaint (转办) to the competent department, with reasons. The answer's clock keeps running."""

    complaint: Code
    to: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        require_reasons(self.reasons, f"transferring the complaint {self.complaint}", "")
        if self.to == complaint.department:
            raise Refused(
                "transfer-nowhere",
                f"{self.to} already has the complaint {self.complaint}",
                remedy="name another department",
            )
        terms = terms_now(context)
        if complaint.transfers >= terms.transfers_max and context.by.role is not Role.SUPERVISOR:
            raise Refused(
                "transfer-repeated",
                f"the complaint {self.complaint} has already been transferred {complaint.transfers} times",
                article=terms.name,
                remedy="the supervision bureau has to decide who handles it",
            )
        return (
            ComplaintTransferred(
                complaint=self.complaint,
                item=complaint.item,
                sender=complaint.department,
                to=self.to,
                reasons=self.reasons,
                rule=terms.name,
            ),
        )


class ComplaintTransferred(Fact, frozen=True, tag="complaint_transferred"):
    """The complaint was transferred from *sender* (empty: unassigned) to the department *to*."""

    complaint: str
    item: str
    sender: str
    to: str
    reasons: str
    rule: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.department = self.to
            complaint.transfers += 1


class ExtendComplaint(Command, frozen=True, tag="extend_complaint"):
    """Extend the time to answer (延期), once, by some working days, with reasons and approver."""

    complaint: Code
    days: Annotated[int, Meta(ge=1)]
    reasons: Text
    approver: Line

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        terms = terms_now(context)
        if not complaint.accepted:
            raise Refused(
                "complaint-not-accepted",
                f"the complaint {self.complaint} is not accepted yet, so its answer can't be extended",
                remedy="accept it with accept_complaint first",
            )
        if complaint.extended:
            raise Refused(
                "extension-repeated",
                f"the time to answer the complaint {self.complaint} has already been extended",
                article=terms.name,
                remedy="answer it within that time: it can be extended once only",
            )
        if self.days > terms.extension_days_max:
            raise Refused(
                "extension-exceeds-limit",
                f"{self.days} working days are more than the {terms.extension_days_max} the zone allows",
                article=terms.name,
                remedy=f"extend it by {terms.extension_days_max} working days or fewer",
            )
        require_reasons(self.reasons, f"extending the answer to {self.complaint}", "")
        if not self.approver.strip():
            raise Refused("wrong-approver", "the extension does not say who approved it", remedy="name the approver")
        return (
            ComplaintExtended(
                complaint=self.complaint,
                item=complaint.item,
                days=self.days,
                reasons=self.reasons,
                approver=self.approver,
                rule=terms.name,
            ),
        )


class ComplaintExtended(Fact, frozen=True, tag="complaint_extended"):
    """The time to answer was extended; effective only if it was not over yet."""

    complaint: str
    item: str
    days: int
    reasons: str
    approver: str
    rule: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.extended = True


class WithdrawComplaint(Command, frozen=True, tag="withdraw_complaint"):
    """Withdraw one's complaint before it is answered."""

    complaint: Code
    reasons: Annotated[Text, COMPLAINED] = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find_complaint(project, self.complaint)
        if context.by.id != complaint.by:
            raise Refused(
                "wrong-role",
                f"{context.by.id} ({context.by.role}) can't withdraw the complaint {self.complaint}",
                remedy="only the complainant can withdraw it",
            )
        require_unsettled(self.complaint, complaint)
        return (ComplaintWithdrawn(complaint=self.complaint, item=complaint.item, reasons=self.reasons),)


class ComplaintWithdrawn(Fact, frozen=True, tag="complaint_withdrawn"):
    """The complainant withdrew the complaint: it ends here."""

    complaint: str
    item: str
    reasons: Annotated[str, COMPLAINED] = ""

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True
