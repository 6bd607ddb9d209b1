"""A sandbox's zone as a simulation uses it: its clock, what is published, histories, news, and who is registered."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from uuid import UUID, uuid5

from msgspec import json

from api.access.schemas import AccessAnswer
from api.commands.aggregates import AggregateReceipt
from api.feed.schemas import CloudEvent, EventPage
from api.sandbox.routes import SandboxTime
from api.web.entries import ShownEntry, StreamHistory
from domain.access.grants import GiveGrant
from domain.access.keys import IssueKey
from domain.access.messages import PrincipalCommand
from domain.access.principal import PrincipalKind
from domain.access.registration import RegisterPrincipal
from domain.access.state import stream_of
from domain.access.table import EVERY_COMMAND
from domain.core.ledger import Actor, Recorded, Role
from domain.messages import Entry
from infrastructure.access.registrar import NewPrincipal
from infrastructure.identity.tokens import new_key
from scripts.client.errors import ProblemError
from scripts.client.protocol import body_of, command_headers
from scripts.remote.connection import SandboxConnection, SandboxRefusedError
from scripts.simulation.zone_people import OF_THE_WHOLE_ZONE

CLOCK = "/v1/test/clock"
PAGE = 1_000
NOT_FOUND = 404
NO_COMMAND = UUID(int=0)  # the id of a command that the reader may not see
WHOLE_ZONE = {person.role: Actor(person.name, person.over, person.role) for person in OF_THE_WHOLE_ZONE}
ADMINISTRATOR, AUDITOR = WHOLE_ZONE[Role.ADMINISTRATOR], WHOLE_ZONE[Role.AUDITOR]


class SandboxZone:
    """What a simulation needs of a sandbox beside its own acts. The auditor reads, the administrator does the rest."""

    def __init__(self, connection: SandboxConnection) -> None:
        self._connection = connection
        self._position = 0  # up to which news were read

    async def now(self) -> datetime:
        """The sandbox's time. Raises SandboxRefusedError where the server is no sandbox."""
        try:
            answer = await self._connection.request(ADMINISTRATOR, "GET", CLOCK)
        except ProblemError as refused:
            if refused.status != NOT_FOUND:
                raise
            raise SandboxRefusedError(
                "This server's clock can't be moved: it is no sandbox. Start one by `countersign sandbox --people`."
            ) from refused
        return json.decode(answer.content, type=SandboxTime).now

    async def advance(self, instant: datetime) -> SandboxTime:
        """Move the clock on to *instant*, or to where something is recorded before; there it is stopped."""
        body = {"advance_to": instant.isoformat(), "hold": True, "first_only": True}
        try:
            answer = await self._connection.request(ADMINISTRATOR, "POST", CLOCK, json=body)
        except ProblemError as refused:
            raise SandboxRefusedError(f"The sandbox's clock was not moved on: {refused}.") from refused
        return json.decode(answer.content, type=SandboxTime)

    async def release(self) -> None:
        """Let the clock run again, from where it is."""
        now = (await self.now()).isoformat()
        await self._connection.request(ADMINISTRATOR, "POST", CLOCK, json={"advance_to": now})

    async def entries(self, path: str, stream: UUID, after: int = 0) -> list[Entry]:
        """The entries above version *after* of the stream whose history is at *path*, as the auditor sees them."""
        lines, wanted = list[ShownEntry](), True
        while wanted:
            params = {"after_version": lines[-1].version if lines else after, "limit": PAGE}
            answer = await self._connection.request(AUDITOR, "GET", f"{path}/history", params=params)
            page = json.decode(answer.content, type=StreamHistory)  # a project's has the same form
            lines += page.entries
            wanted = page.next is not None
        return [_entry(stream, line) for line in lines]

    async def news(self) -> list[CloudEvent]:
        """What was recorded since the last call, of whatever stream."""
        events, more = list[CloudEvent](), True
        while more:
            params = {"after": self._position, "limit": PAGE}
            answer = await self._connection.request(AUDITOR, "GET", "/v1/events", params=params)
            page = json.decode(answer.content, type=EventPage)
            events += page.events
            self._position, more = page.next, page.more
        return events

    async def enter_program(self, new: NewPrincipal) -> None:
        """Register *new* as a program with a grant over each of its *overs*, by commands of the administrator."""
        stream = stream_of(new.principal)
        register = RegisterPrincipal(principal=new.principal, name=new.name, kind=PrincipalKind.PROGRAM)
        try:
            await self._command(register, uuid5(stream, f"register {new.name}"))
        except ProblemError as refused:
            if refused.code != "principal-registered":
                raise
        for over in new.overs:
            grant = GiveGrant(principal=new.principal, role=new.role, over=over)
            await self._command(grant, uuid5(stream, f"grant {new.role} {over}"))

    async def use_keys(self, program: str) -> None:
        """Issue *program* a key for each of its grants, and send what it sends by these from now on.

        The views have to have the grants: they have after the clock was moved.
        """
        answer = await self._connection.request(ADMINISTRATOR, "GET", "/v1/access", params={"principal": program})
        for held in json.decode(answer.content, type=AccessAnswer).holders:
            new = new_key(kind="test")
            command = IssueKey(
                principal=program, key=new.id, digest=new.digest.hex(), grant=held.grant, scopes=(EVERY_COMMAND,)
            )
            await self._command(command, uuid5(stream_of(program), f"key {new.id}"))
            self._connection.use_key(Actor(program, held.over, held.role), new.text)

    async def _command(self, command: PrincipalCommand, key: UUID) -> AggregateReceipt:
        path = f"/v1/principals/{quote(command.principal)}/commands"
        sent = {"content": body_of(command), "headers": command_headers(key, None)}
        answer = await self._connection.request(ADMINISTRATOR, "POST", path, **sent)
        return json.decode(answer.content, type=AggregateReceipt)


def _entry(stream: UUID, line: ShownEntry) -> Entry:
    """The entry that *line* shows."""
    recorded = Recorded(line.by, line.command_id or NO_COMMAND, line.law, line.source)
    return Entry(
        stream, line.version, line.occurred_at, line.recorded_at, line.fact, recorded, line.position, line.hash
    )
