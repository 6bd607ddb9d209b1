"""Every operation of the OpenAPI document by every role, with foreign ids and a marker planted in a foreign project.

Schemathesis draws the requests; each role sends them with a key of its own, through sign-in. No answer may hold what
its reader must not see, and none may fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

import tests.api.web.test_fuzz  # noqa: F401  which teaches schemathesis to send lines of JSON
from api.app import PAGES
from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from domain.access.table import TABLE
from domain.core.ledger import Actor, Role
from domain.examples.people import MANAGER
from infrastructure.access.registrar import NewPrincipal, PrincipalRegistrar, enter, handled
from infrastructure.identity.passwords import Passwords
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.api.client import STANDARD
from tests.api.guard.test_matrix import PATHS, PEOPLE, PUBLIC_NAMES, REQUIRED, STRANGERS
from tests.api.guard.two_projects import CALLED, MARK, OTHER, OTHER_CODE, OTHERS, OWN, PHONE, tell_both
from tests.api.identity.site import PASSWORD
from tests.api.served import served
from tests.conftest import reachable_folder
from tests.infrastructure.projector.test_projector import project_all
from tests.proofs.proof import Budget, Proof, RefutedError

ROUNDS, EXAMPLES = 10, 4
ANSWER_SECONDS_MAX = 120
SCOPES = ("commands:*", "read:*", "feed", "webhooks")
WAITS = ("after", "wait", "lastEventId")  # no one waits for a position that is still to come
SERVER_FAULT, PROBLEM = 500, 400
DECISIONS = "/v1/window/decisions"
# What a stranger who knows these ids would send.
FOREIGN: Mapping[str, Sequence[str]] = {
    "project": (str(OTHER), str(OWN)),
    "project_id": (str(OTHER), str(OTHER), str(OWN)),
    "department": (OTHERS["planning"], OTHERS["natural-resources"]),
    "manager": (OTHERS[MANAGER.id],),
    "code": (OTHER_CODE,),
    "text": (OTHER_CODE,),
    "q": (OTHER_CODE,),
    **{name: (text,) for name, text in PATHS.items() if name not in ("department", "code")},
    **{name: (text,) for required in REQUIRED.values() for name, text in required.items() if name != "department"},
}


class RoleReader(Struct, frozen=True):
    """Who sends requests, with which *headers*; *key* is a program's. No answer to it may hold a text of *hidden*."""

    by: Actor
    key: str
    hidden: tuple[str, ...]
    headers: dict[str, str] = {}


@contextmanager
def zone() -> Iterator[tuple[str, list[RoleReader]]]:
    """Two projects in a database of their own, served with sign-in: the address, and a reader of each role."""
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        readers = asyncio.run(readers_of(url))
        project_all(url)
        with served(url, PAGES, signs_in=True, key_rate=100_000, data=Path(folder / "data")) as address:
            yield address, [signed_in(address, reader) for reader in readers]


async def readers_of(url: str) -> list[RoleReader]:
    """Send both stories, and register a person for each role; those who see least send first."""
    async with Approvals(url) as approvals:
        await tell_both(approvals)
        return [await entered(approvals, by) for by in (*STRANGERS, *(by for by in PEOPLE if by not in STRANGERS))]


async def entered(approvals: Approvals, by: Actor) -> RoleReader:
    """A program with a key in the role of *by*, where programs may have it, else a person with a password."""
    kind = PrincipalKind.PROGRAM if by.role is Role.INTEGRATOR else PrincipalKind.PERSON
    await enter(approvals, NewPrincipal(by.id, by.id, by.role, (by.department,), kind))
    hidden: tuple[str, ...] = (MARK,) if by in STRANGERS else ()
    hidden += () if by.role in TABLE["read:information_contact"].roles else (PHONE, CALLED)
    if kind is PrincipalKind.PERSON:
        await Passwords(approvals.store).set(by.id, by.id, PASSWORD, approvals.clock())
        return RoleReader(by, "", hidden)
    (grant,) = await PrincipalRegistrar(approvals).grants_of(by.id, approvals.clock())
    new = new_key()
    issue = IssueKey(principal=by.id, key=new.id, digest=new.digest.hex(), grant=grant.id, scopes=SCOPES)
    await handled(approvals, issue, uuid4())
    return RoleReader(by, new.text, hidden)


def signed_in(address: str, reader: RoleReader) -> RoleReader:
    """The reader with the headers of its key or of a session."""
    if reader.key:
        return structs.replace(reader, headers={"Authorization": f"Bearer {reader.key}"})
    form = {"login": reader.by.id, "password": PASSWORD}
    answer = httpx.post(f"{address}/sign-in/password", data=form, timeout=ANSWER_SECONDS_MAX)
    (cookie,) = answer.headers.get_list("set-cookie")
    return structs.replace(
        reader, headers={"Cookie": cookie.partition(";")[0], "Sec-Fetch-Site": "same-origin", "Accept": "*/*"}
    )


def leaks_nothing(budget: Budget) -> str:
    """Send every operation as every role, as often as the time allows."""
    with zone() as (address, readers):
        document = httpx.get(f"{address}/schema/openapi.json", timeout=ANSWER_SECONDS_MAX).json()
        operations = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]  # type: ignore[union-attr]  # an invalid schema raises
        strategies = [operation.as_strategy() for operation in operations]
        require_marker(address, readers)
        rounds, answers = budget.rounds(ROUNDS), 0
        for nth in rounds:
            for strategy in strategies:
                answers += attempt(strategy, address, readers, budget.seed + nth)
        ready = httpx.get(f"{address}/readyz", timeout=ANSWER_SECONDS_MAX)
    return (
        f"{answers:,} answers to {len(operations)} operations by {len(readers)} roles, {rounds.done} rounds;"
        f" the server then said {ready.status_code}"
    )


def require_marker(address: str, readers: Sequence[RoleReader]) -> None:
    """Raise RefutedError where the marker is not there to be leaked: who sees the whole zone has to find it."""
    for reader in readers:
        if MARK not in reader.hidden:
            listed = httpx.get(f"{address}/v1/progress", headers=reader.headers, timeout=ANSWER_SECONDS_MAX)
            if MARK in listed.text:
                return
    raise RefutedError("no one sees the marker: it was not planted")


def attempt(strategy: st.SearchStrategy[Any], address: str, readers: Sequence[RoleReader], number: int) -> int:
    """Some requests to one operation, each by every role; how many answers. Raises RefutedError."""
    answers = 0

    @seed(number)
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    @given(strategy, st.data())
    def answered(case: Any, data: st.DataObject) -> None:
        nonlocal answers
        with_foreign_ids(case.path_parameters, data)
        with_foreign_ids(case.query, data)
        for name in WAITS:
            case.query.pop(name, None)
        for reader in readers:
            response = case.call(base_url=address, headers=reader.headers, timeout=ANSWER_SECONDS_MAX)
            answers += 1
            judge(case, reader, response)

    answered()
    return answers


def with_foreign_ids(params: dict[str, Any], data: st.DataObject) -> None:
    """Put ids of the other project in the place of most that were drawn."""
    for name in params:
        if name in FOREIGN and data.draw(st.integers(0, 3)):
            params[name] = data.draw(st.sampled_from(FOREIGN[name]))


def judge(case: Any, reader: RoleReader, response: Any) -> None:
    """Raise RefutedError where an answer fails, has no form, or holds what is hidden from its reader."""
    request = f"{case.method} {case.formatted_path}?{case.query} as {reader.by.role}"
    if response.status_code >= SERVER_FAULT:
        raise RefutedError(f"{request} was answered {response.status_code}: {response.text[:2000]}")
    if response.status_code >= PROBLEM and case.method != "HEAD" and not response.json().keys() >= STANDARD:
        raise RefutedError(f"{request} was answered without a problem: {response.text[:2000]}")
    text = response.content.decode("utf-8", "replace")
    if case.path == DECISIONS:  # the law has these names made public, and nothing else of the project
        text = PUBLIC_NAMES.sub("", text)
    for hidden in reader.hidden:
        if hidden in text or hidden.encode("unicode_escape").decode() in text:
            raise RefutedError(f"{request} was answered {response.status_code} with {hidden}: {text[:2000]}")


PROOFS = (
    Proof(
        "roles",
        "no role is shown what the table hides from it, whatever the document lets it send, and nothing fails",
        leaks_nothing,
    ),
)
