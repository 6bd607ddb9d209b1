"""Sends spans to a collector, by OpenTelemetry's SDK: only with the extra `otel`, and only where it is asked for."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

NAME = "countersign"


def send_spans(collector: str, share: float, process: str) -> None:
    """Send the *share* of traces that begin in this *process*, and all that others began, to *collector*."""
    resource = Resource.create({"service.name": NAME, "service.instance.id": process})
    provider = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(share))
    endpoint = f"{collector.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
