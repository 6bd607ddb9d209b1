"""One trace leads from the request to the projection; the access log says nothing of persons; off, nothing is left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
from msgspec import convert, json
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from api.app import create_app
from api.observing import RequestObserver, observed
from domain.project.application.registration import RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from infrastructure.tracing import switch
from infrastructure.tracing.switch import SWITCH, TracingUnavailableError, configure
from tests.api.client import REGISTER, Door, identity
from tests.examples import MANAGER
from tests.infrastructure.projector.test_projector import project_all

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SENT = f"00-{TRACE}-{SPAN}-01"
COMMANDS = "POST /v1/projects/{project_id}/commands"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """Where this process's spans go."""
    collected = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(collected))
    trace.set_tracer_provider(provider)
    return collected


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    """The spans of one test, which traces."""
    exporter.clear()
    SWITCH.turn_on()
    yield exporter
    SWITCH.turn_off()


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def door(approvals: Approvals, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """A client of the observed application."""
    app = create_app(approvals, Views(approvals.store), Settings(data=tmp_path_factory.mktemp("data")))
    transport = httpx.ASGITransport(app=cast("Any", RequestObserver(app, logs=True, traces=True)))
    async with httpx.AsyncClient(transport=transport, base_url="http://countersign") as client:
        yield Door(client)


def meta_of(url: str, stream: UUID) -> str:
    with psycopg.connect(url) as connection:
        query = "SELECT convert_from(meta, 'UTF8') FROM ledger.event WHERE stream = %s"
        return "\n".join(meta for (meta,) in connection.execute(query, [stream]).fetchall())


def parent(of: ReadableSpan) -> int:
    return of.parent.span_id if of.parent else 0


async def test_a_trace_leads_from_the_request_to_the_projection(
    door: Door, spans: InMemorySpanExporter, shared_database_url: str
) -> None:
    project = uuid4()
    assert (await door.post(project, REGISTER, MANAGER, traceparent=SENT)).status_code == 200
    project_all(shared_database_url)

    own = {span.name: span for span in spans.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE}
    request, command = own[COMMANDS], own["command register_project"]
    batch, projected = own["append batch"], own["project batch"]
    assert f"{parent(request):016x}" == SPAN
    assert [parent(each) for each in (command, batch, projected)] == [
        request.context.span_id,
        command.context.span_id,
        command.context.span_id,
    ]
    assert request.attributes is not None
    assert (request.attributes["http.route"], request.attributes["http.response.status_code"]) == (COMMANDS[5:], 200)
    assert str(project) not in str([dict(span.attributes or {}) for span in own.values()])
    assert f'"traceparent":"00-{TRACE}-{command.context.span_id:016x}-01"' in meta_of(shared_database_url, project)


async def test_commands_of_an_atomic_batch_each_have_a_span_below_the_request(
    door: Door, spans: InMemorySpanExporter, shared_database_url: str
) -> None:
    project = uuid4()
    plan = {"command": "plan_item", "item": {"item": "extra", "department": "land"}}
    lines = b"".join(
        json.encode({"project": str(project), "key": str(uuid4()), "command": command}) + b"\n"
        for command in (REGISTER, plan)
    )
    headers = identity(MANAGER) | {"Content-Type": "application/x-ndjson", "traceparent": SENT}
    answer = await door.client.post("/v1/commands/batch?mode=atomic", content=lines, headers=headers)
    assert [json.decode(line)["status"] for line in answer.content.splitlines()] == [200, 200], answer.text
    project_all(shared_database_url)

    own = [span for span in spans.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]
    named = {span.name: span for span in own}
    request = named["POST /v1/commands/batch"]
    commands = [named["command register_project"], named["command plan_item"]]
    assert [parent(each) for each in commands] == [request.context.span_id] * 2
    assert (parent(named["append batch"]), len(named["append batch"].links)) == (commands[0].context.span_id, 2)
    projected = [span for span in own if span.name == "project batch"]
    assert {parent(each) for each in projected} == {each.context.span_id for each in commands}
    stored = meta_of(shared_database_url, project)
    assert all(f'"traceparent":"00-{TRACE}-{each.context.span_id:016x}-01"' in stored for each in commands)


async def test_an_unsampled_request_leaves_no_trace_in_the_ledger(
    door: Door, spans: InMemorySpanExporter, shared_database_url: str
) -> None:
    project = uuid4()
    assert (await door.post(project, REGISTER, MANAGER, traceparent=f"00-{TRACE}-{SPAN}-00")).status_code == 200
    assert "traceparent" not in meta_of(shared_database_url, project)
    assert spans.get_finished_spans() == ()


async def test_off_nothing_is_wrapped_and_nothing_is_kept(approvals: Approvals, shared_database_url: str) -> None:
    app = object()
    assert observed(app, Settings(data=Path())) is app
    assert isinstance(observed(app, Settings(data=Path(), access_log=True)), RequestObserver)
    project = uuid4()
    await approvals.handle(project, convert(REGISTER, RegisterProject), MANAGER, uuid4())
    assert "traceparent" not in meta_of(shared_database_url, project)


async def test_the_access_log_has_addresses_without_ids(door: Door, spans: InMemorySpanExporter) -> None:
    project = uuid4()
    with capture_logs() as lines:
        await door.post(project, REGISTER, MANAGER)
        await door.get(f"/v1/projects/{project}", MANAGER)
        await door.client.head("/v1/law/packs")
        await door.client.get(f"/nowhere/{project}?name=chen")
    written = [line for line in lines if line["event"] == "request_answered"]
    assert [(line["method"], line["route"], line["status"]) for line in written] == [
        ("POST", COMMANDS[5:], 200),
        ("GET", "/v1/projects/{project_id}", 200),
        ("HEAD", "/v1/law/packs", 200),
        ("GET", "-", 404),
    ]
    assert {line["sender"] for line in written} == {"nobody"}  # here headers are believed, and no visit is kept
    known = {"event", "log_level", "method", "route", "status", "ms", "sender", "request_id"}
    assert all(line.keys() == known for line in written)
    assert str(project) not in str(written)
    assert "chen" not in str(written)
    assert spans.get_finished_spans() != ()


def test_without_the_extra_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Any:
        raise ImportError

    monkeypatch.setattr(switch, "import_module", missing)
    with pytest.raises(TracingUnavailableError, match="countersign\\[otel\\]"):
        configure(Settings(data=Path(), traces="http://127.0.0.1:4318"), "server")
    configure(Settings(data=Path()), "server")
    assert not SWITCH.is_on
