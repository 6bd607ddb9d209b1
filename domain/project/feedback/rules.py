"""Rules that several use cases about complaints and evaluations share."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.law.calendar.moment import local_day
from domain.law.feedback.terms import FeedbackTerms, terms_on
from domain.project.state.feedback import Complaint, Evaluation
from domain.project.state.project import Project


def evaluation_id(item: str, application: int, contact: int = 0) -> str:
    """The evaluation of one application, e.g. "land-use-1", or of the contact that entry 7 records, "land-use-1-v7"."""
    return f"{item}-{application}-v{contact}" if contact else f"{item}-{application}"


def terms_now(context: Context) -> FeedbackTerms:
    """The zone's rules on the local day the act took effect; refused where none are published."""
    if not context.law.feedback:
        raise Refused(
            "unknown-law",
            "no rules on complaints and evaluations are published",
            remedy="publish an edition of the zone's rules",
        )
    return terms_on(context.law.feedback, local_day(context.at, context.law.zone))


def find_complaint(project: Project, code: str) -> Complaint:
    """The complaint *code*; refused where there is none."""
    try:
        return project.complaints[code]
    except KeyError:
        raise Refused(
            "unknown-complaint", f"there is no complaint {code}", remedy="check the code it was filed under"
        ) from None


def find_evaluation(project: Project, code: str) -> Evaluation:
    """The bad evaluation *code*; refused where there is none, or where it is a good one."""
    found = project.evaluations.get(code)
    if found is None:
        raise Refused(
            "unknown-evaluation",
            f"there is no evaluation {code}",
            remedy=f"the project has: {', '.join(project.evaluations) or 'none'}",
        )
    if not found.bad:
        raise Refused(
            "evaluation-good",
            f"the evaluation {code} is not a bad one",
            article="国办发〔2019〕51号",
            remedy="only the two lowest grades (差评) are put right, called back about or appealed against",
        )
    return found


def open_evaluation(project: Project, code: str) -> Evaluation:
    """The bad evaluation *code*; refused where nothing is left to do about it."""
    found = find_evaluation(project, code)
    if found.closed:
        raise Refused("evaluation-closed", f"the evaluation {code} is closed", remedy="nothing is left to do about it")
    return found


def require_unsettled(code: str, complaint: Complaint) -> None:
    """Refuse where the complaint was answered or has ended."""
    if complaint.answered or complaint.closed:
        raise Refused(
            "complaint-settled",
            f"the complaint {code} is already {'closed' if complaint.closed else 'answered'}",
            remedy="a new complaint may follow",
        )


def require_responsible(by: Actor, department: str, what: str) -> None:
    """Refuse *what* (such as 'the complaint c1') unless it is *by*'s department's, or the bureau's, to handle."""
    own = by.role is Role.OFFICER and by.department == department != ""
    if not own and by.role is not Role.SUPERVISOR:
        raise Refused(
            "wrong-department",
            f"{what} is not for {by.department or by.id} ({by.role}) to answer",
            remedy=f"{department or 'the supervision bureau'} answers it",
            department=department,
        )


def require_entries(project: Project, versions: tuple[int, ...], item: str) -> None:
    """Refuse where one of *versions* is no entry that counts, or is about another item than *item* (if given)."""
    for version in versions:
        note = project.notes.get(version)
        if note is None or version in project.retracted or (item and note.item not in ("", item)):
            raise Refused(
                "no-such-entry",
                f"there is no entry {version}{f' about {item}' if item else ''} to point to",
                remedy="the versions are those of the project's history; a retracted entry no longer counts",
                version=version,
            )
