"""Rules shared by use cases on complaints and evaluations."""

from __future__ import annotations

from domain.core.context import Context
from domain.core.ledger import Actor, Refused, Role
from domain.law.calendar.moment import local_day
from domain.law.feedback.terms import FeedbackTerms, terms_on
from domain.project.state.feedback import Complaint, Evaluation
from domain.project.state.project import Project


def evaluation_id(item: str, application: int, contact: int = 0) -> str:
    """The id of an application's evaluation, such as "land-use-1", or of a contact's in entry 7, "land-use-1-v7"."""
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
    """The complaint *code*; refused if there is none."""
    try:
        return project.complaints[code]
    except KeyError:
        raise Refused(
            "unknown-complaint", f"there is no complaint {code}", remedy="check the id it was filed under"
        ) from None


def find_evaluation(project: Project, code: str) -> Evaluation:
    """The bad evaluation *code*; refused if there is none, or if it is a good one."""
    evaluation = project.evaluations.get(code)
    if evaluation is None:
        raise Refused(
            "unknown-evaluation",
            f"there is no evaluation {code}",
            remedy=f"the project's evaluations: {', '.join(project.evaluations) or 'none'}",
        )
    if not evaluation.bad:
        raise Refused(
            "evaluation-good",
            f"the evaluation {code} is not a bad one",
            article="国办发〔2019〕51号",
            remedy="only the two lowest grades (差评) can be rectified, called back about or appealed against",
        )
    return evaluation


def open_evaluation(project: Project, code: str) -> Evaluation:
    """The open bad evaluation *code*; refused if it is closed."""
    evaluation = find_evaluation(project, code)
    if evaluation.closed:
        raise Refused("evaluation-closed", f"the evaluation {code} is closed", remedy="nothing needs to be done")
    return evaluation


def require_unsettled(code: str, complaint: Complaint) -> None:
    """Refuse if the complaint was answered or has ended."""
    if complaint.answered or complaint.closed:
        raise Refused(
            "complaint-settled",
            f"the complaint {code} is already {'closed' if complaint.closed else 'answered'}",
            remedy="file a new complaint if necessary",
        )


def require_responsible(by: Actor, department: str, what: str) -> None:
    """Refuse *what* (such as 'the complaint c1') unless *by*'s department, or the bureau, is responsible for it."""
    own = by.role is Role.OFFICER and by.department == department != ""
    if not own and by.role is not Role.SUPERVISOR:
        raise Refused(
            "wrong-department",
            f"{by.department or by.id} ({by.role}) is not responsible for {what}",
            remedy=f"{department or 'the supervision bureau'} has to do this",
            department=department,
        )


def require_entries(project: Project, versions: tuple[int, ...], item: str) -> None:
    """Refuse *versions* that are not entries of the project, were retracted, or concern another item than *item*."""
    for version in versions:
        note = project.notes.get(version)
        if note is None or version in project.retracted or (item and note.item not in ("", item)):
            raise Refused(
                "no-such-entry",
                f"there is no entry {version}{f' on {item}' if item else ''} to refer to",
                remedy="give versions from the project's history, and none that was retracted",
                version=version,
            )
