"""Figures: how many a second, how long the median and the slowest hundredth took."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

MILLISECONDS = 1000.0


class Figure(Struct, frozen=True):
    """One measurement. Latencies are in milliseconds; None where a batch hides those of its members."""

    subject: str
    clients: int
    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    p95_ms: float | None = None

    @classmethod
    def of(cls, subject: str, clients: int, seconds: float, latencies: Sequence[float]) -> Figure:
        """The figure for calls that took *latencies* (in seconds) while *seconds* went by."""
        if not latencies:
            return cls(subject, clients, 0.0)
        ordered = sorted(latencies)
        last = len(ordered) - 1
        p50, p95, p99 = (ordered[last * part // 100] * MILLISECONDS for part in (50, 95, 99))
        return cls(subject, clients, len(ordered) / seconds, p50, p99, p95)


def ratio(ours: Figure | None, theirs: Figure | None) -> float | None:
    """How many times faster *ours* is; None where either was not measured."""
    return ours.per_second / theirs.per_second if ours and theirs and theirs.per_second else None
