"""How much the tests that search try: little in the suite, ten times as much where `scripts/prove` runs them again.

And how long they all wait for what has to come: a machine that does ten other things is slow, not wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
VARIABLE = "COUNTERSIGN_TEST_EFFORT"
SUITE, PROOF = "1", "10"
PATIENCE_SECONDS = 60  # a test that passes waits for milliseconds
EFFORT = int(os.environ.get(VARIABLE, SUITE))


def tried(number: int) -> int:
    """*number*, of examples or of rounds in the suite, or ten times as many in a proof."""
    return number * EFFORT


def long_unless(in_suite: Callable[[T], bool], values: Iterable[T]) -> list[Any]:
    """*values* to parametrize a test with: those for which *in_suite* is false are left to the proofs."""
    return [value if in_suite(value) else pytest.param(value, marks=pytest.mark.long) for value in values]


def chosen(suite: T, proof: T) -> T:
    """The value of the suite, or that of a proof."""
    return suite if int(SUITE) == EFFORT else proof
