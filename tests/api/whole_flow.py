"""The shipped zone published over HTTP, item by item, and a project sent there step by step, with the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.core.ledger import Actor, Role
from infrastructure.catalogue.items import item_from
from infrastructure.catalogue.rows import read_rows
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from scripts.catalogues.zone import CATALOGUE, FLOW, FOLDER, shipped_flow
from tests.api.client import Door
from tests.watching import Hands, settle

Body = dict[str, Any]
HEAD = Actor("ma.jun", "zone-office", Role.LEADER)
AUDITOR = Actor("shen", "audit", Role.AUDITOR)


async def publish_zone(door: Door) -> None:
    """Define the 131 items of the shipped catalogue, publish them and the shipped flow."""
    commands: list[DefineServiceItem] = []
    for line, row in read_rows(FOLDER / "catalogue.csv"):
        service, _ = item_from(line, row)
        assert service is not None
        commands.append(DefineServiceItem(catalogue=CATALOGUE, service=service))
    edition = PublishCatalogue(catalogue=CATALOGUE, valid_from=date(2026, 1, 1))
    for command in (*commands, edition):
        answer = await door.say(f"/v1/catalogues/{CATALOGUE}", command, HEAD)
        assert answer.status_code == 200, answer.text
    answer = await door.say(f"/v1/flows/{FLOW}", shipped_flow(), HEAD)
    assert answer.status_code == 200, answer.text


class Answers(Struct):
    """What was answered about the project at one instant."""

    progress: list[Body]
    clocks: list[Body]
    flow: Body

    def progress_by_item(self) -> dict[str, Body]:
        return {row["item"]: row for row in self.progress}

    def clocks_of(self, item: str) -> dict[str, str]:
        """The clocks of the item's last application: state and last day of each, by its name."""
        applications = [application for application in self.clocks if application["item"] == item]
        days = {clock["clock"]: clock for clock in (applications[-1]["clocks"] if applications else [])}
        return {
            name: f"{clock['state']} {(clock['due_on'] or clock['earliest_due_on'])[5:]}"
            for name, clock in days.items()
        }

    def open_clocks(self) -> list[Body]:
        """Every clock that is no history yet, in the order of items and names."""
        return ordered(clock for application in self.clocks for clock in application["clocks"] if not clock["closed"])


def ordered(clocks: Iterable[Body]) -> list[Body]:
    """Clocks by item and name."""
    return sorted(clocks, key=lambda clock: (clock["item"], clock["clock"]))


class Seen(Struct):
    """One step as it was answered right after it: when, its new entries, and the state."""

    at: datetime
    entries: list[Body]
    answers: Answers


class ProjectRun(Struct):
    """A project in progress: through the *door* alone, by the *hands* of a clock, with the *watcher* at work."""

    door: Door
    hands: Hands
    watcher: Watcher
    table: WatchTable
    project: UUID
    version: int = 0
    position: int = 0
    watched: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    async def ask(self, path: str, **params: Any) -> Body:
        """An answer about the project."""
        response = await self.door.get(f"/v1/projects/{self.project}/{path}", AUDITOR, **params)
        assert response.status_code == 200, response.text
        answer: Body = response.json()
        return answer

    async def news(self) -> list[Body]:
        """The entries recorded since the last look."""
        if not self.version and not await self.known():
            return []
        entries: list[Body] = (await self.ask("history", after_version=self.version, limit=1000))["entries"]
        self.version += len(entries)
        self.position = max(self.position, *(entry["position"] for entry in entries), 0)
        return entries

    async def known(self) -> bool:
        """Whether anything is recorded of the project."""
        return (await self.door.get(f"/v1/projects/{self.project}", AUDITOR)).status_code == 200

    async def pass_time(self, now: datetime) -> None:
        """Let the watcher say what came to pass by *now*."""
        self.hands.now = now
        if await settle(self.watcher, self.table):
            self.watched += [watched(entry) for entry in await self.news()]

    async def answers(self, at: datetime, known: datetime | None = None) -> Answers:
        """The state of the project at *at*, by what was known at *known*; by default, then."""
        params = {"as_of": at.isoformat(), "known_at": (known or at).isoformat()}
        progress, clocks = await self.ask("progress", **params), await self.ask("clocks", **params)
        return Answers(progress["items"], clocks["items"], await self.ask("flow", **params))

    async def listed_clocks(self) -> list[Body]:
        """The open clocks as the view of all projects lists them."""
        response = await self.door.get("/v1/clocks", AUDITOR, after=self.position, limit=500)
        assert response.status_code == 200, response.text
        return ordered(
            {name: clock[name] for name in clock if name != "project"} for clock in response.json()["clocks"]
        )

    async def send(self, by: Actor, command: Any) -> Body:
        """Send a command that passes; its receipt."""
        return await self.door.done(self.project, command, by)


def watched(entry: Body) -> str:
    """What the watcher said, on one line: local day, what, of which item and clock."""
    fact, at = entry["fact"], datetime.fromisoformat(entry["occurred_at"])
    local = at.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+08:00").tzinfo)
    clock = (fact.get("proof") or {}).get("clock", "")
    return f"{local:%m-%d} {fact['fact']} {fact.get('item', '')} {clock}".strip()


def facts_of(entries: Sequence[Body]) -> str:
    """The stored names of the entries' facts."""
    return " ".join(entry["fact"]["fact"] for entry in entries)
