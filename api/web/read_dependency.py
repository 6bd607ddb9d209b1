"""Dependencies that read from the database, and are not cut short where another one of the request fails."""

from __future__ import annotations

from typing import Any

from anyio import CancelScope
from litestar.di import Provide


class ReadDependency(Provide):
    """Provides what an asynchronous function reads.

    Litestar resolves dependencies side by side and cancels the others where one raises, say Problem project-unknown. A
    cancelled query costs its connection, so a read goes on to its end; the error is answered a moment later.
    """

    __slots__ = ()

    async def __call__(self, **kwargs: Any) -> Any:
        with CancelScope(shield=True):
            return await super().__call__(**kwargs)
