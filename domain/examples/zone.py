"""The story of a zone's catalogue and of its flow, and of a project planned by them: an example of every command."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from domain.catalogue.hours import SetIntakeHours
from domain.catalogue.item import RequiredMaterial, ServiceItem, TaskType
from domain.catalogue.listing import DecideOnline, DefineServiceItem, WithdrawServiceItem
from domain.catalogue.messages import CatalogueCommand
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import Catalogue
from domain.catalogue.state import stream_of as catalogue_stream
from domain.core.context import Context
from domain.core.ledger import Actor, Recorded, Role
from domain.core.plan import Phase
from domain.examples.people import ENTERPRISE, ENVIRONMENT, LAND, MANAGER, Step, moment, sent
from domain.flow.messages import FlowCommand
from domain.flow.publication import PublishFlow
from domain.flow.state import Flow
from domain.flow.state import stream_of as flow_stream
from domain.flow.step import FlowStep
from domain.law.office import IntakeHours
from domain.law.packs.pack import Pack
from domain.messages import Entry, tag_of
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.flow.adoption import MoveFlow, StartFlow
from domain.reference_data import ReferenceData
from domain.streams import decide, replay

ZONE_NAME = "example-zone"
FLOW_NAME = "example-flow"
HEAD = Actor("ma.jun", "zone-office", Role.LEADER)
PLANNED_PROJECT = UUID("0193f0a2-7c00-7000-8000-000000000003")


class ZoneStep(Struct, frozen=True):
    """One command of the story with its actor and time."""

    at: datetime
    by: Actor
    command: CatalogueCommand | FlowCommand

    @property
    def dated(self) -> CatalogueCommand | FlowCommand:
        """The command with its occurred_at, as sent today to record it at that time."""
        return structs.replace(self.command, occurred_at=self.at)


CONSULTATION = ServiceItem(
    task_code="zone-01",
    task_name="投资项目首次咨询",
    task_name_en="First consultation on an investment project",
    task_type=TaskType.PUBLIC_SERVICE,
    dept_code="zone-office",
    dept_name="管委会项目服务中心",
    dept_name_en="Project Service Centre of the Administrative Committee",
    is_online=True,
)
LAND_PERMIT = ServiceItem(
    task_code="land-01",
    task_name="建设用地规划许可证核发",
    task_type=TaskType.LICENCE,
    dept_code="natural-resources",
    by_law=("城乡规划法 37", "城乡规划法 38"),
    anticipate_day=20,
    promise_day=8,
    special_procedure=("hearing", "expert_review"),
    materials=(RequiredMaterial(material_name="建设用地规划许可证申请表"),),
    other_dept=("environment",),
    is_online=True,
    transact_addr="综合窗口 B12",
    result_name="建设用地规划许可证",
    pre_phase=True,
)
EIA = ServiceItem(
    task_code="environment-01",
    task_name="建设项目环境影响报告表审批",
    task_type=TaskType.LICENCE,
    dept_code="environment",
    by_law=("环境影响评价法 22",),
    anticipate_day=30,
    promise_day=10,
    special="eia_form",
    is_online=True,
    result_name="环境影响报告表批复",
    pre_phase=True,
)
OUTDATED = ServiceItem(
    task_code="zone-99", task_name="项目入区证明", task_type=TaskType.PUBLIC_SERVICE, dept_code="zone-office"
)

CATALOGUE_STORY = tuple(
    ZoneStep(moment(at), by, command)
    for at, by, command in (
        ("2026-01-05 09:00", HEAD, DefineServiceItem(catalogue=ZONE_NAME, service=CONSULTATION)),
        ("2026-01-05 09:05", HEAD, DefineServiceItem(catalogue=ZONE_NAME, service=LAND_PERMIT)),
        ("2026-01-05 09:10", ENVIRONMENT, DefineServiceItem(catalogue=ZONE_NAME, service=EIA)),
        ("2026-01-05 09:15", HEAD, DefineServiceItem(catalogue=ZONE_NAME, service=OUTDATED)),
        (
            "2026-01-05 09:20",
            HEAD,
            WithdrawServiceItem(catalogue=ZONE_NAME, task_code="zone-99", reasons="无设定依据的证明，予以取消"),
        ),
        ("2026-01-05 10:00", HEAD, PublishCatalogue(catalogue=ZONE_NAME, valid_from=date(2026, 1, 1))),
        (
            "2026-01-06 09:00",
            LAND,
            DecideOnline(catalogue=ZONE_NAME, task_code="land-01", is_online=False, reasons="需核对图纸原件"),
        ),
        (
            "2026-01-06 10:00",
            HEAD,
            SetIntakeHours(
                catalogue=ZONE_NAME,
                department="zone-office",
                hours=IntakeHours(close_of_business="17:00"),
                valid_from=date(2026, 2, 1),
                published="办事指南 2026 年第 1 版",
            ),
        ),
    )
)
FIRST_FLOW = PublishFlow(
    flow=FLOW_NAME,
    catalogue=ZONE_NAME,
    kinds=("manufacturing", "research"),
    phases=(
        Phase(code="access", name="入区咨询与立项", name_en="Entry and project initiation", limit_days=15),
        Phase(code="construction", name="开工建设", name_en="Construction", limit_days=30),
    ),
    steps=(
        FlowStep(step="consultation", item="zone-01", phase="access"),
        FlowStep(step="land-permit", item="land-01", phase="construction", requires=("consultation",), milestone=True),
    ),
)
FLOW_STORY = (
    ZoneStep(moment("2026-01-12 09:00"), HEAD, FIRST_FLOW),
    ZoneStep(
        moment("2026-03-02 09:00"),
        HEAD,
        structs.replace(
            FIRST_FLOW,
            steps=(
                FIRST_FLOW.steps[0],
                FlowStep(step="eia", item="environment-01", phase="access", kinds=("manufacturing",)),
                structs.replace(FIRST_FLOW.steps[1], requires_any=(("eia", "consultation"),)),
            ),
            note="制造类项目增加环评",
        ),
    ),
)
ZONE_STORIES = ((catalogue_stream(ZONE_NAME), CATALOGUE_STORY), (flow_stream(FLOW_NAME), FLOW_STORY))
ZONE_EXAMPLES: dict[str, ZoneStep] = {
    tag_of(step.command): step for _, story in ZONE_STORIES for step in reversed(story)
}
PLANNED_STORY: tuple[Step, ...] = (
    *sent(
        "2026-03-03 09:00",
        MANAGER,
        RegisterProject(
            name="恒信新材料研发楼",
            enterprise=Enterprise("恒信新材料有限公司", "91420100MA0HX2026E"),
            manager="wang.min",
        ),
        StartFlow(flow=FLOW_NAME, kind="manufacturing", edition=1),
    ),
    *sent("2026-03-03 10:00", ENTERPRISE, SubmitItem(item="consultation")),
    *sent("2026-03-04 09:00", MANAGER, MoveFlow(edition=2)),
    *sent("2026-03-05 09:00", MANAGER, MoveFlow(kind="research")),
)


def zone_entries(law: Pack) -> list[Entry]:
    """The entries that result from the stories of catalogue and flow under *law*."""
    all_entries: list[Entry] = []
    for stream, story in ZONE_STORIES:
        shelf = shelf_from(all_entries)
        entries: list[Entry] = []
        for number, step in enumerate(story, start=1):
            recorded = Recorded(step.by, UUID(int=number), law.name)
            context = Context(step.by, step.at, step.at, law, shelf)
            for fact in decide(step.command, replay(stream, entries), context):
                entries.append(Entry(stream, len(entries) + 1, step.at, step.at, fact, recorded))
        all_entries += entries
    return all_entries


def shelf_from(entries: list[Entry]) -> ReferenceData:
    """The reference data that *entries* of catalogues and flows have published."""
    streams: dict[UUID, list[Entry]] = {}
    for entry in entries:
        streams.setdefault(entry.stream, []).append(entry)
    states = {stream: replay(stream, group) for stream, group in streams.items()}
    return ReferenceData(
        {stream: state for stream, state in states.items() if isinstance(state, Catalogue)},
        {stream: state for stream, state in states.items() if isinstance(state, Flow)},
    )
