"""卡在谁 on a project's page: who has to act on each item, the chain behind it, and when it may be over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from markupsafe import Markup
from msgspec import Struct

from api.flow.path_schemas import Expected, PathItem, path_items
from api.html.links import consulted_name
from api.html.page import PageContext
from api.html.titles import grounds
from api.project_page.view_models import PageSources
from domain.law.packs.pack import Pack
from domain.messages import Entry
from domain.project.countersignature.rules import JOINT_STEP
from domain.project.state.project import Project
from domain.project.waiting.chain import ItemWaiting
from domain.project.waiting.wait import Wait, WaitKind
from projections.clocks.law_events import folded_as_of
from projections.flow.durations import VIEW as HANDLED
from projections.waiting.fold import VIEW as WAITING
from projections.waiting.fold import waiting_at


class ShownWait(Struct, frozen=True):
    """One thing waited for, in words."""

    kind: str
    on: tuple[str, ...]
    held_by: str
    holder: str  # a name beside it, where there is one
    since: datetime | None
    again: str  # how the last application ended, where the item has to be applied for again


class WaitingItem(Struct, frozen=True):
    """One item that is not over, with the names of the chain behind it; *path* where it is still to be granted."""

    item: str
    name: str
    waits: tuple[ShownWait, ...]
    chain: tuple[str, ...]
    stuck: bool
    path: PathItem | None


class ShownWaiting(Struct, frozen=True):
    """The part of the page. *unestimated*: an item has taken longer than any estimate reaches, so there is no finish.

    *of* is who has to act on each item, each once, for the table of items.
    """

    items: list[WaitingItem]
    finish: Expected | None
    critical: tuple[str, ...]
    unestimated: bool
    of: dict[str, list[ShownWait]]


async def waiting_shown(
    sources: PageSources, project_id: UUID, entries: Sequence[Entry], page: PageContext, at: datetime
) -> ShownWaiting:
    """What a project is waiting for at *at*, and what may be expected of it, as people read it."""
    folded, forecasts = folded_as_of((WAITING, HANDLED), project_id, entries, at, at), sources.forecasts
    outlook = await forecasts.expected(folded, at, await sources.views.reached())
    sentence = WaitingSentence(folded.project, forecasts.law_of(folded, at), page)
    ways = {path_item.item: path_item for path_item in path_items(outlook)}
    items = [sentence.item(item, ways.get(item.item)) for item in waiting_at(folded)]
    unestimated = any(item.path is not None and item.path.remaining.overrun for item in items)
    held = {item.item: list({(wait.held_by, wait.holder): wait for wait in item.waits}.values()) for item in items}
    return ShownWaiting(items, outlook.finish, tuple(map(sentence.named, outlook.way.critical)), unestimated, held)


def waited_on(page: PageContext, kind: str, on: Sequence[str]) -> tuple[str, ...]:
    """What a wait of this *kind* is for exactly, in words; of items, which only their project can name, nothing."""
    words = page.words
    match kind:
        case WaitKind.PRECONDITION:
            return ()
        case WaitKind.APPLICATION:
            return tuple(words["outcome"](words["stage"](ended)) for ended in on)
        case WaitKind.DECISION:
            return tuple(consulted_name(page, consulted) for consulted in on)
        case WaitKind.COUNTERSIGNATURE:
            return tuple(step for step in on if step != JOINT_STEP)
        case WaitKind.SUSPENSION:
            return tuple(grounds(page.language).get(reason, reason) for reason in on)
    return tuple(on)


def applied_again(page: PageContext, kind: str, on: Sequence[str], since: datetime | None) -> str:
    """That an application has to be made again, and how the last one ended and when; empty where none was."""
    if kind != WaitKind.APPLICATION or not on:
        return ""
    words = page.words
    ended, sentence = words["outcome"](words["stage"](on[0])), words["waiting"]("again" if since else "again_undated")
    return Markup(sentence).format(day=page.day(since), ended=ended)  # noqa: S704  our own words; what goes in is escaped


class WaitingSentence:
    """Says what is waited for in the words of one language, and grounds in those of the law."""

    def __init__(self, project: Project, pack: Pack, page: PageContext) -> None:
        self._project, self._pack, self._paper = project, pack, page

    def named(self, code: str) -> str:
        """An item's name; its code where it has none."""
        item = self._project.items.get(code)
        return (self._paper.called(item.plan.name) if item else "") or code

    def item(self, waiting: ItemWaiting, way: PathItem | None) -> WaitingItem:
        waits = tuple(self._wait(waiting, wait) for wait in waiting.waits)
        chain = tuple(self.named(code) for code in waiting.chain)
        return WaitingItem(waiting.item, self.named(waiting.item), waits, chain, waiting.stuck, way)

    def _wait(self, waiting: ItemWaiting, wait: Wait) -> ShownWait:
        by_kind = wait.holder if wait.holder != wait.held_by.value else ""
        again = applied_again(self._paper, wait.kind, wait.on, wait.since)
        return ShownWait(wait.kind.value, self._on(waiting, wait), wait.held_by.value, by_kind, wait.since, again)

    def _on(self, waiting: ItemWaiting, wait: Wait) -> tuple[str, ...]:
        match wait.kind:
            case WaitKind.PRECONDITION:
                return tuple(" / ".join(map(self.named, blocker.any_of)) for blocker in waiting.blocked_by)
            case WaitKind.SUSPENSION:
                return tuple(self._ground(waiting, ground) for ground in wait.on)
            case _:
                return waited_on(self._paper, wait.kind, wait.on)

    def _ground(self, waiting: ItemWaiting, reason: str) -> str:
        special = self._project.items[waiting.item].plan.special
        law = self._pack.under(special) if special in self._pack.specials else self._pack
        ground = law.ground(reason)
        if ground is None:
            return reason
        return (ground.title_zh if self._paper.language == "zh" else ground.title) or reason
