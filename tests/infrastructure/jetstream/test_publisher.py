"""The publisher to JetStream, on a real server: order, going on, refusals, restores, and what a stream never holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
from msgspec import Struct, convert, structs
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StreamConfig

from domain.core.ledger import Actor, Role
from domain.epochs.restore import RecordRestore
from domain.epochs.state import EPOCHS_STREAM
from domain.messages import AnyCommand
from infrastructure.jetstream.client import opening
from infrastructure.jetstream.errors import StreamAwayError, StreamRefusedError
from infrastructure.jetstream.publisher import PublisherParts, StreamPublisher
from infrastructure.jetstream.records import Publication, PublicationRecord
from infrastructure.jetstream.target import OutgoingMessage, StreamTarget, takes
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import SettingRefusedError, Settings
from scripts.operation.publish import parts_of
from tests.api.client import REGISTER
from tests.conftest import database_in
from tests.examples import MANAGER
from tests.infrastructure.jetstream.nats_server import NatsServer, free_port, stored
from tests.infrastructure.privacy.test_erasure import SECRETS, STORY, secrets_in, send
from tests.infrastructure.projector.test_projector import project_all

SECONDS_MAX = 60  # a test that passes waits for milliseconds
END_OF_LEAD = """
    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""
OPERATOR = Actor("operator", "", Role.SYSTEM)


class WatchedRecord(PublicationRecord):
    """The record of a stream, with what waits for a change of it."""

    def __init__(self, approvals: Approvals, target: StreamTarget) -> None:
        super().__init__(approvals.store, target.stream)
        self._changed = asyncio.Event()

    async def note_reached(
        self, position: int, sequence: int, created: datetime | None, published_at: datetime | None
    ) -> None:
        await super().note_reached(position, sequence, created, published_at)
        self._changed.set()

    async def note_trouble(self, trouble: str, now: datetime) -> None:
        await super().note_trouble(trouble, now)
        self._changed.set()

    async def until(self, holds: Callable[[Publication], bool]) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while (known := await self.read()) is None or not holds(known):
                await self._changed.wait()
                self._changed.clear()


class Zone(Struct):
    """A ledger, and a stream of its own on the server of all tests."""

    url: str
    approvals: Approvals
    server: NatsServer
    target: StreamTarget
    record: WatchedRecord

    def parts(self, after: int | None = None) -> PublisherParts:
        return structs.replace(parts_of(self.approvals, self.target, opening(), after), record=self.record)

    async def act(self, project: UUID, command: dict[str, Any]) -> None:
        await self.approvals.handle(project, convert(command, AnyCommand), MANAGER, uuid4())

    async def register(self, count: int = 1) -> list[UUID]:
        """New projects, an event each, which the views have taken in."""
        projects = [uuid4() for _ in range(count)]
        for project in projects:
            await self.act(project, REGISTER)
        project_all(self.url)
        return projects

    async def publish(self, after: int | None = None) -> StreamPublisher:
        """Publish all there is, by a publisher that then stops."""
        async with self.publishing(after) as publisher:
            await self.published()
        return publisher

    @asynccontextmanager
    async def publishing(self, after: int | None = None) -> AsyncIterator[StreamPublisher]:
        publisher = StreamPublisher(self.parts(after), self.url)
        task = asyncio.create_task(publisher.run())
        try:
            yield publisher
        finally:
            publisher.stop()
            await task

    async def published(self) -> None:
        """Return once the stream holds all that the ledger does."""
        head = await self.approvals.store.head()
        await self.record.until(lambda known: known.position == head and not known.trouble)

    async def refusal(self, after: int | None = None) -> str:
        """Why a publisher refuses the stream."""
        async with asyncio.timeout(SECONDS_MAX):
            with pytest.raises(StreamRefusedError) as refused:
                await StreamPublisher(self.parts(after), self.url).run()
        known = await self.record.read()
        assert known is not None
        assert known.trouble == str(refused.value)
        return known.trouble

    async def ids(self) -> list[str]:
        return [id_ for _, id_, _ in await stored(self.server, self.target.stream)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest_asyncio.fixture
async def zone(
    server_url: str, projected_template: str, server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Zone]:
    monkeypatch.setenv("COUNTERSIGN_KEYS", str(tmp_path / "keys"))
    # A zone of its own a test, as no two streams may take the same subjects.
    area = "".join(chr(ord("A") + byte % 26) for byte in uuid4().bytes[:6])
    named = {"COUNTERSIGN_NATS_URL": server.url, "COUNTERSIGN_AREA": area}
    with database_in(server_url, projected_template) as url:
        async with Approvals(url) as approvals:
            target = StreamTarget.of(Settings.of(named))
            yield Zone(url, approvals, server, target, WatchedRecord(approvals, target))


async def test_every_event_is_published_once_and_in_order(zone: Zone) -> None:
    first, second = await zone.register(2)
    async with zone.publishing() as publisher:
        await zone.published()
        await zone.act(first, {"command": "assign_manager", "manager": "wang-2"})
        project_all(zone.url)
        await zone.published()
    area = zone.target.zone

    messages = await stored(zone.server, zone.target.stream)
    assert [id_ for _, id_, _ in messages] == [f"{area}:{position}" for position in (1, 2, 3)]
    assert [event["source"] for _, _, event in messages] == [f"/projects/{each}" for each in (first, second, first)]
    subject, _, event = messages[-1]
    assert subject == f"countersign.{area}.projects.manager_assigned"
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "3", "org.countersign.manager_assigned.v1")
    assert event["hash"]
    assert publisher.published == 3
    known = await zone.record.read()
    assert known is not None
    assert (known.position, known.sequence, known.trouble) == (3, 3, "")
    assert known.published_at is not None


async def test_it_goes_on_behind_the_last_message_however_long_ago_that_was(zone: Zone) -> None:
    """The stream forgets ids after a tenth of a second, and what is known of it is lost: the message itself says it."""
    async with zone.server.connected() as context:
        config = StreamConfig(name=zone.target.stream, subjects=[zone.target.subjects], duplicate_window=0.1)
        await context.add_stream(config)
    await zone.register(2)
    assert (await zone.publish()).published == 2
    assert await zone.record.forget()
    await asyncio.sleep(0.3)  # the window has passed
    await zone.register(1)

    assert (await zone.publish()).published == 1
    assert len(await zone.ids()) == len(set(await zone.ids())) == 3
    async with zone.server.connected() as context:
        assert (await context.stream_info(zone.target.stream)).config.duplicate_window == 0.1, "left as it was"


async def test_a_stream_without_room_says_so_and_gets_the_rest_once_it_has_some(zone: Zone) -> None:
    async with zone.server.connected() as context:
        small = StreamConfig(
            name=zone.target.stream, subjects=[zone.target.subjects], max_bytes=2500, discard=DiscardPolicy.NEW
        )
        await context.add_stream(small)
        await zone.register(6)
        publishing = asyncio.create_task(zone.publish())
        await zone.record.until(lambda known: "has no room" in known.trouble)
        await context.update_stream(small.evolve(max_bytes=-1))
    assert (await publishing).published
    assert await zone.ids() == [f"{zone.target.zone}:{position}" for position in range(1, 7)]


async def test_a_server_that_passes_over_what_it_can_not_write_is_named(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose disk was full: it answers nothing to the first event, and to the next that it has no first."""
    send = JetStreamContext.publish_async

    async def unwritten(through: JetStreamContext, *words: Any, **options: Any) -> Any:
        is_first = options["headers"]["Nats-Expected-Last-Sequence"] == "0"
        return asyncio.get_running_loop().create_future() if is_first else await send(through, *words, **options)

    monkeypatch.setattr(JetStreamContext, "publish_async", unwritten)
    area = zone.target.zone
    messages = [OutgoingMessage(f"countersign.{area}.projects.t", f"{area}:{n}", b"{}") for n in (1, 2)]
    async with opening()(zone.target) as stream:
        assert (await stream.end()).sequence == 0
        with pytest.raises(StreamAwayError, match="make room and start it again"):
            await stream.publish(messages, 0)


async def test_two_publishers_at_once_publish_nothing_twice(zone: Zone) -> None:
    """Both believe to lead: the server takes each message behind the one that its publisher knows of, or not at all."""
    area, connect = zone.target.zone, opening()
    messages = [OutgoingMessage(f"countersign.{area}.projects.t", f"{area}:{n}", b"{}") for n in range(1, 5)]
    async with connect(zone.target) as first, connect(zone.target) as second:
        assert (await first.end()).sequence == (await second.end()).sequence == 0
        ends = await asyncio.gather(first.publish(messages, 0), second.publish(messages, 0), return_exceptions=True)
        assert any(isinstance(end, StreamAwayError) for end in ends)
        with pytest.raises(StreamAwayError, match="wrong last sequence"):
            await second.publish([OutgoingMessage(f"countersign.{area}.projects.t", f"{area}:9", b"{}")], 3)
    assert await zone.ids() == [f"{area}:{n}" for n in range(1, 5)]


async def test_a_server_that_was_away_gets_all_of_it(zone: Zone) -> None:
    await zone.register(1)
    async with zone.publishing():
        await zone.published()
        zone.server.kill()
        try:
            await zone.register(2)
            await zone.record.until(lambda known: bool(known.trouble))
        finally:
            zone.server.start()
        await zone.published()
    assert await zone.ids() == [f"{zone.target.zone}:{position}" for position in (1, 2, 3)]


async def test_a_server_that_never_was_there_is_given_up_and_named() -> None:
    target = StreamTarget((f"nats://u:p@127.0.0.1:{free_port()}",), "s", "BDA")
    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(StreamAwayError, match=f"no server answers at {target.address}: ") as away:
            async with opening()(target):
                pass
    assert "u:p" not in str(away.value)


async def test_it_stops_while_a_server_does_not_answer(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.jetstream.connection.CONNECT_SECONDS_MAX", 10 * SECONDS_MAX)
    connected = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    async with asyncio.timeout(SECONDS_MAX), await asyncio.start_server(say_nothing, "127.0.0.1") as silent:
        port = silent.sockets[0].getsockname()[1]
        target = structs.replace(zone.target, servers=(f"nats://127.0.0.1:{port}",))
        publisher = StreamPublisher(structs.replace(zone.parts(), target=target), zone.url)
        task = asyncio.create_task(publisher.run())
        await connected.wait()
        publisher.stop()
        await task
    assert publisher.published == 0


async def test_a_ledger_that_went_back_while_nothing_happened_is_compared_again(zone: Zone) -> None:
    """The database was put back behind the publisher's back: its connection ends, and with that its place."""
    await zone.register(1)
    publisher = StreamPublisher(zone.parts(), zone.url)
    task = asyncio.create_task(publisher.run())
    await zone.published()
    async with zone.server.connected() as context:  # as if an event had been published that the ledger lost
        headers = {"Nats-Msg-Id": f"{zone.target.zone}:2"}
        await context.publish(f"countersign.{zone.target.zone}.projects.item_accepted", b"{}", headers=headers)
    with psycopg.connect(zone.url, autocommit=True) as connection:
        connection.execute(END_OF_LEAD)
    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(StreamRefusedError, match="declare-restore"):
            await task


async def test_behind_a_foreign_message_nothing_is_stored_so_nothing_is_skipped(zone: Zone) -> None:
    """It takes the sequence of the first of a batch; the others, whose sequences are right, must not be stored."""
    await zone.register(1)
    await zone.publish()
    area, connect = zone.target.zone, opening()
    subject = f"countersign.{area}.projects.t"
    async with connect(zone.target) as stream, zone.server.connected() as context:
        assert (await stream.end()).sequence == 1
        await context.publish(subject, b"{}")
        batch = [OutgoingMessage(subject, f"{area}:{n}", b"{}") for n in range(2, 6)]
        with pytest.raises(StreamAwayError, match="wrong last sequence"):
            await stream.publish(batch, 1)
    assert await zone.ids() == [f"{area}:1", ""]
    assert "was not published by Countersign" in await zone.refusal()


async def test_a_stream_of_something_else_is_refused_with_what_to_do(zone: Zone) -> None:
    await zone.register(2)
    await zone.publish()
    area, stream = zone.target.zone, zone.target.stream
    async with zone.server.connected() as context:
        body = (await context.get_msg(stream, 2)).data or b""
        await context.delete_stream(stream)

        async def refusal_of(id_: str | None, body: bytes = b"{}") -> str:
            await context.add_stream(StreamConfig(name=stream, subjects=[zone.target.subjects]))
            headers = {"Nats-Msg-Id": id_} if id_ else None
            await context.publish(f"countersign.{area}.projects.item_accepted", body, headers=headers)
            refusal = await zone.refusal()
            await context.delete_stream(stream)
            return refusal

        assert "was not published by Countersign" in await refusal_of(None)
        assert "name another stream by COUNTERSIGN_NATS_STREAM" in await refusal_of("QQQQQQ:1")
        assert f"holds {area}:3, and this ledger ends at {area}:2" in await refusal_of(f"{area}:3")
        assert "countersign declare-restore" in await refusal_of(f"{area}.2:1")
        changed = body.replace(b'"version":1', b'"version":2')
        assert "is another than the one in this ledger" in await refusal_of(f"{area}:2", changed)
        assert "is another than the one in this ledger" in await refusal_of(f"{area}:2", b"no event")
    assert (await zone.publish()).published == 2, "into a new stream all of it"


async def test_a_stream_that_was_emptied_goes_on_where_it_is_known_or_said(zone: Zone) -> None:
    await zone.register(2)
    await zone.publish()
    async with zone.server.connected() as context:
        await context.purge_stream(zone.target.stream)
    await zone.register(1)
    assert (await zone.publish()).published == 1

    async with zone.server.connected() as context:
        await context.purge_stream(zone.target.stream)
    await zone.record.forget()
    assert "by --after" in await zone.refusal()
    await zone.register(1)
    await zone.publish(after=3)
    assert await zone.ids() == [f"{zone.target.zone}:4"]


async def test_after_a_restore_events_have_the_epoch_in_their_ids(zone: Zone) -> None:
    """Two positions are lost that the stream holds, and are given again; a restore that no one declared is refused."""
    await zone.register(2)
    await zone.publish()
    body = b'{"id": "4", "source": "/projects/lost", "type": "t", "version": 1, "time": "2026-01-01T00:00:00Z"}'
    async with zone.server.connected() as context:
        for position in (3, 4):
            headers = {"Nats-Msg-Id": f"{zone.target.zone}:{position}"}
            await context.publish(f"countersign.{zone.target.zone}.projects.item_accepted", body, headers=headers)
    assert "declare-restore" in await zone.refusal()

    command = RecordRestore(kept_to=2, lost_to=4, log="zone")
    await zone.approvals.handle(EPOCHS_STREAM, command, OPERATOR, uuid4())
    await zone.register(2)
    await zone.publish()
    await zone.register(1)
    await zone.publish()
    area = zone.target.zone
    assert (await zone.ids())[2:] == [f"{area}:3", f"{area}:4", f"{area}.2:4", f"{area}.2:5", f"{area}.2:6"]


async def test_no_personal_text_reaches_the_stream(zone: Zone) -> None:
    """An erasure does not reach it: what is stored encrypted is left out, or the whole of what holds a contact."""
    await send(zone.approvals, uuid4(), STORY)
    project_all(zone.url)
    await zone.publish()

    messages = await stored(zone.server, zone.target.stream)
    assert len(messages) == len(STORY)
    assert secrets_in(repr(messages)) == set()
    assert {event["type"]: event["withheld"] for _, _, event in messages}["org.countersign.information_recorded.v1"]
    (closed,) = [event for _, _, event in messages if event["type"] == "org.countersign.complaint_closed.v1"]
    assert (closed["data"]["remarks"], closed["hash"], closed["withheld"]) == ("■■■", "", False)
    assert SECRETS


async def test_a_stream_that_can_not_take_the_events_is_refused(zone: Zone) -> None:
    await zone.register(1)
    async with zone.server.connected() as context:
        await context.add_stream(StreamConfig(name=zone.target.stream, subjects=[f"other.{zone.target.zone}"]))
        assert f"let it take the subjects {zone.target.subjects}" in await zone.refusal()
        await context.delete_stream(zone.target.stream)
        silent = StreamConfig(name=zone.target.stream, subjects=[zone.target.subjects], no_ack=True)
        await context.add_stream(silent)
        assert "acknowledges nothing" in await zone.refusal()


async def test_what_an_operator_has_to_mend_ends_the_publisher(zone: Zone, tmp_path: Path) -> None:
    """The file was right at the start, and is replaced by another one while the publisher stands by."""
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    parts = structs.replace(zone.parts(), target=structs.replace(zone.target, ca=f"{tmp_path}/ca.pem"))
    async with asyncio.timeout(SECONDS_MAX):
        with pytest.raises(SettingRefusedError, match="which holds no certificate"):
            await StreamPublisher(parts, zone.url).run()
    known = await zone.record.read()
    assert known is not None
    assert "which holds no certificate" in known.trouble


async def test_a_stream_that_takes_no_more_of_the_events_is_looked_at_again(zone: Zone) -> None:
    """So it is also while a cluster elects who leads it: no stream answers, which passes. Another one does not."""
    message = OutgoingMessage(f"countersign.{zone.target.zone}.projects.t", f"{zone.target.zone}:1", b"{}")
    async with opening()(zone.target) as stream, zone.server.connected() as context:
        await stream.end()
        await context.update_stream(StreamConfig(name=zone.target.stream, subjects=[f"other.{zone.target.zone}"]))
        with pytest.raises(StreamAwayError, match="let it take the subjects"):
            await stream.publish([message], 0)
        await context.add_stream(StreamConfig(name=f"x-{zone.target.zone}", subjects=[zone.target.subjects]))
        with pytest.raises(StreamRefusedError, match="name it by COUNTERSIGN_NATS_STREAM"):
            await stream.publish([message], 0)


def test_a_stream_takes_what_its_subjects_cover() -> None:
    ours = "countersign.BDA.>"
    for covers in (">", "*.>", "countersign.>", "countersign.*.>", ours):
        assert takes(covers, ours)
    for lacks in ("countersign.BDA", "countersign.BDA.*", "countersign.BDA.projects.>", "countersign.X.>", "*", "a.>"):
        assert not takes(lacks, ours)
    assert takes("a.*", "a.b")
    assert not takes("a.b.c", "a.b")
    assert not takes("a.b.>", "a.b")


def test_targets_name_no_passwords() -> None:
    target = StreamTarget(("nats://u:p@a:4222", "tls://b:4222"), "s", "BDA")
    assert target.address == "nats://a:4222, tls://b:4222"
    assert structs.replace(target, servers=("nats://a",)).tls() is None
    assert StreamTarget.of(Settings.of({"COUNTERSIGN_NATS_URL": "nats://u:p@ss@[::1]"})).address == "nats://[::1]"


@pytest.mark.parametrize(
    "server",
    [
        "u:sec/ret@a:4222",
        "u:12/ret@a",
        "u:sec?ret@a",
        "u:sec#ret@a",
        "u:[sec@a",
        "u:secret@",
        "a:secret",
        "a:0",
        ":4222",
    ],
)
def test_an_address_that_may_hold_half_a_password_is_refused_and_not_quoted(server: str) -> None:
    with pytest.raises(SettingRefusedError, match="without a host or port") as refused:
        StreamTarget.of(Settings.of({"COUNTERSIGN_NATS_URL": f"nats://b,nats://{server}"}))
    assert "sec" not in str(refused.value)
    assert refused.value.__cause__ is None
