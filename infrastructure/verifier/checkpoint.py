"""A checkpoint: what the ledger was at a position, in one small file to be kept elsewhere, and compared with later.

Two running digests say it all: of every entry, and of every stored answer. Digests at positions in between show where a
difference begins. The same ledger gives the same bytes, whoever writes them and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from struct import Struct as Layout

from msgspec import Struct, ValidationError, json

from infrastructure.ledger.hash_chain import Fault

FORMAT = "countersign-checkpoint-1"
SAMPLES_MAX = 4096  # half a megabyte; of a ledger as short as that every entry is one
BEGIN = bytes(32)
_POSITION = Layout(">q")


class CheckpointUnreadableError(Exception):
    """The file is not there, or is no checkpoint of ours. The sentence says which."""


class Sample(Struct, frozen=True, array_like=True):
    """The digests of all up to a position, in hexadecimal."""

    position: int
    entries: str
    commands: str


class Checkpoint(Struct, frozen=True, kw_only=True):
    """The ledger up to *position*: how much there is, when the last of it was *recorded_at*, and the digests."""

    format: str = FORMAT
    position: int
    entries: int
    streams: int
    commands: int
    recorded_at: str
    hash: str
    commands_hash: str
    samples: list[Sample]

    @property
    def steps(self) -> Iterator[Sample]:
        """The samples, and the end."""
        yield from self.samples
        yield Sample(self.position, self.hash, self.commands_hash)


class Digests:
    """The running digests, and what they were at *positions*."""

    def __init__(self, positions: set[int]) -> None:
        self.entries = self.commands = BEGIN
        self.at: dict[int, Sample] = {}
        self._positions = positions

    def take(self, seq: int, stored_hash: bytes | None, command: bytes) -> None:
        """The entry at *seq*, and the row of the *command* whose last fact it is; empty where it is not the last."""
        self.entries = sha256(self.entries + _POSITION.pack(seq) + (stored_hash or b"")).digest()
        if command:
            self.commands = sha256(self.commands + command).digest()
        if seq in self._positions:
            self.at[seq] = Sample(seq, self.entries.hex(), self.commands.hex())


def positions_for(last: int) -> range:
    """At which positions a checkpoint of a ledger that ends at *last* has samples."""
    stride = 1
    while last // stride > SAMPLES_MAX:
        stride *= 2
    return range(stride, last, stride)


def differences(earlier: Checkpoint, found: dict[int, Sample], last: int) -> Iterator[Fault]:
    """Where a ledger that ends at *last*, with the digests *found*, is not what *earlier* says it was."""
    before, is_same = 0, {"entries": True, "commands": True}
    for sample in earlier.steps:
        if sample.position > last:
            yield Fault(
                last + 1,
                f"the ledger ends at {last}, but the checkpoint was taken at {earlier.position}: its end was cut off,"
                " or an older backup was restored",
            )
            return
        now = found.get(sample.position, Sample(sample.position, "", ""))  # it is missing, as are its digests
        for part, what in (("entries", "an entry"), ("commands", "a stored answer")):
            if is_same[part] and getattr(sample, part) != getattr(now, part):
                is_same[part] = False
                place = f"position {sample.position}" if sample.position == before + 1 else _between(before, sample)
                yield Fault(before + 1, f"{what} at {place} is not what it was when the checkpoint was taken")
        before = sample.position


def _between(before: int, sample: Sample) -> str:
    return f"one of the positions {before + 1} to {sample.position}"


def read(path: Path) -> Checkpoint:
    """The checkpoint in the file *path*. Raises CheckpointUnreadableError."""
    try:
        found = json.decode(path.read_bytes(), type=Checkpoint)
    except OSError as failure:
        raise CheckpointUnreadableError(f"{path} can't be read: {failure.strerror or failure}.") from failure
    except (ValidationError, ValueError) as failure:
        raise CheckpointUnreadableError(f"{path} is no checkpoint: {failure}.") from failure
    positions = [step.position for step in found.steps]
    if found.format != FORMAT or positions != sorted(set(positions)) or positions[0] < 1:
        raise CheckpointUnreadableError(f"{path} is no checkpoint of the format {FORMAT}.")
    return found


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write *checkpoint* to a new file, never over an older one. Raises CheckpointUnreadableError where it can't be."""
    try:
        with path.open("xb") as file:
            file.write(json.format(json.encode(checkpoint), indent=1) + b"\n")
    except OSError as failure:
        sentence = "is there already: name a new file" if isinstance(failure, FileExistsError) else "can't be written"
        raise CheckpointUnreadableError(f"{path} {sentence} ({failure.strerror}).") from failure
