"""Figures of a measurement: throughput, and percentiles of latency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

MILLISECONDS = 1000.0


class Figure(Struct, frozen=True):
    """One measurement. Latencies are in milliseconds; None if single calls can't be timed, as in a batch."""

    subject: str
    clients: int
    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    p95_ms: float | None = None

    @classmethod
    def of(cls, subject: str, clients: int, seconds: float, latencies: Sequence[float]) -> Figure:
        """The figure of calls with these *latencies* (in seconds) within *seconds*."""
        if not latencies:
            return cls(subject, clients, 0.0)
        ordered = sorted(latencies)
        last = len(ordered) - 1
        p50, p95, p99 = (ordered[last * part // 100] * MILLISECONDS for part in (50, 95, 99))
        return cls(subject, clients, len(ordered) / seconds, p50, p99, p95)


def ratio(ours: Figure | None, theirs: Figure | None) -> float | None:
    """How many times faster *ours* is; None if either was not measured."""
    return ours.per_second / theirs.per_second if ours and theirs and theirs.per_second else None


def median_ratio(pairs: Iterable[tuple[float, float]]) -> float:
    """The median of the first over the second of *pairs*: a disturbed one counts no more than any other; 0 of none."""
    return median([first / second for first, second in pairs if second] or [0.0])
