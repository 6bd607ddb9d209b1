"""RFC 3161 time stamps by an authority that `openssl ts` is: asked once a day, verified, and judged by openssl."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest

from infrastructure.proof.bundle import export_bundle
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.keys import create_keys
from infrastructure.proof.note import SignedNote
from infrastructure.proof.publisher import ProofFolder, Publisher
from infrastructure.proof.time_stamps import ROOTS, STAMPS, TimeStampError, TimeStamps
from tests.infrastructure.proof.test_bundle import LOG
from tests.infrastructure.proof.test_log import record

NOW = datetime.now(UTC)
CONFIGURATION = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stamps]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an authority, and the folder of its certificates."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH: on Debian and Ubuntu, apt-get install openssl")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", "tsa.cnf")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
    steps = (
        (*made, "-extensions", "ca", "-subj", "/CN=Test root", "-keyout", "ca.key", "-out", "ca.pem"),
        (
            *(*made, "-extensions", "tsa", "-subj", "/CN=Test authority", "-keyout", "tsa.key", "-out", "tsa.pem"),
            *("-CA", "ca.pem", "-CAkey", "ca.key"),
        ),
    )
    for step in steps:
        done = openssl(*step, folder=folder)
        assert done.returncode == 0, done.stderr

    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's own spelling
            (folder / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            words = ("ts", "-reply", "-config", "tsa.cnf", "-section", "stamps", "-queryfile", "query.tsq")
            done = openssl(*words, "-out", "reply.tsr", folder=folder)
            self.send_response(200 if done.returncode == 0 else 500)
            self.end_headers()
            self.wfile.write((folder / "reply.tsr").read_bytes() if done.returncode == 0 else done.stderr.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Stamping)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


def note_of(size: int) -> SignedNote:
    """A signed checkpoint of so many entries."""
    text = LogCheckpoint(LOG.name, size, bytes(32)).text
    return SignedNote(text, (LOG.sign(text),))


@pytest.fixture
def stamps(authority: tuple[str, Path], tmp_path: Path) -> TimeStamps:
    """The stamps of a log that trusts the authority."""
    shutil.copy(authority[1] / "ca.pem", tmp_path / ROOTS)
    return TimeStamps(tmp_path, authority[0])


def test_a_checkpoint_a_day_is_stamped_and_openssl_agrees(
    stamps: TimeStamps, authority: tuple[str, Path], tmp_path: Path
) -> None:
    stamped = stamps.stamp_if_due(note_of(5), NOW)

    assert stamped
    assert abs(stamped.at - NOW) < timedelta(hours=1)
    assert stamps.last() == stamped
    words = ("ts", "-verify", "-data", "5.checkpoint", "-in", "5.tsr", "-CAfile", str(authority[1] / "ca.pem"))
    judged = openssl(*words, folder=tmp_path / STAMPS)
    assert (judged.returncode, "Verification: OK" in judged.stdout + judged.stderr) == (0, True), judged
    later = TimeStamps(tmp_path, authority[0])  # another process
    assert later.stamp_if_due(note_of(6), NOW + timedelta(hours=20)) is None
    assert later.stamp_if_due(note_of(5), NOW + timedelta(hours=30)) is None  # nothing is new
    tomorrow = later.stamp_if_due(note_of(6), NOW + timedelta(hours=30))
    assert tomorrow
    assert tomorrow.size == 6


def test_the_publisher_has_its_checkpoint_stamped_and_the_bundle_holds_it(
    authority: tuple[str, Path], tmp_path: Path, database_url: str
) -> None:
    asyncio.run(record(database_url, 1))
    folder = ProofFolder(tmp_path / "proof")
    publisher = Publisher(database_url, folder, lambda: NOW, authority[0])
    publisher.open(create_keys(folder.path, LOG.name))
    shutil.copy(authority[1] / "ca.pem", folder.path / ROOTS)
    with psycopg.connect(database_url, autocommit=True) as connection:
        publisher.step(connection)
    export_bundle(database_url, folder.read_log(), [], tmp_path / "bundle", None, NOW, lambda _done, _of: None)

    stamped = sorted(file.name for file in (tmp_path / "bundle" / "data" / "time-stamps").iterdir())
    assert stamped == ["2.checkpoint", "2.tsr"]
    assert (folder.path / STAMPS / "2.checkpoint").read_text(encoding="utf-8") == str(folder.read_log().note)


def test_a_stamp_of_something_else_is_not_valid(stamps: TimeStamps, tmp_path: Path) -> None:
    stamps.stamp(note_of(5))
    file = tmp_path / STAMPS / "5.checkpoint"
    file.write_bytes(file.read_bytes().replace(b"\n5\n", b"\n6\n"))
    assert stamps.last() is None


def test_an_authority_that_is_not_trusted_or_away_stops_nothing(
    stamps: TimeStamps, authority: tuple[str, Path], tmp_path: Path
) -> None:
    away = TimeStamps(tmp_path, "http://127.0.0.1:9/")
    assert away.stamp_if_due(note_of(5), NOW) is None
    with pytest.raises(TimeStampError, match="can't be reached"):
        away.stamp(note_of(5))
    shutil.copy(authority[1] / "tsa.pem", tmp_path / ROOTS)
    with pytest.raises(TimeStampError, match="not valid"):
        stamps.stamp(note_of(5))
    (tmp_path / ROOTS).unlink()
    with pytest.raises(TimeStampError, match="can't be read"):
        stamps.stamp(note_of(5))
    assert not (tmp_path / STAMPS).exists()
    assert TimeStamps(tmp_path, "").stamp_if_due(note_of(5), NOW) is None
