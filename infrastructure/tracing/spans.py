"""The spans of a command: request, command, batch, projection.

The path of a command crosses processes: its entries carry the `traceparent` (W3C Trace Context) of the command's span
in their metadata, and the projector goes on with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from msgspec import UNSET, UnsetType
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domain.messages import Entry

NAME = "countersign"
TRACEPARENT = "traceparent"
ENTRIES_MAX = 100  # of one batch whose traces get a span of it
NANOSECONDS = 1_000_000_000
FAILED_FROM = 500  # statuses

_propagator = TraceContextTextMapPropagator()


def traceparent(of: Span | None = None) -> str | UnsetType:
    """The span *of* an act, or the current one, as entries carry it; unset where it is not sampled."""
    carried = of or trace.get_current_span()
    if not carried.get_span_context().trace_flags.sampled:
        return UNSET
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(carried))
    return carrier.get(TRACEPARENT, UNSET)


@contextmanager
def span(
    name: str, parent: str | UnsetType = UNSET, kind: SpanKind = SpanKind.INTERNAL, **attributes: Any
) -> Iterator[Span]:
    """A span of the block, current within it; below *parent* where that is given. An error ends it as failed."""
    within = _context(parent) if isinstance(parent, str) else None
    with trace.get_tracer(NAME).start_as_current_span(name, within, kind, attributes) as begun:
        yield begun


@contextmanager
def sibling_spans(names: Sequence[str]) -> Iterator[list[Span]]:
    """A span of the block for each of *names*, all below the current one. An error ends them as failed."""
    tracer = trace.get_tracer(NAME)
    with ExitStack() as ends:
        begun = [tracer.start_span(name) for name in names]
        for each in begun:
            ends.enter_context(trace.use_span(each, end_on_exit=True))
        yield begun


def server_span(name: str, parent: str) -> AbstractContextManager[Span]:
    """The span of a request, in the trace that its sender began with *parent*, if he began one."""
    return span(name, parent or UNSET, SpanKind.SERVER)


def current() -> Span:
    """The current span."""
    return trace.get_current_span()


def describe(of: Span, method: str, route: str, status: int) -> None:
    """Set the attributes of a request's span: what was requested, without ids, and how it was answered."""
    of.update_name(f"{method} {route}")
    of.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= FAILED_FROM:
        of.set_status(Status(StatusCode.ERROR))


def batch_span(spans: Iterable[Span | None], seconds: float, failure: Exception | None, **attributes: Any) -> None:
    """Record a batch that ended now and took *seconds*: below the first of *spans*, linked to them all."""
    waiting = [waits for waits in spans if waits is not None and waits.get_span_context().trace_flags.sampled]
    if not waiting:
        return
    end = time.time_ns()
    batch = trace.get_tracer(NAME).start_span(
        "append batch",
        trace.set_span_in_context(waiting[0]),
        links=[Link(waits.get_span_context()) for waits in waiting],
        start_time=end - int(seconds * NANOSECONDS),
        attributes=attributes,
    )
    if failure is not None:
        batch.set_status(Status(StatusCode.ERROR, type(failure).__name__))
    batch.end(end)


def traceparents(histories: Sequence[Sequence[Entry]]) -> tuple[str, ...]:
    """The traces that the entries of *histories* belong to, each once."""
    carried = (entry.recorded.traceparent for entries in histories for entry in entries)
    return tuple(dict.fromkeys(text for text in carried if isinstance(text, str)))[:ENTRIES_MAX]


@contextmanager
def projection_spans(parents: Sequence[str], attributes: Mapping[str, Any]) -> Iterator[None]:
    """A span of the block in each of the traces in *parents*."""
    tracer = trace.get_tracer(NAME)
    with ExitStack() as ends:
        for parent in parents:
            begun = tracer.start_span("project batch", _context(parent), SpanKind.CONSUMER, attributes)
            ends.callback(begun.end)
        yield


def _context(parent: str) -> Context:
    return _propagator.extract({TRACEPARENT: parent})
