"""Builds views in a background thread while the projector keeps the live ones up to date.

Needed for a view whose version a release has raised, or whose calendar a notice has changed. Queries use the old rows
until the new tables are swapped in.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg

from infrastructure.projector.rebuild import Rebuilt, rebuild
from projections.view import Projected

END_SECONDS_MAX = 5.0  # for a rebuild that is stopped while it creates an index


class BuildStoppedError(Exception):
    """The projector was stopped during a build. The next leader starts it again."""


class Building:
    """A running rebuild of *views*. Call `result` once it is `done`."""

    def __init__(self, url: str, views: Sequence[Projected]) -> None:
        self.views = tuple(views)
        self._url = url
        self._rebuilt: Rebuilt | None = None
        self._failure: Exception | None = None
        self._until = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def names(self) -> list[str]:
        return [view.name for view in self.views]

    def done(self, seconds: float = 0.0) -> bool:
        """Whether the rebuild has ended; waits for at most *seconds*."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> Rebuilt:
        """The result of the rebuild. Raises what the rebuild has raised."""
        if self._failure is not None:
            raise self._failure
        if self._rebuilt is None:
            raise RuntimeError("the build is not done")
        return self._rebuilt

    def stop(self) -> None:
        """Abandon the rebuild. Closing its connections removes what it has in the database."""
        self._until.set()
        self._thread.join(END_SECONDS_MAX)

    def _work(self) -> None:
        try:
            self._rebuilt = rebuild(self._url, self.views, compare=False, online=True, progress=self._check_stopped)
        except Exception as failure:  # noqa: BLE001 `result` raises it
            self._failure = failure

    def _check_stopped(self, *_: int) -> None:
        if self._until.is_set():
            raise BuildStoppedError


def outdated(connection: psycopg.Connection[Any], views: Sequence[Projected]) -> list[Projected]:
    """Those of *views* whose live rows were made by another version, or that have none."""
    live = dict(connection.execute("SELECT view, version FROM views.position").fetchall())
    return [view for view in views if live.get(view.name) != view.version]
