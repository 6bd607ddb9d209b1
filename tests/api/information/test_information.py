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


async def search(door: Door, **params: Any) -> list[str]:
    answer = await door.get("/v1/information", **params)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["count"] >= len(page["projects"])
    return [project["project"] for project in page["projects"]]


async def known(door: Door, project: UUID, **params: Any) -> dict[str, Any]:
    answer = await door.get(f"/v1/projects/{project}/information", **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_example_is_shown_with_what_is_missing(door: Door) -> None:
    project = await registered(door, code="HX-2", manager="wang.min", enterprise=ENTERPRISE)
    for step in INFORMED:
        await door.done(project, step.command, step.by)

    information = await known(door, project)

    assert (information["basic"]["code"], information["basic"]["enterprise"]) == ("HX-2", "恒信新材料")
    assert [category["category"] for category in information["categories"]] == [category.id for category in FORM]
    categories = {category["category"]: category for category in information["categories"]}
    assert categories["basic"]["complete"] is True
    assert categories["land"]["missing"] == ["area", "use", "acquisition"]
    assert (information["complete"], information["filled"], information["required"]) == (False, 12, len(REQUIRED))
    total = next(field for field in categories["investment"]["fields"] if field["field"] == "total")
    assert (total["value"], total["unit"], total["source"], total["by"]) == (
        "38200",
        "万元",
        "初步设计概算批复",
        INFORMED[-1].by.id,
    )
    kind = next(field for field in categories["basic"]["fields"] if field["field"] == "kind")
    assert (kind["value"], kind["said_zh"], kind["said_en"], kind["required"]) == ("filing", "备案", "Filing", True)


async def test_results_of_every_step_stand_beside_the_basic_facts(door: Door) -> None:
    project = await registered(door, items=[LAND_ITEM, {"item": "site-plan", "department": "planning"}])
    await door.done(project, SUBMIT, APPLICANT)
    await door.done(project, {"command": "accept_item", "item": "land"}, LAND)
    await door.done(project, GRANT, LAND)

    land, plan = (await known(door, project))["results"]

    assert (land["stage"], land["outcome"], land["document"]) == ("completed", "granted", "武土字[2026]17号")
    assert (plan["stage"], plan["outcome"], plan["decided_at"]) == ("not_started", "", None)


async def test_figures_are_shown_as_of_a_day_and_as_known(door: Door) -> None:
    project = await registered(door, occurred_at="2026-01-05T09:00:00+08:00")
    await entered(door, project, "land", "2026-02-01", use="工业")
    await entered(door, project, "land", "2026-03-01", use="仓储")
    history = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    now = history[-1]["recorded_at"]

    async def use(**params: Any) -> str:
        land = next(
            category
            for category in (await known(door, project, **params))["categories"]
            if category["category"] == "land"
        )
        return str(next(field for field in land["fields"] if field["field"] == "use")["value"])

    assert await use() == "仓储"
    assert await use(as_of="2026-02-15T00:00:00Z", known_at=now) == "工业"
    assert await use(as_of="2026-01-15T00:00:00Z", known_at=now) == ""
    assert await use(as_of=now, known_at=history[1]["recorded_at"]) == "工业"


async def test_before_its_registration_nothing_is_known_as_in_other_readings_of_a_project(door: Door) -> None:
    project = await registered(door, "Early", code="EA-1")
    before = "2026-01-15T00:00:00Z"
    nothing = await known(door, project, as_of=before)
    assert (nothing["categories"], nothing["results"], nothing["complete"]) == ([], [], False)
    assert nothing["basic"]["project"] == str(project)
    assert (nothing["basic"]["name"], nothing["basic"]["registered_at"]) == ("", None)
    for other in ("clocks", "progress", "feedback", "materials", "time"):
        answer = await door.get(f"/v1/projects/{project}/{other}", as_of=before)
        assert answer.status_code == 200, other


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
        assert await search(door, q=text, manager="searched", after=after) == [str(project)], text
    for instant, then in (("2099-01-01T00:00:00Z", [str(project)]), ("2020-01-01T00:00:00Z", [])):
        assert await search(door, q="复合材料", manager="searched", stage="completed", as_of=instant) == then
    for text in ("料材", "omposite", "欧阳工", "5550100", "gg-89", "复合生产", "%", "'", "&|!:*"):
        assert await search(door, q=text, manager="searched", after=after) == [], text


async def test_a_snippet_says_where_and_marks_it(door: Door) -> None:
    project = await registered(door, "丹桂一期")
    after = await entered(door, project, "construction", content="建设丹桂苑 (Osmanthus Courts)")

    (match,) = (await door.get("/v1/information", q="丹桂 court", after=after)).json()["projects"]

    assert [(two["label"], two["en"]) for two in match["snippets"]] == [
        ("name", "Name"),
        ("construction.content", "What is built"),
    ]
    assert match["snippets"][1]["pieces"] == [
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

    assert await search(door, q="银杏", after=after) == [str(named), str(mentions)]


async def test_every_filter_has_to_match(door: Door) -> None:
    manager = str(uuid4())[:8]
    first, other = [await registered(door, f"滤{nth}", manager=manager) for nth in (1, 2)]
    await entered(door, first, "schedule", planned_start="2026-06-01", planned_completion="2027-06-01")
    await entered(door, first, "basic", kind="filing")
    await entered(door, other, "schedule", planned_start="2026-06-01")
    after = (await door.done(first, SUBMIT, APPLICANT))["position"]
    both = {str(first), str(other)}

    for params, expected in [
        ({}, both),
        ({"category": "schedule"}, both),
        ({"category": "land"}, set()),
        ({"category": "schedule", "complete": "true"}, {str(first)}),
        ({"category": "schedule", "complete": "false"}, {str(other)}),
        ({"complete": "true"}, set()),
        ({"complete": "false"}, both),
        ({"kind": "filing"}, {str(first)}),
        ({"stage": "submitted"}, {str(first)}),
        ({"stage": "submitted", "department": "planning"}, set()),
        ({"department": "planning"}, both),
        ({"department": "nobody"}, set()),
        ({"last": "2020-01-01"}, set()),
        ({"first": "2020-01-01"}, both),
        ({"changed_since": "2090-01-01T00:00:00Z"}, set()),
        ({"q": "滤1"}, {str(first)}),
    ]:
        assert set(await search(door, manager=manager, after=after, **params)) == expected, params


async def test_days_of_registration_are_local(door: Door) -> None:
    manager = str(uuid4())[:8]
    project = str(await registered(door, manager=manager, occurred_at="2026-03-01T00:30:00+08:00"))
    after = (await door.done(UUID(project), SUBMIT, APPLICANT))["position"]

    assert await search(door, manager=manager, first="2026-03-01", last="2026-03-01", after=after) == [project]
    assert await search(door, manager=manager, last="2026-02-28") == []
    assert await search(door, manager=manager, first="2026-03-02") == []


async def test_pages_follow_each_other(door: Door) -> None:
    manager = str(uuid4())[:8]
    projects = [str(await registered(door, f"页{nth}", manager=manager)) for nth in range(3)]
    after = await entered(door, UUID(projects[0]), "land", use="x")

    first = (await door.get("/v1/information", manager=manager, limit=2, after=after)).json()
    second = (await door.get("/v1/information", manager=manager, limit=2, cursor=first["next"])).json()

    assert (first["count"], len(first["projects"]), second["next"]) == (3, 2, None)
    assert {project["project"] for project in [*first["projects"], *second["projects"]]} == set(projects)
    assert first["projects"][0]["project"] == projects[0], "what was entered last comes first"


async def test_wrong_questions_are_problems(door: Door) -> None:
    for params in (
        {"category": "dragons"},
        {"kind": "x"},
        {"first": "1889-01-01"},
        {"last": "9999-12-31"},
        {"changed_since": "2026-03-12T00:00:00"},
        {"q": "x" * 201},
        {"q": "\0"},
        {"limit": 0},
    ):
        problem(await door.get("/v1/information", **params), "invalid-parameter")
    problem(await door.get("/v1/information", None), "actor-missing")
    problem(await door.get(f"/v1/projects/{uuid4()}/information"), "project-unknown")


async def test_a_persons_projects_are_found_by_all_its_codes_and_names(door: Door) -> None:
    first, other = code_of(41), code_of(42)
    await said_to_person(door, registration(first, "海棠公司"))
    await said_to_person(door, registration(other, "海棠有限公司"))
    merge = {"command": "merge_legal_person", "code": other, "into": first, "reasons": "same"}
    by_code = await registered(door, enterprise={"name": "whatever", "uscc": other})
    by_name = await registered(door, enterprise={"name": "海棠公司"})
    stranger = await registered(door, enterprise={"name": "海棠公司", "uscc": code_of(43)})
    await door.done(by_code, SUBMIT, structs.replace(APPLICANT, department=other))

    async def projects(code: str, after: int = 0, **then: Any) -> dict[str, tuple[str, int]]:
        body = (await door.get(f"/v1/legal-persons/{code}/projects", after=after, **then)).json()
        return {row["project"]: (row["found_by"], len(row["cases"])) for row in body["projects"]}

    head = (await door.done(stranger, SUBMIT, structs.replace(APPLICANT, department=code_of(43))))["position"]
    assert await projects(first, head) == {str(by_name): ("name", 0)}
    merged = await said_to_person(door, merge)
    for code in (first, other):
        assert await projects(code, merged) == {str(by_code): ("code", 1), str(by_name): ("name", 0)}
    body = (await door.get(f"/v1/legal-persons/{other}/projects")).json()
    assert await projects(first, known_at=body["known_at"], as_of=body["as_of"]) == await projects(first)
    assert await projects(first, as_of="2020-01-01T00:00:00Z") == {}
    assert (body["person"], body["merged_from"]) == (first, other)
    (case,) = next(row["cases"] for row in body["projects"] if row["cases"])
    assert (case["item"], case["department"], case["stage"]) == ("land", "land", "submitted")
    problem(await door.get(f"/v1/legal-persons/{code_of(44)}/projects"), "person-unknown")


async def test_words_are_looked_up_in_the_index(door: Door, approvals: Approvals) -> None:
    """With many projects; the planner rightly reads a handful of them from end to end."""
    query = InformationFilter(text="复合材料")
    async with approvals.store.pool.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = await (
            await connection.execute(
                f"EXPLAIN SELECT i.project FROM views.information AS i WHERE {WHERE['words']}",
                query.params(),
            )
        ).fetchall()
        await connection.execute("RESET enable_seqscan")
    assert any("information_words_idx" in line for (line,) in plan), plan


async def test_live_rows_equal_a_rebuild(
    door: Door, approvals: Approvals, projector: Projector, shared_database_url: str
) -> None:
    await search(door, after=await approvals.store.head())

    assert rebuild(shared_database_url, swap=False).differences == ()
