"""Every command that a person may give has a form, which can hold whatever the command can."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import pytest_asyncio
from msgspec import Struct, structs

from api.acts.chapters import ACTS, FORMS, WITHOUT_FORM
from api.acts.fields import HAPPENED, FieldKind, FormFieldSpec, fields_of
from api.forms.case import FormCase, case_of
from api.forms.form_data import FormData
from api.forms.review import filled_in
from api.forms.turns import FormTurn, fill_page
from api.forms.values import NO, YES, read_command
from api.html.page import PageAddress, PageContext
from api.html.titles import Titles
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE
from domain.core.ledger import Role
from domain.examples.people import Step
from domain.examples.story import PROJECT, STORIES, STORY
from domain.examples.zone import ZONE_STORIES
from domain.messages import COMMANDS, tag_of
from domain.project.application.registration import RegisterProject
from domain.project.feedback.evaluation import EvaluateService
from domain.project.state.project import Project
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.window.form_drafts import FormFile
from tests.api.forms.conftest import seen
from tests.effort import long_unless
from tests.examples import ROOT

MACHINES = {Role.SYSTEM, Role.INTEGRATOR}
OF_SYSTEMS = {"already-signalled", "discrepancy-known", "not-over", "organisation-code-invalid", "proof-stale"}
NUMBERED_BY_SYSTEM = {"already-numbered"}
Filled = dict[str, list[str]]
STORED = re.compile(r"\b(?:[a-z]+_)+[a-z]+\b")  # how values are stored, and never spoken


def test_every_command_that_a_person_may_give_has_a_form_or_a_reason_why_not() -> None:
    people = {tag for tag in COMMANDS if set(TABLE[tag].roles) - MACHINES}
    assert people - FORMS.keys() == set()
    assert COMMANDS.keys() - FORMS.keys() == WITHOUT_FORM.keys()


def test_every_refusal_of_a_project_has_words() -> None:
    codes = set(refusal_codes())
    assert len(codes) > 100
    assert codes - OF_SYSTEMS - NUMBERED_BY_SYSTEM - ACTS.refused.keys() == set()


def refusal_codes() -> Iterator[str]:
    """The codes of all refusals that commands to projects can meet."""
    for folder in ("domain/project", "domain/core"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Refused" and node.args:
                    code = node.args[0]
                    assert isinstance(code, ast.Constant | ast.Name | ast.Attribute), path
                    if isinstance(code, ast.Constant):
                        yield str(code.value)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """A ledger with the example catalogue and flow, whose clock is that of the step which is project_of_story."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        for stream, story in ZONE_STORIES:
            for number, step in enumerate(story):
                HANDS[0] = step.at
                await opened.handle(stream, step.command, step.by, uuid5(stream, str(number)))
        yield opened


HANDS: list[datetime] = []
HANDS.append(datetime.fromisoformat("2026-01-05T09:00:00+08:00"))


@pytest.mark.parametrize("lang", long_unless(lambda lang: lang == "zh", ["zh", "en"]))
@pytest.mark.parametrize("story", ["first", "planned", "circulated", "modes"])
async def test_every_command_of_the_stories_can_be_given_by_its_form(
    approvals: Approvals, story: str, lang: str
) -> None:
    tags, (project, steps) = set(), STORY_BY_NAME[story]
    project_of_story = UUID(int=project.int ^ (lang == "en"))
    for number, step in enumerate(steps):
        HANDS[0] = step.at
        tag = tag_of(step.command)
        if tag in FORMS and step.by.role not in MACHINES:
            case, wanted = await case_before(approvals, project_of_story, step, lang), listed(step.command)
            data = FormData(filled(case, wanted), list(files(wanted)))
            read = read_command(case, data)
            assert read.faults == (), (tag, read.faults)
            assert comparable(read.command) == comparable(wanted), tag
            html = fill_page(FormTurn(case, data, uuid4(), case.project.version), ()).content
            assert STORED.findall(seen(html)) == [], tag
            assert read.command is not None
            assert all(term and value for term, value in filled_in(case, read.command)), tag
            tags.add(tag)
        command = structs.replace(step.command, code="") if isinstance(step.command, RegisterProject) else step.command
        await approvals.handle(project_of_story, command, step.by, uuid5(project_of_story, str(number)))
    assert len(tags) > 2


STORY_BY_NAME: Mapping[str, tuple[UUID, tuple[Step, ...]]] = {
    "first": (PROJECT, tuple(STORY)),
    **dict(zip(("planned", "circulated", "modes"), STORIES, strict=True)),
}


CONSULTED = ("water", "tax", "province-environment", "emergency", "development-reform", "traffic")
ACTING = tuple(step.by.department for _, steps in STORY_BY_NAME.values() for step in steps)
DEPARTMENTS = {code: (f"{code} 局", "") for code in (*CONSULTED, *ACTING)}


def test_the_stories_hold_every_command_that_has_a_form() -> None:
    steps = [step for _, steps in STORY_BY_NAME.values() for step in steps]
    assert FORMS.keys() - {tag_of(step.command) for step in steps if step.by.role not in MACHINES} == set()


def listed(command: Any) -> Any:
    """*command* with a way of delivery that the form lists, where a window wrote one in its own words."""
    return structs.replace(command, method="window") if getattr(command, "method", "") == "窗口领取" else command


async def case_before(approvals: Approvals, project: UUID, step: Step, lang: str) -> FormCase:
    """The form's case as it is before *step*."""
    caller = Caller(step.by.id, step.by.id, PrincipalKind.PERSON, step.by.role, step.by.department)
    page = PageContext(PageAddress(query={"lang": lang}), DEFAULT_LAW, Titles(DEPARTMENTS))
    entries = await approvals.history(project)
    item = getattr(step.command, "item", "")
    code = item if isinstance(item, str) else ""
    tag = tag_of(step.command)
    if not entries:
        return FormCase(page, approvals, approvals.laws, caller, tag, Project(project), "", (), (), {}, HANDS[0])
    return case_of(page, approvals, approvals.laws, caller, tag, code, entries, HANDS[0])


def files(command: Any) -> Iterator[FormFile]:
    """The file that a command attaches."""
    if tag_of(command) == "attach_material":
        yield FormFile(command.digest, command.size, command.media_type, command.name)


def filled(case: FormCase, command: Any) -> Filled:
    """What a browser would send for *command*."""
    specs = fields_of(case.kind)
    values: Filled = {}
    for name in case.definition.fields:
        value: Any = command
        for part in name.split("."):
            value = getattr(value, part, None)
        values |= (
            by_hand(case, name, value) if f"{case.command}.{name}" in BY_HAND else {name: texts(specs[name], value)}
        )
    if case.definition.generated:
        values["_id"] = [getattr(command, case.definition.generated)]
    return values


BY_HAND = {"request_supplement.missing", "accept_item.lacking", "decline_item.reasons", "record_information.fields"}


def by_hand(case: FormCase, name: str, value: Any) -> Filled:
    """What is sent by the controls of a hand-made field."""
    if name == "missing":
        service = case.service.materials if case.service else ()
        names = (case.state.first_notice if case.state else ()) or tuple(paper.material_name for paper in service)
        states = {
            f"missing.{nth}.state": ["lacking" if each in value else "complete"] for nth, each in enumerate(names)
        }
        return {**states, "missing.other": ["\r\n".join(each for each in value if each not in names)]}
    if name == "lacking":
        return {"lacking.all": ["lacking" if value else "complete"], "lacking": list(value)}
    if name == "reasons":
        return {"reasons": [value], "reasons.ground": ["not_our_powers"]}
    entered = {f"fields.{field.key}": [str(field.value)] for field in value}
    return entered | {f"fields.{field.key}.unit": [field.unit] for field in value if field.unit}


def texts(spec: FormFieldSpec, value: Any) -> list[str]:
    """The texts that a field sends for *value*."""
    if value is None or value == () or (value == 0 and spec.kind is FieldKind.NUMBER and not spec.required):
        return []
    if spec.kind is FieldKind.FLAG:
        return [YES] if value else [NO] if spec.required else []
    if isinstance(value, tuple):
        return [str(each) for each in value]
    if isinstance(value, datetime | date):
        return [value.isoformat()]
    return [value.value if isinstance(value, StrEnum) else str(value)]


def comparable(command: Struct | None) -> Any:
    """*command* without what a form fills in otherwise: when it happened, items planned later, the reasons' article."""
    assert command is not None
    left = {HAPPENED: None}
    if isinstance(command, RegisterProject):
        left["items"] = ()  # type: ignore[assignment]  # fields of several types
    if isinstance(command, EvaluateService):
        left["channel"] = None  # a page is always the web
    values = structs.asdict(command) | left
    if tag_of(command) == "decline_item":  # type: ignore[arg-type]  # a command
        values["reasons"] = str(values["reasons"]).rpartition("：")[2].rpartition(": ")[2]
    if tag_of(command) == "record_information":  # type: ignore[arg-type]  # a command
        values["fields"] = sorted((field.key, str(field.value), field.unit) for field in values["fields"])
    return values
