"""Checkpoints: digests of the ledger at a position, in a small file to store elsewhere and compare with later.

A checkpoint has two running digests, of all entries and of all stored answers. Samples at positions in between locate
where a difference begins. The same ledger always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from struct import Struct as Layout

from msgspec import Struct, ValidationError, json, structs

from infrastructure.ledger.hash_chain import Fault, RawRow
from infrastructure.verifier.command_check import StoredAnswer

FORMAT = "countersign-checkpoint-1"
SAMPLES_MAX = 4096  # half a megabyte; a ledger shorter than this has a sample per entry
BEGIN = bytes(32)
_POSITION = Layout(">q")


class CheckpointUnreadableError(Exception):
    """The file can't be read or written, or is no checkpoint. The message says which."""


class Sample(Struct, frozen=True, array_like=True):
    """The digests of everything up to a position, in hexadecimal."""

    position: int
    entries: str
    commands: str


NOTHING = Sample(0, BEGIN.hex(), BEGIN.hex())  # before the first entry


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Counts and digests of the ledger up to *position*; the last entry was *recorded_at*."""

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
        """The samples, and the digests at the end."""
        yield from self.samples
        yield Sample(self.position, self.hash, self.commands_hash)

    @property
    def at(self) -> dict[int, Sample]:
        """The samples and the digests at the end, by position."""
        return {step.position: step for step in self.steps}

    def thinned(self, samples_max: int) -> Checkpoint:
        """The same with about *samples_max* samples at most: wider apart, but for the last."""
        step = -(-len(self.samples) // samples_max)
        return (
            structs.replace(self, samples=[*self.samples[step - 1 : -1 : step], *self.samples[-1:]]) if step else self
        )


class Digests:
    """The running digests, and their values at *positions*. They begin at *since*, whose own values are among them."""

    def __init__(self, positions: set[int], since: Checkpoint | Sample | None = None) -> None:
        begin = NOTHING
        self.at: dict[int, Sample] = {}
        if isinstance(since, Checkpoint):
            *_, begin = since.steps
            self.at |= since.at
        elif since:
            begin = since
        self.entries, self.commands = bytes.fromhex(begin.entries), bytes.fromhex(begin.commands)
        self._positions = positions

    def take_command(self, rows: Sequence[RawRow], answer: StoredAnswer | None) -> None:
        """Add the entries of one command, and its stored *answer*, if there is one."""
        for row in rows:
            self.take(row.seq, row.hash, answer.all_of_it if answer and row is rows[-1] else b"")

    def take(self, seq: int, stored_hash: bytes | None, command: bytes) -> None:
        """Add the entry at *seq* and, if it is the last one of a command, the stored answer (*command*, else empty)."""
        self.entries = sha256(self.entries + _POSITION.pack(seq) + (stored_hash or b"")).digest()
        if command:
            self.commands = sha256(self.commands + command).digest()
        if seq in self._positions:
            self.at[seq] = Sample(seq, self.entries.hex(), self.commands.hex())


def positions_for(last: int) -> range:
    """The positions at which a checkpoint of a ledger that ends at *last* has samples."""
    stride = 1
    while last // stride > SAMPLES_MAX:
        stride *= 2
    return range(stride, last, stride)


def differences(earlier: Checkpoint, samples: dict[int, Sample], last: int) -> Iterator[Fault]:
    """Where a ledger that ends at *last*, with *samples* by position, differs from the checkpoint *earlier*."""
    before, is_same = 0, {"entries": True, "commands": True}
    for sample in earlier.steps:
        if sample.position > last:
            yield Fault(
                last + 1,
                f"the ledger ends at {last}, but the checkpoint was taken at {earlier.position}: its end was cut off,"
                " or an older backup was restored",
            )
            return
        now = samples.get(sample.position, Sample(sample.position, "", ""))  # a missing entry has no digests
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
        checkpoint = json.decode(path.read_bytes(), type=Checkpoint)
    except OSError as failure:
        raise CheckpointUnreadableError(f"{path} can't be read: {failure.strerror or failure}.") from failure
    except (ValidationError, ValueError) as failure:
        raise CheckpointUnreadableError(f"{path} is no checkpoint: {failure}.") from failure
    positions = [step.position for step in checkpoint.steps]
    if checkpoint.format != FORMAT or positions != sorted(set(positions)) or positions[0] < 1:
        raise CheckpointUnreadableError(f"{path} is no checkpoint of the format {FORMAT}.")
    return checkpoint


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write *checkpoint* to a new file; never overwrites one. Raises CheckpointUnreadableError on failure."""
    try:
        with path.open("xb") as file:
            file.write(json.format(json.encode(checkpoint), indent=1) + b"\n")
    except OSError as failure:
        sentence = "is there already: name a new file" if isinstance(failure, FileExistsError) else "can't be written"
        raise CheckpointUnreadableError(f"{path} {sentence} ({failure.strerror}).") from failure
