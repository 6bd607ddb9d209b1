"""投诉 complaint: anybody served may complain, the department answers, and the case is closed with a verdict."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from domain.core.context import Context
from domain.core.ledger import Actor, Command, Fact, Refused, Role
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

Versions = Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=LINES_MAX)]


class FileComplaint(Command, frozen=True, tag="file_complaint"):
    """Complain about one item, or about the project's handling as a whole where *item* is empty.

    *entries* are the versions of what is complained of in the project's history, *step* the node or clock, *person*
    whoever is complained of.
    """

    complaint: Code  # its id, chosen by whoever files it
    about: Text
    item: Name = ""
    contact: Line = ""
    anonymous: bool = False
    entries: Versions = ()
    step: Line = ""
    person: Line = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "file a complaint", Role.APPLICANT, Role.PROJECT_MANAGER, Role.SUPERVISOR, Role.SYSTEM)
        department = project.item(self.item).department if self.item else ""
        if self.complaint in project.complaints:
            raise Refused(
                "complaint-repeated", f"there already is a complaint {self.complaint}", remedy="choose another id"
            )
        if not self.about.strip():
            raise Refused("complaint-empty", "the complaint says nothing", remedy="say what went wrong")
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
        """Refuse an anonymous complaint under an id that everybody reads and that names whoever files it."""
        names = [re.escape(name) for name in (by.id.strip(), self.contact.strip()) if name]
        match = re.search(rf"(?<![0-9A-Za-z])({'|'.join(names)})(?![0-9A-Za-z])", self.complaint, re.IGNORECASE)
        if self.anonymous and names and match:
            raise Refused(
                "complaint-names-complainant",
                f"the id {self.complaint} says who complains, and everybody reads it",
                remedy="choose an id that does not name you",
            )


class ComplaintFiled(Fact, frozen=True, tag="complaint_filed"):
    """A complaint about *department*; empty where it is about the project's handling as a whole.

    *rule* is the zone's edition of the limits it is handled under; empty in the oldest facts.
    """

    complaint: str
    item: str
    department: str
    about: str
    by: str
    contact: str = ""
    anonymous: bool = False
    entries: tuple[int, ...] = ()
    step: str = ""
    person: str = ""
    rule: str = ""

    def apply(self, project: Project) -> None:
        project.complaints[self.complaint] = Complaint(self.item, self.department, self.by, self.anonymous)


class AnswerComplaint(Command, frozen=True, tag="answer_complaint"):
    """Answer a complaint, saying whether it was right (*upheld*), if only *partly*; *entries* are the evidence.

    An answer to a complaint that was not accepted yet accepts it too.
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
            raise Refused("answer-empty", "the answer says nothing", remedy="say what was found and done")
        if self.partly and not self.upheld:
            raise Refused(
                "outcome-contradicts",
                "a complaint that is partly right is upheld as far as it goes",
                remedy="send upheld true with partly, or partly false",
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
    """The answer to a complaint: its clock stops."""

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
    """Close an answered complaint with the complainant's verdict; *remarks* say why somebody is not content."""

    complaint: Code
    satisfied: Satisfied = Satisfied.NONE
    remarks: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find_complaint(project, self.complaint)
        by = context.by
        if by.role not in (Role.SUPERVISOR, Role.SYSTEM) and by.id != complaint.by:
            raise Refused(
                "wrong-role",
                f"{by.id} ({by.role}) can't close the complaint {self.complaint}",
                remedy="whoever filed it closes it, or the supervision bureau",
            )
        if complaint.closed:
            raise Refused(
                "complaint-settled", f"the complaint {self.complaint} is already closed", remedy="file a new one"
            )
        if not complaint.answered:
            raise Refused(
                "complaint-unanswered", f"the complaint {self.complaint} has no answer yet", remedy="answer it first"
            )
        if self.satisfied is Satisfied.NO:
            require_reasons(self.remarks, "saying that the answer is no good", "")
        return (
            ComplaintClosed(
                complaint=self.complaint, item=complaint.item, satisfied=self.satisfied, remarks=self.remarks
            ),
        )


class ComplaintClosed(Fact, frozen=True, tag="complaint_closed"):
    """The end of a complaint, and whether the complainant was content."""

    complaint: str
    item: str
    satisfied: Satisfied
    remarks: str = ""

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.closed = True


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
