"""Views built beside the live ones: a rebuild in a thread, while the projector goes on with what it can follow.

Until they are swapped in, the old rows answer: of a view whose version a release has raised, or whose calendar a notice
has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog

from infrastructure.projector.rebuild import Rebuilt, rebuild
from projections.view import View

END_SECONDS_MAX = 5.0  # for a rebuild that is told to stop in the middle of an index

log = structlog.get_logger()


class BuildStoppedError(Exception):
    """The projector was told to stop in the middle of long work, which is then for whoever leads next."""


class Building:
    """One rebuild of *views* under way. `result` once it is `done`."""

    def __init__(self, url: str, views: Sequence[View[Any]]) -> None:
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
        """Whether it has come to an end, waiting so long for that at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> Rebuilt:
        """What was built. Raises what the rebuild has raised."""
        if self._failure is not None:
            raise self._failure
        if self._rebuilt is None:
            raise RuntimeError("asked for before it was done")
        return self._rebuilt

    def stop(self) -> None:
        """Leave it. What it has in the database goes with its connections."""
        self._until.set()
        self._thread.join(END_SECONDS_MAX)

    def _work(self) -> None:
        try:
            self._rebuilt = rebuild(self._url, self.views, compare=False, beside=True, progress=self._require_wanted)
        except Exception as failure:  # noqa: BLE001 whatever it is, whoever waits for the result gets it
            self._failure = failure

    def _require_wanted(self, *_: int) -> None:
        if self._until.is_set():
            raise BuildStoppedError


def outdated(connection: psycopg.Connection[Any], views: Sequence[View[Any]]) -> list[View[Any]]:
    """Those of *views* whose live rows were not made by their version, or that have none."""
    live = dict(connection.execute("SELECT view, version FROM views.position").fetchall())
    return [view for view in views if live.get(view.name) != view.version]
