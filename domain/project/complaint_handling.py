"""投诉办理 handling a complaint: accepted, declined, transferred, extended, or taken back by whoever filed it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from domain.context import Context
from domain.ledger import Command, Fact, Refused, Role
from domain.project.rules import require_reasons
from domain.project.state import Project
from domain.project.terms import Code, Line, Text
from domain.project.voice_rules import find_complaint, require_responsible, require_unsettled, terms_now
from domain.project.voice_state import Complaint


def handled(project: Project, code: str, context: Context) -> Complaint:
    """The unsettled complaint *code*; refused unless it is the sender's to handle."""
    complaint = find_complaint(project, code)
    require_responsible(context.by, complaint.department, f"the complaint {code}")
    require_unsettled(code, complaint)
    return complaint


def require_fresh(code: str, complaint: Complaint) -> None:
    """Refuse where the complaint was accepted before."""
    if complaint.accepted:
        raise Refused(
            "complaint-accepted",
            f"the complaint {code} was accepted before",
            remedy="answer it, extend it or pass it on",
        )


class AcceptComplaint(Command, frozen=True, tag="accept_complaint"):
    """Take a complaint up (受理): the time to answer begins."""

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
    """*department* has taken the complaint up; it is answered under *rule*."""

    complaint: str
    item: str
    department: str
    rule: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.accepted = True


class DeclineComplaint(Command, frozen=True, tag="decline_complaint"):
    """Do not take a complaint up (不予受理), saying why."""

    complaint: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        require_fresh(self.complaint, complaint)
        require_reasons(self.reasons, f"declining the complaint {self.complaint}", "")
        return (ComplaintDeclined(complaint=self.complaint, item=complaint.item, reasons=self.reasons),)


class ComplaintDeclined(Fact, frozen=True, tag="complaint_declined"):
    """The complaint was not taken up: it ends here."""

    complaint: str
    item: str
    reasons: str

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True


class TransferComplaint(Command, frozen=True, tag="transfer_complaint"):
    """Pass a complaint on (转办) to the department it belongs to, saying why. An answer's clock runs on meanwhile."""

    complaint: Code
    to: Code
    reasons: Text

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = handled(project, self.complaint, context)
        require_reasons(self.reasons, f"passing on the complaint {self.complaint}", "")
        if self.to == complaint.department:
            raise Refused(
                "transfer-nowhere", f"{self.to} has the complaint {self.complaint} already", remedy="name another one"
            )
        terms = terms_now(context)
        if complaint.transfers >= terms.transfers_max and context.by.role is not Role.SUPERVISOR:
            raise Refused(
                "transfer-repeated",
                f"the complaint {self.complaint} was passed on {complaint.transfers} times",
                article=terms.name,
                remedy="the supervision bureau says whose it is",
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
    """The complaint went from *sender* (empty: nobody's yet) to the department *to*."""

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
    """Take longer to answer (延期), once: by how many working days, why, and who approved it."""

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
                f"the complaint {self.complaint} was not accepted yet, so there is no answer to extend",
                remedy="accept_complaint comes first",
            )
        if complaint.extended:
            raise Refused(
                "extension-repeated",
                f"the answer to the complaint {self.complaint} was extended before",
                article=terms.name,
                remedy="it is extended once",
            )
        if self.days > terms.extension_days_max:
            raise Refused(
                "extension-exceeds-limit",
                f"{self.days} working days are more than the {terms.extension_days_max} the zone allows",
                article=terms.name,
                remedy=f"at most {terms.extension_days_max}",
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
    """So many working days more to answer; they count if the time was not over yet."""

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
    """Take one's complaint back before it is answered."""

    complaint: Code
    reasons: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find_complaint(project, self.complaint)
        if context.by.id != complaint.by:
            raise Refused(
                "wrong-role",
                f"{context.by.id} ({context.by.role}) can't take back the complaint {self.complaint}",
                remedy="whoever filed it takes it back",
            )
        require_unsettled(self.complaint, complaint)
        return (ComplaintWithdrawn(complaint=self.complaint, item=complaint.item, reasons=self.reasons),)


class ComplaintWithdrawn(Fact, frozen=True, tag="complaint_withdrawn"):
    """Whoever filed the complaint took it back: it ends here."""

    complaint: str
    item: str
    reasons: str = ""

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True
