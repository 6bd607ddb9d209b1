"""The write path: load a project, let a command decide, store its facts, answer with their position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from random import random
from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import get_topic
from msgspec import Struct, structs

from domain.core.case_number import AREA
from domain.core.context import Context
from domain.core.copies import independent
from domain.core.ledger import Actor, CommandOrigin, Fact, Refused, Role
from domain.law.calendar.calendar import WorkingCalendar
from domain.law.calendar.moment import local_day
from domain.law.packs.pack import Pack
from domain.messages import Entry, require_recorded, tag_of
from domain.project.application.extension import LimitExtended
from domain.project.application.registration import RegisterProject
from domain.project.state.project import Project
from domain.streams import EveryCommand, State, decide, follow, replay
from infrastructure.case_counter import CaseCounter, SequenceCounter
from infrastructure.command_counts import CommandCounts
from infrastructure.law.law_in_force import LawInForce
from infrastructure.law.lawbook import LawBook, law_book
from infrastructure.ledger.append_batch import AppendStatus, AppendVerdict
from infrastructure.ledger.atomic.append import AtomicAppender
from infrastructure.ledger.atomic.sequence import CommandSequence, SequenceRefusedError
from infrastructure.ledger.clock_check import ClockCheck, utc_now
from infrastructure.ledger.committer import BusyError, Committer
from infrastructure.ledger.entry_draft import CachedState, EntryDraft, Receipt, decode_receipt
from infrastructure.ledger.high_water import HighWater
from infrastructure.ledger.keyed_lock import KeyedLock
from infrastructure.ledger.lru_cache import WeightedLruCache
from infrastructure.ledger.mapper import EntryMapper, StoredRow, entry_from
from infrastructure.ledger.reader import FirstAnswer, Store
from infrastructure.ledger.recorder import LedgerFactory
from infrastructure.ledger.reference_data import ReferenceDataCache
from infrastructure.ledger.sent_command import DIRECT, SentCommand, former_fingerprints, in_utc, sent_command
from infrastructure.ledger.stream_loader import StreamLoader
from infrastructure.privacy.erasures import ERASURES, destroy_keys
from infrastructure.tracing.switch import SWITCH
from projections.law.void_acts import void_extension

TRIES_MAX = 10  # another process writing the same project: ten tries lost none of 200 commands from four processes
PAUSE_SECONDS = 0.002
FACTS_CACHED_MAX = 250_000  # about half a kilobyte each
STORED = AppendStatus.STORED  # asked for with every command: Python 3.11 takes long to find a member of an enumeration
USED_ELSEWHERE = Refused(
    "key-reused",
    "this Idempotency-Key was used before, without the other commands of this batch",
    remedy="send new keys with a new batch; the same keys only to repeat the very same one",
)
NO_COMMAND = UUID(int=0)  # the id of a command that is only tried
DEFAULT_LAW = "cn-licensing"  # for a project that is not registered, which every command then says


class CommandAnswer(Struct, frozen=True):
    """A receipt, and whether it repeats the first answer."""

    receipt: Receipt
    repeated: bool = False


class CommandPreview(Struct, frozen=True):
    """What a command would do: the entries of its stream *before* it, and those it would add."""

    before: tuple[Entry, ...]
    added: tuple[Entry, ...]


class Approvals(Application[UUID]):
    """The application. `handle` is for all callers; the library's own methods work on the same ledger."""

    name = "Countersign"
    env: ClassVar[dict[str, str]] = {
        "PERSISTENCE_MODULE": get_topic(LedgerFactory),
        "MAPPER_TOPIC": get_topic(EntryMapper),
    }

    def __init__(
        self,
        url: str,
        *,
        queue_max: int = 10_000,
        connections_max: int = 10,
        laws: LawBook | None = None,
        clock: Callable[[], datetime] | None = None,
        machine: Callable[[], datetime] = utc_now,
        cases: CaseCounter | str = AREA,
    ) -> None:
        """The time is the database's, compared with the clock *machine*; *clock* replaces both, as in simulations.

        *cases* is the area of case numbers, or where else their counters come from.
        """
        super().__init__({LedgerFactory.URL: url})
        self.laws = laws or law_book()
        self._in_force = LawInForce(self.laws)
        self.law_for = self._in_force.at
        self.store = Store(url, connections_max)
        self.high_water = HighWater()
        self.streams = StreamLoader(url, self.high_water)
        self.shelves = ReferenceDataCache(self.store)
        self.cases = SequenceCounter(self.store, cases) if isinstance(cases, str) else cases
        self.committer = Committer(url, queue_max, self.high_water)
        self.together = AtomicAppender(url, self.high_water, self.committer.announce)
        self.clocks = ClockCheck(self.committer.clock, machine if clock is None else None)
        self.clock = clock or self.clocks.now
        self.counts = CommandCounts()
        self._cache: WeightedLruCache[int, CachedState] = WeightedLruCache(
            FACTS_CACHED_MAX
        )  # by the project's id as a number: hashed fastest
        self.high_water.listeners += [lambda: self._cache.clear(), self.shelves.forget]  # noqa: PLW0108 as it is then
        self._turns = KeyedLock()
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.committer.open()  # first: where no connection is to be had, it says at once why
            await self.streams.open()
            await self.store.pool.open(wait=True)
            await self.clocks.look()
            self._looking = asyncio.create_task(self.clocks.keep_looking())
            destroy_keys([entry_from(row) for row in await self.store.of_types(ERASURES, 0)])
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let what is under way finish, then close every connection."""
        if self._looking:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await self.cases.close()
        await self.committer.close()
        self.together.close()
        await self.streams.close()
        await self.store.pool.close()
        self.close()

    def handle(
        self,
        project_id: UUID,
        command: EveryCommand,
        by: Actor,
        command_id: UUID,
        origin: CommandOrigin = DIRECT,
        *,
        allowed: Callable[[State], None] | None = None,
    ) -> Coroutine[Any, Any, CommandAnswer]:
        """Carry out *command* once, however often it is sent with the same *command_id*.

        *allowed* sees the state that the command will be decided on, and raises Refused where it must not be.

        Raises Refused where a rule forbids it, or where the id was used for something else ("key-reused");
        BusyError if too much is waiting, or the project changes faster than this process can decide; ClockWrongError if
        the clocks of machine and database differ too much.
        """
        sent = sent_command(project_id, command, by, command_id, origin, self.clock())
        return self._traced(sent, allowed) if SWITCH.is_on else self._insist(sent, allowed)

    async def _traced(self, sent: SentCommand, allowed: Callable[[State], None] | None) -> CommandAnswer:
        """The same within a span, which the entries carry on."""
        with SWITCH.spans.span(f"command {tag_of(sent.command)}"):
            origin = structs.replace(sent.origin, traceparent=SWITCH.spans.traceparent())
            return await self._insist(structs.replace(sent, origin=origin), allowed)

    async def _insist(self, sent: SentCommand, allowed: Callable[[State], None] | None = None) -> CommandAnswer:
        """Decide and store while holding the project's lock; retry on a version conflict with another process."""
        project_id, command = sent.stream, sent.command
        if turn := self._turns.take(project_id):
            await turn
        try:
            if self._needs_preparing(command):
                await self._prepare(command)
            for tries in range(TRIES_MAX):
                cached = self._cache.get(project_id.int) or await self._load(
                    project_id, new=type(command) is RegisterProject
                )
                published = self.shelves.changes
                counter = await self.cases.next() if command.needs_case_counter else 0
                try:
                    draft = self._draft(cached, sent, counter, allowed)
                    if type(draft.entries[0].fact) is LimitExtended:
                        await self._require_effect(draft, sent.by)
                except Refused:
                    self.cases.give_back(counter)
                    if answer := await self._repeated(sent):
                        return answer
                    if await self._catch_up(cached) or (command.needs_shelf and await self.shelves.refresh(published)):
                        continue
                    raise
                verdict = await self.committer.append(draft.item(sent.id, sent.fingerprint))
                if verdict.status is STORED:
                    self._follow(cached, draft)
                    return CommandAnswer(draft.receipt_at(verdict.position))
                if answer := await self._overtaken(cached, verdict, tries, sent):
                    return answer
            raise BusyError
        finally:
            self._turns.give(project_id)

    async def preview(
        self,
        project_id: UUID,
        command: EveryCommand,
        by: Actor,
        *,
        allowed: Callable[[State], None] | None = None,
    ) -> CommandPreview:
        """What *command* would add to the ledger if it were carried out now; nothing is stored or cached.

        A case number is given only when a command is carried out. Raises Refused and ClockWrongError as `handle` does.
        """
        await self._prepare(command)
        rows = await self.streams.rows(project_id)
        entries = tuple(entry_from(row) for row in rows)
        current = _state_after(project_id, rows, entries)
        sent = sent_command(project_id, command, by, NO_COMMAND, DIRECT, self.clock())
        draft = self._draft(current, sent, 0, allowed)
        await self._require_effect(draft, by, entries)
        return CommandPreview(entries, draft.entries)

    async def handle_together(self, sequence: CommandSequence) -> list[CommandAnswer]:
        """Carry out all the commands of *sequence* in one transaction, or none; sent again, it gets its first answers.

        Raises SequenceRefusedError naming the command at fault, else as `handle` does.
        """
        if not SWITCH.is_on:
            return await self._insist_together(sequence)
        names = [f"command {tag_of(each.command)}" for each in sequence.commands]
        with SWITCH.spans.sibling_spans(names) as spans:
            traced = sequence.traced([SWITCH.spans.traceparent(span) for span in spans])
            return await self._insist_together(traced, spans)

    async def _insist_together(self, sequence: CommandSequence, spans: Sequence[Any] = ()) -> list[CommandAnswer]:
        """Decide in one's turn, on a copy of the state that takes its place once all is stored.

        *spans*: those of the commands, where they are traced.
        """
        stream = sequence.stream
        if turn := self._turns.take(stream):
            await turn
        try:
            for tries in range(TRIES_MAX):
                sent = sequence.sent(self.clock())
                cached = self._cache.get(stream.int) or await self._load(stream)
                state = independent(cached)
                try:
                    drafts = await self._drafts(sequence, sent, state)
                except SequenceRefusedError:
                    if answers := await self._first_answers(sent):
                        return answers
                    if await self._catch_up(cached):
                        continue
                    raise
                items = [draft.item(each.id, each.fingerprint) for draft, each in zip(drafts, sent, strict=True)]
                verdict = await self.together.append(items, spans)
                if verdict.status is STORED:
                    self.shelves.expect_news(entry.fact for draft in drafts for entry in draft.entries)
                    self._keep(state)
                    return _answers(drafts, verdict.position)
                if answers := await self._overtaken_together(cached, verdict, sent):
                    return answers
                await asyncio.sleep(random() * PAUSE_SECONDS * 2**tries)  # noqa: S311 spreads retries
            raise BusyError
        finally:
            self._turns.give(stream)

    async def _overtaken_together(
        self, cached: CachedState, verdict: AppendVerdict, sent: Sequence[SentCommand]
    ) -> list[CommandAnswer]:
        """After commands were not stored, the first answers where they were stored before; else none, and *cached* is
        dropped: it is not what the ledger holds.
        """
        if verdict.status is AppendStatus.GONE:
            self._note_gone(cached)
        self._cache.forget(cached.project.id.int)
        return await self._first_answers(sent) if verdict.status is AppendStatus.DUPLICATE else []

    async def first_change(self, sequence: CommandSequence) -> int | None:
        """The place in *sequence* of the first command that was not carried out under its id as it is now."""
        sent = sequence.sent(self.clock())
        known = await self.store.first_answers([each.id for each in sent])
        for index, each in enumerate(sent):
            if each.id not in known or not _is_same(each, known[each.id]):
                return index
        return None

    async def preview_together(self, sequence: CommandSequence) -> CommandPreview:
        """What `handle_together` would add to the ledger, as `preview` says of one command; nothing is stored.

        Raises SequenceRefusedError naming the command at fault. The commands give no case numbers.
        """
        rows = await self.streams.rows(sequence.stream)
        entries = [entry_from(row) for row in rows]
        sent = [structs.replace(each, id=NO_COMMAND) for each in sequence.sent(self.clock())]
        drafts = await self._drafts(sequence, sent, _state_after(sequence.stream, rows, entries))
        return CommandPreview(tuple(entries), tuple(entry for draft in drafts for entry in draft.entries))

    async def _first_answers(self, sent: Sequence[SentCommand]) -> list[CommandAnswer]:
        """The first answers to *sent*, none where they are new. Raises SequenceRefusedError where only some are."""
        known = await self.store.first_answers([each.id for each in sent])
        if not known:
            return []
        if any(each.id not in known for each in sent):
            used = next(index for index, each in enumerate(sent) if each.id in known)
            raise SequenceRefusedError(used, USED_ELSEWHERE)
        answers: list[CommandAnswer] = []
        for index, each in enumerate(sent):
            try:
                answers.append(_repeat(each, known[each.id]))
            except Refused as refusal:
                raise SequenceRefusedError(index, refusal) from refusal
        return answers

    async def _drafts(
        self, sequence: CommandSequence, sent: Sequence[SentCommand], state: CachedState
    ) -> list[EntryDraft]:
        """What the commands would add, each decided on what those before it did; *state* follows.

        Raises SequenceRefusedError.
        """
        begun = state.project.version
        drafts: list[EntryDraft] = []
        counters: list[int] = []
        for index, (each, command) in enumerate(zip(sent, sequence.commands, strict=True)):
            if self._needs_preparing(each.command):
                await self._prepare(each.command)
            counter = await self.cases.next() if _is_numbered(each) else 0
            counters += [counter] if counter else []
            try:
                draft = self._draft(state, each, counter, command.allowed)
                if type(draft.entries[0].fact) is LimitExtended:
                    before = await self._entries_before(sequence.stream, begun, drafts)
                    await self._require_effect(draft, each.by, before)
            except Refused as refusal:
                for taken in counters:
                    self.cases.give_back(taken)
                raise SequenceRefusedError(index, refusal) from refusal
            drafts.append(draft)
            for entry in draft.entries:
                if not follow(state.project, entry):  # a correction: only a replay shows the new state
                    state.project = replay(sequence.stream, await self._entries_before(sequence.stream, begun, drafts))
                    break
            state.hash, state.recorded_at = draft.rows[-1].hash, draft.entries[-1].recorded_at
        return drafts

    async def _entries_before(self, stream: UUID, begun: int, drafts: Sequence[EntryDraft]) -> list[Entry]:
        """The entries of *stream* up to version *begun*, and what *drafts* would add to them."""
        return [*await self.history(stream, limit=begun), *(entry for draft in drafts for entry in draft.entries)]

    def _needs_preparing(self, command: EveryCommand) -> bool:
        """Whether `_prepare` has anything to wait for, or to refuse."""
        return self.clocks.is_doubtful or (command.needs_shelf and self.shelves.stale)

    async def _prepare(self, command: EveryCommand) -> None:
        """Check the clock, and refresh the reference data if *command* reads it. Raises ClockWrongError."""
        await self.clocks.require_right()
        if command.needs_shelf:
            await self.shelves.current()

    async def _overtaken(
        self, cached: CachedState, verdict: AppendVerdict, tries: int, sent: SentCommand
    ) -> CommandAnswer | None:
        """After a version conflict, apply what another process wrote. The first answer, if the command was stored
        before.
        """
        if verdict.status is AppendStatus.GONE:
            self._note_gone(cached)
            return None
        if verdict.status is not AppendStatus.CONFLICT:
            self._cache.forget(cached.project.id.int)
            return await self._repeated(sent)
        if tries:  # once is chance; repeated conflicts back off
            await asyncio.sleep(random() * PAUSE_SECONDS * 2**tries)  # noqa: S311 spreads retries
        if tries or not await self._take_in(cached, verdict.missed):
            await self._catch_up(cached)
        return None

    def _note_gone(self, cached: CachedState) -> None:
        """Note that the ledger no longer holds what *cached* rests on, unless the cache was cleared since."""
        if self._cache.get(cached.project.id.int) is cached:
            self.high_water.went_back()

    async def project(self, project_id: UUID) -> Project:
        """The project's state now; version 0 where no project is known by this id."""
        state = await self.state(project_id)
        return state if isinstance(state, Project) else Project(project_id)

    async def state(self, project_id: UUID) -> State:
        """The state now of the aggregate with this id; that of a new project if there is none."""
        if turn := self._turns.take(project_id):  # a command under way must not have its entries taken in twice
            await turn
        try:
            cached = self._cache.get(project_id.int) or await self._load(project_id)
            await self._catch_up(cached)
            return cached.project
        finally:
            self._turns.give(project_id)

    def seen(self, project_id: UUID) -> Project | None:
        """The project's cached state, without a look at the ledger; None if it is not cached."""
        cached = self._cache.get(project_id.int)
        return cached.project if cached and isinstance(cached.project, Project) else None

    async def history(self, project_id: UUID, after: int = 0, limit: int | None = None) -> list[Entry]:
        """The project's entries above version *after*, oldest first."""
        return [entry_from(row) for row in await self.store.stream(project_id, after, limit)]

    async def entries_with(self, stream: UUID, *facts: type[Fact]) -> list[Entry]:
        """The entries of one stream that hold facts of these kinds, oldest first."""
        return [entry_from(row) for row in await self.store.of_stream(stream, [tag_of(fact) for fact in facts])]

    async def entries_of(self, streams: Sequence[UUID], *facts: type[Fact]) -> dict[UUID, list[Entry]]:
        """The same of several streams, by stream; one that has none is left out."""
        entries: dict[UUID, list[Entry]] = {}
        for row in await self.store.of_streams(streams, [tag_of(fact) for fact in facts]):
            entries.setdefault(row.stream, []).append(entry_from(row))
        return entries

    def _draft(
        self, cached: CachedState, sent: SentCommand, counter: int, allowed: Callable[[State], None] | None
    ) -> EntryDraft:
        """What a command would add to the ledger. Raises Refused."""
        if allowed is not None:
            allowed(cached.project)
        project, command, by, recorded_at = cached.project, sent.command, sent.by, sent.origin.recorded_at
        law_id = command.law_named or project.law or DEFAULT_LAW
        # A clock may have been set back: recorded_at never falls within a stream, nor does occurred_at where the
        # sender names none.
        now = max(self.clock(), cached.recorded_at)
        require_recorded(sent.origin, now)
        at = command.occurred_at or recorded_at or now
        if at.tzinfo is None:
            raise Refused("no-zone", "occurred_at needs an offset from UTC", remedy="write 2026-03-02T09:00:00+08:00")
        terms = self._in_force.terms(law_id, at, begun=bool(project.law) or by.role is Role.SYSTEM)
        law = terms.law
        # Whether a time is still to come is for today to say: other systems also record what they only plan.
        context = Context(
            by=by,
            at=at,
            now=now,
            law=law,
            shelf=self.shelves.shelf,
            calendar=self._calendar(law, command, project, at) if command.needs_calendar else None,
            versions=terms.versions,
            regions=terms.regions,
            case_area=self.cases.area,
            case_counter=counter,
        )
        facts = decide(command, project, context)
        return EntryDraft.of(cached, facts, sent.recorded(law.name), in_utc(at), in_utc(recorded_at or now))

    async def _require_effect(self, draft: EntryDraft, by: Actor, before: Sequence[Entry] | None = None) -> None:
        """Refuse a person's extension that would be void, after the entries *before* it; None: they are read.

        What other registers hold is stored as it is, so no system is refused.
        """
        first = draft.entries[0]
        if type(first.fact) is not LimitExtended or by.role is Role.SYSTEM:
            return
        if before is None:
            before = await self.history(first.stream, limit=first.version - 1)
        if refused := void_extension(before, draft.entries, self.laws):
            raise refused

    def _calendar(self, law: Pack, command: EveryCommand, project: State, at: datetime) -> WorkingCalendar:
        """What an item's clocks are counted on, as published on the local day of *at*: its region's, if it has one."""
        code = getattr(getattr(command, "wanted", command), "item", "")
        item = project.items.get(code) if isinstance(project, Project) and isinstance(code, str) else None
        counted = law.counted_in(item.plan.calendar) if item else law
        return self.laws.calendar(counted, local_day(at, law.zone))

    def _follow(self, cached: CachedState, draft: EntryDraft) -> None:
        if cached.project.version == 0 or not isinstance(cached.project, Project):  # an unborn one may be of any kind
            self.shelves.expect_news(entry.fact for entry in draft.entries)
        for entry in draft.entries:
            if not follow(cached.project, entry):
                self._cache.forget(cached.project.id.int)  # a correction: only a replay shows the new state
                destroy_keys(draft.entries)
                return
        cached.hash, cached.recorded_at = draft.rows[-1].hash, draft.entries[-1].recorded_at
        self._cache.grow(cached.project.id.int, len(draft.entries))

    async def _load(self, project_id: UUID, *, new: bool = False) -> CachedState:
        """What the ledger holds. A *new* project is not looked for: if it is there, storing its first entry fails."""
        times = self.high_water.times
        rows = [] if new else await self.streams.rows(project_id)
        if times != self.high_water.times:  # read from what the ledger was
            return await self._load(project_id, new=new)
        cached = _state_after(project_id, rows, [entry_from(row) for row in rows])
        self._keep(cached)
        return cached

    def _keep(self, cached: CachedState) -> None:
        """Cache a state, which weighs as much as it was folded from: a fact a version."""
        self._cache.keep(cached.project.id.int, cached, cached.project.version)
        self._cache.make_room()

    async def _catch_up(self, cached: CachedState) -> bool:
        """Apply the entries that other processes wrote. False if there were none."""
        return await self._take_in(cached, await self.streams.rows(cached.project.id, cached.project.version))

    async def _take_in(self, cached: CachedState, rows: Sequence[StoredRow]) -> bool:
        for row in rows:
            if not follow(cached.project, entry_from(row)):
                self._cache.forget(cached.project.id.int)
                fresh = await self._load(cached.project.id)
                cached.project, cached.hash, cached.recorded_at = fresh.project, fresh.hash, fresh.recorded_at
                return True
            cached.hash, cached.recorded_at = row.hash, row.recorded_at
        self._cache.grow(cached.project.id.int, len(rows))
        return bool(rows)

    async def _repeated(self, sent: SentCommand) -> CommandAnswer | None:
        """The first answer to the id of *sent*, where it was stored before."""
        first = await self.store.first_answer(sent.id)
        return None if first is None else _repeat(sent, first)


def _repeat(sent: SentCommand, first: FirstAnswer) -> CommandAnswer:
    """The *first* answer to the id of *sent*. Raises Refused where that was another command."""
    if not _is_same(sent, first):
        raise Refused(
            "key-reused",
            "this Idempotency-Key was used before, for another command",
            remedy="send a new key with a new command; the same key only to repeat the very same one",
        )
    return CommandAnswer(structs.replace(decode_receipt(first.reply), position=first.position), repeated=True)


def _is_same(sent: SentCommand, first: FirstAnswer) -> bool:
    """Whether *sent* is the very command that got the *first* answer."""
    former = former_fingerprints(sent.stream, sent.by, sent.command)  # takes long, and is made only where it is needed
    return first.fingerprint == sent.fingerprint or first.fingerprint in former


def _state_after(stream: UUID, rows: Sequence[StoredRow], entries: Sequence[Entry]) -> CachedState:
    """The state after all *rows* of a stream, whose *entries* are given, and what its next entry chains to."""
    state = CachedState(replay(stream, entries))
    if rows:
        state.hash, state.recorded_at = rows[-1].hash, rows[-1].recorded_at
    return state


def _answers(drafts: Sequence[EntryDraft], position: int) -> list[CommandAnswer]:
    """The answers to commands that were stored together, the last of their facts at *position*."""
    answers: list[CommandAnswer] = []
    for draft in reversed(drafts):
        answers.append(CommandAnswer(draft.receipt_at(position)))
        position -= len(draft.rows)
    return answers[::-1]


def _is_numbered(sent: SentCommand) -> bool:
    """Whether it may give a case number: a preview gives none, nor does what another register has numbered."""
    return sent.command.needs_case_counter and sent.id != NO_COMMAND and sent.by.role is not Role.SYSTEM
