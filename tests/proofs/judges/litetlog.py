"""The log before Debian's `litetlog`, which is built on Go's own reference code of transparency logs.

Its witness, `litewitness`, is no judge here: Debian's build (0.4.3-3) panics where it stores a checkpoint. The witness
of another maker is in the proof `foreign-log`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from infrastructure.proof.keys import create_keys
from infrastructure.proof.merkle import leaf
from tests.proofs.log import NAME, PROJECTS, Site, site
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

VERIFIER = "spicy-litetlog"
ANSWER_SECONDS_MAX = 30
Forgery = Callable[[str], str]


def leaf_at(ours: Site, position: int) -> bytes:
    """What the log's leaf for the entry at *position* holds, from the ledger itself."""
    with psycopg.connect(ours.url) as connection:
        row = connection.execute("SELECT hash FROM ledger.event WHERE seq = %s", [position]).fetchone()
    assert row
    return leaf(position, bytes(row[0]))


def with_character(line: int, at: int) -> Forgery:
    """A proof with another character in one of its lines, where base64 still is base64."""

    def forged(text: str) -> str:
        lines = text.split("\n")
        old = lines[line]
        lines[line] = old[:at] + ("B" if old[at] != "B" else "C") + old[at + 1 :]
        return "\n".join(lines)

    return forged


def without_line(line: int) -> Forgery:
    """A proof without one of its lines."""
    return lambda text: "\n".join(part for place, part in enumerate(text.split("\n")) if place != line)


def forgeries(text: str) -> Mapping[str, Forgery]:
    """What a forger changes in a proof as the verifier stores it: index, path, empty line, checkpoint, signatures."""
    lines = text.split("\n")
    size, index = lines.index("") + 2, int(lines[0].partition(" ")[2])
    return {
        "another index": lambda proof: proof.replace(lines[0], f"index {index ^ 1}", 1),
        "an index behind the tree": lambda proof: proof.replace(lines[0], f"index {lines[size]}", 1),
        "another first hash": with_character(1, 5),
        "another last hash": with_character(size - 3, 5),
        "a hash less": without_line(1),
        "a hash twice": lambda proof: proof.replace(lines[1], f"{lines[1]}\n{lines[1]}", 1),
        "another size": lambda proof: proof.replace(f"\n{lines[size]}\n", f"\n{int(lines[size]) + 1}\n", 1),
        "another head": with_character(size + 1, 5),
        "another origin": with_character(size - 1, 0),
        "another signature": with_character(size + 3, len(lines[size + 3]) - 20),
        "no Ed25519 signature": without_line(size + 3),
    }


def is_accepted(key: str, file: Path, proof: str, data: bytes) -> bool:
    """Whether the verifier says that *data* is in the log of *key*, by *proof*."""
    file.write_bytes(data)
    file.with_name(f"{file.name}.spicy").write_text(proof, encoding="utf-8")
    command = [VERIFIER, "-verify", key, str(file)]
    done = subprocess.run(command, capture_output=True, timeout=ANSWER_SECONDS_MAX, check=False)
    return done.returncode == 0


def inclusion_by_litetlog(_budget: Budget) -> str:
    """Give each entry's proof, without its first line, to the verifier; then every forgery of it."""
    if shutil.which(VERIFIER) is None:
        raise SkippedError(f"{VERIFIER} is not on PATH: on Debian, apt-get install litetlog")
    with site() as ours:
        ours.publish(sum(PROJECTS))
        log, key, file = ours.proof.read_log(), ours.keys.signers[0].verifier.text, ours.folder / "leaf"
        stranger = create_keys(ours.folder / "stranger", NAME).signers[0].verifier.text
        size, refused = log.checkpoint.size, 0
        positions = (1, 2, 80, 255, 256, 257, size - 1, size)
        for position in positions:
            proof, data = log.proof(position).partition("\n")[2], leaf_at(ours, position)
            if not is_accepted(key, file, proof, data):
                raise RefutedError(f"{VERIFIER} refuses the proof of position {position}: {proof}")
            cases = {name: (key, forge(proof), data) for name, forge in forgeries(proof).items()}
            cases["another leaf"] = key, proof, data[:-1] + bytes([data[-1] ^ 1])
            cases["the leaf of another position"] = key, proof, leaf_at(ours, position % size + 1)
            cases["the key of a stranger"] = stranger, proof, data
            for name, case in cases.items():
                if case[1:] == (proof, data) and case[0] == key:
                    raise RefutedError(f"{name} changes nothing at position {position}")
                if is_accepted(case[0], file, *case[1:]):
                    raise RefutedError(f"{VERIFIER} accepts {name} at position {position}")
            refused += len(cases)
        return f"{len(positions)} of {size} entries accepted, {refused} forgeries refused"


PROOFS = (
    Proof("litetlog", "Debian's litetlog finds entries in the log by our proofs, no forged one", inclusion_by_litetlog),
)
