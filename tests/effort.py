"""How much the tests that search try: little in the suite, ten times as much where `scripts/prove` runs them again.

And how long they all wait for what has to come: a machine that does ten other things is slow, not wrong.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")
VARIABLE = "COUNTERSIGN_TEST_EFFORT"
SUITE, PROOF = "1", "10"
PATIENCE_SECONDS = 60  # a test that passes waits for milliseconds
EFFORT = int(os.environ.get(VARIABLE, SUITE))


def tried(number: int) -> int:
    """*number*, of examples or of rounds in the suite, or ten times as many in a proof."""
    return number * EFFORT


def chosen(suite: T, proof: T) -> T:
    """The value of the suite, or that of a proof."""
    return suite if int(SUITE) == EFFORT else proof
