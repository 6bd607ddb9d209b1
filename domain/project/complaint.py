"""投诉 complaint: anybody served may complain, the department answers, and the case is closed with a verdict."""

from __future__ import annotations

from enum import StrEnum

from domain.ledger import Command, Context, Fact, Refused, Role
from domain.project.rules import require_role
from domain.project.state import Code, Complaint, Line, Name, Project, Text


class Satisfied(StrEnum):
    """What the complainant said of the answer."""

    YES = "yes"
    NO = "no"
    NONE = "none"  # nothing


class FileComplaint(Command, frozen=True, tag="file_complaint"):
    """Complain about one item, or about the project's handling as a whole where *item* is empty."""

    complaint: Code  # its id, chosen by whoever files it
    about: Text
    item: Name = ""
    contact: Line = ""
    anonymous: bool = False

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "file a complaint", Role.APPLICANT, Role.PROJECT_MANAGER, Role.SUPERVISOR, Role.SYSTEM)
        department = project.item(self.item).department if self.item else ""
        if self.complaint in project.complaints:
            raise Refused(
                "complaint-repeated", f"there already is a complaint {self.complaint}", remedy="choose another id"
            )
        if not self.about.strip():
            raise Refused("complaint-empty", "the complaint says nothing", remedy="say what went wrong")
        return (
            ComplaintFiled(
                complaint=self.complaint,
                item=self.item,
                department=department,
                about=self.about,
                contact=self.contact,
                anonymous=self.anonymous,
                by=context.by.id,
            ),
        )


class ComplaintFiled(Fact, frozen=True, tag="complaint_filed"):
    """A complaint about *department*; empty where it is about the project's handling as a whole."""

    complaint: str
    item: str
    department: str
    about: str
    by: str
    contact: str = ""
    anonymous: bool = False

    def apply(self, project: Project) -> None:
        project.complaints[self.complaint] = Complaint(self.item, self.department, self.by)


class AnswerComplaint(Command, frozen=True, tag="answer_complaint"):
    """Answer a complaint, saying whether it was right (*upheld*)."""

    complaint: Code
    answer: Text
    upheld: bool

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find(project, self.complaint)
        by = context.by
        own = by.role is Role.OFFICER and by.department == complaint.department != ""
        if not own and by.role is not Role.SUPERVISOR:
            raise Refused(
                "wrong-department",
                f"the complaint {self.complaint} is not for {by.department or by.id} ({by.role}) to answer",
                remedy=f"{complaint.department or 'the supervision bureau'} answers it",
                department=complaint.department,
            )
        if complaint.answered or complaint.closed:
            raise Refused(
                "complaint-settled",
                f"the complaint {self.complaint} is already {'closed' if complaint.closed else 'answered'}",
                remedy="a new complaint may follow",
            )
        if not self.answer.strip():
            raise Refused("answer-empty", "the answer says nothing", remedy="say what was found and done")
        return (
            ComplaintAnswered(complaint=self.complaint, item=complaint.item, answer=self.answer, upheld=self.upheld),
        )


class ComplaintAnswered(Fact, frozen=True, tag="complaint_answered"):
    """The answer to a complaint: its clock stops."""

    complaint: str
    item: str
    answer: str
    upheld: bool

    def apply(self, project: Project) -> None:
        if complaint := project.complaints.get(self.complaint):
            complaint.answered = True


class CloseComplaint(Command, frozen=True, tag="close_complaint"):
    """Close an answered complaint with the complainant's verdict."""

    complaint: Code
    satisfied: Satisfied = Satisfied.NONE
    remarks: Text = ""

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        complaint = find(project, self.complaint)
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


def find(project: Project, code: str) -> Complaint:
    """The complaint *code*; refused where there is none."""
    try:
        return project.complaints[code]
    except KeyError:
        raise Refused(
            "unknown-complaint", f"there is no complaint {code}", remedy="check the code it was filed under"
        ) from None
