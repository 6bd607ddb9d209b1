"""kill -9 of a process that takes files in: what was acknowledged is there whole, and nothing is there by half."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random

import pytest

from infrastructure.materials.places import INCOMING, Folder, key_of
from infrastructure.materials.store import MaterialStore
from tests.examples import ROOT

ROUNDS = 8
SIZE_MAX = 3 * 1024 * 1024  # some are written in one go, others in several
LIMIT = 8 * 1024 * 1024
AT_ONCE = 4
ACKNOWLEDGED = (2, 10)  # files, before the blow: others are on their way then


def content_of(number: int) -> bytes:
    """The file *number*, the same in every process."""
    made = Random(number)
    return b"%PDF-1.4\n" + made.randbytes(made.randrange(SIZE_MAX))


async def take_in(folder: Path, first: int) -> None:
    """Take files in, several at a time, and print the number of each once it is acknowledged; never ends."""
    materials, numbers = MaterialStore(Folder(folder), LIMIT), count(first)

    async def pieces(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    async def one_after_the_other() -> None:
        for number in numbers:
            await materials.receive(pieces(content_of(number)), "application/pdf")
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))


def acknowledged_before_the_blow(folder: Path, first: int, wanted: int) -> list[int]:
    command = [sys.executable, "-m", "tests.faults.test_uploads", str(folder), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ) as taking:
        assert taking.stdout is not None
        begun = b"".join(taking.stdout.readline() for _ in range(wanted))
        taking.kill()
        output = begun + taking.stdout.read()
    return [int(line) for line in output.split(b"\n")[:-1]]


@pytest.mark.long
@pytest.mark.slow
def test_what_was_acknowledged_is_whole_and_nothing_is_half(tmp_path: Path) -> None:
    blows, acknowledged, cut_short = Random(7), list[int](), 0
    for nth in range(ROUNDS):
        acknowledged += acknowledged_before_the_blow(tmp_path, nth * 10_000, blows.randint(*ACKNOWLEDGED))
        cut_short += len(list((tmp_path / INCOMING).iterdir()))

    stored = {path for path in (tmp_path / "sha256").rglob("*") if path.is_file()}
    assert [path for path in stored if sha256(path.read_bytes()).hexdigest() != path.name] == []
    digests = [sha256(content_of(number)).hexdigest() for number in acknowledged]
    assert {tmp_path / key_of(digest) for digest in digests} <= stored
    assert len(acknowledged) > ROUNDS
    assert cut_short > 0, "no blow hit an upload on its way"


if __name__ == "__main__":
    asyncio.run(take_in(Path(sys.argv[1]), int(sys.argv[2])))
