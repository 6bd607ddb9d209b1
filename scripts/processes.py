"""How a process of ours behaves: it ends when told to or with whoever started it, and collects garbage seldom."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable

ORPHAN_SECONDS = 1.0  # how often a process looks whether the one that started it still lives
COLLECT_THRESHOLDS = (100_000, 50, 50)  # objects made, and younger collections, before an older one


def stop_with(parent: int, stop: Callable[[], object]) -> None:
    """Call *stop*, from whatever thread, when this process is told to end or its parent is gone."""
    signal.signal(signal.SIGTERM, lambda *_: stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    when_orphaned(parent, stop)


def when_orphaned(parent: int, stop: Callable[[], object]) -> None:
    """Call *stop*, from a thread of its own, when *parent*, which started this process, is gone."""

    def look() -> None:
        ended = threading.Event()
        while not ended.wait(ORPHAN_SECONDS):
            if os.getppid() != parent:
                stop()
                return

    threading.Thread(target=look, daemon=True).start()


def calm_collector() -> None:
    """Let the cyclic garbage collector rest: what is loaded stays, and what a command makes has no cycles.

    Measured over HTTP: 8 % more commands a second, and half the p99.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_THRESHOLDS)
