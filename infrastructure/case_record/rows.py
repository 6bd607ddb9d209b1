"""The rows of one case in the five staging tables. A column that we have nothing for is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from uuid import NAMESPACE_OID, uuid5

from domain.core.types import Outcome
from domain.law.licensing.review import COMMITMENT
from domain.messages import Entry, tag_of
from domain.project.application.acceptance import ItemAccepted
from domain.project.application.completion import ItemCompleted
from domain.project.application.delivery import DecisionDelivered
from domain.project.application.extension import LimitExtended
from domain.project.application.registration import ProjectRegistered
from domain.project.application.suspension import ClockResumed, ClockSuspended
from domain.project.application.withdrawal import ItemWithdrawn
from domain.project.countersignature.request import ItemCountersigned
from domain.project.feedback.evaluation import EvaluationAppealDecided, Grade, ServiceEvaluated
from domain.project.materials.attachment import MaterialAttached
from domain.project.supervision.signals import AcceptanceDeemed
from infrastructure.case_record.cases import CaseFacts
from infrastructure.case_record.columns import names
from infrastructure.case_record.reference import SYSTEM, CaseReference
from projections.clocks.law_events import Histories
from projections.clocks.reading import read

CaseCells = dict[str, str]
NamedRow = tuple[str, CaseCells]  # the table's name, and its cells by column

EXTENDED, OTHER_PROCEDURE = ("1", "延长审批"), "2"  # GB/T 39046-2020, A.7
ENTERPRISE = "2"  # A.4 企业法人
AT_THE_WINDOW, ONLINE = "1", "2"  # A.5
PROJECT_TYPES = {"immediate": "1", "promised": "2"}  # A.6
OTHER_TYPE = "9"  # A.6 其他
SATISFACTION = {grade: str(code) for code, grade in enumerate(Grade, start=1)}  # A.8
BY_POST = frozenset({"post", "courier", "邮寄", "快递"})


def accepted(case: CaseFacts) -> tuple[Entry, datetime | date] | None:
    """By which entry, and when, the case was accepted; None where it was not."""
    for entry in case.entries:
        if isinstance(entry.fact, ItemAccepted):
            return entry, entry.occurred_at
        if isinstance(entry.fact, AcceptanceDeemed):
            return entry, entry.fact.accepted_on
    return None


def rows_of(
    case: CaseFacts, project: ProjectRegistered, histories: Histories, reference: CaseReference
) -> Iterator[NamedRow]:
    """Every row of an accepted *case* of *project*, whose law events are *histories*; none for any other."""
    acceptance = accepted(case)
    if acceptance is None:
        return
    yield "up_pro_accept", _acceptance(case, project, histories, reference, *acceptance)
    for entry in case.entries:
        if step := _step(case, entry, reference):
            yield "up_pro_process", step
    for special in _special_procedures(case, reference):
        yield "up_pro_special_procedure", special
    decided = next((entry for entry in reversed(case.entries) if isinstance(entry.fact, ItemCompleted)), None)
    if decided is not None:
        yield "up_pro_result", _result(case, decided, reference)
    for material in _materials(case, reference):
        yield "up_pro_material", material


def _guid(entry: Entry, *parts: str) -> CaseCells:
    return {"row_guid": str(uuid5(NAMESPACE_OID, " ".join((str(entry.stream), str(entry.version), *parts))))}


def _acceptance(
    case: CaseFacts,
    project: ProjectRegistered,
    histories: Histories,
    reference: CaseReference,
    entry: Entry,
    at: datetime | date,
) -> CaseCells:
    submission, applied = case.submission, case.submitted
    service, edition = reference.service(submission, case.plan.service)
    department = entry.recorded.actor.department or case.plan.department
    officer = "" if isinstance(entry.fact, AcceptanceDeemed) else reference.name(entry.recorded.actor)
    by_applicant = applied.recorded.actor.role.value == "applicant"
    return _guid(entry, "accept", case.plan.item) | {
        "task_code": service.task_code if service else "",
        "task_name": service.task_name if service else case.plan.name or case.plan.item,
        "task_version": edition if service else "",
        "catalog_code": service.catalog_code if service else "",
        "project_name": project.name,
        "project_type": PROJECT_TYPES[service.project_type] if service else OTHER_TYPE,
        "apply_type": ONLINE if by_applicant else AT_THE_WINDOW,
        "apply_date": reference.local(applied.occurred_at, submission),
        "accept_date": reference.local(at, submission),
        "promise_date": _promised(case, histories, reference),
        "org_code": (service.org_code if service else "") or reference.codes.org_code.get(department, department),
        "org_name": (service.dept_name if service else "") or department,
        "handle_user_name": officer,
        "applyer_name": project.enterprise.name,
        "applyer_type": ENTERPRISE,
        "applyer_page_code": project.enterprise.uscc,
    }


def _promised(case: CaseFacts, histories: Histories, reference: CaseReference) -> str:
    """The last day of the promised limit by what is known now; empty without a promise, or while it is suspended."""
    history = histories.get((case.plan.item, case.application))
    reading = read(history, reference.laws, reference.now, reference.now) if history else None
    clocks = [clock for clock in reading.clocks if clock.clock == COMMITMENT.name] if reading else []
    due = clocks[-1].due_on if clocks else None
    return reference.local(due, case.submission) if due else ""


def _step(case: CaseFacts, entry: Entry, reference: CaseReference) -> CaseCells | None:
    """The row of one step; None for an entry that is none."""
    steps, fact = names()["step"], entry.fact
    known = steps.get(tag_of(fact))
    if known is None:
        return None
    name, action = known
    match fact:
        case ItemCompleted(outcome=outcome):
            word, action = names()["outcome"][outcome.value]
            name = f"{name}：{word}"
        case ItemCountersigned(opinion=opinion):
            word, action = names()["opinion"].get(opinion.value, (opinion.value, action))
            name = f"{name}：{word}"
    at = reference.local(entry.occurred_at, case.submission)
    return _guid(entry, "process", case.plan.item) | {
        "process_name": name,
        "event_name": action,
        "event_start_time": at,
        "event_end_time": at,
        "handle_user_name": reference.name(entry.recorded.actor) or SYSTEM,
        "handle_explain": str(getattr(fact, "reasons", "") or name),
        "remark": str(getattr(fact, "article", "")),
    }


def _special_procedures(case: CaseFacts, reference: CaseReference) -> Iterator[CaseCells]:
    """Extensions, and suspensions that ended: by their end, or with the decision or withdrawal."""
    opened: dict[str, Entry] = {}
    for entry in case.entries:
        match entry.fact:
            case LimitExtended() as extended:
                at = reference.local(entry.occurred_at, case.submission)
                reason = _joined(extended.reasons, extended.article)
                yield _special(entry, EXTENDED, reason, at, at, reference) | {"result": f"延长 {extended.days} 日"}
            case ClockSuspended(suspension=suspension):
                opened[suspension] = entry
            case ClockResumed(suspension=suspension):
                if begun := opened.pop(suspension, None):
                    yield _ended(case, begun, entry, reference)
            case ItemCompleted() | ItemWithdrawn():
                for begun in opened.values():
                    yield _ended(case, begun, entry, reference)
                opened.clear()


def _ended(case: CaseFacts, begun: Entry, end: Entry, reference: CaseReference) -> CaseCells:
    fact = begun.fact
    assert isinstance(fact, ClockSuspended)
    ground = reference.pack(case.submission).ground(fact.ground)
    name = (ground.title_zh or ground.title if ground else "") or fact.ground
    began, ended = (reference.local(entry.occurred_at, case.submission) for entry in (begun, end))
    return _special(begun, (OTHER_PROCEDURE, name), _joined(fact.reason, fact.article), began, ended, reference)


def _special(
    entry: Entry, kind: tuple[str, str], reason: str, begun: str, ended: str, reference: CaseReference
) -> CaseCells:
    return _guid(entry, "special") | {
        "special_type": kind[0],
        "special_name": kind[1],
        "special_reason": reason,
        "special_time": begun,
        "end_time": ended,
        "handle_user": reference.name(entry.recorded.actor),
    }


def _result(case: CaseFacts, decided: Entry, reference: CaseReference) -> CaseCells:
    fact = decided.fact
    assert isinstance(fact, ItemCompleted)
    service, _ = reference.service(case.submission, case.plan.service)
    word, _ = names()["outcome"][fact.outcome.value]
    delivered = [entry.fact for entry in case.entries if isinstance(entry.fact, DecisionDelivered)]
    is_granted = fact.outcome is Outcome.GRANTED
    return _guid(decided, "result", case.plan.item) | {
        "handle_user_name": reference.name(decided.recorded.actor),
        "result_type": reference.codes.result_type.get(fact.outcome.value, ""),
        "result_date": reference.local(decided.occurred_at, case.submission),
        "result_explain": _joined(word, fact.reasons),
        "result_cetr_name": service.result_name if service and is_granted else "",
        "result_cetr_no": fact.document_number,
        "is_delivery_results": str(int(bool(delivered) and delivered[-1].method in BY_POST)),
        "satisfaction": _satisfaction(case),
        "remark": f"有效期至 {fact.valid_through}" if fact.valid_through else "",
    }


def _satisfaction(case: CaseFacts) -> str:
    """The code of the grade that the application was given; empty without one, or where it was ruled not to count."""
    facts = [entry.fact for entry in case.entries]
    void = {fact.evaluation for fact in facts if isinstance(fact, EvaluationAppealDecided) and fact.upheld}
    graded = [fact for fact in facts if isinstance(fact, ServiceEvaluated) and not fact.contact]
    grades = [fact.grade for fact in graded if fact.evaluation not in void]
    return SATISFACTION[grades[-1]] if grades else ""


def _materials(case: CaseFacts, reference: CaseReference) -> Iterator[CaseCells]:
    """Papers that the application names, and files attached to the item while it was this application."""
    get_type: Mapping[str, str] = reference.codes.get_type
    for number, paper in enumerate(case.submission.materials, start=1):
        cells = {"material_name": paper, "get_type": get_type.get("paper", ""), "get_num": "1"}
        yield _guid(case.submitted, "material", case.plan.item, str(number)) | cells
    for entry in case.entries:
        if isinstance(fact := entry.fact, MaterialAttached):
            yield _guid(entry, "material", case.plan.item) | {
                "material_name": fact.name,
                "material_attach_name": fact.name,
                "get_type": get_type.get("file", ""),
                "get_num": "1",
                "remark": fact.digest,
            }


def _joined(*texts: str) -> str:
    return "；".join(text for text in texts if text)
