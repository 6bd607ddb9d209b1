"""Which tests one worker runs: those of a file, or those of a folder whose files share what is dear to make."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it ships no types

# A zone, its server and the styles whose contrast was seen are made once, and not by each worker that takes a file.
# The first of them takes longer than anything else: it begins before the others.
TOGETHER = ("tests/pages/", "tests/verify_page/")
SCOPE_END = "::"


def scope_of(nodeid: str) -> str:
    """What the test *nodeid* runs together with: its folder, or its file."""
    path = nodeid.partition(SCOPE_END)[0]
    return next((folder for folder in TOGETHER if path.startswith(folder)), path)


def begins(item: pytest.Item, slow: set[str]) -> tuple[bool, bool]:
    """Sorts *item*: the first folder, then what has slow tests, which at the end would keep one core busy alone."""
    scope = scope_of(item.nodeid)
    return scope != TOGETHER[0], scope not in slow


class FolderScheduling(LoadFileScheduling):  # type: ignore[misc]  # a class without types
    """A worker takes a file at a time, or one of the folders whole."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)
