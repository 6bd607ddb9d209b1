"""What things are called in either language, by what was published: renamed departments at once, cases as they were."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import structs

from api.html.titles import titles_in
from domain.catalogue.item import ServiceItem
from domain.catalogue.state import Catalogue, Edition
from domain.core.plan import Phase
from domain.examples.zone import CONSULTATION, LAND_PERMIT
from domain.flow.state import Flow
from domain.flow.step import FlowEdition, FlowStep
from domain.reference_data import ReferenceData

CATALOGUE, FLOW = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)
RENAMED = structs.replace(
    CONSULTATION,
    task_name="投资咨询",
    task_name_en="Investment advice",
    dept_name="投资服务局",
    dept_name_en="Investment Service Bureau",
)


def shelf(
    *editions: ServiceItem, draft: tuple[ServiceItem, ...] = (), flow: FlowEdition | None = None
) -> ReferenceData:
    """A catalogue of so many editions of one item each, and a flow where there is one."""
    published = [Edition(n, date(2026, n, 1), {item.task_code: item}) for n, item in enumerate(editions, start=1)]
    catalogue = Catalogue(CATALOGUE, items={item.task_code: item for item in draft}, editions=published)
    return ReferenceData({CATALOGUE: catalogue}, {FLOW: Flow(FLOW, editions=[flow])} if flow else {})


def test_a_department_goes_by_its_newest_name_and_an_item_by_the_one_it_was_planned_under() -> None:
    titles = titles_in(shelf(CONSULTATION, RENAMED), TODAY)
    assert titles.department("zone-office", "en") == "Investment Service Bureau"
    assert titles.department("zone-office", "zh") == "投资服务局"
    assert titles.name(CONSULTATION.task_name, "en") == "First consultation on an investment project"
    assert titles.name("投资咨询", "en") == "Investment advice"
    assert titles.name("投资咨询", "zh") == "投资咨询"


def test_a_name_counts_from_the_day_of_its_edition_and_stays_where_the_next_one_drops_the_item() -> None:
    renamed = shelf(CONSULTATION, RENAMED, LAND_PERMIT)
    assert titles_in(renamed, date(2026, 1, 31)).department("zone-office", "zh") == "管委会项目服务中心"
    assert titles_in(renamed, date(2026, 2, 1)).department("zone-office", "zh") == "投资服务局"
    assert titles_in(renamed, TODAY).department("zone-office", "zh") == "投资服务局"


def test_a_department_renamed_without_an_english_name_is_not_called_as_before() -> None:
    titles = titles_in(shelf(CONSULTATION, structs.replace(RENAMED, dept_name_en="")), TODAY)
    assert titles.department("zone-office", "en") == "投资服务局"


def test_without_an_english_name_the_chinese_name_or_the_code_is_used() -> None:
    titles = titles_in(shelf(structs.replace(LAND_PERMIT, dept_name="规划和自然资源分局")), TODAY)
    assert titles.name(LAND_PERMIT.task_name, "en") == LAND_PERMIT.task_name
    assert titles.department("natural-resources", "en") == "规划和自然资源分局"
    assert titles.department("fire", "en") == titles.department("fire", "zh") == "fire"


def test_a_draft_is_named_by_where_nothing_was_published() -> None:
    assert titles_in(shelf(draft=(CONSULTATION,)), TODAY).department("zone-office", "zh") == "管委会项目服务中心"
    assert titles_in(shelf(RENAMED, draft=(CONSULTATION,)), TODAY).department("zone-office", "zh") == "投资服务局"


def test_phases_and_steps_with_names_of_their_own_are_named_by_their_flow() -> None:
    step = FlowStep(step="second", item="zone-01", phase="access", name="二次咨询", name_en="Second consultation")
    phase = Phase(code="access", name="入区", name_en="Entry")
    unnamed = structs.replace(step, name=CONSULTATION.task_name, name_en="")  # does not unsay the catalogue's
    titles = titles_in(
        shelf(CONSULTATION, flow=FlowEdition(1, "zone", 1, ("research",), (phase,), (step, unnamed))), TODAY
    )
    assert [titles.name(name, "en") for name in ("二次咨询", "入区", "access", CONSULTATION.task_name)] == [
        "Second consultation",
        "Entry",
        "access",
        "First consultation on an investment project",
    ]
