"""One project of the shipped flow from first consultation to trial production: who says what when, what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct, structs

from domain.core.ledger import Actor, Role
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import RetractEntry
from domain.project.application.delivery import DeliverDecision
from domain.project.application.extension import ExtendLimit
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.countersignature.consolidation import ConsolidateOpinions
from domain.project.countersignature.request import AskCountersignature, Countersign
from domain.project.external.results import KeptResult, ReconcileExternalResult, RecordExternalResult, SettleDiscrepancy
from domain.project.feedback.complaint import AcceptComplaint, AnswerComplaint, CloseComplaint, FileComplaint
from domain.project.flow.adoption import StartFlow
from domain.project.state.consultation import Opinion
from domain.project.state.feedback import Satisfied
from scripts.catalogues.zone import FLOW

MANAGER = Actor("wang.min", "zone-office", Role.PROJECT_MANAGER)
ENTERPRISE = Actor("hengxin", "91420100MA0HX2026E", Role.APPLICANT)
FEED = Actor("utilities-exchange", "utilities", Role.INTEGRATOR)
OFFICE, LAND, ENVIRONMENT = (Actor(f"of-{code}", code) for code in ("zone-office", "natural-resources", "environment"))
BUILDING, WATER, HERITAGE = (Actor(f"of-{code}", code) for code in ("construction", "water", "cultural-heritage"))
PLANS, FIRE, GREEN = (Actor(f"of-{code}", code) for code in ("development-reform", "fire", "landscape"))
DEFENCE = Actor("of-civil-defence", "civil-defence")
COMPLAINT = "TS-2026-0031"
GRANTED = Outcome.GRANTED
JOINTLY = "joint"  # the step at which the participants of a joint item are asked


def moment(local: str) -> datetime:
    """The instant of a local time of 2026, such as "03-02 09:00"."""
    return datetime.fromisoformat(f"2026-{local}+08:00")


class StoryCommand(Struct, frozen=True):
    """One command, sent at the local time *at*; it *happened* then, or as much earlier as given.

    *facts* follow, separated by blanks. Afterwards the item it is about is at *stage*, and of its clocks these are as
    told: name, state and last day.
    """

    at: str
    by: Actor
    command: AnyCommand
    facts: str
    stage: str = ""
    clocks: tuple[str, ...] = ()
    happened: str = ""

    @property
    def item(self) -> str:
        """The item it is about; empty for none."""
        return str(getattr(self.command, "item", ""))

    @property
    def dated(self) -> AnyCommand:
        """The command as it is sent: with its time where it is keyed in late."""
        return structs.replace(self.command, occurred_at=moment(self.happened)) if self.happened else self.command


def sent(at: str, by: Actor, command: AnyCommand, facts: str, stage: str = "", *clocks: str) -> StoryCommand:
    """A command that happens when it is sent."""
    return StoryCommand(at, by, command, facts, stage, clocks)


def applied(item: str, at: str, *clocks: str) -> StoryCommand:
    return sent(at, ENTERPRISE, SubmitItem(item=item), "item_submitted", "submitted", *clocks)


def accepted(item: str, by: Actor, at: str, *clocks: str, questions: int = 0) -> StoryCommand:
    facts = " ".join(["item_accepted", *["countersignature_asked"] * questions])
    return sent(at, by, AcceptItem(item=item), facts, "accepted", *clocks)


def granted(item: str, by: Actor, at: str, *clocks: str, override: str = "") -> StoryCommand:
    command = CompleteItem(item=item, outcome=GRANTED, override_reasons=override)
    return sent(at, by, command, "item_completed", "completed", *clocks)


def delivered(item: str, by: Actor, at: str, due: str) -> StoryCommand:
    command = DeliverDecision(item=item, method="window")
    return sent(at, by, command, "decision_delivered", "delivered", f"delivery met {due}")


def routine(
    item: str, by: Actor, times: str, due: str, questions: int = 0, intake: str = "intake#1"
) -> Iterator[StoryCommand]:
    """Applied for, accepted, granted and delivered at these four *times*, with what is *due* for each in time."""
    first, two, three, four = times.split(", ")
    received, decision, promise, handed = due.split()
    yield applied(item, first, f"{intake} running {received}")
    running = f"{intake} met {received}", f"decision running {decision}", f"commitment running {promise}"
    yield accepted(item, by, two, *running, questions=questions)
    met = f"decision met {decision}", f"commitment met {promise}", f"delivery running {handed}"
    yield granted(item, by, three, *met)
    yield delivered(item, by, four, handed)


def keyed(at: str, item: str, happened: str, number: str, *clocks: str) -> StoryCommand:
    """A result from outside, keyed in by the manager later than it happened."""
    command = RecordExternalResult(
        item=item,
        outcome=GRANTED,
        evidence="证照照片",
        document_number=number,
        document_on=moment(happened).date(),
    )
    return StoryCommand(at, MANAGER, command, "external_result_recorded", "completed", clocks, happened)


def land() -> Iterator[StoryCommand]:
    """立项用地规划许可: an outside result keyed in late, and a supplement."""
    registration = RegisterProject(
        name="恒信一期", enterprise=Enterprise("恒信新材料有限公司", ENTERPRISE.department), manager="wang.min"
    )
    yield sent("03-02 09:00", MANAGER, registration, "project_registered")
    planned = " ".join([*["item_planned"] * 23, "flow_adopted"])
    yield sent("03-02 09:10", MANAGER, StartFlow(flow=FLOW, kind="manufacturing"), planned)
    spot = "03-02 10:00, 03-02 10:05, 03-02 11:00, 03-02 11:05"
    yield from routine("consultation", OFFICE, spot, "03-09 03-02 03-02 03-16")
    review = "03-03 09:00, 03-03 10:00, 03-06 10:00, 03-06 11:00"
    yield from routine("entry-review", OFFICE, review, "03-10 03-31 03-10 03-20")
    yield keyed("03-06 14:00", "company", "03-04 15:00", "4201002026000071", "delivery running 03-18")
    yield keyed("03-06 14:10", "tax", "03-05 10:00", "", "delivery running 03-19")
    spot = "03-09 09:00, 03-09 09:20, 03-09 10:00, 03-09 10:10"
    yield from routine("filing", PLANS, spot, "03-16 03-09 03-09 03-23")
    yield applied("site", "03-09 14:00", "intake#1 running 03-16")
    notice = RequestSupplement(item="site", missing=("选址论证报告",))
    yield sent("03-10 10:00", LAND, notice, "supplement_requested", "supplementing", "intake#1 met 03-16")
    brought = "intake#1 met 03-16", "intake#2 running 03-19"
    yield sent("03-12 09:00", ENTERPRISE, SubmitSupplement(item="site"), "supplement_submitted", "submitted", *brought)
    yield accepted("site", LAND, "03-13 10:00", "intake#2 met 03-19", "decision running 04-13")
    yield granted("site", LAND, "03-23 09:00", "decision met 04-13", "commitment met 03-25")
    yield delivered("site", LAND, "03-23 10:00", "04-07")
    contract = "03-23 14:00, 03-24 09:00, 03-31 09:00, 03-31 10:00"
    yield from routine("land-contract", LAND, contract, "03-30 04-22 04-08 04-15")
    permit = "04-01 09:00, 04-01 10:00, 04-08 09:00, 04-08 10:00"
    yield from routine("land-permit", LAND, permit, "04-09 04-30 04-13 04-22")


def design() -> Iterator[StoryCommand]:
    """工程建设许可: a suspension, two deemed acceptances and a complaint about one, an extension."""
    yield applied("eia-form", "04-07 09:00", "intake running 04-14", "decision running 05-07")
    silent = "intake deemed 04-14", "decision running 05-07", "commitment running 04-21"
    noted = NoteStep(item="eia-form", activity="现场踏勘")
    yield sent("04-15 09:00", ENVIRONMENT, noted, "step_noted", "accepted", *silent)
    yield granted("eia-form", ENVIRONMENT, "04-16 09:00", "decision met 05-07", "commitment met 04-21")
    yield delivered("eia-form", ENVIRONMENT, "04-16 10:00", "04-30")
    yield applied("energy", "04-08 14:00", "intake#1 running 04-15")
    yield accepted("energy", PLANS, "04-09 09:00", "decision running 05-11", "commitment running 04-23")
    review = SuspendClock(item="energy", ground="expert_review", notified=True, planned_until=date(2026, 4, 17))
    paused = "decision suspended 05-11", "commitment suspended 04-23"
    yield sent("04-10 09:00", PLANS, review, "clock_suspended", "accepted", *paused)
    resumed = "decision running 05-18", "commitment running 04-30"
    yield sent("04-17 09:00", PLANS, ResumeClock(item="energy", suspension="s1"), "clock_resumed", "accepted", *resumed)
    yield granted("energy", PLANS, "04-23 14:00", "decision met 05-18", "commitment met 04-30")
    yield delivered("energy", PLANS, "04-23 15:00", "05-11")
    yield applied("heritage", "04-10 10:00", "intake#1 running 04-17")
    complaint = FileComplaint(complaint=COMPLAINT, item="heritage", about="交件后五日无人受理")
    silent = "intake#1 lapsed 04-17", "decision running 05-12", "commitment running 04-24"
    yield sent("04-20 09:00", ENTERPRISE, complaint, "complaint_filed", "accepted", *silent)
    yield sent("04-21 09:00", HERITAGE, AcceptComplaint(complaint=COMPLAINT), "complaint_accepted")
    answer = AnswerComplaint(complaint=COMPLAINT, answer="窗口漏登，已视为受理并追责", upheld=True)
    yield sent("04-22 09:00", HERITAGE, answer, "complaint_answered")
    verdict = CloseComplaint(complaint=COMPLAINT, satisfied=Satisfied.YES)
    yield sent("04-23 09:00", ENTERPRISE, verdict, "complaint_closed")
    yield granted("heritage", HERITAGE, "04-23 10:00", "decision met 05-12", "commitment met 04-24")
    yield delivered("heritage", HERITAGE, "04-23 11:00", "05-11")
    title = "04-09 09:30, 04-09 10:30, 04-13 09:00, 04-13 10:00"
    yield from routine("land-title", LAND, title, "04-16 05-11 04-14 04-27")
    yield applied("soil-conservation", "04-09 11:00", "intake#1 running 04-16")
    yield accepted("soil-conservation", WATER, "04-09 14:00", "decision running 05-11", "commitment running 04-20")
    longer = ExtendLimit(
        item="soil-conservation", days=5, reasons="需补充水文论证", approver="agency_head", notified=True
    )
    extended = "decision running 05-18", "commitment running 04-20"
    yield sent("04-16 11:00", WATER, longer, "limit_extended", "accepted", *extended)
    yield granted("soil-conservation", WATER, "05-13 09:00", "decision met 05-18", "commitment late 04-20")
    yield delivered("soil-conservation", WATER, "05-13 10:00", "05-27")


def countersigned() -> Iterator[StoryCommand]:
    """建设工程规划许可, jointly: one department objects and agrees when asked again, one stays silent."""
    item, agreed, conditions = "building-permit", Opinion.AGREED, Opinion.AGREED_WITH_CONDITIONS
    yield applied(item, "04-24 09:00", "intake#1 running 05-06")
    clocks_begun = [
        f"countersign:{code}/joint running 05-08" for code in ("environment", "construction", "civil-defence")
    ]
    yield accepted(
        item, LAND, "04-24 14:00", "decision running 07-01", "commitment running 05-26", *clocks_begun, questions=3
    )
    limited = Countersign(item=item, step=JOINTLY, opinion=conditions, conditions=("施工期噪声达标",))
    claim = "countersign:environment/joint met 05-08"
    yield sent("04-27 09:00", ENVIRONMENT, limited, "item_countersigned", "accepted", claim)
    objection = Countersign(item=item, step=JOINTLY, opinion=Opinion.OBJECTED, reasons="消防车道宽度不足")
    claim = "countersign:construction/joint met 05-08"
    yield sent("04-28 09:00", BUILDING, objection, "item_countersigned", "accepted", claim)
    again = AskCountersignature(item=item, departments=("construction",), step=JOINTLY)
    second = "countersign:construction/joint#2 running 05-14", "countersign:civil-defence/joint running 05-08"
    yield sent("05-06 09:00", LAND, again, "countersignature_asked", "accepted", *second)
    ended = "countersign:construction/joint#2 met 05-14", "countersign:civil-defence/joint overdue 05-08"
    answer = Countersign(item=item, step=JOINTLY, opinion=agreed)
    yield sent("05-12 09:00", BUILDING, answer, "item_countersigned", "accepted", *ended)
    summed = ConsolidateOpinions(
        item=item,
        text="环境部门的条件写入许可，消防异议已解决",
        conditions=("施工期噪声达标",),
        override_reasons="人防部门逾期未反馈意见，经会商同意",
    )
    claim = "countersign:civil-defence/joint overdue 05-08"
    yield sent("05-13 14:00", LAND, summed, "opinions_consolidated", "accepted", claim)
    met = "decision met 07-01", "commitment met 05-26", "countersign:civil-defence/joint void 05-08"
    yield granted(item, LAND, "05-14 09:00", *met, override="人防部门逾期未反馈意见，经会商同意")
    yield delivered(item, LAND, "05-14 10:00", "05-28")


def corrected() -> Iterator[StoryCommand]:
    """What was keyed in for others is put right: by a retraction, and where the department's own system differs."""
    yield StoryCommand(
        "05-06 10:00", MANAGER, RetractEntry(version=COMPANY, reasons="证照编号录入有误"), "entry_retracted"
    )
    yield keyed("05-06 10:05", "company", "03-04 16:00", "4201002026000017", "delivery unconfirmed 03-18")
    yield keyed("05-08 09:00", "power", "05-07 15:00", "GD-2026-118", "delivery running 05-20")
    feed = ReconcileExternalResult(
        item="power", outcome=GRANTED, source="utilities-exchange", document_number="GD-2026-181"
    )
    yield sent("05-11 09:00", FEED, feed, "discrepancy_found", "completed")
    settled = SettleDiscrepancy(item="power", keep=KeptResult.FEED, reasons="供电公司系统为准")
    yield sent("05-11 10:00", MANAGER, settled, "discrepancy_settled", "completed")


def construction() -> Iterator[StoryCommand]:
    """施工许可."""
    fire = "05-15 09:00, 05-15 10:00, 05-22 09:00, 05-22 10:00"
    yield from routine("fire-design", BUILDING, fire, "05-22 06-12 05-29 06-05")
    drawings = "05-15 11:00, 05-15 12:00, 05-18 09:00, 05-18 10:00"
    yield from routine("drawings", BUILDING, drawings, "05-22 06-12 05-18 06-01")
    permit = "05-25 09:00, 05-25 10:00, 05-28 09:00, 05-28 10:00"
    yield from routine("construction-permit", BUILDING, permit, "06-01 06-01 05-28 06-11", intake="intake")


def completion() -> Iterator[StoryCommand]:
    """竣工验收与试生产: five departments take part in the joint acceptance."""
    item = "joint-acceptance"
    yield applied(item, "09-01 09:00", "intake#1 running 09-08")
    yield accepted(item, OFFICE, "09-01 10:00", "decision running 11-09", "commitment running 09-10", questions=5)
    for hour, by in enumerate((LAND, BUILDING, FIRE, DEFENCE, GREEN), start=9):
        clock = f"countersign:{by.department}/joint met 09-10"
        opinion = Countersign(item=item, step=JOINTLY, opinion=Opinion.AGREED)
        yield sent(f"09-04 {hour:02}:00", by, opinion, "item_countersigned", "accepted", clock)
    yield granted(item, OFFICE, "09-09 09:00", "decision met 11-09", "commitment met 09-10")
    yield delivered(item, OFFICE, "09-09 10:00", "09-22")
    drain = "09-01 11:00, 09-01 12:00, 09-11 09:00, 09-11 10:00"
    yield from routine("drainage", WATER, drain, "09-08 09-29 09-15 09-24")
    record = "09-10 09:00, 09-10 10:00, 09-14 09:00, 09-14 10:00"
    yield from routine("completion-record", BUILDING, record, "09-17 10-14 09-15 09-28")
    discharge = "09-10 11:00, 09-10 12:00, 09-18 09:00, 09-18 10:00"
    yield from routine("discharge", ENVIRONMENT, discharge, "09-15 10-14 09-23 10-09")
    trial = "09-21 09:00, 09-21 10:00, 09-23 09:00, 09-23 10:00"
    yield from routine("trial-production", OFFICE, trial, "09-29 10-26 09-24 10-14")


# Items whose row, asked about a time from the first instant on, is told otherwise since the second: results keyed in
# late or put right, and what waits for them.
LEARNED = (
    ("company", "03-04 16:00", "05-06 10:05"),
    ("filing", "03-04 16:00", "03-06 14:00"),
    ("filing", "05-06 10:00", "05-06 10:05"),
    ("tax", "03-04 16:00", "03-06 14:10"),
    ("tax", "05-06 10:00", "05-06 10:05"),
    ("power", "05-07 15:00", "05-08 09:00"),
    ("joint-acceptance", "05-07 15:00", "05-08 09:00"),
)
KEYED_IN = ("company", "tax", "power")
COMPANY = 34  # the version of the entry that keyed the company in
STORY = sorted(
    [*land(), *design(), *countersigned(), *corrected(), *construction(), *completion()], key=lambda step: step.at
)


def learned_later(at: datetime) -> set[str]:
    """The items of which more is known by the end than was at *at*."""
    return {item for item, since, until in LEARNED if moment(since) <= at < moment(until)}
