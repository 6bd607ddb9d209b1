"""Reference measurement by the eventsourcing library with its own PostgreSQL recorder, without our ledger.

Its best case: cached aggregates, one small event per command, no rules, no idempotency, no hash chain.
"""

from __future__ import annotations

import threading
from time import perf_counter
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from scripts.benches.measure import Figure

COMMANDS_A_PROJECT = 61  # as many as `commands.project_life` has


class Dossier(Aggregate):
    """A project that counts its steps."""

    def __init__(self, name: str) -> None:
        self.name, self.steps = name, 0

    @event("Stepped")
    def step(self, item: str, activity: str) -> None:  # noqa: ARG002 they are the event's content
        self.steps += 1


class Dossiers(Application[UUID]):
    """One method per command."""

    def open(self) -> UUID:
        dossier = Dossier(name="Fab 2")
        self.save(dossier)
        return dossier.id

    def step(self, dossier_id: UUID, item: str) -> None:
        dossier: Any = self.repository.get(dossier_id)
        dossier.step(item=item, activity="accepted on presentation of all papers")
        self.save(dossier)


def environment(socket_folder: str, database: str, connections: int) -> dict[str, str]:
    """The library's settings for a database in our server."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": database,
        "POSTGRES_HOST": socket_folder,
        "POSTGRES_USER": "countersign",
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(connections),
        "AGGREGATE_CACHE_MAXSIZE": "1000",
        "AGGREGATE_CACHE_FASTFORWARD": "n",
    }


def commands(socket_folder: str, database: str, clients: int, seconds: float) -> Figure:
    """Commands per second of *clients* threads, each on its own aggregates."""
    app = Dossiers(environment(socket_folder, database, clients))
    latencies: list[float] = []
    ready = threading.Barrier(clients + 1)

    def work() -> None:
        dossier, done = app.open(), 1
        ready.wait()  # every thread has its connection
        until = perf_counter() + seconds
        while (start := perf_counter()) < until:
            if done % COMMANDS_A_PROJECT == 0:
                dossier = app.open()
            else:
                app.step(dossier, f"item-{done}")
            latencies.append(perf_counter() - start)
            done += 1

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    elapsed = perf_counter() - began
    app.close()
    return Figure.of("stock library", clients, elapsed, latencies)
