"""Appends events to a UmaDB server: `python append_by_umadb.py TASK`, by the Python that has UmaDB and none of ours.

TASK is that of `peers/peer.py`, as JSON.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from time import perf_counter
from typing import Any
from uuid import uuid4

WARM_UP_SECONDS = 0.3


def work(umadb: Any, client: Any, task: dict[str, Any], until: float, latencies: list[float]) -> None:
    """One client: stream after stream, each append on the position that the one before it returned."""
    data, last, n = json.dumps(task["event"]).encode(), None, 0
    began = perf_counter()
    while began < until:
        if n % task["stream_events"] == 0:
            tag, last = f"project:{uuid4()}", None
            stream = umadb.Query([umadb.QueryItem(tags=[tag])])
        event = umadb.Event(task["type"], data, [tag], uuid4())  # with an id a repeated append is recognised
        last = client.append([event], umadb.AppendCondition(stream, last))
        ended = perf_counter()
        latencies.append(ended - began)
        began, n = ended, n + 1


def crowd(umadb: Any, clients: list[Any], task: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The latencies of all *clients*, each a thread, and the seconds that it took."""
    latencies: list[float] = []
    began = perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        ends = [pool.submit(work, umadb, client, task, began + seconds, latencies) for client in clients]
    for end in ends:
        end.result()  # a client that failed fails the whole
    return {"seconds": perf_counter() - began, "latencies": latencies}


def main() -> None:
    """Warm up, measure, print."""
    umadb, task = import_module("umadb"), json.loads(sys.argv[1])
    clients = [umadb.Client(task["address"]) for _ in range(task["clients"])]
    crowd(umadb, clients, task, WARM_UP_SECONDS)
    print(json.dumps(crowd(umadb, clients, task, task["seconds"])))


if __name__ == "__main__":
    main()
