"""No anonymous complainant is named on any readable path: every address, for every reader, in every form.

The addresses are those of the application itself, so one that is added is asked here without being written down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import convert

from api.web.query_params import parameters_of
from domain.core.ledger import Actor, Role
from domain.messages import COMMANDS, AnyCommand
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.entry_draft import Receipt
from tests.api.client import REGISTER, Door, identity
from tests.effort import chosen, long_unless
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER, PLANNING, USCC

pytestmark = [pytest.mark.pages, pytest.mark.slow, pytest.mark.usefixtures("projector")]

PHONE, MAIL, OFFICE = "13912345678", "qin.secret@example.org", "secret-works"
SECRET = Actor("qin-secret", OFFICE, Role.APPLICANT)
SECRET_SIGNED_IN = Actor(SECRET.id, USCC, Role.APPLICANT)
OTHER_MANAGER = Actor("secret-manager", "", Role.PROJECT_MANAGER)
AUDITOR = Actor("bai", "audit", Role.AUDITOR)
TELLING = (SECRET.id, OTHER_MANAGER.id, PHONE, MAIL, OFFICE)
READERS: tuple[Actor | None, ...] = (
    LAND,
    PLANNING,
    MANAGER,
    APPLICANT,
    LEADER,
    Actor("erp", "land", Role.INTEGRATOR),
    Actor("nobody-yet", "", Role.APPLICANT),
    None,  # the pages may be read without a name
)
SIGN_IN = ("/account", "/sign-in", "/sign-in/callback")  # answered where sign-in is served
UNRELATED = (READERS[-2], None)
ASKING = chosen((LAND, APPLICANT, None), READERS)  # an office, a party and the public; a proof asks as everyone
ABOUT = f"I am {SECRET.id} of {OFFICE}: call {PHONE} or {MAIL}, it is too slow"
EXTENSION = {"command": "extend_complaint", "complaint": "c1", "days": 5, "reasons": PHONE, "approver": SECRET.id}
OF_NO_PROJECT = ("/v1/law/", "/schema", "/problems", "/static", "/v1/catalogue", "/v1/flows", "/healthz", "/readyz")
BY_PATH = {"name": "cn", "special": "eia_report", "notice": "none", "code": "not-found", "path": "openapi.json"}
BY_QUERY = {"item": "land", "clock": "intake#1", "card": "none", "complaint": "c1", "evaluation": "land-1"}


class ComplaintStory(NamedTuple):
    """The project in which people complained, and an instant at which some of it had not happened yet."""

    project: UUID
    midway: datetime


def filing(code: str, **more: Any) -> dict[str, Any]:
    """The command that complains as `ABOUT` says."""
    named = {"about": ABOUT, "contact": PHONE, "anonymous": True, "item": "land"}
    return {"command": "file_complaint", "complaint": code} | named | more


@pytest_asyncio.fixture(scope="module")
async def story(door: Door, approvals: Approvals) -> ComplaintStory:
    """Complaints that were answered and closed, taken back, filed by a manager and retracted, and left alone.

    Complaints are stored past the guard, as an importer would: their offices are not that of the project.
    """

    async def tell(project: UUID, body: dict[str, Any], by: Actor) -> Receipt:
        command: AnyCommand = convert(body, COMMANDS[body["command"]])  # type: ignore[assignment]
        return (await approvals.handle(project, command, by, uuid4())).receipt

    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "submit_item", "item": "land"}, APPLICANT)
    bad = {"command": "evaluate_service", "item": "land", "grade": "dissatisfied", "comment": "slow"}
    await door.done(project, bad, APPLICANT)
    await tell(project, filing("c1"), SECRET)
    await door.done(project, {"command": "accept_complaint", "complaint": "c1"}, LAND)
    await door.done(project, EXTENSION, LAND)
    midway = (await door.get(f"/v1/projects/{project}/history", BUREAU)).json()["entries"][-1]["recorded_at"]
    answer = {"command": "answer_complaint", "complaint": "c1", "answer": f"{SECRET.id} is right", "upheld": True}
    await door.done(project, answer, LAND)
    close = {"command": "close_complaint", "complaint": "c1", "satisfied": "no", "remarks": ABOUT}
    await tell(project, close, SECRET)
    await tell(project, filing("c2", step=SECRET.id, person=f"not {OFFICE}"), SECRET)
    await tell(project, {"command": "withdraw_complaint", "complaint": "c2", "reasons": ABOUT}, SECRET)
    own = filing("c3", item="", about=f"{OTHER_MANAGER.id} says so")
    receipt = await tell(project, own, OTHER_MANAGER)
    retract = {"command": "retract_entry", "version": receipt.version, "reasons": "not to be told"}
    await tell(project, retract, OTHER_MANAGER)
    receipt = await tell(project, filing("c4", item="", contact=""), SECRET)
    await door.get("/v1/progress", after=receipt.position)
    return ComplaintStory(project, datetime.fromisoformat(midway) + timedelta(microseconds=1))


def addresses(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every address that is answered with GET, and what answers it."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and "GET" in route.methods:
            yield route.path_format, route.route_handler_map["GET"][0]


def paths(app: Litestar, project: UUID) -> dict[str, frozenset[str]]:
    """Every address that can be read, with values for its parts, and the parameters that it takes."""
    parts = BY_PATH | {"project_id": str(project)}

    def filled(part: re.Match[str]) -> str:
        return parts.get(part[1], "none")

    taken = {re.sub(r"\{(\w+)(?::\w+)?\}", filled, path): parameters_of(handler) for path, handler in addresses(app)}
    return {path: frozenset(taken[path]) for path in sorted(taken)}


def ways(story: ComplaintStory, taken: frozenset[str], nth: int) -> list[dict[str, str]]:
    """The ways to ask an address that takes these parameters: now, with every one of them, and of an earlier instant.

    In the suite one besides the first two, which *nth* chooses; a proof asks every way.
    """
    then = story.midway.isoformat()
    files = [BY_QUERY | {"complaint": code} for code in ("c2", "c3", "c4")]
    past = [BY_QUERY | {"as_of": then}, {"as_of": then}, {"known_at": then}]
    wanted = [{}, BY_QUERY, *files, *past, {"department": "land"}, {"standing": "running"}]
    fitting = [{name: way[name] for name in sorted(taken & way.keys())} for way in wanted]
    each = list({tuple(way.items()): way for way in fitting}.values())
    first, more = each[:2], each[2:]
    return [*first, *chosen(more[nth % len(more) :][:1] if more else [], more)]


def reveals(response: httpx.Response) -> list[str]:
    """What in the answer, its headers included, reveals a complainant."""
    text = response.text + json.dumps(dict(response.headers))
    return [word for word in TELLING if word.casefold() in text.casefold()]


def is_quick(reader: Actor | None) -> bool:
    """Whether the suite looks at every address as *reader*, too: who may see little is soon through."""
    return reader is None or reader.role is Role.APPLICANT


@pytest.mark.parametrize(
    "reader", long_unless(is_quick, ASKING), ids=lambda reader: f"{reader.role}-{reader.id}" if reader else "nobody"
)
async def test_no_address_reveals_the_complainant(
    door: Door, app: Litestar, story: ComplaintStory, reader: Actor | None
) -> None:
    answered = 0
    for nth, (path, taken) in enumerate(paths(app, story.project).items(), start=READERS.index(reader)):
        for way in [{}] if path.startswith(OF_NO_PROJECT) else ways(story, taken, nth):
            response = await door.get(path, reader, **way)
            assert not reveals(response), (path, way)
            assert response.status_code < 500 or path in ("/readyz", *SIGN_IN), (path, way, response.text)
            answered += response.status_code == 200
    assert answered > (10 if reader in UNRELATED else chosen(30, 100))  # most addresses answer most ways


async def test_the_ledger_keeps_it_for_those_who_may_know(door: Door, story: ComplaintStory) -> None:
    for reader in (BUREAU, AUDITOR):
        history = await door.get(f"/v1/projects/{story.project}/history", reader)
        assert set(reveals(history)) == set(TELLING)
        whole = all(entry["command_id"] for entry in history.json()["entries"])
        assert whole is (reader is BUREAU), "whom to call is not for auditors"
    own = await door.get(f"/v1/projects/{story.project}/history", SECRET_SIGNED_IN)
    assert set(reveals(own)) == {SECRET.id, PHONE, MAIL, OFFICE}


async def test_what_was_left_out_cannot_be_guessed_by_the_hash(door: Door, story: ComplaintStory) -> None:
    """An entry's hash takes in its command's id; without that, guesses can't be checked."""
    whole = (await door.get(f"/v1/projects/{story.project}/history", BUREAU)).json()["entries"]
    seen = (await door.get(f"/v1/projects/{story.project}/history", LEADER)).json()["entries"]
    changed = [row["version"] for row, other in zip(whole, seen, strict=True) if row["fact"] != other["fact"]]
    unnamed = [row["version"] for row, other in zip(whole, seen, strict=True) if row["by"] != other["by"]]
    assert changed == [4, 6, 7, 8, 9, 10, 11, 13]
    assert unnamed == [4, 8, 9, 10, 11, 12, 13]
    assert [entry["version"] for entry in seen if entry["command_id"] is None] == sorted({*changed, *unnamed})
    trail = (await door.get(f"/v1/projects/{story.project}/feedback", LEADER)).json()["steps"]
    assert {step["version"] for step in trail if step["command"] is None} == {*changed, *unnamed} - {11, 12}


async def test_no_refusal_reveals_the_complainant(door: Door, story: ComplaintStory) -> None:
    """Nor what is shown of the entries since a version."""
    versions = range(1, 15)
    commands = [
        *({"command": "retract_entry", "version": version, "reasons": "x"} for version in versions),
        *(
            {"command": "amend_entry", "version": version, "reasons": "x", "new_occurred_at": "2026-03-02T09:00:00Z"}
            for version in versions
        ),
        *(filing(code) for code in ("c1", "c2", "c4")),
        *({"command": name, "complaint": "c4"} for name in ("close_complaint", "withdraw_complaint")),
        *({"command": "evaluate_service", "item": "land", "grade": "fair", "contact": n} for n in (4, 8)),
    ]
    for reader in (PLANNING, Actor("fresh", "", Role.PROJECT_MANAGER), Actor("fresh", "", Role.APPLICANT)):
        for body in commands:
            response = await door.post(story.project, body, reader)
            assert response.status_code in (403, 404, 409), (reader, body)
            assert not reveals(response), (reader, body)
    note = {"command": "note_step", "item": "land", "activity": "x"}
    moved = await door.post(story.project, note, LAND, if_match='"1"')
    assert moved.status_code == 412
    assert not reveals(moved)


async def test_an_id_that_names_the_complainant_is_refused(door: Door, story: ComplaintStory) -> None:
    response = await door.post(story.project, filing(f"of-{PHONE}"), SECRET_SIGNED_IN)
    assert response.json()["code"] == "complaint-names-complainant"
    assert identity(SECRET)["X-Actor"] == SECRET.id
