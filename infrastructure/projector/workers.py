"""Folds with all cores: one worker process per share of the streams, controlled over pipes.

A worker is run as `python -m infrastructure.projector.workers`. It reads one `Job` from its standard input: `Fill`, for
which it reports progress and the end, or `Follow`, after which it reads one `LedgerRange` after the other and answers
each. It writes one message per line, and exits when its parent is gone.

The standard library's executor, with one single-worker process pool a share, was measured against this in paired runs
on 115,000 entries: it filled 6 % and followed 30 % fewer entries a second. It also can't kill a worker that is busy,
and its workers import the main module of their parent, which takes a second longer.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import IO

import psycopg
from msgspec import json
from psycopg.sql import SQL

from infrastructure import logging as log
from infrastructure.calendar.view_laws import by_law_now
from infrastructure.errors import OperatorError
from infrastructure.projector import ledger_stream
from infrastructure.projector.batch import ViewBatch, folded
from infrastructure.projector.caches import cache_for
from infrastructure.projector.fill import Filled, fill, shares_of
from infrastructure.projector.tables import Lines
from infrastructure.projector.worker_messages import (
    Completed,
    Failed,
    Fill,
    FillProgress,
    Follow,
    Job,
    LedgerRange,
    PartialBatch,
    SentLines,
    WorkerMessage,
    decode_job,
    decode_message,
    decode_range,
)
from infrastructure.settings import Settings
from projections.histories import EVERY_VIEW
from projections.view import Projected

START_ENTRIES = 10_000  # that a process folds while another one starts, which takes half a second
ENTRIES_A_PROCESS_MIN = 2 * START_ENTRIES
PROCESSES_MAX = 8  # beyond that, the database server is the bottleneck
AHEAD_MAX = 2  # ranges in flight: one is written, one is folded
READ_RANGE = SQL("WHERE seq > {} AND seq <= {} AND {}")


class FillFailedError(OperatorError):
    """A share of the streams could not be folded, so that the tables are incomplete."""


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes_for(views: Sequence[Projected], entries: int) -> int:
    """The number of processes that fold so many entries fastest; 1 means this process alone."""
    if not all(view.name in {known.name for known in EVERY_VIEW if type(known) is type(view)} for view in views):
        return 1  # a view that is not registered, which workers can't look up
    return max(1, min(cores(), PROCESSES_MAX, entries // ENTRIES_A_PROCESS_MIN))


def fill_parallel(
    url: str,
    views: Sequence[Projected],
    position: int,
    schema: str,
    *,
    processes: int,
    here: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Filled:
    """As `fill`, with several *processes*. Raises FillFailedError if one fails or dies; all end with the call.

    With *here* this process is one of them: it need not be started, so that its share is larger for all to end at once,
    but has no time for anything else.
    """
    versions = {view.name: view.version for view in views}
    ahead = min(START_ENTRIES, position) if here else 0
    entries = (position - ahead) // processes + 1
    shares = shares_of([entries + ahead] + [entries] * (processes - 1))
    jobs = [Fill(url, versions, position, schema, share) for share in (shares[1:] if here else shares)]
    with _workers(jobs) as (_, messages):
        tally = FillTally(processes, progress)
        if here:

            def report(entries: int) -> None:
                tally.take(len(jobs), FillProgress(entries))
                while not messages.empty():
                    tally.take(*messages.get())

            filled = fill(url, views, position, schema, share=shares[0], progress=report)
            tally.take(len(jobs), Completed(filled))
        while len(tally.done) < processes:
            tally.take(*messages.get())
    return tally.filled()


class FillTally:
    """How much of a fill is done, by the messages of its processes."""

    def __init__(self, processes: int, progress: Callable[[int], None]) -> None:
        self._folded, self._progress = [0] * processes, progress
        self.done: list[Filled] = []

    def take(self, nth: int, message: WorkerMessage) -> None:
        """Take in a message of the *nth* process. Raises FillFailedError if it has failed."""
        match message:
            case FillProgress(entries):
                self._folded[nth] = entries
                self._progress(sum(self._folded))
            case Completed(filled):
                self.done.append(filled)
            case Failed(error):
                raise FillFailedError(error)
            case PartialBatch():
                raise FillFailedError("a worker answered a Fill job with a batch")

    def filled(self) -> Filled:
        """How much all of them have filled."""
        return Filled(
            entries=sum(filled.entries for filled in self.done),
            projects=sum(filled.projects for filled in self.done),
            rows=sum(filled.rows for filled in self.done),
        )


def follow_parallel(
    url: str, views: list[Projected], ranges: Sequence[LedgerRange], *, processes: int
) -> Generator[ViewBatch]:
    """The batches of *ranges* in order, each folded by several *processes*, up to AHEAD_MAX ranges in flight.

    Raises FillFailedError if a worker fails or dies, or if a position is missing; all workers end with the generator.
    """
    versions = {view.name: view.version for view in views}
    jobs = [Follow(url, versions, share, processes) for share in shares_of([1] * processes)]
    with _workers(jobs) as (workers, messages):
        answers = [deque[PartialBatch]() for _ in workers]
        for at, range_ in enumerate(ranges):
            for ahead in ranges[:AHEAD_MAX] if at == 0 else ranges[at + AHEAD_MAX - 1 : at + AHEAD_MAX]:
                for worker in workers:
                    _send(worker, ahead)
            while not all(answers):
                nth, message = messages.get()
                if not isinstance(message, PartialBatch):
                    raise FillFailedError(
                        message.error if isinstance(message, Failed) else "a worker ended unexpectedly"
                    )
                answers[nth].append(message)
            yield _merged(views, range_, [answer.popleft() for answer in answers])


def _merged(views: list[Projected], range_: LedgerRange, parts: Sequence[PartialBatch]) -> ViewBatch:
    entries = sum(part.entries for part in parts)
    if entries != range_.last - range_.seq:
        raise FillFailedError(f"the ledger holds {entries} entries after position {range_.seq} up to {range_.last}")
    lines = [
        Lines(
            table,
            [block for sent in of_table for block in sent.new],
            [block for sent in of_table for block in sent.staged],
            [tuple(key) for sent in of_table for key in sent.deleted],
            closed=[ends for sent in of_table for ends in sent.closed],
            rewritten=[project for sent in of_table for project in sent.rewritten],
        )
        for view in views
        for table in view.tables
        if (of_table := [sent for part in parts for sent in part.sent if sent.table == table.name])
    ]
    return ViewBatch(views, entries, range_.last, lines, any(part.of_law for part in parts))


@contextmanager
def _workers(
    jobs: Sequence[Job],
) -> Iterator[tuple[list[subprocess.Popen[bytes]], SimpleQueue[tuple[int, WorkerMessage]]]]:
    """A running worker for each job, and a queue of (number of the worker, message). They are killed with the block."""
    messages: SimpleQueue[tuple[int, WorkerMessage]] = SimpleQueue()
    workers = []
    with ExitStack() as stack:
        for nth, job in enumerate(jobs):
            worker = stack.enter_context(_started())
            stack.callback(worker.kill)
            threading.Thread(target=_listen, args=(nth, worker, messages), daemon=True).start()
            _send(worker, job)
            workers.append(worker)
        yield workers, messages


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", __name__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _send(worker: subprocess.Popen[bytes], job: Job | LedgerRange) -> None:
    """Write *job* to the pipe, which stays open: its end makes the worker exit."""
    pipe = _pipe(worker.stdin)
    pipe.write(json.encode(job) + b"\n")
    pipe.flush()


def _listen(nth: int, worker: subprocess.Popen[bytes], messages: SimpleQueue[tuple[int, WorkerMessage]]) -> None:
    last: WorkerMessage | None = None
    for line in _pipe(worker.stdout):
        last = decode_message(line)
        messages.put((nth, last))
    if not isinstance(last, Completed | Failed):
        messages.put((nth, Failed(f"the worker of share {nth} ended with status {worker.wait()} before it was done")))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without a pipe")
    return pipe


def work(commands: IO[bytes], out: IO[bytes]) -> None:
    """The work of a worker process: read a job from *commands*, and write its messages to *out*."""
    job = decode_job(commands.readline())

    def send(message: WorkerMessage) -> None:
        out.write(json.encode(message) + b"\n")
        out.flush()

    try:
        views = list(_views(job))
        match job:
            case Fill():
                threading.Thread(target=_exit_with_parent, args=(commands,), daemon=True).start()
                share, progress = job.share, lambda n: send(FillProgress(n))
                send(Completed(fill(job.url, views, job.position, job.schema, share=share, progress=progress)))
            case Follow():
                for part in _parts(job, views, map(decode_range, commands)):
                    send(part)
    except FillFailedError as failure:
        send(Failed(str(failure)))
    except Exception as failure:  # noqa: BLE001 the parent raises it
        send(Failed(f"{type(failure).__name__}: {failure}"))


def _parts(job: Follow, views: list[Projected], ranges: Iterable[LedgerRange]) -> Iterator[PartialBatch]:
    cache = cache_for(views, job.processes)
    with psycopg.connect(job.url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        for range_ in ranges:
            which = READ_RANGE.format(range_.seq, range_.last, job.share.condition)
            histories = list(ledger_stream.histories(connection, which))
            batch = folded(connection, cache, views, histories, range_.seq, range_.last, few_max=0)
            sent = [
                SentLines(
                    part.table.name,
                    part.new,
                    part.staged,
                    list(map(list, part.deleted)),
                    part.closed,
                    part.rewritten,
                )
                for part in batch.lines
            ]
            yield PartialBatch(batch.entries, batch.of_law, sent)


def _views(job: Job) -> Iterator[Projected]:
    with psycopg.connect(job.url, autocommit=True) as connection:
        for view in by_law_now(connection, [view for view in EVERY_VIEW if view.name in job.views]):
            if view.version != job.views[view.name]:
                raise FillFailedError(f"the calendar by which {view.name} counts was changed just now: try again")
            yield view


def _exit_with_parent(commands: IO[bytes]) -> None:
    """Exit this process, whatever it is doing, when the parent is gone and the pipe is closed."""
    commands.read()
    os._exit(1)


def main() -> None:
    """Run a worker. Standard output is redirected to standard error, so that the pipe carries messages alone."""
    gc.disable()  # there are no cycles here, and each collection would traverse the whole cache
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the parent ends this one
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        log.configure(Settings.of())
        work(sys.stdin.buffer, out)
    os._exit(0)  # a normal exit would wait for the thread that still reads the pipe


if __name__ == "__main__":
    main()
