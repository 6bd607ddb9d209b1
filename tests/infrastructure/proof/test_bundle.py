"""Audit bundles: the verifier inside accepts what was exported, and names what each forgery changed, offline."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.core.ledger import Refused
from domain.core.plan import PlannedItem
from domain.examples.story import ENTERPRISE, MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof import bundle_verifier
from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.bundle_verifier import ORDER, ed25519_fits, entry_hash
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.log import TransparencyLog
from infrastructure.proof.merkle import leaf, leaf_hash, node_hash
from infrastructure.proof.note import COSIGNATURE, NoteSigner, SignedNote

LOG = NoteSigner("countersign.example/zone", sha256(b"log").digest())
WITNESS = NoteSigner("bureau.example", sha256(b"witness").digest(), COSIGNATURE)
FORGER = NoteSigner(LOG.name, sha256(b"forger").digest())
NOW = datetime(2026, 11, 29, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)
ITEMS = tuple(PlannedItem(item=code, department="land") for code in ("land", "plan", "build"))


async def record(url: str) -> None:
    """Two projects whose entries alternate: four each."""
    async with Approvals(url) as approvals:
        for project in (FIRST, SECOND):
            register = RegisterProject(name="Fab", enterprise=Enterprise("Hengxin"), manager="wang", items=ITEMS)
            await approvals.handle(project, register, MANAGER, uuid4())
        for item in ("land", "plan", "build"):
            for project in (FIRST, SECOND):
                await approvals.handle(project, SubmitItem(item=item), ENTERPRISE, uuid4())


@pytest.fixture(scope="module")
def log(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> TransparencyLog:
    """The log of the ledger, its checkpoint cosigned by the witness."""
    asyncio.run(record(shared_database_url))
    log = TransparencyLog(tmp_path_factory.mktemp("log"), LOG)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        note = log.follow(connection)
    assert note
    log.note = SignedNote(note.text, (*note.signatures, WITNESS.sign(note.text, 1_790_000_000)))
    return log


def exported(url: str, log: TransparencyLog, folder: Path, project: UUID | None) -> Path:
    """A fresh bundle."""
    export_bundle(url, log, [LOG.verifier], folder / "bundle", project, NOW, lambda done, of: None)
    return folder / "bundle"


@pytest.fixture(params=[FIRST, None], ids=["project", "zone"])
def bundle(request: pytest.FixtureRequest, shared_database_url: str, log: TransparencyLog, tmp_path: Path) -> Path:
    return exported(shared_database_url, log, tmp_path, request.param)


def verified(folder: Path, *keys: str) -> tuple[int, str]:
    """Run the verifier in the bundle as an auditor would, without this project on the path."""
    command = [sys.executable, "-I", str(folder / "verify.py"), str(folder)]
    for key in keys:
        command += ["--key", key]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout + done.stderr


KEYS = (LOG.verifier.text, WITNESS.verifier.text)


def lines(folder: Path, name: str = "entries") -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "data" / f"{name}.ndjson").read_text().splitlines()]


def rewrite(folder: Path, entries: list[dict[str, object]]) -> None:
    """Put other entries into the bundle, and make its manifests fit: a forger would."""
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    (folder / "data" / "entries.ndjson").write_text(text)
    seal(folder)


def seal(folder: Path) -> None:
    """Recompute both manifests."""
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        listed = [line.partition("  ")[2] for line in (folder / name).read_text().splitlines()]
        sealed = [f"{sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in listed]
        (folder / name).write_text("".join(sealed))


def test_what_was_exported_is_verified(bundle: Path) -> None:
    status, out = verified(bundle, *KEYS)
    assert (status, out.splitlines()[-1]) == (0, "verified"), out
    assert "signed by bureau.example at Unix time 1790000000" in out
    status, out = verified(bundle)
    assert status == 0
    assert "Ask the zone and its witness for theirs" in out
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=bundle, check=True)


def rechained(entries: list[dict[str, object]], start: int, **changed: object) -> list[dict[str, object]]:
    """*entries* with one changed, and the hashes of its stream computed again from there: a consistent chain."""
    after = [dict(entry) for entry in entries]
    after[start] |= changed
    stream, previous = after[start]["stream"], bytes(32)
    for entry in after:
        if entry["stream"] == stream:
            previous = entry_hash(entry, previous)
            entry["hash"] = previous.hex()
    return after


def swapped(entries: list[dict[str, object]], first: int, other: int) -> list[dict[str, object]]:
    """*entries* with two whose positions are exchanged."""
    after = [dict(entry) for entry in entries]
    for name in ("stream", "version", "type", "data", "meta", "occurred_us", "recorded_us", "hash"):
        after[first][name], after[other][name] = after[other][name], after[first][name]
    return after


Forgery = Callable[[list[dict[str, object]]], list[dict[str, object]]]
FORGED_DATA = '{"fact":"item_submitted","item":"other"}'
FORGERIES: dict[str, Forgery] = {
    "a flipped byte in data": lambda rows: [*rows[:-1], rows[-1] | {"data": str(rows[-1]["data"]) + " "}],
    "a flipped byte in meta": lambda rows: [*rows[:-1], rows[-1] | {"meta": str(rows[-1]["meta"]) + " "}],
    "when it happened": lambda rows: [*rows[:-1], rows[-1] | {"occurred_us": 5}],
    "when it was recorded": lambda rows: [*rows[:-1], rows[-1] | {"recorded_us": 5}],
    "a hash that is gone": lambda rows: [*rows[:-1], rows[-1] | {"hash": None}],
    "swapped rows": lambda rows: swapped(rows, len(rows) - 1, len(rows) - 2),
    "a forged entry with a recomputed hash": lambda rows: rechained(rows, len(rows) - 1, data=FORGED_DATA),
    "a whole chain written again": lambda rows: rechained(rows, 0, occurred_us=5),
}


def places(out: str) -> list[int]:
    """The positions that the verifier names, in its order."""
    return [int(place) for place in re.findall(r"^FAULT: position (\d+): ", out, re.MULTILINE)]


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_entry_is_named(bundle: Path, name: str) -> None:
    rows = lines(bundle)
    forged = FORGERIES[name](rows)
    rewrite(bundle, forged)
    status, out = verified(bundle, *KEYS)
    changed = [row["position"] for row, was in zip(forged, rows, strict=True) if row != was]
    assert (status, places(out)[0]) == (1, changed[0]), out
    if not (bundle / "data" / "proofs.ndjson").exists():
        assert set(changed) <= set(places(out)), out


SHORTENED: dict[str, tuple[Forgery, int, list[int]]] = {  # of a zone: what is left, and the positions that are gone
    "a cut tail": (lambda rows: rows[:-2], 7, [7, 8]),
    "a cut beginning": (lambda rows: rows[2:], 1, [1, 2]),
    "a deleted project": (lambda rows: [row for row in rows if row["stream"] != str(SECOND)], 2, [2, 4, 6, 8]),
    "the other deleted project": (lambda rows: [row for row in rows if row["stream"] != str(FIRST)], 1, [1, 3, 5, 7]),
    "a deleted project, the others moved up": (
        lambda rows: [
            row | {"position": place} for place, row in enumerate((r for r in rows if r["stream"] == str(FIRST)), 1)
        ],
        2,
        [2, 3, 4, 5, 6, 7, 8],
    ),
    "lines in another order": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], 2, []),
    "a line twice": (lambda rows: [*rows[:4], *rows[3:]], 4, []),
    "an entry behind the last one": (lambda rows: [*rows, rows[-2] | {"position": 9}], 9, []),
}


@pytest.mark.parametrize("has_leaves", [True, False], ids=["leaves", "no-leaves"])
@pytest.mark.parametrize("name", SHORTENED)
def test_what_is_gone_from_a_zone_is_named(
    shared_database_url: str, log: TransparencyLog, tmp_path: Path, name: str, has_leaves: bool
) -> None:
    """By the leaves each of them; without the leaves, which a forger takes out as well, where the ledger breaks off."""
    forge, first, gone = SHORTENED[name]
    bundle = exported(shared_database_url, log, tmp_path, None)
    if not has_leaves:
        (bundle / "data" / "leaves").unlink()
        manifest = bundle / "manifest-sha256.txt"
        left = [line for line in manifest.read_text().splitlines() if not line.endswith("data/leaves")]
        manifest.write_text("".join(f"{line}\n" for line in left))
    rewrite(bundle, forge(lines(bundle)))
    status, out = verified(bundle, *KEYS)
    assert status == 1, out
    if has_leaves or "moved up" not in name:  # a ledger that was made consistent is told from the log's leaves alone
        assert places(out)[0] == first, out
    assert not has_leaves or set(gone) <= set(places(out)), out


def test_an_entry_without_a_place_is_named_and_not_a_crash(
    shared_database_url: str, log: TransparencyLog, tmp_path: Path
) -> None:
    bundle = exported(shared_database_url, log, tmp_path, None)
    rows = lines(bundle)
    rewrite(bundle, [*rows[:-1], rows[-1] | {"position": [8]}])
    status, out = verified(bundle, *KEYS)
    assert (status, 8 in places(out), "Traceback" in out) == (1, True, False), out


def test_a_rewritten_ledger_does_not_fit_the_keys_of_log_and_witness(
    shared_database_url: str, log: TransparencyLog, tmp_path: Path
) -> None:
    """Everything forged and signed again: the chain and the tree hold, the pinned keys refuse it."""
    bundle = exported(shared_database_url, log, tmp_path, None)
    forged = rechained(rechained(lines(bundle), 0, occurred_us=5), 1, occurred_us=6)
    hashes = [leaf_hash(leaf(at, bytes.fromhex(str(row["hash"])))) for at, row in enumerate(forged, 1)]
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    text = LogCheckpoint(LOG.name, len(forged), hashes[0]).text
    (bundle / "data" / "checkpoint").write_text(str(SignedNote(text, (FORGER.sign(text),))))
    (bundle / "data" / "keys.txt").write_text(FORGER.verifier.text + "\n")
    rewrite(bundle, forged)
    assert verified(bundle)[0] == 0  # it fits together, which is why its own keys prove nothing
    status, out = verified(bundle, *KEYS)
    assert status == 1
    assert "not signed by countersign.example/zone" in out
    assert "not signed by bureau.example" in out


@pytest.mark.parametrize("name", ["checkpoint", "keys.txt", "entries.ndjson", "materials.ndjson"])
def test_a_changed_or_missing_file_is_named(bundle: Path, name: str) -> None:
    file = bundle / "data" / name
    file.write_text(file.read_text() + " ")
    status, out = verified(bundle, *KEYS)
    assert status in (1, 2), out
    assert name in out or "checkpoint" in out
    file.unlink()
    assert verified(bundle, *KEYS)[0] in (1, 2)
    (bundle / "data" / "stray").write_text("")
    assert "data/stray is in no manifest" in verified(bundle, *KEYS)[1] or not file.exists()


def test_a_forged_checkpoint_is_refused(bundle: Path) -> None:
    note = SignedNote.parse((bundle / "data" / "checkpoint").read_text())
    text = note.text.replace("\n8\n", "\n9\n")
    (bundle / "data" / "checkpoint").write_text(str(SignedNote(text, note.signatures)))
    seal(bundle)
    status, out = verified(bundle, *KEYS)
    assert status == 1
    assert "the signature of countersign.example/zone under the checkpoint" in out
    assert "the signature of bureau.example" in out


def test_a_bundle_without_entries_is_an_error(bundle: Path) -> None:
    rewrite(bundle, [])
    assert verified(bundle, *KEYS) == (2, "can't be verified: the bundle holds no entry: nothing could be verified\n")


def test_a_bundle_without_keys_proves_nothing(bundle: Path) -> None:
    """Where no signature can be looked at, an entry may be in any tree that someone made."""
    (bundle / "data" / "keys.txt").write_text("")
    seal(bundle)
    assert verified(bundle)[0] == 2
    assert "there is no key to verify the checkpoint by" in verified(bundle)[1]
    assert verified(bundle, *KEYS)[0] == 0


def test_deeply_nested_entries_are_unreadable(bundle: Path) -> None:
    (bundle / "data" / "entries.ndjson").write_text("[" * 200_000)
    seal(bundle)
    status, out = verified(bundle, *KEYS)
    assert (status, "Traceback" in out) == (2, False)
    assert "can't be verified" in out


@pytest.mark.parametrize(
    "proof",
    [{}, {"position": 1}, {"position": [], "path": []}, {"position": 1, "path": True}, {"position": 1, "path": ["xy"]}],
    ids=str,
)
def test_a_proof_of_another_form_is_unreadable(bundle: Path, proof: dict[str, object]) -> None:
    (bundle / "data" / "proofs.ndjson").write_text(json.dumps(proof) + "\n")
    seal(bundle)
    status, output = verified(bundle, *KEYS)
    assert (status, "Traceback" in output) == (2, False)
    assert "can't be verified: proofs.ndjson: a proof can't be read" in output


def test_what_cant_be_exported_is_refused(shared_database_url: str, log: TransparencyLog, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no entry of"):
        exported(shared_database_url, log, tmp_path, uuid4())
    exported(shared_database_url, log, tmp_path, FIRST)
    with pytest.raises(Refused, match="exists already"):
        exported(shared_database_url, log, tmp_path, FIRST)


def test_the_verifier_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(bundle_verifier.__file__).read_text())
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imports |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imports} <= sys.stdlib_module_names


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 63), st.integers(1, 255))
def test_ed25519_agrees_with_a_library(seed: bytes, message: bytes, at: int, flip: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519_fits(public, message, signature)
    assert not ed25519_fits(public, message + b"x", signature)
    assert not ed25519_fits(public, message, signature[:at] + bytes([signature[at] ^ flip]) + signature[at + 1 :])
    larger = (
        int.from_bytes(signature[32:], "little") + ORDER
    )  # the same point: accepted, one message had two signatures
    assert not ed25519_fits(public, message, signature[:32] + larger.to_bytes(32, "little"))
    assert not ed25519_fits(public, message, signature[:63])


def test_ed25519_by_the_vectors_of_its_standard() -> None:
    """RFC 8032, 7.1: tests 1 and 2."""
    for key, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
                "be24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
                "2aeeb00d291612bb0c00"
            ),
        ),
    ):
        assert ed25519_fits(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))
    neutral = b"\x01" + bytes(31)
    assert not ed25519_fits(neutral, b"any message", neutral + bytes(32))  # a key that would fit every message
    for broken in (b"", bytes(31), b"\xff" * 32):
        assert not ed25519_fits(broken, b"", bytes(64))
