"""Stores what several commands add to one stream in one transaction: all of it, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import accumulate
from time import monotonic
from typing import Any

import structlog
from msgspec import structs

from infrastructure.ledger.append_batch import HASH_BYTES, AppendItem, AppendStatus, AppendVerdict, parameters
from infrastructure.ledger.high_water import STATEMENT, HighWater
from infrastructure.ledger.pg_binary import BYTEA_OID, UUID_BYTES, UUID_OID, array, even_array, int4_array, int8_from
from infrastructure.ledger.pipeline_connection import REPLAN, ConnectionLostError, PipelineConnection, answered
from infrastructure.tracing.switch import SWITCH

ARGUMENTS = ",".join(f"${nth}" for nth in range(1, 23))
APPEND_TOGETHER = f"SELECT base, status FROM ledger.append_together({ARGUMENTS})".encode()  # noqa: S608 our own constants

log = structlog.get_logger()


class AtomicAppender:
    """A connection of its own, opened with the first batch. *announce* wakes the projector."""

    def __init__(self, url: str, high_water: HighWater, announce: Callable[[], None]) -> None:
        self._url, self._high_water, self._announce = url, high_water, announce
        self._lane: PipelineConnection | None = None
        self._lock = asyncio.Lock()

    def close(self) -> None:
        """Close the connection; what is under way fails, its outcome unknown."""
        if self._lane is not None:
            self._lane.close()

    async def append(self, items: Sequence[AppendItem], spans: Sequence[Any] = ()) -> AppendVerdict:
        """Store *items*, each the facts of one command, which follow on each other in one stream.

        Every item has an id, so what a lost connection left in doubt is settled by sending it again; raises
        LedgerWentBackError where the database went back meanwhile. *spans*: those of the commands, where they are
        traced.
        """
        if not spans:
            return await self._append(items)
        begun, failure, verdict = monotonic(), None, None
        try:
            verdict = await self._append(items)
        except Exception as error:
            failure = error
            raise
        finally:
            position = verdict.position - sum(len(item.rows) for item in items) if verdict else 0
            SWITCH.spans.batch_span(spans, monotonic() - begun, failure, items=len(items), position=position)
        return verdict

    async def _append(self, items: Sequence[AppendItem]) -> AppendVerdict:
        params = _parameters(items)
        async with self._lock:
            lane = await self._connected()
            while True:
                try:
                    answer = await answered(lane.run("append_together", params))
                    break
                except ConnectionLostError as lost:
                    log.warning("append_retried", error=str(lost).strip(), items=len(items))
                await self._high_water.reopen(lane)
        status = AppendStatus((answer.get_value(0, 1) or b"").decode())
        if status is not AppendStatus.STORED:
            return AppendVerdict(status)
        position = int8_from(answer.get_value(0, 0) or b"") + sum(len(item.rows) for item in items)
        lane.note_growth(position)
        self._high_water.note(position, items[-1].rows[-1].hash)
        self._announce()
        return AppendVerdict(status, position)

    async def _connected(self) -> PipelineConnection:
        if self._lane is None:
            lane = PipelineConnection(self._url, STATEMENT | REPLAN | {"append_together": APPEND_TOGETHER})
            await lane.open()
            self._lane = lane
        elif not self._lane.is_open:
            await self._high_water.reopen(self._lane)
        return self._lane


def _parameters(items: Sequence[AppendItem]) -> list[bytes]:
    """The twenty-two parameters of ledger.append_together, in binary form."""
    rows = tuple(row for item in items for row in item.rows)
    together = structs.replace(items[-1], rows=rows, previous=items[0].previous, kind=items[0].kind)
    return [
        *parameters([together]),
        even_array(UUID_OID, UUID_BYTES, [item.id.bytes for item in items]),
        even_array(BYTEA_OID, HASH_BYTES, [item.fingerprint for item in items]),
        array(BYTEA_OID, [item.reply for item in items]),
        int4_array(accumulate(len(item.rows) for item in items)),
    ]
