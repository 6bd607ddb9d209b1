"""Any history a project can have: strategies for commands, and a world that answers them like the application does."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Refused, Role
from domain.core.plan import PlannedItem
from domain.core.types import Mode, Outcome, Stage
from domain.messages import AnyCommand, AnyFact, Entry, decide, follow, replay
from domain.project.application.acceptance import AcceptItem, DeclineItem
from domain.project.application.announcement import PROVISO, AnnounceDate
from domain.project.application.completion import CompleteItem
from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.delivery import AttemptDelivery, DeliverDecision
from domain.project.application.extension import ExtendLimit
from domain.project.application.forwarding import ForwardItem, ReceiveForwardedItem
from domain.project.application.hearing import GiveHearingNotice, HoldHearing, RequestHearing, TellHearingRight
from domain.project.application.note import NoteStep
from domain.project.application.procedure import ChangeMode
from domain.project.application.registration import Enterprise, PlanItem, RegisterProject
from domain.project.application.submission import LicenceToRenew, SubmitItem
from domain.project.application.supplement import RequestSupplement, SubmitSupplement
from domain.project.application.suspension import ResumeClock, SuspendClock
from domain.project.application.withdrawal import WithdrawItem
from domain.project.countersignature.consolidation import ConsolidateOpinions
from domain.project.countersignature.forwarding import ForwardCountersignature, RecallCountersignature
from domain.project.countersignature.request import (
    AskCountersignature,
    AskingOrder,
    ContinueCountersignature,
    Countersign,
)
from domain.project.countersignature.revision import KeepOpinion, ReviseApplication
from domain.project.external.results import (
    AttestRecord,
    KeptResult,
    ReconcileExternalResult,
    RecordExternalResult,
    SettleDiscrepancy,
    VerifyExternalResult,
)
from domain.project.feedback.complaint import AnswerComplaint, CloseComplaint, FileComplaint
from domain.project.feedback.evaluation import EvaluateService, Grade
from domain.project.materials.attachment import AttachMaterial, DetachMaterial
from domain.project.state.consultation import Opinion
from domain.project.state.feedback import Satisfied
from domain.project.state.project import Item, Project
from tests.examples import APPLICANT, BUREAU, FEED, FIRE, ITEMS, LAND, LAW, MANAGER, PLANNING, PROVINCE, WATER
from tests.spec import NOW, PROJECT

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang", items=ITEMS)
PEOPLE = (LAND, PLANNING, WATER, FIRE, PROVINCE, APPLICANT, MANAGER, BUREAU, Actor("robot", "fire", Role.SYSTEM), FEED)
BEGINNINGS = ((("land", LAND), ("discharge", WATER)), (("land", LAND),), (("discharge", WATER),), ())
COMMANDS_MIN = 15  # fewer lead nowhere, twice as many take their time
NUMBERS = 5 * 7 * 9 * 11  # a number selects a kind of command, an item and a person

items = st.sampled_from(["land", "site-plan", "discharge", "tax", "bridge", "moon"])
texts = st.sampled_from(["", "because", "因为\n\u2028'\""])
papers = st.lists(st.sampled_from(["map", "seal", "deed", " "]), max_size=3).map(tuple)
codes = st.sampled_from(["s1", "s2", "c1"])
names = st.sampled_from(["", "s1", "province", "final"])
days = st.integers(-1, 20)
dates = st.dates(date(2026, 1, 1), date(2027, 12, 31))
instants = st.sampled_from([datetime.fromisoformat(f"2026-03-{day}T09:00:00+08:00") for day in (10, 13, 16, 17)])
licences = st.builds(LicenceToRenew, valid_through=st.dates(date(2026, 3, 16), date(2026, 5, 20)))
versions = st.integers(0, 25)
consultable = st.sampled_from(["fire", "land", "water", "planning"])
departments = st.lists(st.sampled_from(["fire", "land", "water"]), max_size=2).map(tuple)
plans = st.builds(PlannedItem, item=st.just("bridge"), department=st.just("fire"), requires=papers | st.just(("land",)))

ON_ITEMS = st.one_of(
    st.builds(SubmitItem, item=items, materials=papers, renews=st.none() | licences),
    st.builds(RequestSupplement, item=items, missing=papers, respond_by=st.none() | dates),
    st.builds(SubmitSupplement, item=items, provided=papers),
    st.builds(ChangeMode, item=items, mode=st.sampled_from([*map(str, Mode), "major"]), reasons=texts),
    st.builds(AcceptItem, item=items, lacking=papers),
    st.builds(AcceptItem, item=items),
    st.builds(DeclineItem, item=items, reasons=texts),
    st.builds(ForwardItem, item=st.just("discharge"), upper=names),
    st.builds(ReceiveForwardedItem, item=st.just("discharge")),
    st.builds(
        AskCountersignature,
        item=items,
        departments=departments,
        step=names,
        within_days=st.none() | days,
        order=st.sampled_from(AskingOrder),
    ),
    st.builds(ContinueCountersignature, item=items, department=consultable, reasons=texts),
    st.builds(Countersign, item=items, opinion=st.sampled_from(Opinion), step=names, conditions=papers, reasons=texts),
    st.builds(RecallCountersignature, item=items, department=consultable, reasons=texts, step=names),
    st.builds(ForwardCountersignature, item=items, to=consultable, reasons=texts, step=names),
    st.builds(ReviseApplication, item=items, changes=texts, materials=papers),
    st.builds(KeepOpinion, item=items, department=consultable, reasons=texts, step=names),
    st.builds(ConsolidateOpinions, item=items, text=texts, conditions=papers, override_reasons=texts),
    st.builds(SuspendClock, item=items, ground=st.sampled_from(["hearing", "testing", "rain"]), suspension=names),
    st.builds(ResumeClock, item=items, suspension=codes),
    st.builds(ExtendLimit, item=items, days=days, reasons=texts, approver=st.just("agency_head")),
    st.builds(
        AnnounceDate,
        item=items,
        clock=st.sampled_from(["decision", "commitment", "intake#1"]),
        announced_on=dates,
        wording=st.just(PROVISO),
    ),
    st.builds(TellHearingRight, item=items),
    st.builds(RequestHearing, item=items),
    st.builds(GiveHearingNotice, item=items, hearing_on=dates),
    st.builds(HoldHearing, item=items),
    st.builds(CompleteItem, item=items, outcome=st.sampled_from(Outcome), reasons=texts, override_reasons=texts),
    st.builds(DeliverDecision, item=items, method=codes),
    st.builds(AttemptDelivery, item=items, method=codes, reasons=texts),
    st.builds(WithdrawItem, item=items, reasons=texts),
    st.builds(EvaluateService, item=items, grade=st.sampled_from(Grade), reasons=papers, comment=texts),
)
OUTSIDE = st.one_of(
    st.builds(RecordExternalResult, item=items, outcome=st.sampled_from(Outcome), evidence=texts),
    st.builds(VerifyExternalResult, item=items, evidence=texts),
    st.builds(AttestRecord, item=items),
    st.builds(
        ReconcileExternalResult,
        item=st.just("tax"),
        outcome=st.sampled_from(Outcome),
        source=st.just("feed"),
        document_number=codes,
    ),
    st.builds(SettleDiscrepancy, item=st.just("tax"), keep=st.sampled_from(KeptResult), reasons=st.just("because")),
)
ABOUT = st.one_of(
    st.builds(FileComplaint, complaint=codes, about=texts, item=items | st.just("")),
    st.builds(AnswerComplaint, complaint=codes, answer=texts, upheld=st.booleans()),
    st.builds(CloseComplaint, complaint=codes, satisfied=st.sampled_from(Satisfied)),
    st.builds(NoteStep, activity=texts, item=items | st.just("")),
    st.builds(PlanItem, item=plans),
    st.just(REGISTER),
)
chosen = st.lists(items, min_size=1, max_size=3).map(tuple)
digests = st.sampled_from(["0a" * 32, "b1" * 32])
MATERIALS = st.one_of(
    st.builds(
        AttachMaterial,
        digest=digests,
        name=st.just("plan.pdf"),
        media_type=st.just("application/pdf"),
        size=st.just(7),
        items=chosen,
        later_evidence=st.booleans(),
    ),
    st.builds(DetachMaterial, digest=digests, items=chosen | st.just(()), reasons=st.just("because")),
)
CORRECTIONS = st.one_of(
    st.builds(AmendEntry, version=versions, new_occurred_at=instants, reasons=texts),
    st.builds(RetractEntry, version=versions, reasons=texts),
    st.builds(RetractEntry, version=versions, reasons=st.just("because")),
)
ANYTHING: st.SearchStrategy[AnyCommand] = st.one_of(ON_ITEMS, ON_ITEMS, OUTSIDE, ABOUT, MATERIALS, CORRECTIONS)


class World:
    """One project as the application keeps it: its entries, and a live state that follows them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.project = Project(PROJECT)

    def ask(self, command: AnyCommand, by: Actor, at: datetime = NOW) -> bool:
        """Whether *command* was granted; its facts are recorded then."""
        try:
            facts = decide(command, self.project, Context(by, at, NOW, LAW))
        except Refused:
            return False
        for fact in facts:
            self.take(fact, by, at)
        return True

    def take(self, fact: AnyFact, by: Actor, at: datetime = NOW) -> None:
        """Record *fact*."""
        version = len(self.entries) + 1
        entry = Entry(PROJECT, version, at, NOW, fact, Recorded(by, UUID(int=version), LAW.name))
        self.entries.append(entry)
        if not follow(self.project, entry):
            self.project = replay(PROJECT, self.entries)


COMPLAINING: list[AnyCommand] = [
    FileComplaint(complaint="c1", about="slow", item="land"),
    AnswerComplaint(complaint="c1", answer="we hurry now", upheld=True),
    CloseComplaint(complaint="c1"),
]


def likely(project: Project, code: str) -> list[AnyCommand]:
    """What usually comes next for the item *code*, so that histories get somewhere."""
    item = project.items[code]
    match item.stage:
        case Stage.SUBMITTED | Stage.SUPPLEMENTING:
            ask = RequestSupplement(item=code, missing=item.first_notice[:1] or ("map", "seal"))
            lacking = AcceptItem(item=code, lacking=("deed",))
            decline = DeclineItem(item=code, reasons="because")
            return [ask, SubmitSupplement(item=code), AcceptItem(item=code), lacking, decline]
        case Stage.ACCEPTED:
            return examination(item, code)
        case Stage.COMPLETED | Stage.DELIVERED:
            bad = EvaluateService(item=code, grade=Grade.DISSATISFIED, comment="slow")
            check = VerifyExternalResult(item=code, evidence="by telephone")
            reported = ReconcileExternalResult(item=code, outcome=Outcome.REFUSED, source="feed")
            settle = SettleDiscrepancy(item=code, keep=KeptResult.FEED, reasons="because")
            return [DeliverDecision(item=code, method="window"), bad, check, SubmitItem(item=code), reported, settle]
        case _:
            result = RecordExternalResult(item=code, outcome=Outcome.GRANTED, evidence="scan")
            return [SubmitItem(item=code), result, AttestRecord(item=code)]


def examination(item: Item, code: str) -> list[AnyCommand]:
    """What usually happens between acceptance and decision."""
    return [
        SubmitSupplement(item=code),
        ForwardItem(item=code, upper="province"),
        ReceiveForwardedItem(item=code),
        AskCountersignature(item=code, departments=("fire", "water")),
        AskCountersignature(item=code, departments=("fire", "water"), order=AskingOrder.SEQUENTIAL),
        ContinueCountersignature(item=code, department="fire", reasons="because"),
        RecallCountersignature(item=code, department="fire", reasons="because"),
        ForwardCountersignature(item=code, to="planning", reasons="because"),
        ReviseApplication(item=code, changes="another map"),
        KeepOpinion(item=code, department="fire", reasons="because"),
        ConsolidateOpinions(item=code, text="so be it", override_reasons="because"),
        Countersign(item=code, opinion=Opinion.AGREED),
        Countersign(item=code, opinion=Opinion.OBJECTED, reasons="because"),
        *(ResumeClock(item=code, suspension=suspension) for suspension in item.suspensions),
        SuspendClock(item=code, ground="testing"),
        ExtendLimit(item=code, days=5, reasons="because", approver="agency_head"),
        TellHearingRight(item=code),
        RequestHearing(item=code),
        GiveHearingNotice(item=code, hearing_on=date(2026, 4, 1)),
        HoldHearing(item=code),
        WithdrawItem(item=code),
        CompleteItem(item=code, outcome=Outcome.REFUSED, reasons="because"),
        CompleteItem(item=code, outcome=Outcome.GRANTED, override_reasons="because"),
    ]


def correction(project: Project, number: int) -> list[AnyCommand]:
    """Corrections of one of the entries there are."""
    version = 1 + number % project.version
    return [
        RetractEntry(version=version, reasons="because"),
        AmendEntry(version=version, new_occurred_at=NOW, reasons="because"),
    ]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A project after any commands, each sent by an actor whom the table allows it, where there is one."""
    world = World()
    world.ask(REGISTER, MANAGER)
    for code, by in draw(st.sampled_from(BEGINNINGS)):
        world.ask(SubmitItem(item=code), APPLICANT)
        world.ask(AcceptItem(item=code), by)
    for number in draw(st.lists(st.sampled_from(range(NUMBERS)), min_size=COMMANDS_MIN, max_size=2 * COMMANDS_MIN)):
        if number % 7 == 1:
            command = draw(ANYTHING)
        elif number % 11 == 1:
            command = draw(st.sampled_from(correction(world.project, number)))
        elif number % 9 == 1:
            command = draw(st.sampled_from(COMPLAINING))
        else:
            code = tuple(world.project.items)[number % len(world.project.items)]
            command = draw(st.sampled_from(likely(world.project, code)))
        first = number % len(PEOPLE)
        at = draw(instants)
        any(world.ask(command, by, at) for by in (*PEOPLE[first:], *PEOPLE[:first]))
    return world


def stored(entries: list[Entry]) -> list[Entry]:
    """*entries* after a journey through the bytes they are stored as."""
    return [msgspec.json.decode(msgspec.json.encode(entry), type=Entry) for entry in entries]
