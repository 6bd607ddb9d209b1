"""The figures in Prometheus' text format, by a collector of our own over one consistent reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate

from msgspec import Struct
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from infrastructure.command_counts import BATCH_BOUNDS, BatchCounts, CommandCounts
from infrastructure.metrics.measure import DatabaseFigures
from infrastructure.proof.publisher import PublisherStatus
from infrastructure.verifier.results import Verification

Labelled = Iterable[tuple[str, float]]


class ProcessFigures(Struct, frozen=True):
    """What this process says: its counts, how many commands wait for the database, and how many readers follow."""

    commands: CommandCounts
    batches: BatchCounts
    waiting: int
    followers: int


class MetricsCollector(Collector):
    """All figures at *now*; without the database's where it can't be reached."""

    def __init__(
        self, now: datetime, process: ProcessFigures, database: DatabaseFigures | None, log: PublisherStatus | None
    ) -> None:
        self._now, self._process, self._database, self._log = now, process, database, log

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        yield from self._of_process()
        yield gauge("countersign_up", "Whether the database answered.", float(self._database is not None))
        if self._database is not None:
            yield from _of_database(self._database)
            yield from self._of_verifications(self._database.verifications)
        if self._log is not None:
            yield from self._of_log(self._log)

    def _of_process(self) -> Iterator[Metric]:
        process, batches = self._process, self._process.batches
        yield counters(
            "countersign_commands", "Commands by outcome.", "outcome", sorted(process.commands.outcomes.items())
        )
        conflicts = "Commands decided again, or refused, as another writer came first."
        yield CounterMetricFamily("countersign_conflicts", conflicts, batches.conflicts)
        bounds = [*map(str, BATCH_BOUNDS), "+Inf"]
        sizes = list(zip(bounds, accumulate(batches.sizes), strict=True))
        yield HistogramMetricFamily(
            "countersign_append_batch_commands", "Commands a batch.", buckets=sizes, sum_value=batches.items
        )
        yield gauge("countersign_commands_waiting", "Commands that are not on disk yet.", process.waiting)
        yield gauge("countersign_feed_readers", "Readers that wait for events.", process.followers)

    def _of_verifications(self, results: list[Verification]) -> Iterator[Metric]:
        ages = [(result.scope, (self._now - result.verified_at).total_seconds()) for result in results]
        help_text = "Seconds since the ledger was verified: entries since the time before (new), or all of it (whole)."
        yield gauges("countersign_verification_age_seconds", help_text, "scope", ages)
        faults = [(result.scope, float(result.fault_count)) for result in results]
        yield gauges("countersign_ledger_faults", "Faults that the last verification found.", "scope", faults)

    def _of_log(self, log: PublisherStatus) -> Iterator[Metric]:
        if log.published_at:
            age = (self._now - log.published_at).total_seconds()
            yield gauge("countersign_checkpoint_age_seconds", "Seconds since the last checkpoint.", age)
        yield gauge("countersign_checkpoint_entries", "Entries that the last checkpoint covers.", log.published)
        seen = [(witness.name, witness.cosigned_at) for witness in log.witnesses if witness.cosigned_at]
        ages = [(name, self._now.timestamp() - at) for name, at in seen]
        yield gauges("countersign_witness_age_seconds", "Seconds since a witness cosigned.", "witness", ages)


def exposition(collector: MetricsCollector) -> bytes:
    """The text that Prometheus reads, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry)


def _of_database(figures: DatabaseFigures) -> Iterator[Metric]:
    def of_views(name: str, help_text: str, lag: str) -> Metric:
        return gauges(
            f"countersign_view_{name}", help_text, "view", [(v.view, float(getattr(v, lag))) for v in figures.views]
        )

    yield gauge("countersign_ledger_position", "The ledger's last position.", figures.head)
    yield of_views("lag_entries", "Entries that a view lacks.", "entries")
    yield of_views("lag_seconds", "Seconds since the first entry that a view lacks arrived.", "seconds")
    yield of_views("stopped", "Whether a view stopped at an entry that it can't fold.", "stopped")
    yield gauge("countersign_watcher_lag_entries", "Entries that the watcher has not read.", figures.watcher_entries)
    yield gauge("countersign_watcher_due_projects", "Projects that wait for the watcher.", figures.watcher_due)
    yield gauge("countersign_watcher_lag_seconds", "Seconds that the first of them waits.", figures.watcher_seconds)
    streams = figures.streams
    help_text = "Entries that a stream of JetStream was not published."
    yield gauges("countersign_stream_lag_entries", help_text, "stream", [(s.stream, s.entries) for s in streams])
    help_text = "Seconds since the first entry that a stream lacks arrived."
    yield gauges("countersign_stream_lag_seconds", help_text, "stream", [(s.stream, s.seconds) for s in streams])
    help_text = "Whether something keeps events from a stream."
    yield gauges("countersign_stream_troubled", help_text, "stream", [(s.stream, float(s.troubled)) for s in streams])
    help_text = "Running clocks that are due after the published calendar."
    yield gauge("countersign_provisional_clocks", help_text, figures.provisional_clocks)


def gauge(name: str, help_text: str, value: float) -> Metric:
    """A figure without labels."""
    return GaugeMetricFamily(name, help_text, value)


def gauges(name: str, help_text: str, label: str, values: Labelled) -> Metric:
    """A figure for each value of a label."""
    return _labelled(GaugeMetricFamily(name, help_text, labels=[label]), values)


def counters(name: str, help_text: str, label: str, values: Labelled) -> Metric:
    """A count for each value of a label."""
    return _labelled(CounterMetricFamily(name, help_text, labels=[label]), values)


def _labelled(family: GaugeMetricFamily | CounterMetricFamily, values: Labelled) -> Metric:
    for value, number in values:
        family.add_metric([value], number)
    return family
