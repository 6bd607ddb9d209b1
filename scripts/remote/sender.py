"""Sends acts to a sandbox as requests, and folds each project from the history that the sandbox shows of it."""

from __future__ import annotations

import sys
from uuid import UUID

from msgspec import json

from domain.messages import Entry, follow, replay
from domain.project.state.project import Project
from scripts.client.errors import ProblemError
from scripts.client.protocol import CommandReceipt, body_of, command_headers
from scripts.remote.connection import SandboxConnection
from scripts.remote.zone import SandboxZone
from scripts.simulation.acts import Act, Done

REFUSALS = frozenset({403, 404, 409})  # by the table of access, or by a rule: all else is an error


class RemoteProject:
    """A project as far as its history was read."""

    def __init__(self, project: UUID) -> None:
        self.state = Project(project)
        self._entries: list[Entry] = []

    async def read(self, zone: SandboxZone, last: int = sys.maxsize) -> list[Entry]:
        """Take in the entries that follow, up to version *last*; what they are."""
        if last <= self.state.version:
            return []
        project = self.state.id
        entries = await zone.entries(f"/v1/projects/{project}", project, self.state.version)
        new = [entry for entry in entries if entry.version <= last]
        for entry in new:
            self._entries.append(entry)
            if not follow(self.state, entry):
                self.state = replay(project, self._entries)
        return new


class HttpSender:
    """Sends each act as a command of the person whose act it is."""

    def __init__(self, connection: SandboxConnection, zone: SandboxZone) -> None:
        self._connection, self._zone = connection, zone
        self._projects: dict[UUID, RemoteProject] = {}
        self._answered: set[UUID] = set()

    def project(self, project: UUID) -> RemoteProject:
        """What is known of the project with this id."""
        return self._projects.setdefault(project, RemoteProject(project))

    async def send(self, project: UUID, act: Act, key: UUID) -> Done:
        """Post the command of *act*. Raises ProblemError where it is not refused, but fails."""
        known, path = self.project(project), f"/v1/projects/{project}/commands"
        sent = {"content": body_of(act.command), "headers": command_headers(key, None)}
        try:
            answer = await self._connection.request(act.by, "POST", path, **sent)
        except ProblemError as refused:
            if refused.status not in REFUSALS:
                raise
            return Done(act.at, known.state, refused=refused.code)
        receipt = json.decode(answer.content, type=CommandReceipt)
        await known.read(self._zone, receipt.version)
        repeated = key in self._answered
        self._answered.add(key)
        return Done(act.at, known.state, tuple(receipt.facts), repeated=repeated)
