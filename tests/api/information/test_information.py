"""The information base over HTTP: entered by category, searched in Chinese and English, filtered, and in pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from domain.examples.information import INFORMED
from domain.project.information.form import FORM, REQUIRED
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.information.query import WHERE, InformationFilter
from tests.api.client import LAND_ITEM, REGISTER, Door, problem
from tests.api.legal_person.test_legal_person import code_of, registration
from tests.api.legal_person.test_legal_person import done as said_to_person
from tests.examples import APPLICANT, LAND, MANAGER

pytestmark = pytest.mark.usefixtures("projector")
ENTERPRISE = {"name": "恒信新材料", "uscc": "91420100MA0HX2026E"}
SUBMIT = {"command": "submit_item", "item": "land"}
GRANT = {"command": "complete_item", "item": "land", "outcome": "granted", "document_number": "武土字[2026]17号"}


async def registered(door: Door, name: str = "Fab 2", **changed: Any) -> UUID:
    project = uuid4()
    await door.done(project, {**REGISTER, "name": name, **changed})
    return project


async def entered(door: Door, project: UUID, category: str, day: str | None = None, **values: Any) -> int:
    fields = [{"key": key, "value": value} for key, value in values.items()]
    body = {"command": "record_information", "category": category, "fields": fields, "as_of": day}
    manager = (await door.get(f"/v1/projects/{project}")).json()["manager"]
    position: int = (await door.done(project, body, structs.replace(MANAGER, id=manager)))["position"]
    return position


async def found(door: Door, **asked: Any) -> list[str]:
    answer = await door.get("/v1/information", **asked)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["count"] >= len(page["projects"])
    return [one["project"] for one in page["projects"]]


async def known(door: Door, project: UUID, **asked: Any) -> dict[str, Any]:
    answer = await door.get(f"/v1/projects/{project}/information", **asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_example_is_told_with_what_is_missing(door: Door) -> None:
    project = await registered(door, code="HX-2", manager="wang.min", enterprise=ENTERPRISE)
    for step in INFORMED:
        await door.done(project, step.command, step.by)

    told = await known(door, project)

    assert (told["basic"]["code"], told["basic"]["enterprise"]) == ("HX-2", "恒信新材料")
    assert [one["category"] for one in told["categories"]] == [category.id for category in FORM]
    categories = {one["category"]: one for one in told["categories"]}
    assert categories["basic"]["complete"] is True
    assert categories["land"]["missing"] == ["area", "use", "acquisition"]
    assert (told["complete"], told["filled"], told["required"]) == (False, 12, len(REQUIRED))
    total = next(one for one in categories["investment"]["fields"] if one["field"] == "total")
    assert (total["value"], total["unit"], total["source"], total["by"]) == (
        "38200",
        "万元",
        "初步设计概算批复",
        INFORMED[-1].by.id,
    )
    kind = next(one for one in categories["basic"]["fields"] if one["field"] == "kind")
    assert (kind["value"], kind["said_zh"], kind["said_en"], kind["required"]) == ("filing", "备案", "Filing", True)


async def test_results_of_every_step_stand_beside_the_basic_facts(door: Door) -> None:
    project = await registered(door, items=[LAND_ITEM, {"item": "site-plan", "department": "planning"}])
    await door.done(project, SUBMIT, APPLICANT)
    await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    await door.done(project, GRANT, LAND)

    land, plan = (await known(door, project))["results"]

    assert (land["stage"], land["outcome"], land["document"]) == ("completed", "granted", "武土字[2026]17号")
    assert (plan["stage"], plan["outcome"], plan["decided_at"]) == ("not_started", "", None)


async def test_figures_are_told_as_of_a_day_and_as_known(door: Door) -> None:
    project = await registered(door, occurred_at="2026-01-05T09:00:00+08:00")
    await entered(door, project, "land", "2026-02-01", use="工业")
    await entered(door, project, "land", "2026-03-01", use="仓储")
    history = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    now = history[-1]["recorded_at"]

    async def use(**asked: Any) -> str:
        land = next(one for one in (await known(door, project, **asked))["categories"] if one["category"] == "land")
        return str(next(one for one in land["fields"] if one["field"] == "use")["value"])

    assert await use() == "仓储"
    assert await use(as_of="2026-02-15T00:00:00Z", known_at=now) == "工业"
    assert await use(as_of="2026-01-15T00:00:00Z", known_at=now) == ""
    assert await use(as_of=now, known_at=history[1]["recorded_at"]) == "工业"
    problem(await door.get(f"/v1/projects/{project}/information", as_of="2026-01-15T00:00:00Z"), "project-unknown")


async def test_it_is_found_in_chinese_and_in_english_and_by_documents(door: Door) -> None:
    enterprise = {"name": "华光（武汉）", "uscc": APPLICANT.department}
    project = await registered(door, "光谷复合材料二期", code="GG-88", enterprise=enterprise, manager="searched")
    await entered(door, project, "construction", content="生产线三条 resin composites factories", scale="大")
    await entered(door, project, "contacts", name="欧阳工", phone="027-5550100")
    await door.done(project, SUBMIT, APPLICANT)
    await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    after = (await door.done(project, GRANT, LAND))["position"]

    for text in (
        "复合材料",
        "谷复",
        "料",
        "composite",
        "Factory RESIN",
        "gg-88",
        "华光(武汉)",
        "土字[2026]17",
        "生产线 二期",
    ):
        assert await found(door, q=text, manager="searched", after=after) == [str(project)], text
    for instant, then in (("2099-01-01T00:00:00Z", [str(project)]), ("2020-01-01T00:00:00Z", [])):
        assert await found(door, q="复合材料", manager="searched", stage="completed", as_of=instant) == then
    for text in ("料材", "omposite", "欧阳工", "5550100", "gg-89", "复合生产", "%", "'", "&|!:*"):
        assert await found(door, q=text, manager="searched", after=after) == [], text


async def test_a_snippet_says_where_and_marks_it(door: Door) -> None:
    project = await registered(door, "丹桂一期")
    after = await entered(door, project, "construction", content="建设丹桂苑 (Osmanthus Courts)")

    (one,) = (await door.get("/v1/information", q="丹桂 court", after=after)).json()["projects"]

    assert [(two["label"], two["en"]) for two in one["snippets"]] == [
        ("name", "Name"),
        ("construction.content", "What is built"),
    ]
    assert one["snippets"][1]["pieces"] == [
        {"text": "建设", "marked": False},
        {"text": "丹桂", "marked": True},
        {"text": "苑 (Osmanthus ", "marked": False},
        {"text": "Court", "marked": True},
        {"text": "s)", "marked": False},
    ]


async def test_the_name_comes_before_other_texts(door: Door) -> None:
    named = await registered(door, "银杏一期")
    mentions = await registered(door, "Fab 3")
    after = await entered(door, mentions, "construction", content="银杏路，银杏苑，银杏广场")

    assert await found(door, q="银杏", after=after) == [str(named), str(mentions)]


async def test_every_filter_has_to_match(door: Door) -> None:
    manager = str(uuid4())[:8]
    one, other = [await registered(door, f"滤{nth}", manager=manager) for nth in (1, 2)]
    await entered(door, one, "schedule", planned_start="2026-06-01", planned_completion="2027-06-01")
    await entered(door, one, "basic", kind="filing")
    await entered(door, other, "schedule", planned_start="2026-06-01")
    after = (await door.done(one, SUBMIT, APPLICANT))["position"]
    both = {str(one), str(other)}

    for asked, expected in [
        ({}, both),
        ({"category": "schedule"}, both),
        ({"category": "land"}, set()),
        ({"category": "schedule", "complete": "true"}, {str(one)}),
        ({"category": "schedule", "complete": "false"}, {str(other)}),
        ({"complete": "true"}, set()),
        ({"complete": "false"}, both),
        ({"kind": "filing"}, {str(one)}),
        ({"stage": "submitted"}, {str(one)}),
        ({"stage": "submitted", "department": "planning"}, set()),
        ({"department": "planning"}, both),
        ({"department": "nobody"}, set()),
        ({"last": "2020-01-01"}, set()),
        ({"first": "2020-01-01"}, both),
        ({"changed_since": "2090-01-01T00:00:00Z"}, set()),
        ({"q": "滤1"}, {str(one)}),
    ]:
        assert set(await found(door, manager=manager, after=after, **asked)) == expected, asked


async def test_days_of_registration_are_local(door: Door) -> None:
    manager = str(uuid4())[:8]
    project = str(await registered(door, manager=manager, occurred_at="2026-03-01T00:30:00+08:00"))
    after = (await door.done(UUID(project), SUBMIT, APPLICANT))["position"]

    assert await found(door, manager=manager, first="2026-03-01", last="2026-03-01", after=after) == [project]
    assert await found(door, manager=manager, last="2026-02-28") == []
    assert await found(door, manager=manager, first="2026-03-02") == []


async def test_pages_follow_each_other(door: Door) -> None:
    manager = str(uuid4())[:8]
    projects = [str(await registered(door, f"页{nth}", manager=manager)) for nth in range(3)]
    after = await entered(door, UUID(projects[0]), "land", use="x")

    first = (await door.get("/v1/information", manager=manager, limit=2, after=after)).json()
    second = (await door.get("/v1/information", manager=manager, limit=2, cursor=first["next"])).json()

    assert (first["count"], len(first["projects"]), second["next"]) == (3, 2, None)
    assert {one["project"] for one in [*first["projects"], *second["projects"]]} == set(projects)
    assert first["projects"][0]["project"] == projects[0], "what was entered last comes first"


async def test_wrong_questions_are_problems(door: Door) -> None:
    for asked in (
        {"category": "dragons"},
        {"kind": "x"},
        {"first": "1889-01-01"},
        {"last": "9999-12-31"},
        {"changed_since": "2026-03-12T00:00:00"},
        {"q": "x" * 201},
        {"q": "\0"},
        {"limit": 0},
    ):
        problem(await door.get("/v1/information", **asked), "invalid-parameter")
    problem(await door.get("/v1/information", None), "actor-missing")
    problem(await door.get(f"/v1/projects/{uuid4()}/information"), "project-unknown")


async def test_a_persons_projects_are_found_by_all_its_codes_and_names(door: Door) -> None:
    one, other = code_of(41), code_of(42)
    await said_to_person(door, registration(one, "海棠公司"))
    await said_to_person(door, registration(other, "海棠有限公司"))
    merge = {"command": "merge_legal_person", "code": other, "into": one, "reasons": "same"}
    by_code = await registered(door, enterprise={"name": "whatever", "uscc": other})
    by_name = await registered(door, enterprise={"name": "海棠公司"})
    stranger = await registered(door, enterprise={"name": "海棠公司", "uscc": code_of(43)})
    await door.done(by_code, SUBMIT, structs.replace(APPLICANT, department=other))

    async def projects(code: str, after: int = 0, **then: Any) -> dict[str, tuple[str, int]]:
        told = (await door.get(f"/v1/legal-persons/{code}/projects", after=after, **then)).json()
        return {row["project"]: (row["found_by"], len(row["cases"])) for row in told["projects"]}

    head = (await door.done(stranger, SUBMIT, structs.replace(APPLICANT, department=code_of(43))))["position"]
    assert await projects(one, head) == {str(by_name): ("name", 0)}
    merged = await said_to_person(door, merge)
    for code in (one, other):
        assert await projects(code, merged) == {str(by_code): ("code", 1), str(by_name): ("name", 0)}
    told = (await door.get(f"/v1/legal-persons/{other}/projects")).json()
    assert await projects(one, known_at=told["known_at"], as_of=told["as_of"]) == await projects(one)
    assert await projects(one, as_of="2020-01-01T00:00:00Z") == {}
    assert (told["person"], told["merged_from"]) == (one, other)
    (case,) = next(row["cases"] for row in told["projects"] if row["cases"])
    assert (case["item"], case["department"], case["stage"]) == ("land", "land", "submitted")
    problem(await door.get(f"/v1/legal-persons/{code_of(44)}/projects"), "person-unknown")


async def test_words_are_looked_up_in_the_index(door: Door, approvals: Approvals) -> None:
    """With many projects; the planner rightly reads a handful of them from end to end."""
    asked = InformationFilter(text="复合材料")
    async with approvals.store.pool.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = await (
            await connection.execute(
                f"EXPLAIN SELECT i.project FROM views.information AS i WHERE {WHERE['words']} AND {WHERE['exact']}",
                asked.params(),
            )
        ).fetchall()
        await connection.execute("RESET enable_seqscan")
    assert any("information_words_idx" in line for (line,) in plan), plan


async def test_live_rows_equal_a_rebuild(
    door: Door, approvals: Approvals, projector: Projector, shared_database_url: str
) -> None:
    await found(door, after=await approvals.store.head())

    assert rebuild(shared_database_url, swap=False).differences == ()
