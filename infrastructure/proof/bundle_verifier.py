"""Verifies an audit bundle of Countersign, offline: one file, Python 3.9 or newer and its standard library alone.

    python3 verify.py [FOLDER] [--key KEY]...

It checks that every file is the one in the manifest; that every entry's SHA-256 takes in the hash before it; that
every entry is in the Merkle tree of the checkpoint; and the signatures of the checkpoint by the keys given with --key.
The keys in the bundle only show that it fits together: who could forge one could forge both. Ask the zone, and the
bureau that cosigns, for their keys.

Exit status: 0 all holds, 1 something does not, 2 the bundle can't be read. Layouts: docs "Verifying", RFC 6962 (tree),
RFC 8032 (Ed25519), C2SP signed-note, tlog-checkpoint and tlog-cosignature, RFC 8493 (BagIt).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import struct
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GENESIS = bytes(32)  # in place of the hash before a stream's first entry
HEADER = struct.Struct(">16sqqqHII")  # stream, version, occurred, recorded, lengths of type, data and meta
FAULTS_SHOWN_MAX = 20
KEY_BYTES, SIGNATURE_BYTES, KEY_ID_BYTES, TIME_BYTES = 32, 64, 4, 8
LEAF_BYTES = 40  # of the log: position and hash of an entry
ED25519, COSIGNATURE = 1, 4  # algorithms of signatures, as C2SP numbers them

# --- Ed25519 (RFC 8032, 5.1): points of the twisted Edwards curve in extended coordinates ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(point: Point, other: Point) -> Point:
    """The sum of two points."""
    a, b = (point[1] - point[0]) * (other[1] - other[0]) % P, (point[1] + point[0]) * (other[1] + other[0]) % P
    c, d = 2 * point[3] * other[3] * D % P, 2 * point[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(factor: int, point: Point) -> Point:
    """*factor* times *point*."""
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def decode_point(data: bytes) -> Point | None:
    """The point that 32 bytes encode; None where they encode none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(point: Point) -> bytes:
    """The 32 bytes of *point*."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base_point() -> Point:
    """The generator of the group."""
    point = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


BASE = base_point()


def is_small(point: Point) -> bool:
    """Whether the order of *point* divides 8: as a key, any message could be signed for it."""
    x, y, z, _ = multiply(8, point)
    return x == 0 and y == z


def ed25519_fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is that of *message* by *key*."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    point, factor = decode_point(key), int.from_bytes(signature[32:], "little")
    if point is None or factor >= ORDER or is_small(point):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    negative: Point = (P - point[0], point[1], point[2], P - point[3])
    return encode_point(add(multiply(factor, BASE), multiply(challenge, negative))) == signature[:32]


# --- the tree (RFC 6962, 2.1) ---


def leaf_hash(position: int, entry_hash: bytes) -> bytes:
    """The hash of the leaf for the entry at *position*."""
    return hashlib.sha256(b"\x00" + position.to_bytes(8, "big") + entry_hash).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above *left* and *right*."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def head_by_proof(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """The head that *proof* leads to from a leaf; None where the proof has another length than it must."""
    if not 0 <= index < size:
        return None
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return None if last else result


class Tree:
    """The head of a tree that is fed leaf by leaf: one hash for each complete subtree."""

    def __init__(self) -> None:
        self.size = 0
        self.subtrees: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Take in the hash of the next leaf."""
        level, hash_ = 0, leaf
        while self.subtrees and self.subtrees[-1][0] == level:
            level, hash_ = level + 1, node_hash(self.subtrees.pop()[1], hash_)
        self.subtrees.append((level, hash_))
        self.size += 1

    def head(self) -> bytes:
        """The head of all leaves so far."""
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        result = self.subtrees[-1][1]
        for _, hash_ in reversed(self.subtrees[:-1]):
            result = node_hash(hash_, result)
        return result


# --- the bundle ---


class UnreadableError(Exception):
    """The bundle is not what it must be to be verified at all."""


class BundleReport:
    """What holds and what does not."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.lines: list[str] = []

    def fault(self, sentence: str) -> None:
        """Add something that does not hold."""
        self.faults.append(sentence)


def check_manifests(folder: Path, report: BundleReport) -> None:
    """Compare every file with its SHA-256 in the manifests, and find files that are in none."""
    listed = set()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        for line in (folder / manifest).read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            listed.add(name)
            file = folder / name
            if not file.is_file():
                report.fault(f"{name} is missing")
            elif sha256_of(file) != digest:
                report.fault(f"{name} is not the file in {manifest}")
    present = {str(file.relative_to(folder).as_posix()) for file in (folder / "data").rglob("*") if file.is_file()}
    for name in sorted(present - listed):
        report.fault(f"{name} is in no manifest")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as data:
        for part in iter(lambda: data.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def lines_of(file: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line. Raises UnreadableError."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                value = json.loads(line)
            except ValueError as error:
                raise UnreadableError(f"{file.name}, line {number} is not JSON: {error}") from error
            if not isinstance(value, dict):
                raise UnreadableError(f"{file.name}, line {number} is not an object")
            yield value


def entry_hash(entry: dict[str, Any], previous: bytes) -> bytes:
    """The hash an entry must have after *previous*. Raises KeyError, TypeError, ValueError or struct.error."""
    type_, data, meta = (entry[name].encode() for name in ("type", "data", "meta"))
    stream = uuid.UUID(entry["stream"]).bytes
    times = entry["occurred_us"], entry["recorded_us"]
    header = HEADER.pack(stream, entry["version"], *times, len(type_), len(data), len(meta))
    return hashlib.sha256(previous + header + type_ + data + meta).digest()


def check_entries(folder: Path, report: BundleReport) -> Iterator[tuple[int, bytes]]:
    """Check the chain of every stream; yields position and hash of each entry."""
    chains: dict[str, tuple[int, bytes]] = {}
    for entry in lines_of(folder / "data" / "entries.ndjson"):
        try:
            position, stream = int(entry["position"]), str(uuid.UUID(entry["stream"]))
            version, previous = chains.get(stream, (None, GENESIS))
            stored, expected = bytes.fromhex(entry["hash"]), entry_hash(entry, previous)
        except (AttributeError, KeyError, TypeError, ValueError, struct.error) as error:
            report.fault(f"position {entry.get('position')}: the entry can't be hashed ({error})")
            continue
        if entry["version"] not in ((0, 1) if version is None else (version + 1,)):
            report.fault(f"position {position}: stream {stream} goes from version {version} to {entry['version']}")
        if stored != expected:
            report.fault(f"position {position}: version {entry['version']} of stream {stream} does not match its hash")
        chains[stream] = entry["version"], stored
        yield position, stored
    if not chains:
        raise UnreadableError("the bundle holds no entry: nothing could be verified")
    report.lines.append(f"chains: {len(chains)} streams")


def parse_note(text: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """A signed note: its text, and name, key id and signature of each signature line. Raises UnreadableError."""
    body, separator, lines = text.rpartition("\n\n")
    signatures = []
    for line in lines.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnreadableError(f"the checkpoint has a line that is no signature: {line}") from error
        if dash != "\u2014" or len(data) <= KEY_ID_BYTES:
            raise UnreadableError(f"the checkpoint has a line that is no signature: {line}")
        signatures.append((name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:]))
    if not separator or not signatures:
        raise UnreadableError("the checkpoint is not signed")
    return body + "\n", signatures


def parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    """A published key: name, id, algorithm and bytes. Raises UnreadableError."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
        claimed = bytes.fromhex(key_id)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(f"not a key: {text.strip()[:80]} ({error})") from error
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:KEY_ID_BYTES]
    if claimed != expected or data[0] not in (ED25519, COSIGNATURE) or len(data) != 1 + KEY_BYTES:
        raise UnreadableError(f"not a key: {text.strip()[:80]} (its id does not fit)")
    return name, expected, data[0], data[1:]


def check_checkpoint(folder: Path, keys: list[str], report: BundleReport) -> tuple[int, bytes]:
    """Check the signatures of the checkpoint; returns its size and head."""
    text, signatures = parse_note((folder / "data" / "checkpoint").read_text(encoding="utf-8"))
    lines = text.splitlines()
    try:
        origin, size, head = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise UnreadableError(f"the checkpoint can't be read: {error}") from error
    named = {(name, key_id): signature for name, key_id, signature in signatures}
    for name, key_id, algorithm, key in map(parse_key, keys):
        signature = named.get((name, key_id))
        if signature is None:
            report.fault(f"the checkpoint of {origin} is not signed by {name}")
            continue
        message, when = text.encode(), ""
        if algorithm == COSIGNATURE:  # a cosignature says when it was made
            time = int.from_bytes(signature[:TIME_BYTES], "big")
            message, when = b"cosignature/v1\ntime %d\n" % time + message, f" at Unix time {time}"
            signature = signature[TIME_BYTES:]
        if ed25519_fits(key, message, signature):
            report.lines.append(f"checkpoint: {origin}, {size} entries, signed by {name}{when}")
        else:
            report.fault(f"the signature of {name} under the checkpoint of {origin} does not fit")
    return size, head


def check_tree(folder: Path, hashes: Iterator[tuple[int, bytes]], size: int, head: bytes, report: BundleReport) -> int:
    """Check that every entry is in the tree of the checkpoint: by proofs, or by all entries of the zone."""
    proofs, count, tree = folder / "data" / "proofs.ndjson", 0, Tree()
    whole = not proofs.exists()
    paths = (
        {} if whole else {line["position"]: [bytes.fromhex(text) for text in line["path"]] for line in lines_of(proofs)}
    )
    for position, hash_ in hashes:
        count += 1
        leaf = leaf_hash(position, hash_)
        if not whole:
            if position not in paths:
                report.fault(f"position {position}: the bundle has no proof that the entry is in the tree")
            elif head_by_proof(leaf, position - 1, size, paths[position]) != head:
                report.fault(f"position {position}: the entry is not in the tree of the checkpoint")
        elif position != tree.size + 1:
            report.fault(f"position {position}: positions jump from {tree.size}")
            tree.size = position
        else:
            tree.add(leaf)
    if whole and (tree.size, tree.head()) != (size, head):
        report.fault(f"the {tree.size} entries do not make the tree of {size} entries in the checkpoint")
        compare_leaves(folder, size, head, report)
    return count


def compare_leaves(folder: Path, size: int, head: bytes, report: BundleReport) -> None:
    """Name the entries that are not the leaves of the log, where the leaves in the bundle make the signed head."""
    file, tree = folder / "data" / "leaves", Tree()
    data = file.read_bytes() if file.exists() else b""
    leaves = [data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES)]
    for leaf in leaves:
        tree.add(hashlib.sha256(b"\x00" + leaf).digest())
    if (tree.size, tree.head()) != (size, head):
        return
    for entry, leaf in zip(lines_of(folder / "data" / "entries.ndjson"), leaves):  # noqa: B905  Python 3.9 has no strict
        if entry.get("hash") != leaf[8:].hex():
            report.fault(f"position {int.from_bytes(leaf[:8], 'big')}: the entry is not the one in the log")


def verify(folder: Path, keys: list[str]) -> BundleReport:
    """Verify the bundle in *folder*; without *keys*, by those in the bundle. Raises UnreadableError or OSError."""
    report = BundleReport()
    check_manifests(folder, report)
    own = (folder / "data" / "keys.txt").read_text(encoding="utf-8").split("\n")
    size, head = check_checkpoint(folder, keys or [line for line in own if line.strip()], report)
    count = check_tree(folder, check_entries(folder, report), size, head, report)
    report.lines.append(
        f"entries: {count}, each in the tree of the checkpoint" if not report.faults else f"entries: {count}"
    )
    if not keys:
        report.lines.append(
            "keys: those in the bundle. Ask the zone and its witness for theirs, and give them with --key"
        )
    return report


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Verify an audit bundle of Countersign, offline.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(__file__).parent, help="the bundle (default: here)"
    )
    parser.add_argument("--key", action="append", default=[], help="a published key, name+id+base64; may be repeated")
    given = parser.parse_args()
    try:
        report = verify(given.folder, given.key)
    except (UnreadableError, OSError, UnicodeDecodeError) as error:
        print(f"can't be verified: {error}", file=sys.stderr)
        return 2
    for line in report.lines:
        print(line)
    for sentence in report.faults[:FAULTS_SHOWN_MAX]:
        print(f"FAULT: {sentence}")
    if len(report.faults) > FAULTS_SHOWN_MAX:
        print(f"... and {len(report.faults) - FAULTS_SHOWN_MAX} more")
    print("REFUTED" if report.faults else "verified")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
