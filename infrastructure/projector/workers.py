"""Fold with all cores: a process for each share of the streams, told over pipes what to do.

A child is run as `python -m infrastructure.projector.workers`. It reads one `Job` from its standard input: to fill
tables, of which it tells the progress and the end, or to `Follow`, and then one `LedgerStretch` after the other, each
of which it answers. It writes a line a word, and dies when whoever started it is gone.
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
from typing import IO, Any

import psycopg
from msgspec import json
from psycopg.sql import SQL

from infrastructure import logging as log
from infrastructure.calendar.view_laws import by_law_now
from infrastructure.projector import ledger_stream
from infrastructure.projector.batch import ViewBatch, folded
from infrastructure.projector.fill import Filled, Share, fill
from infrastructure.projector.fold_cache import FACTS_MAX, FoldCache
from infrastructure.projector.tables import Lines
from infrastructure.projector.worker_messages import (
    Completed,
    Failed,
    Fill,
    FillProgress,
    Follow,
    Job,
    LedgerStretch,
    Partial,
    Sent,
    Word,
    decode_job,
    decode_stretch,
    decode_word,
)
from infrastructure.settings import Settings
from projections.registry import VIEWS
from projections.view import View

ENTRIES_A_PROCESS_MIN = 25_000  # a process takes half a second to start: in which one folds ten thousand and more
PROCESSES_MAX = 8  # beyond that the server's own work is what takes time
AHEAD_MAX = 2  # stretches asked for at once: one is written, one is folded
READ_STRETCH = SQL("WHERE seq > {} AND seq <= {} AND (uuid_hash(stream) & 65535) % {} = {}")


class FillFailedError(Exception):
    """A share of the streams could not be folded; the tables are to be thrown away."""


def processes_for(views: Sequence[View[Any]], entries: int) -> int:
    """How many processes fold so many entries fastest; 1: this one, without any other."""
    if not all(view.name in {known.name for known in VIEWS if type(known) is type(view)} for view in views):
        return 1  # a view that no other process knows
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, PROCESSES_MAX, entries // ENTRIES_A_PROCESS_MIN))


def fill_side_by_side(
    url: str,
    views: Sequence[View[Any]],
    position: int,
    schema: str,
    *,
    processes: int,
    told: Callable[[int], None] = lambda _: None,
) -> Filled:
    """As `fill`, with so many *processes*. Raises FillFailedError if one of them fails or dies; none outlives this."""
    versions = {view.name: view.version for view in views}
    jobs = [Fill(url, versions, position, schema, Share(nth, processes)) for nth in range(processes)]
    with _children(jobs) as (_, words):
        folded, done = [0] * processes, list[Filled]()
        while len(done) < processes:
            nth, word = words.get()
            match word:
                case FillProgress(entries):
                    folded[nth] = entries
                    told(sum(folded))
                case Completed(filled):
                    done.append(filled)
                case Failed(error):
                    raise FillFailedError(error)
                case Partial():
                    raise FillFailedError("a process that fills answered as one that follows")
    return Filled(
        entries=sum(one.entries for one in done),
        projects=sum(one.projects for one in done),
        rows=sum(one.rows for one in done),
    )


def follow_side_by_side(
    url: str, views: list[View[Any]], stretches: Sequence[LedgerStretch], *, processes: int
) -> Generator[ViewBatch]:
    """The batches of *stretches*, one after the other, each folded by so many *processes*, some of them ahead.

    Raises FillFailedError where one of them fails or dies, or where a position is missing; none outlives this.
    """
    versions = {view.name: view.version for view in views}
    jobs = [Follow(url, versions, Share(nth, processes)) for nth in range(processes)]
    with _children(jobs) as (children, words):
        answers = [deque[Partial]() for _ in children]
        for at, stretch in enumerate(stretches):
            for asked in stretches[:AHEAD_MAX] if at == 0 else stretches[at + AHEAD_MAX - 1 : at + AHEAD_MAX]:
                for child in children:
                    _tell(child, asked)
            while not all(answers):
                nth, word = words.get()
                if not isinstance(word, Partial):
                    raise FillFailedError(
                        word.error if isinstance(word, Failed) else "a process ended before it was told"
                    )
                answers[nth].append(word)
            yield _batch(views, stretch, [answer.popleft() for answer in answers])


def _batch(views: list[View[Any]], stretch: LedgerStretch, parts: Sequence[Partial]) -> ViewBatch:
    entries = sum(part.entries for part in parts)
    if entries != stretch.last - stretch.seq:
        raise FillFailedError(f"the ledger holds {entries} entries after position {stretch.seq} up to {stretch.last}")
    lines = [
        Lines(
            table,
            [block for sent in found for block in sent.new],
            [block for sent in found for block in sent.staged],
            [tuple(key) for sent in found for key in sent.gone],
        )
        for view in views
        for table in view.tables
        if (found := [sent for part in parts for sent in part.sent if sent.table == table.name])
    ]
    return ViewBatch(views, entries, stretch.last, lines, any(part.of_law for part in parts))


@contextmanager
def _children(jobs: Sequence[Job]) -> Iterator[tuple[list[subprocess.Popen[bytes]], SimpleQueue[tuple[int, Word]]]]:
    """A process for each job, at work, and what they say, each by its number. They end with the block."""
    words: SimpleQueue[tuple[int, Word]] = SimpleQueue()
    children = []
    with ExitStack() as stack:
        for nth, job in enumerate(jobs):
            child = stack.enter_context(_child())
            stack.callback(child.kill)
            threading.Thread(target=_listen, args=(nth, child, words), daemon=True).start()
            _tell(child, job)
            children.append(child)
        yield children, words


def _child() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", __name__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _tell(child: subprocess.Popen[bytes], job: Job | LedgerStretch) -> None:
    """The pipe stays open: its end tells the child that nobody waits for it any more."""
    pipe = _pipe(child.stdin)
    pipe.write(json.encode(job) + b"\n")
    pipe.flush()


def _listen(nth: int, child: subprocess.Popen[bytes], words: SimpleQueue[tuple[int, Word]]) -> None:
    last: Word | None = None
    for line in _pipe(child.stdout):
        last = decode_word(line)
        words.put((nth, last))
    if not isinstance(last, Completed | Failed):
        words.put((nth, Failed(f"the process of share {nth} ended with status {child.wait()} before it was done")))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without a pipe")
    return pipe


def work(commands: IO[bytes], out: IO[bytes]) -> None:
    """What a child does."""
    job = decode_job(commands.readline())

    def tell(word: Word) -> None:
        out.write(json.encode(word) + b"\n")
        out.flush()

    try:
        views = list(_views(job))
        match job:
            case Fill():
                threading.Thread(target=_die_with, args=(commands,), daemon=True).start()
                share, told = job.share, lambda n: tell(FillProgress(n))
                tell(Completed(fill(job.url, views, job.position, job.schema, share=share, told=told)))
            case Follow():
                for part in _parts(job, views, map(decode_stretch, commands)):
                    tell(part)
    except FillFailedError as failure:
        tell(Failed(str(failure)))
    except Exception as failure:  # noqa: BLE001 whatever it is, whoever waits is told
        tell(Failed(f"{type(failure).__name__}: {failure}"))


def _parts(job: Follow, views: list[View[Any]], stretches: Iterable[LedgerStretch]) -> Iterator[Partial]:
    kept = FoldCache(FACTS_MAX // job.share.of)
    with psycopg.connect(job.url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        for stretch in stretches:
            which = READ_STRETCH.format(stretch.seq, stretch.last, job.share.of, job.share.nth)
            histories = list(ledger_stream.histories(connection, which))
            batch = folded(connection, kept, views, histories, stretch.seq, stretch.last, few_max=0)
            sent = [Sent(one.table.name, one.new, one.staged, list(map(list, one.gone))) for one in batch.lines]
            yield Partial(batch.entries, batch.of_law, sent)


def _views(job: Job) -> Iterator[View[Any]]:
    with psycopg.connect(job.url, autocommit=True) as connection:
        for view in by_law_now(connection, [view for view in VIEWS if view.name in job.views]):
            if view.version != job.views[view.name]:
                raise FillFailedError(f"the calendar by which {view.name} counts was changed just now: try again")
            yield view


def _die_with(commands: IO[bytes]) -> None:
    """End this process, whatever it does, once the one that started it has gone."""
    commands.read()
    os._exit(1)


def main() -> None:
    """Whatever else would write to the standard output writes to the other one: the pipe is for words alone."""
    gc.disable()  # nothing here is cyclic, and what is kept would be walked again and again
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started this ends it
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        log.configure(Settings.of())
        work(sys.stdin.buffer, out)
    os._exit(0)  # a thread still waits for the end of the pipe and holds it, over which an orderly end would stumble


if __name__ == "__main__":
    main()
