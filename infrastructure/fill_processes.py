"""Fill the views' tables with all cores: a process for each share of the streams, told over pipes what to do.

A child is run as `python -m infrastructure.fill_processes`. It reads one `Job` from its standard input, writes a line
for every word of progress and one for the end, and dies at once when whoever started it is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from typing import IO, Any

import psycopg
from msgspec import Struct, json

from infrastructure.filling import Filled, Share, fill
from infrastructure.view_laws import by_law_now
from projections.catalogue import VIEWS
from projections.view import View

ENTRIES_A_PROCESS_MIN = 25_000  # a process takes a second to start: as long as it takes to fold some ten thousand
PROCESSES_MAX = 8  # beyond that the server's own work is what takes time


class Job(Struct, frozen=True):
    """Which streams to fold into which tables. *views* maps their names to their versions."""

    url: str
    views: dict[str, int]
    position: int
    schema: str
    share: Share


class Told(Struct, frozen=True, tag="told"):
    """So many entries of the share are folded."""

    entries: int


class Done(Struct, frozen=True, tag="done"):
    """The share is folded."""

    filled: Filled


class Failed(Struct, frozen=True, tag="failed"):
    """It is not, and why."""

    error: str


Word = Told | Done | Failed
decode_word = json.Decoder(Word).decode


class FillFailed(Exception):  # noqa: N818 it says what happened
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
    """As `fill`, with so many *processes*. Raises FillFailed where one of them fails or dies; none outlives this."""
    words: SimpleQueue[tuple[int, Word]] = SimpleQueue()
    versions = {view.name: view.version for view in views}
    with ExitStack() as stack:
        for nth in range(processes):
            child = stack.enter_context(_child())
            stack.callback(child.kill)
            threading.Thread(target=_listen, args=(nth, child, words), daemon=True).start()
            _tell(child, Job(url, versions, position, schema, Share(nth, processes)))
        folded, done = [0] * processes, list[Filled]()
        while len(done) < processes:
            nth, word = words.get()
            match word:
                case Told(entries):
                    folded[nth] = entries
                    told(sum(folded))
                case Done(filled):
                    done.append(filled)
                case Failed(error):
                    raise FillFailed(error)
    return Filled(
        entries=sum(one.entries for one in done),
        projects=sum(one.projects for one in done),
        rows=sum(one.rows for one in done),
    )


def _child() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", __name__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _tell(child: subprocess.Popen[bytes], job: Job) -> None:
    """The pipe stays open: its end tells the child that nobody waits for it any more."""
    pipe = _pipe(child.stdin)
    pipe.write(json.encode(job) + b"\n")
    pipe.flush()


def _listen(nth: int, child: subprocess.Popen[bytes], words: SimpleQueue[tuple[int, Word]]) -> None:
    last: Word | None = None
    for line in _pipe(child.stdout):
        last = decode_word(line)
        words.put((nth, last))
    if not isinstance(last, Done | Failed):
        words.put((nth, Failed(f"the process of share {nth} ended with status {child.wait()} before it was done")))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without a pipe")
    return pipe


def work(commands: IO[bytes], out: IO[bytes]) -> None:
    """What a child does."""
    job = json.decode(commands.readline(), type=Job)
    threading.Thread(target=_die_with, args=(commands,), daemon=True).start()

    def tell(word: Word) -> None:
        out.write(json.encode(word) + b"\n")
        out.flush()

    try:
        views = tuple(_views(job))
        tell(Done(fill(job.url, views, job.position, job.schema, share=job.share, told=lambda n: tell(Told(n)))))
    except FillFailed as failure:
        tell(Failed(str(failure)))
    except Exception as failure:  # noqa: BLE001 whatever it is, whoever waits is told
        tell(Failed(f"{type(failure).__name__}: {failure}"))


def _views(job: Job) -> Iterator[View[Any]]:
    with psycopg.connect(job.url, autocommit=True) as connection:
        for view in by_law_now(connection, [view for view in VIEWS if view.name in job.views]):
            if view.version != job.views[view.name]:
                raise FillFailed(f"the calendar by which {view.name} counts was changed just now: try again")
            yield view


def _die_with(commands: IO[bytes]) -> None:
    """End this process, whatever it does, once the one that started it has gone."""
    commands.read()
    os._exit(1)


def main() -> None:
    """Whatever else would write to the standard output writes to the other one: the pipe is for words alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started this ends it
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work(sys.stdin.buffer, out)
    os._exit(0)  # a thread still waits for the end of the pipe and holds it, over which an orderly end would stumble


if __name__ == "__main__":
    main()
