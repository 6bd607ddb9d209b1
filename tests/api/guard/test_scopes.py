"""The scopes of keys: every route and command, by a program whose role allows it and whose key does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.types import Receive, Scope, Send
from msgspec import json, structs, to_builtins

from api.commands.targets import TARGETS
from api.guard.routes import is_public
from api.route_access import COMMANDS as EACH_COMMAND
from api.route_access import ITSELF
from api.web.identity import CALLER, caller_by_headers
from domain.access.principal import Caller, PrincipalKind
from domain.access.table import TABLE, Relation, scopes_for
from domain.core.ledger import Actor, Role
from domain.examples.story import COMMAND_EXAMPLES
from domain.messages import COMMANDS
from infrastructure.ledger.approvals import Approvals
from tests.api.client import problem
from tests.api.guard.test_matrix import AGGREGATES, OWN_PEOPLE, PEOPLE, SentRequest, requests_to
from tests.api.guard.two_projects import OWN, two_projects

pytestmark = pytest.mark.pages

NARROW, OTHER_NARROW = "feed", "read:principals"  # scopes of a key; the second where the first is what is asked for
BATCH = "/v1/commands/batch"
JSON, NDJSON, SSE = "application/json", "application/x-ndjson", "text/event-stream"


class Programs:
    """The application, to which whoever is the *caller* sends requests."""

    def __init__(self, app: Litestar) -> None:
        self.app, self.caller = app, Caller("", "", PrincipalKind.PROGRAM, Role.LEADER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})[CALLER] = self.caller
        await self.app(scope, receive, send)


class ProgramDoor:
    """A client of the application that sends requests as a program with a narrow key."""

    def __init__(self, programs: Programs, client: httpx.AsyncClient) -> None:
        self._programs, self._client = programs, client

    async def send(self, by: Actor, action: str, method: str, path: str, **sent: Any) -> httpx.Response:
        """The answer to a request by a program in the role of *by*, whose key does not cover *action*."""
        scope = OTHER_NARROW if action == NARROW else NARROW
        self._programs.caller = structs.replace(caller_by_headers(by), kind=PrincipalKind.PROGRAM, scopes=(scope,))
        headers = {"Accept": JSON, "Content-Type": JSON, "Idempotency-Key": str(uuid4())} | sent.pop("headers", {})
        return await self._client.request(method, path, headers=headers, **sent)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Two projects, projected."""
    async with two_projects(shared_database_url) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def programs(app: Litestar) -> AsyncIterator[ProgramDoor]:
    served = Programs(app)
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)  # type: ignore[arg-type] # two spellings
    async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
        yield ProgramDoor(served, client)


def sender_for(request: SentRequest) -> Actor | None:
    """Someone whose role allows *request* in the whole zone, or else on the own project; None for what all may."""
    roles = TABLE[request.action].roles
    by = sorted((by for by in PEOPLE if by.role in roles), key=lambda by: roles[by.role] is not Relation.ZONE)
    return by[0] if by else None


def scoped(app: Litestar, approvals: Approvals) -> Iterator[tuple[SentRequest, Actor]]:
    """Every request to a route that asks for one action, with who would be let in but for the scope."""
    for request in requests_to(app, OWN, approvals.clock()):
        if not is_public(request.action) and request.action not in (EACH_COMMAND, ITSELF):
            by = sender_for(request)
            assert by is not None, request
            yield request, by


def names_a_scope(text: str, action: str) -> bool:
    """Whether *text* says which scope would help."""
    return any(scope in text for scope in scopes_for(action))


async def test_no_route_is_answered_beyond_the_scopes_of_a_key(
    app: Litestar, programs: ProgramDoor, approvals: Approvals
) -> None:
    methods = set()
    for request, by in scoped(app, approvals):
        answer = await programs.send(
            by, request.action, request.method, request.path, params=request.params or None, content=b"{}"
        )
        assert answer.status_code == 403, (request, by, answer.status_code, answer.text[:300])
        assert request.method == "HEAD" or names_a_scope(answer.text, request.action), (request, by, answer.text[:600])
        methods.add(request.method)
    assert methods == {"GET", "HEAD", "POST", "DELETE"}


async def test_no_command_is_carried_out_beyond_the_scopes_of_a_key(
    programs: ProgramDoor, approvals: Approvals
) -> None:
    state, limited = await approvals.project(OWN), set()
    for tag in COMMANDS:
        by = next((each for each in OWN_PEOPLE if each.role in TABLE[tag].roles), None)
        if by is None or tag == "register_project":
            continue
        body = to_builtins(COMMAND_EXAMPLES[tag].dated)
        for path in (f"/v1/projects/{OWN}/commands", f"/v1/projects/{OWN}/commands/check"):
            refused = problem(await programs.send(by, tag, "POST", path, json=body), "access-denied")
            if "no scope" in refused["rule"]:
                assert names_a_scope(refused["remedy"], tag), refused
                limited.add(tag)
        line = {"project": str(OWN), "key": str(uuid4()), "command": body}
        answer = await programs.send(
            by, tag, "POST", BATCH, content=json.encode(line), headers={"Content-Type": NDJSON}
        )
        assert answer.json()["problem"]["code"] == "access-denied", (tag, answer.text)
    assert len(limited) > len(COMMANDS) / 2, (
        "of the others somebody else's item, or another department's, is what is named"
    )
    assert (await approvals.project(OWN)).version == state.version


async def test_neither_are_commands_to_what_is_no_project(programs: ProgramDoor) -> None:
    for operation, target in TARGETS.items():
        for tag in target.kind.by_tag:
            by = next((each for each in PEOPLE if TABLE[tag].roles.get(each.role) is Relation.ZONE), None)
            if by is not None:
                body = to_builtins(target.examples[tag].dated)
                answer = await programs.send(by, tag, "POST", f"{AGGREGATES[operation]}/commands", json=body)
                refused = problem(answer, "access-denied")
                assert names_a_scope(refused["remedy"], tag), refused


@pytest.mark.parametrize("accepted", [JSON, NDJSON, SSE, "application/cloudevents-batch+json"])
@pytest.mark.parametrize("path", ["/v1/events", "/live"])
async def test_the_feed_has_one_scope_in_each_form(programs: ProgramDoor, path: str, accepted: str) -> None:
    leader = next(by for by in PEOPLE if by.role is Role.LEADER)
    refused = problem(await programs.send(leader, NARROW, "GET", path, headers={"Accept": accepted}), "access-denied")
    assert refused["remedy"].endswith(f"one of: {NARROW}")
