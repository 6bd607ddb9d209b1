"""Verifies an audit bundle of Countersign, offline: one file, Python 3.9 or newer and its standard library alone.

    python3 verify.py [FOLDER] [--key KEY]...

It checks that every file is the one in the manifest; that every entry's SHA-256 takes in the hash before it; that
every entry is in the Merkle tree of the checkpoint; that after a restore what is left is the beginning of what was
signed before; and the signatures of checkpoint and restore statements by the keys given with --key. Who knows the key
of a log that ended with a restore need not know that of the next one: the statement names it. The keys in the bundle
only show that it fits together: who could forge one could forge both. Ask the zone, and the bureau that cosigns, for
their keys.

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
RESTORE = "countersign restore statement v1"
RESTORE_TYPE = "ledger_restored"  # of the fact that begins an epoch

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


def is_beginning(old: int, old_head: bytes, size: int, head: bytes, proof: list[bytes]) -> bool:
    """Whether a tree of *old* leaves is the beginning of that of *size*, by *proof* (RFC 6962, 2.1.2)."""
    if old in (0, size):
        return not proof and old_head == (hashlib.sha256(b"").digest() if old == 0 else head)
    hashes = proof if old & (old - 1) else [old_head, *proof]
    if not 0 < old < size or not hashes:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (first, second) == (old_head, head)


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

Signature = tuple[str, bytes, bytes]  # name, key id, signature
Note = tuple[str, list[Signature]]
Key = tuple[str, bytes, int, bytes]  # name, key id, algorithm, public key
Checkpoint = tuple[str, int, bytes]  # origin, size, head


class UnreadableError(Exception):
    """The bundle is not what it must be to be verified at all."""


class BundleReport:
    """What holds and what does not."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.restored: dict[int, dict[str, Any]] = {}  # the facts of restores, by their positions

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
        if entry["type"] == RESTORE_TYPE:
            note_restore(entry, report)
        yield position, stored
    if not chains:
        raise UnreadableError("the bundle holds no entry: nothing could be verified")
    report.lines.append(f"chains: {len(chains)} streams")


def note_restore(entry: dict[str, Any], report: BundleReport) -> None:
    """Remember the fact of a restore, which the statements have to agree with."""
    try:
        fact = json.loads(entry["data"])
        report.restored[int(entry["position"])] = {"epoch": int(fact["epoch"]), "log": str(fact.get("log", ""))} | {
            name: int(fact[name]) for name in ("kept_to", "lost_to")
        }
    except (KeyError, TypeError, ValueError) as error:
        report.fault(f"position {entry['position']}: the fact of the restore can't be read ({error})")


def parse_note(text: str) -> Note:
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


def parse_key(text: str) -> Key:
    """A published key: name, id, algorithm and bytes. Raises UnreadableError."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
        claimed = bytes.fromhex(key_id)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(f"not a key: {text.strip()[:80]} ({error})") from error
    expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:KEY_ID_BYTES]
    if claimed != expected or len(data) != 1 + KEY_BYTES or data[0] not in (ED25519, COSIGNATURE):
        raise UnreadableError(f"not a key: {text.strip()[:80]} (its id does not fit)")
    return name, expected, data[0], data[1:]


def check_signature(note: Note, key: Key, what: str) -> str:
    """What is wrong with the signature by *key* under *note*, which is called *what*; empty where it fits."""
    text, signatures = note
    name, key_id, algorithm, public = key
    named = {(signer, id_): signature for signer, id_, signature in signatures}
    signature = named.get((name, key_id))
    if signature is None:
        return f"{what} is not signed by {name}"
    message = text.encode()
    if algorithm == COSIGNATURE:
        message = b"cosignature/v1\ntime %d\n" % time_of(signature) + message
        signature = signature[TIME_BYTES:]
    return "" if ed25519_fits(public, message, signature) else f"the signature of {name} under {what} does not fit"


def time_of(signature: bytes) -> int:
    """When a cosignature was made, in Unix seconds."""
    return int.from_bytes(signature[:TIME_BYTES], "big")


def check_checkpoint(note: Note, keys: list[Key], report: BundleReport) -> Checkpoint:
    """Check the signatures of the checkpoint by *keys*; returns its origin, size and head. Raises UnreadableError."""
    lines = note[0].splitlines()
    try:
        checkpoint = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise UnreadableError(f"the checkpoint can't be read: {error}") from error
    origin, size, _ = checkpoint
    for key in keys:
        if fault := check_signature(note, key, f"the checkpoint of {origin}"):
            report.fault(fault)
            continue
        signature = next(signature_line for name, id_, signature_line in note[1] if (name, id_) == key[:2])
        when = f" at Unix time {time_of(signature)}" if key[2] == COSIGNATURE else ""
        report.lines.append(f"checkpoint: {origin}, {size} entries, signed by {key[0]}{when}")
    return checkpoint


# --- restores: a log ends, and another goes on with what was left ---


class Restore:
    """A restore statement, and the proof that what was *kept* is the beginning of the next tree that was signed."""

    def __init__(self, line: dict[str, Any]) -> None:
        """Read a line of restores.ndjson. Raises UnreadableError."""
        try:
            self.note = parse_note(line["statement"])
            self.path = [bytes.fromhex(text) for text in line["path"]]
            first, *lines = self.note[0].splitlines()
            pairs = [line.partition(" ")[::2] for line in lines]
            values = {name: value for name, value in pairs if name != "key"}
            self.log, self.ended, self.epoch = values["log"], values["ended"], int(values["epoch"])
            self.size, self.kept_to = int(values["size"]), int(values["kept"])
            hashes = [values["head"], values["kept-head"], *values["consistency"].split()]
            self.head, self.kept_head, *self.proof = [base64.b64decode(text, validate=True) for text in hashes]
            keys = [value for name, value in pairs if name == "key"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnreadableError(f"a restore statement can't be read: {error}") from error
        if first != RESTORE:
            raise UnreadableError(f"this is no restore statement: {first[:80]}")
        self.keys = [key for text in keys if is_checkable(text) for key in [parse_key(text)] if key[0] == self.log]

    @property
    def place(self) -> str:
        """Where the ledger goes on: the first position behind what was kept."""
        return f"position {self.kept_to + 1}"


def is_checkable(text: str) -> bool:
    """Whether a published key is one by Ed25519; the others can't be checked here."""
    try:
        return base64.b64decode(text.split("+", 2)[2], validate=True)[0] in (ED25519, COSIGNATURE)
    except (binascii.Error, IndexError, ValueError):
        return False


def read_restores(folder: Path) -> list[Restore]:
    """The restores of the ledger, the first one first. Raises UnreadableError."""
    file = folder / "data" / "restores.ndjson"
    return [Restore(line) for line in lines_of(file)] if file.exists() else []


def signers_of(note: Note, trusted: list[Key], restores: list[Restore], report: BundleReport) -> list[Key]:
    """The keys that have to have signed the checkpoint: the *trusted* ones, without those of logs that ended.

    Where that leaves none of the log, those count that the last statement names and that did sign.
    """
    origin, ended = note[0].partition("\n")[0], {restore.ended for restore in restores}
    signers = [key for key in trusted if key[0] not in ended]
    if len(signers) == len(trusted) or any(key[0] == origin for key in signers):
        return signers
    named = [key for key in restores[-1].keys if any(key[:2] == signature[:2] for signature in note[1])]
    if not named:
        report.fault(f"the checkpoint of {origin} is by no key that the restore statement names: give it with --key")
    return signers + named


def check_restores(
    restores: list[Restore], trusted: list[Key], bundled: list[Key], checkpoint: Checkpoint, report: BundleReport
) -> None:
    """Check each statement, and that each leads to what came next: another log, and at last the checkpoint.

    A log that ended is known by the *trusted* keys, else by the statement that began it, else by a *bundled* key.
    """
    origin, size, head = checkpoint
    following = [(each.ended, each.size, each.head, each.epoch) for each in restores[1:]]
    following.append((origin, size, head, sys.maxsize))
    named: list[Key] = []
    for restore, then in zip(restores, following):  # noqa: B905  Python 3.9 has no strict
        by_name = [[key for key in keys if key[0] == restore.ended] for keys in (trusted, named, bundled)]
        fault = signature_fault(restore, next(filter(None, by_name), [])) or link_fault(restore, *then)
        if fault:
            report.fault(f"{restore.place}: {fault}")
            continue
        named += restore.keys
        lost = f"{restore.kept_to + 1} to {restore.size}" if restore.kept_to < restore.size else "none"
        report.lines.append(f"restore: epoch {restore.epoch}, positions lost: {lost}, stated by {restore.ended}")
        if not by_name[0] and not by_name[1]:
            report.lines.append(f"keys: that of {restore.ended}, which ended, is the one in the bundle")


def signature_fault(restore: Restore, known: list[Key]) -> str:
    """What is wrong with the signatures under a statement: both logs have to have signed. Empty where nothing is."""
    what = f"the restore statement of {restore.ended}"
    for name, keys in ((restore.ended, known), (restore.log, restore.keys)):
        faults = [check_signature(restore.note, key, what) for key in keys]
        if "" not in faults:
            return next(iter(faults), f"{what} can't be checked: no key of {name} is known")
    return ""


def link_fault(restore: Restore, log: str, size: int, head: bytes, epoch: int) -> str:
    """What is wrong with what a statement proves: *log*, with a tree of *size* entries, has to begin with it."""
    what = f"the restore statement of {restore.ended}"
    if restore.log != log or restore.epoch >= epoch:
        return f"{what} names {restore.log}, epoch {restore.epoch}, and {log} came next"
    if not is_beginning(restore.kept_to, restore.kept_head, restore.size, restore.head, restore.proof):
        return f"what {what} says was kept is not the beginning of what was signed"
    if not is_beginning(restore.kept_to, restore.kept_head, size, head, restore.path):
        return f"what {what} says was kept is not the beginning of what {log} signed"
    return ""


def check_restore_facts(restores: list[Restore], checkpoint: Checkpoint, report: BundleReport) -> None:
    """Check that the facts of restores and the statements say the same."""
    origin, size, _ = checkpoint
    stated = {restore.ended: restore for restore in restores}
    for position, fact in report.restored.items():
        if fact["log"] and fact["log"] != origin and fact["log"] not in stated:
            report.fault(f"position {position}: {fact['log']} ended with this restore, and no statement says so")
    for number, restore in enumerate(restores):
        if restore.kept_to >= min([size, *(later.kept_to for later in restores[number + 1 :])]):
            continue  # the fact was lost with a later restore, or is not in the log yet
        fact = report.restored.get(restore.kept_to + 1, {})
        says = fact.get("epoch"), fact.get("log"), fact.get("kept_to")
        if says != (restore.epoch, restore.ended, restore.kept_to) or fact["lost_to"] < restore.size:
            report.fault(f"{restore.place}: the entry is not the restore that {restore.ended} has stated")


def check_tree(folder: Path, hashes: Iterator[tuple[int, bytes]], size: int, head: bytes, report: BundleReport) -> int:
    """Check that every entry is in the tree of the checkpoint: by proofs, or by all entries of the zone."""
    proofs, count, tree = folder / "data" / "proofs.ndjson", 0, Tree()
    whole = not proofs.exists()
    paths = {} if whole else paths_of(proofs)
    for position, hash_ in hashes:
        count += 1
        leaf = leaf_hash(position, hash_)
        if not whole:
            if position not in paths:
                report.fault(f"position {position}: the bundle has no proof that the entry is in the tree")
            elif head_by_proof(leaf, position - 1, size, paths[position]) != head:
                report.fault(f"position {position}: the entry is not in the tree of the checkpoint")
        elif position != tree.size + 1:
            report.fault(f"position {min(position, tree.size + 1)}: positions jump from {tree.size} to {position}")
            tree.size = position
        else:
            tree.add(leaf)
    if whole and (tree.size, tree.head()) != (size, head):
        end = "" if tree.size == size else f"position {min(tree.size, size) + 1}: "
        report.fault(f"{end}the {count} entries do not make the tree of {size} entries in the checkpoint")
        compare_leaves(folder, size, head, report)
    return count


def paths_of(file: Path) -> dict[int, list[bytes]]:
    """The proof for each position. Raises UnreadableError."""
    try:
        return {line["position"]: [bytes.fromhex(text) for text in line["path"]] for line in lines_of(file)}
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"{file.name}: a proof can't be read: {error!r}") from error


def compare_leaves(folder: Path, size: int, head: bytes, report: BundleReport) -> None:
    """Name the entries that are not the leaves of the log, where the leaves in the bundle make the signed head."""
    file, tree = folder / "data" / "leaves", Tree()
    data = file.read_bytes() if file.exists() else b""
    leaves = [data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES)]
    for leaf in leaves:
        tree.add(hashlib.sha256(b"\x00" + leaf).digest())
    if (tree.size, tree.head()) != (size, head):
        return
    entries = {str(entry.get("position")): entry.get("hash") for entry in lines_of(folder / "data" / "entries.ndjson")}
    for leaf in leaves:
        place = str(int.from_bytes(leaf[:8], "big"))
        if entries.get(place) != leaf[8:].hex():
            what = "not the one in the log" if place in entries else "in the log and not in the bundle"
            report.fault(f"position {place}: the entry is {what}")


def verify(folder: Path, keys: list[str]) -> BundleReport:
    """Verify the bundle in *folder*; without *keys*, by those in the bundle. Raises UnreadableError or OSError."""
    report = BundleReport()
    check_manifests(folder, report)
    own = (folder / "data" / "keys.txt").read_text(encoding="utf-8").split("\n")
    bundled, restores = [parse_key(line) for line in own if line.strip()], read_restores(folder)
    trusted = [parse_key(line) for line in keys] or bundled
    if not trusted:
        raise UnreadableError("there is no key to verify the checkpoint by: keys.txt is empty. Give one with --key")
    note = parse_note((folder / "data" / "checkpoint").read_text(encoding="utf-8"))
    checkpoint = check_checkpoint(note, signers_of(note, trusted, restores, report), report)
    check_restores(restores, trusted, bundled, checkpoint, report)
    count = check_tree(folder, check_entries(folder, report), *checkpoint[1:], report)
    check_restore_facts(restores, checkpoint, report)
    report.lines.append(f"entries: {count}" + ("" if report.faults else ", each in the tree of the checkpoint"))
    if not keys:
        report.lines.append("keys: those in the bundle. Ask the zone and its witness for theirs, to give with --key")
    return report


def place_of(fault: str) -> int:
    """The position that a fault names; 0 where it names none."""
    digits = fault.partition("position ")[2].partition(":")[0]
    return int(digits) if fault.startswith("position ") and digits.isdecimal() else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Verify an audit bundle of Countersign, offline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent, help="default: here")
    parser.add_argument("--key", action="append", default=[], help="a published key, name+id+base64; may be repeated")
    arguments = parser.parse_args()
    try:
        report = verify(arguments.folder, arguments.key)
    except (UnreadableError, OSError, UnicodeDecodeError, RecursionError) as error:
        print(f"can't be verified: {error}", file=sys.stderr)
        return 2
    print(*report.lines, sep="\n")
    for sentence in sorted(report.faults, key=place_of)[:FAULTS_SHOWN_MAX]:
        print(f"FAULT: {sentence}")
    if len(report.faults) > FAULTS_SHOWN_MAX:
        print(f"... and {len(report.faults) - FAULTS_SHOWN_MAX} more")
    print("REFUTED" if report.faults else "verified")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
