"""Programs that use a sandbox by their keys, as its tests need them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from domain.access.keys import IssueKey
from domain.access.principal import PrincipalKind
from domain.access.state import stream_of
from domain.core.ledger import Actor, Role
from infrastructure.access.directory import LedgerDirectory
from infrastructure.access.registrar import NewPrincipal, enter
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from scripts.server.sandbox import SandboxClock

ADMINISTRATOR = Actor("root", "", Role.ADMINISTRATOR)
CLOCK = "/v1/test/clock"


class Program:
    """A program that uses the sandbox by its key."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {key}"}

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.client.post(path, json=body, headers=sent)

    async def command(self, project: str, body: Any) -> dict[str, Any]:
        answer = await self.post(f"/v1/projects/{project}/commands", body, Idempotency_Key=str(uuid4()))
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def get(self, path: str) -> Any:
        return (await self.client.get(path, headers=self.headers)).json()


async def key_for(url: str, clock: SandboxClock, name: str, role: Role, over: str) -> str:
    """The key of a new program."""
    async with Approvals(url, clock=clock) as approvals:
        await enter(approvals, NewPrincipal(name, name, role, (over,), PrincipalKind.PROGRAM))
        (grant,) = await LedgerDirectory(approvals.store, clock).grants_of(name, clock())
        new = new_key(kind="test")
        scopes = ("commands:*", "read:*", "feed", "webhooks")
        command = IssueKey(principal=name, key=new.id, digest=new.digest.hex(), grant=grant.id, scopes=scopes)
        await approvals.handle(stream_of(name), command, ADMINISTRATOR, uuid4())
        return new.text


class Sandbox:
    """A sandbox with two programs: the manager's and an officer's of the land department."""

    def __init__(self, client: httpx.AsyncClient, manager: str, officer: str) -> None:
        self.client = client
        self.manager, self.officer = Program(client, manager), Program(client, officer)
