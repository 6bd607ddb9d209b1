"""立项: a project enters once, with items that can be worked off in some order."""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec
import pytest
from msgspec import structs

from domain.core.context import Context
from domain.core.ledger import Actor, Refused
from domain.core.plan import PlannedItem
from domain.core.types import ITEMS_MAX, Mode
from domain.messages import AnyCommand, decide
from domain.project.application.acceptance import AcceptItem, ItemAccepted
from domain.project.application.registration import Enterprise, ItemPlanned, PlanItem, RegisterProject
from domain.project.application.submission import ItemSubmitted
from domain.project.state.project import Project
from infrastructure.law.lawbook import law_book
from tests.examples import APPLICANT, DUTCH_LAW, IMPORTER, ITEMS, LAW, MANAGER, REGISTERED
from tests.spec import NOW, given

REGISTER = RegisterProject(
    name="Fab 2", code="P-1", enterprise=Enterprise("Hengxin", "91420100MA0HX2026E"), manager="wang", items=ITEMS
)
CITY = Actor("vries", "city")
FIRE_CHECK = PlannedItem(item="fire-check", department="fire", requires=("site-plan",))


def with_items(*items: PlannedItem) -> RegisterProject:
    return structs.replace(REGISTER, items=items)


def test_registration_keeps_the_plan_and_the_law() -> None:
    project = given().when(REGISTER, by=MANAGER).then(REGISTERED).state()

    assert list(project.items) == ["land", "site-plan", "discharge", "tax"]
    assert (project.law, project.manager) == ("cn-licensing", "wang")


def test_the_items_may_come_later() -> None:
    empty = structs.replace(REGISTERED, items=())

    given().when(with_items(), by=IMPORTER).then(empty)
    given(empty).when(PlanItem(item=ITEMS[0]), by=MANAGER).then(ItemPlanned(item="land", plan=ITEMS[0]))


def test_an_id_that_is_made_of_a_name_is_for_other_aggregates() -> None:
    """The importer alone makes ids of names for projects, in a namespace of its own."""
    named = Project(uuid5(UUID(int=1), "CN"))
    context = Context(by=MANAGER, at=NOW, now=NOW, law=LAW)

    with pytest.raises(Refused) as caught:
        decide(REGISTER, named, context)
    assert caught.value.code == "id-reserved"
    assert decide(REGISTER, named, structs.replace(context, by=IMPORTER))
    for version in (4, 7, 8):
        assert decide(REGISTER, Project(UUID(int=version << 76 | 2 << 62)), context)


def test_a_project_is_registered_once() -> None:
    given(REGISTERED).when(REGISTER, by=MANAGER).refused("already-registered")


def test_only_the_project_manager_registers_or_plans() -> None:
    refusal = given().when(REGISTER, by=APPLICANT).refused("wrong-role", "an applicant can't register")
    assert refusal.remedy == "this is for: project_manager"
    given(REGISTERED).when(PlanItem(item=FIRE_CHECK), by=APPLICANT).refused("wrong-role", "plan an item")


def test_only_a_registered_project_is_planned() -> None:
    given().when(PlanItem(item=FIRE_CHECK), by=MANAGER).refused("not-registered")


def test_the_project_runs_under_the_law_it_names() -> None:
    given().when(structs.replace(REGISTER, law="nl-awb"), by=MANAGER).refused("unknown-law", "nl-awb")


def test_an_item_is_handled_in_a_mode_the_law_knows() -> None:
    unlimited = structs.replace(
        LAW, clocks=LAW.clocks | {"decision": structs.replace(LAW.clocks["decision"], modes={})}
    )

    given().when(REGISTER, by=MANAGER, law=unlimited).refused("limit-unknown", "in the mode single")


@pytest.mark.parametrize("name", law_book().names)
def test_every_mode_of_every_law_is_planned_and_accepted(name: str) -> None:
    law = law_book().pack(name)
    assert law.modes
    for mode in law.modes:
        plan = PlannedItem(item="permit", department="city", mode=mode)
        command = structs.replace(with_items(plan), law=law.id)
        registered = given().when(command, by=MANAGER, law=law)
        registered.then(structs.replace(REGISTERED, law=law.id, items=(plan,)))

        limit = law.limit(mode)
        taken = given(
            structs.replace(REGISTERED, law=law.id, items=(plan,)), ItemSubmitted(item="permit", law=law.name)
        )
        facts = taken.when(AcceptItem(item="permit"), by=CITY, law=law).decided()
        assert facts[0] == ItemAccepted(
            item="permit", mode=mode, law=law.name, limit=limit.days, unit=limit.unit, article=limit.article
        )


def test_an_unknown_mode_is_refused_with_those_of_the_law() -> None:
    british = law_book().pack("uk-planning@2015-04-15")
    command = structs.replace(with_items(PlannedItem(item="permit", department="city", mode="joint")), law=british.id)

    refusal = given().when(command, by=MANAGER, law=british).refused("mode-unknown", "in the mode joint")

    assert refusal.remedy == f"choose one of: {', '.join(british.modes)}"
    assert {"single", "major", "eia", "technical_details"} <= set(british.modes)


def test_the_modes_of_the_act_are_those_of_its_special_laws_where_these_set_a_limit() -> None:
    plan = PlannedItem(item="eia", department="environment", mode="joint", special="eia_report", participants=("fire",))
    given(REGISTERED).when(PlanItem(item=plan), by=MANAGER).then(ItemPlanned(item="eia", plan=plan))

    other = structs.replace(plan, special="registration")
    given(REGISTERED).when(PlanItem(item=other), by=MANAGER).refused("mode-unknown", modes=["on_the_spot", "single"])


def test_a_project_may_run_under_another_law() -> None:
    command = structs.replace(with_items(PlannedItem(item="permit", department="city")), law="nl-awb")

    spec = given().when(command, by=MANAGER, law=DUTCH_LAW)

    spec.then(structs.replace(REGISTERED, law="nl-awb", items=command.items))


def test_an_item_has_one_code() -> None:
    given().when(with_items(ITEMS[0], ITEMS[0]), by=MANAGER).refused("item-repeated", "land is already planned")
    given(REGISTERED).when(PlanItem(item=ITEMS[0]), by=MANAGER).refused("item-repeated")


def test_a_precondition_is_an_item_of_the_project() -> None:
    given().when(with_items(FIRE_CHECK), by=MANAGER).refused("precondition-unknown", "requires site-plan")
    orphan = structs.replace(FIRE_CHECK, requires=("moon",))
    given(REGISTERED).when(PlanItem(item=orphan), by=MANAGER).refused("precondition-unknown", "requires moon")


def test_a_circle_of_preconditions_is_spelt_out() -> None:
    circle = (
        PlannedItem(item="a", department="x", requires=("b",)),
        PlannedItem(item="b", department="x", requires=("c",)),
        PlannedItem(item="c", department="x", requires=("a",)),
    )

    sentence = given().when(with_items(*circle), by=MANAGER).refused("precondition-circle").sentence

    assert any(
        f"{first} requires {two} requires {three} requires {first}" in sentence
        for first, two, three in ("abc", "bca", "cab")
    )


def test_an_item_does_not_wait_for_itself() -> None:
    alone = structs.replace(FIRE_CHECK, requires=("fire-check",))

    given(REGISTERED).when(PlanItem(item=alone), by=MANAGER).refused(
        "precondition-circle", "fire-check requires fire-check"
    )


def test_a_promise_is_never_longer_than_the_statute() -> None:
    late = PlannedItem(item="late", department="x", promise_days=21)

    refusal = (
        given()
        .when(with_items(late), by=MANAGER)
        .refused("promise-exceeds-statute", "statutory limit is 20 working days")
    )
    given().when(with_items(structs.replace(late, promise_days=20)), by=MANAGER).then(
        structs.replace(REGISTERED, items=(structs.replace(late, promise_days=20),))
    )

    assert "42" in refusal.article


def test_a_promise_in_working_days_fits_into_a_statute_in_calendar_days() -> None:
    """45 working days last 61 days at least, the law gives the report 60."""
    late = PlannedItem(item="late", department="x", special="eia_report", promise_days=45)

    refusal = (
        given()
        .when(with_items(late), by=MANAGER)
        .refused(
            "promise-exceeds-statute", "promises 45 working days, but 60 calendar days hold at most 44 working days"
        )
    )
    assert refusal.remedy == "promise 44 working days or fewer"
    given().when(with_items(structs.replace(late, promise_days=44)), by=MANAGER).then(
        structs.replace(REGISTERED, items=(structs.replace(late, promise_days=44),))
    )


def test_what_holds_for_the_first_items_holds_for_a_later_one() -> None:
    late = structs.replace(FIRE_CHECK, promise_days=21)

    given(REGISTERED).when(PlanItem(item=late), by=MANAGER).refused(
        "promise-exceeds-statute", "statutory limit is 20 working days"
    )


def test_a_special_law_has_to_be_in_the_pack() -> None:
    odd = PlannedItem(item="odd", department="x", special="maritime")

    given().when(with_items(odd), by=MANAGER).refused("special-unknown", "maritime")


def test_a_project_has_a_limited_number_of_items() -> None:
    many = tuple(PlannedItem(item=f"i{number}", department="x") for number in range(ITEMS_MAX + 1))

    given().when(with_items(*many), by=MANAGER).refused("too-many-items")
    full = structs.replace(REGISTERED, items=many[:-1])
    given(full).when(PlanItem(item=many[-1]), by=MANAGER).refused("too-many-items", str(ITEMS_MAX))


def test_a_request_too_large_is_no_command_at_all() -> None:
    body = {"command": "register_project", "name": "x" * 201, "manager": "wang", "enterprise": {"name": "Hengxin"}}

    with pytest.raises(msgspec.ValidationError, match=r"\$.name"):
        msgspec.json.decode(msgspec.json.encode(body), type=AnyCommand)


@pytest.mark.parametrize("code", ["91420100MA0HX2026E", "91350100M000100Y43", ""])
def test_a_credit_code_with_the_right_check_character_passes(code: str) -> None:
    registered = structs.replace(REGISTERED, enterprise=Enterprise("Hengxin", code))

    given().when(structs.replace(REGISTER, enterprise=Enterprise("Hengxin", code)), by=MANAGER).then(registered)


@pytest.mark.parametrize(
    "code", ["91420100MA0HX2026F", "91420100MA0HX2026", "I1420100MA0HX2026Q", "0" * 17, "0" * 19, "x"]
)
def test_any_other_credit_code_is_refused(code: str) -> None:
    given().when(structs.replace(REGISTER, enterprise=Enterprise("Hengxin", code)), by=MANAGER).refused("uscc-invalid")


def test_a_credit_code_in_small_letters_is_refused_with_its_right_form() -> None:
    small = structs.replace(REGISTER, enterprise=Enterprise("Hengxin", "91420100ma0hx2026e"))

    refusal = given().when(small, by=MANAGER).refused("uscc-invalid", "lower-case letters")
    assert "91420100MA0HX2026E" in refusal.remedy


def test_a_classified_project_is_refused() -> None:
    classified = structs.replace(REGISTER, classified=True)

    given().when(classified, by=MANAGER).refused("classified-project", "not be handled online")


def test_a_planned_item_joins_the_project() -> None:
    planned = ItemPlanned(item="fire-check", plan=FIRE_CHECK)

    project = given(REGISTERED).when(PlanItem(item=FIRE_CHECK), by=MANAGER).then(planned).state()

    assert project.unmet("fire-check") == ["site-plan"]
    assert project.items["fire-check"].plan.mode == Mode.SINGLE
