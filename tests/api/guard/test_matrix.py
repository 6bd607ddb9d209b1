"""Every route and every command, by every role, of one's own project and of another: a table made from the routes.

A new route or command without an entry here fails: what its path and its required parameters are is looked up by name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct, convert, to_builtins

from api.commands.targets import CHECKS, TARGETS
from api.guard.routes import action_of, handlers_of, is_public
from api.route_access import COMMANDS as EACH_COMMAND
from api.route_access import ITSELF, PUBLIC, WHOLE_ZONE
from api.web.identity import caller_by_headers
from api.web.query_params import parameters_of
from domain.access.cases import command_cases
from domain.access.decision import may_all
from domain.access.principal import Caller
from domain.access.table import TABLE, Relation
from domain.core.ledger import Actor, Role
from domain.examples.people import BUREAU, ENTERPRISE, LAND, MANAGER, TAX_FEED
from domain.examples.story import COMMAND_EXAMPLES
from domain.messages import COMMANDS
from infrastructure.ledger.approvals import Approvals
from projections.personal_reads import PersonalRead, PersonalReads
from tests.api.client import Door, identity
from tests.api.guard.two_projects import (
    CALLED,
    MARK,
    OTHER,
    OTHER_CODE,
    OTHER_DIGEST,
    OTHERS,
    OWN,
    PHONE,
    of_others,
    two_projects,
)
from tests.effort import chosen, long_unless

pytestmark = pytest.mark.pages

CLERK, LEADER = Actor("window.1", "window", Role.WINDOW_CLERK), Actor("ma.jun", "zone-office", Role.LEADER)
AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)
ADMINISTRATOR = Actor("xu.jing", "", Role.ADMINISTRATOR)
OWN_PEOPLE = [ENTERPRISE, MANAGER, LAND, TAX_FEED]
ZONE_PEOPLE = [CLERK, LEADER, BUREAU, AUDITOR]
PEOPLE = [*OWN_PEOPLE, *ZONE_PEOPLE, ADMINISTRATOR]
STRANGERS = [*OWN_PEOPLE, ADMINISTRATOR]  # who must not see anything of the other project
ASKING_IN_SUITE = (Role.APPLICANT, Role.OFFICER)  # whose answers, to each address, take seconds

PATHS = {
    "digest": OTHER_DIGEST,
    "department": OTHERS["natural-resources"],
    "code": OTHER_CODE,
    "name": "CN",
    "special": "none",
    "edition": "1",
    "notice": "none",
    "principal": "somebody-else",
    "file": "none.ics",
    "item": "land-use",
    "draft": "0193f0a2-7c00-7000-8000-0000000000d1",
    "number": "BDA2026-000001-0",
    "tile": "0/000",
    "act": "grant",
    "entry_position": "1",
    "entry_version": "1",
    "subscription_id": "00000000-0000-4000-8000-000000000001",
    "folder": "none",
    "command": "amend_entry",  # whose form lists the history
    "command_id": str(UUID(int=1)),
    "message": "1",
    "address": str(UUID(int=1)),
    "proof": "none",
    "sheet_format": "csv",
    "log_format": "xes",
}
PERIOD = {"first": "2026-03-01", "last": "2026-12-31"}
REQUIRED: dict[str, dict[str, str]] = {
    "explain_clock": {"item": "land-use", "clock": "decision"},
    "clock": {"item": "land-use", "clock": "decision"},
    "get_card": {"card": "drainage-1"},
    "card": {"card": "drainage-1"},
    "get_complaint": {"complaint": "TS-2026-0007"},
    "get_evaluation": {"evaluation": "site-plan-1"},
    "get_service": {"code": "none"},
    "worklist": {"department": OTHERS["planning"]},
    **dict.fromkeys(("list_cards", "cards", "list_decided", "decisions", "board", "get_board"), PERIOD),
    **dict.fromkeys(("export_cards", "export_decisions"), PERIOD),
}
ROADS = ["/v1/projects/{}/commands", "/v1/projects/{}/commands?"]
PUBLIC_BY_LAW = {
    "list_public_decisions",
    "public_decisions",
    "export_granted",
}  # of any project, what was granted to which enterprise
OF_ONE_ITEM = {"get_card", "card"}
SEARCHES = {
    "list_progress": "text",
    "search_information": "q",
    "search": "q",
    "progress_table": "text",
    "home": "text",
    "export_progress": "text",
}
AGGREGATES = {
    "post_calendar_command": "/v1/law/calendars/CN",
    "post_person_command": f"/v1/legal-persons/{OTHER_CODE}",
    "post_catalogue_command": "/v1/catalogues/zone",
    "post_flow_command": "/v1/flows/zone",
    "post_principal_command": "/v1/principals/somebody-else",
    "post_departments_command": "/v1/departments",
}
NAMES = "恒信新材料二期厂房", "恒信新材料有限公司", "建设用地规划许可", "建设工程规划许可", "污水排入排水管网许可"
PUBLIC_NAMES = re.compile("|".join(f"{MARK} {name}" for name in NAMES))  # of the other project, by its marks
TOO_MANY_REQUESTS = 429
BEGINNING = 1000  # characters of an answer that a failure shows
OBJECTION = "噪声防护距离不足"
DENIED, HIDDEN = ("access-denied", 403), ("project-unknown", 404)


class SentRequest(Struct, frozen=True):
    """A route, and a request to it about one project."""

    handler: HTTPRouteHandler
    method: str
    path: str
    params: dict[str, str]

    @property
    def action(self) -> str:
        return action_of(self.handler)


class Answer(Struct, frozen=True):
    """What a request was answered with, which texts that not everybody may see are in it, and whether it was noted."""

    request: SentRequest
    status: int
    code: str
    seen: frozenset[str]
    noted: bool
    beginning: str

    @property
    def is_refused(self) -> bool:
        return self.status in (401, 403) or (self.code, self.status) == HIDDEN


class OwnAnswers:
    """What every address answers of one's own project, asked once by each person."""

    def __init__(self, door: Door, requests: list[SentRequest]) -> None:
        self._door, self._requests = door, requests
        self._by_person: dict[Actor, list[Answer]] = {}

    async def to(self, by: Actor) -> list[Answer]:
        if by not in self._by_person:
            self._by_person[by] = [await self._answer(request, by) for request in asked_by(by, self._requests)]
        return self._by_person[by]

    async def _answer(self, request: SentRequest, by: Actor) -> Answer:
        reads: list[PersonalRead] = []
        with PersonalReads(reads.append):
            response = await answer(self._door, request, by)
        code, status = code_of(response)
        seen = frozenset(text for text in (OBJECTION, PHONE, CALLED) if text in response.text)
        noted = PersonalRead(f"projects/{OWN}", "information_contact") in reads
        return Answer(request, status, code, seen, noted, response.text[:BEGINNING])


@pytest.fixture(scope="module")
def own_answers(app: Litestar, door: Door, approvals: Approvals) -> OwnAnswers:
    """Asked of when a test first wants them."""
    return OwnAnswers(door, requests_to(app, OWN, approvals.clock()))


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Both projects, projected."""
    async with two_projects(shared_database_url) as opened:
        yield opened


def requests_to(app: Litestar, project: UUID, now: datetime) -> list[SentRequest]:
    """A request to every route: as it is, as of an instant if it takes one, and searching for the other enterprise."""
    requests = []
    for template, handler in handlers_of(app):
        path = filled(template, project)
        required = REQUIRED.get(handler.handler_name, {})
        variants = [required]
        if "as_of" in parameters_of(handler):
            variants.append(required | {"as_of": now.isoformat()})
        if name := SEARCHES.get(handler.handler_name):
            variants.append({name: OTHER_CODE})
        for method in sorted(handler.http_methods):
            requests += [SentRequest(handler, method, path, params) for params in variants]
    return requests


def asked_by(by: Actor, requests: list[SentRequest]) -> list[SentRequest]:
    """Those of *requests* that *by* sends: every route in the suite, each as it is or as of an instant in turn.

    Two people who follow each other in PEOPLE ask a route in the two ways; a proof asks it in both as everybody.
    """
    skipped = []
    for nth, (now, then) in enumerate(pairwise(requests)):
        if (
            now.handler is then.handler
            and (now.method, now.path) == (then.method, then.path)
            and "as_of" in then.params
        ):
            skipped.append((now, then)[(nth + PEOPLE.index(by)) % 2])
    return chosen([request for request in requests if request not in skipped], requests)


def filled(template: str, project: UUID) -> str:
    """The path of *template*, with a sample for each parameter."""
    parts = []
    for part in template.split("/"):
        name = part.strip("{}").partition(":")[0]
        parts.append(part if not part.startswith("{") else str(project) if name == "project_id" else PATHS[name])
    return "/".join(parts) or "/"


async def answer(door: Door, request: SentRequest, by: Actor | None) -> httpx.Response:
    headers = identity(by) if by else {}
    body = b"{}" if request.method == "POST" else None
    if body:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    return await door.client.request(
        request.method, request.path, params=request.params or None, headers=headers, content=body
    )


def in_suite(by: Actor) -> bool:
    """Whether the suite reads every address as *by*, too, or a proof alone."""
    return by.role in ASKING_IN_SUITE


def names_the_other(request: SentRequest, response: httpx.Response) -> bool:
    """Whether anything of the other project is in the answer, beside what was asked for by its id.

    Of a granted decision the names that the law has made public are: of the enterprise, its project and the item.
    """
    if request.handler.handler_name in PUBLIC_BY_LAW:
        return str(OTHER) in response.text or MARK in PUBLIC_NAMES.sub("", response.text)
    return MARK in response.text or (str(OTHER) in response.text and str(OTHER) not in request.path)


def code_of(response: httpx.Response) -> tuple[str, int]:
    problem = response.content and "problem+json" in response.headers.get("content-type", "")
    return (response.json()["code"] if problem else "", response.status_code)


@pytest.mark.parametrize("by", long_unless(in_suite, STRANGERS), ids=lambda by: by.role.value)
async def test_nothing_of_the_other_project_is_shown_to_strangers(
    app: Litestar, door: Door, approvals: Approvals, by: Actor
) -> None:
    for request in asked_by(by, requests_to(app, OTHER, approvals.clock())):
        response = await answer(door, request, by)
        assert not names_the_other(request, response), (request, response.text)
        assert response.status_code < 500 or request.action == PUBLIC, (
            request,
            response.text,
        )  # sign-in needs its layer
        if str(OTHER) in request.path and not is_public(request.action) and request.action != EACH_COMMAND:
            assert response.status_code == 404, (request, response.status_code, response.text)


@pytest.mark.parametrize("by", long_unless(in_suite, PEOPLE), ids=lambda by: by.role.value)
async def test_of_ones_own_project_the_table_says_what_is_shown(own_answers: OwnAnswers, by: Actor) -> None:
    sees = by.role in TABLE["read:progress"].roles
    for answered in await own_answers.to(by):
        request = answered.request
        if is_public(request.action) or request.action in (EACH_COMMAND, ITSELF):
            continue
        relation = TABLE[request.action].roles.get(by.role)
        of_project = str(OWN) in request.path
        if relation is Relation.OWN_DEPARTMENT and request.handler.handler_name in OF_ONE_ITEM:
            continue  # the card is another department's
        of_zone = request.handler.opt.get(WHOLE_ZONE)
        if relation is None or (of_zone and relation is not Relation.ZONE):
            assert answered.status == (403 if sees or not of_project else 404), answered
        else:
            assert not answered.is_refused, answered


@pytest.mark.parametrize("by", chosen([LEADER], [LEADER, AUDITOR, BUREAU]), ids=lambda by: by.role.value)
async def test_who_sees_the_whole_zone_sees_both(app: Litestar, door: Door, approvals: Approvals, by: Actor) -> None:
    """The mark is really there, so that its absence elsewhere means something."""
    marked = set()
    for request in asked_by(by, requests_to(app, OTHER, approvals.clock())):
        if request.method == "GET" and names_the_other(request, await answer(door, request, by)):
            marked.add(request.handler.handler_name)
    assert marked >= {
        *("list_progress", "progress_table", "get_progress", "project", "get_history", "export_history"),
        *("list_waiting", "list_complaints", "list_cards", "list_orders", "get_card", "card", "get_feedback"),
        *("search_information", "search", "get_information", "cards", "clock_list", "list_clocks", "list_decided"),
        *("export_progress", "export_information", "export_clocks", "export_cards", "export_decisions"),
        *("export_complaints", "export_evaluations", "export_event_log"),
        *("decisions", "list_evaluations", "list_external", "worklist", "get_complaint", "list_materials"),
    }, marked


async def test_what_is_public_by_law_names_the_other_enterprise(
    app: Litestar, door: Door, approvals: Approvals
) -> None:
    """So that its texts other than names would be seen if they were there."""
    for request in requests_to(app, OTHER, approvals.clock()):
        if request.handler.handler_name in PUBLIC_BY_LAW:
            response = await answer(door, request, None)
            while response.status_code == TOO_MANY_REQUESTS:  # the window's share was used up by the tests before
                await asyncio.sleep(int(response.headers["Retry-After"]))
                response = await answer(door, request, None)
            assert f"{MARK} {NAMES[1]}" in response.text


async def test_without_credentials_only_what_is_public_is_answered(
    app: Litestar, door: Door, approvals: Approvals
) -> None:
    for request in requests_to(app, OTHER, approvals.clock()):
        response = await answer(door, request, None)
        assert not names_the_other(request, response), request
        if not is_public(request.action):
            assert response.status_code == 401, (request, response.text)
        elif request.action != PUBLIC:
            assert response.status_code != 401, (request, response.text)


def projects_on(road: str, by: Actor) -> list[UUID]:
    """The projects to which *by* sends commands on *road*: in the suite one to each, in turn, in a proof both."""
    return chosen([(OWN, OTHER)[(ROADS.index(road) + PEOPLE.index(by)) % 2]], [OWN, OTHER])


@pytest.mark.parametrize("by", PEOPLE, ids=lambda by: by.role.value)
@pytest.mark.parametrize("path", ROADS, ids=["fast", "routed"])
async def test_every_command_is_judged_on_both_roads(door: Door, approvals: Approvals, by: Actor, path: str) -> None:
    caller = caller_by_headers(by)
    for project in projects_on(path, by):
        state = await approvals.project(project)
        for tag, kind in COMMANDS.items():
            example = to_builtins(COMMAND_EXAMPLES[tag].dated)
            body = of_others(example) if project == OTHER else example
            sees = project == OWN or by in ZONE_PEOPLE
            judged = may_all(caller, tag, command_cases(state, convert(body, kind)))
            response = await send(door, path.format(project), body, by)
            assert project == OWN or by in ZONE_PEOPLE or MARK not in response.text
            if judged.allowed:
                assert code_of(response) not in (DENIED, HIDDEN), (tag, response.text)
                assert by not in STRANGERS or project == OWN or strange_enough(tag, caller), (tag, by)
            else:
                shown = judged.visible or tag == "register_project"
                assert code_of(response) == (DENIED if shown else HIDDEN), (tag, response.text)
                assert tag == "register_project" or by is ADMINISTRATOR or judged.visible is sees, tag


def strange_enough(tag: str, caller: Caller) -> bool:
    """Whether the command is for all cases of the zone, such as the registration of a project."""
    return TABLE[tag].roles.get(caller.role) is Relation.ZONE


async def send(door: Door, path: str, body: Any, by: Actor) -> httpx.Response:
    """Send a command for a version that has passed, so that nothing is changed by what is allowed."""
    headers = identity(by) | {"Content-Type": "application/json", "Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    return await door.client.post(path, json=body, headers=headers)


@pytest.mark.parametrize("by", PEOPLE, ids=lambda by: by.role.value)
async def test_commands_to_other_aggregates_are_for_the_roles_of_the_table(door: Door, by: Actor) -> None:
    for operation, target in TARGETS.items():
        for tag in target.kind.by_tag:
            if by.role in TABLE[tag].roles:
                continue
            body = to_builtins(target.examples[tag].dated)
            headers = identity(by) | {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
            for path in ("commands", "commands/check")[: 1 + (target in CHECKS.values())]:
                response = await door.client.post(f"{AGGREGATES[operation]}/{path}", json=body, headers=headers)
                assert code_of(response) in (DENIED, ("principal-unknown", 404)), (tag, response.text)


async def test_an_officer_reads_no_papers_of_other_departments(own_answers: OwnAnswers) -> None:
    """The objection is the environment department's, on an item of the planning department."""
    assert [answered for answered in await own_answers.to(LAND) if OBJECTION in answered.seen] == []
    shown = {
        answered.request.handler.handler_name
        for answered in await own_answers.to(LEADER)
        if answered.request.method == "GET" and OBJECTION in answered.seen
    }
    assert {"get_history", "project", "get_project"} <= shown


@pytest.mark.parametrize("by", PEOPLE, ids=lambda by: by.role.value)
async def test_contacts_are_shown_to_those_the_table_names_and_noted(own_answers: OwnAnswers, by: Actor) -> None:
    called = by.role in TABLE["read:information_contact"].roles
    shown = set()
    for answered in await own_answers.to(by):
        if PHONE in answered.seen:
            shown.add(answered.request.handler.handler_name)
        assert answered.noted is bool(answered.seen & {PHONE, CALLED}), answered
    assert bool(shown) is called, shown
    assert not called or "get_information" in shown
