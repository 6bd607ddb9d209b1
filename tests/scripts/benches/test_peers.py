"""Other event stores in the bench: pinned, fetched only when asked to, skipped aloud. Timings are never asserted."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
import typer
from msgspec import json
from rich.console import Console
from typer.testing import CliRunner

from scripts.benches.bench import main
from scripts.benches.database import BenchDatabase
from scripts.benches.measure import Figure
from scripts.benches.peers import message_db
from scripts.benches.peers.package import NPM, NPM_FILES, UMADB, UMADB_FILE, Package, PeerSkippedError, npm_version
from scripts.benches.peers.peer import EVENT, STREAM_EVENTS, Append, Peer, Task, driven
from scripts.benches.peers.report import BesidePeers, PeerOutcome, PeerReport, shown_peers
from scripts.benches.peers.run import PEERS, open_peers
from scripts.benches.pgbench import run_script

NO_SERVER = cast("BenchDatabase", None)  # none of these peers uses it
TASK = Task("nowhere", clients=2, seconds=0.5)


def package(folder: Path, *, broken: bool = False) -> Package:
    """A package whose installation writes a file, and then fails if *broken*."""

    def install(target: Path) -> None:
        with (folder / "installations").open("a") as log:
            log.write("1")
        if broken:
            raise PeerSkippedError("npm is not on PATH")
        (target / "store.sql").touch()

    pinned = folder / "pinned"
    pinned.touch()
    return Package("anything", "the npm registry", (pinned,), install)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("package", [NPM, UMADB])
def test_an_absent_peer_is_not_fetched_unless_asked_for(folder: Path, package: Package) -> None:
    with pytest.raises(PeerSkippedError) as skipped:
        package.ready(fetch=False)
    assert f"`scripts/bench --peers` fetches it from {package.index}" in str(skipped.value)
    assert str(folder / "cache") in str(skipped.value)
    assert not (folder / "cache").exists()


def test_a_peer_is_fetched_once_and_again_after_a_failure(folder: Path) -> None:
    with pytest.raises(PeerSkippedError):
        package(folder, broken=True).ready(fetch=True)
    with pytest.raises(PeerSkippedError, match="not installed"):
        package(folder).ready(fetch=False)
    installed = [package(folder).ready(fetch=fetch) for fetch in (True, True, False)]
    assert (installed[0] / "store.sql").exists()
    assert len(set(installed)) == 1
    assert (folder / "installations").read_text() == "11"
    (folder / "pinned").write_text("another version")
    with pytest.raises(PeerSkippedError):
        package(folder).ready(fetch=False)


def test_every_package_is_pinned_with_a_digest() -> None:
    wanted, lock = (json.decode(file.read_bytes()) for file in NPM_FILES)
    locked = {place.removeprefix("node_modules/"): entry for place, entry in lock["packages"].items() if place}
    assert {name: locked[name]["version"] for name in wanted["dependencies"]} == wanted["dependencies"]
    assert [name for name, entry in locked.items() if not entry["integrity"].startswith("sha512-")] == []
    first, *digests = UMADB_FILE.read_text().replace("\\\n", " ").split()
    assert first == f"umadb=={next(peer.version for peer in PEERS if peer.name == 'UmaDB')}"
    assert digests
    assert all(digest.startswith("--hash=sha256:") for digest in digests)


def test_a_driver_is_given_the_task_and_prints_what_it_measured() -> None:
    echo = "import json, sys; task = json.loads(sys.argv[1]); assert task['event'] and task['stream_events'] == 61;"
    printed = "print(json.dumps({'seconds': task['seconds'], 'latencies': [0.001] * task['clients']}))"
    figure = driven("any store", [sys.executable, "-c", echo + printed], TASK)
    assert (figure.subject, figure.clients, figure.per_second, figure.p50_ms) == ("any store", 2, 4.0, 1.0)


def test_a_peer_that_fails_is_skipped_aloud_and_the_others_go_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Figure("good", 1, 10.0)

    @contextmanager
    def failing(_: Path, _server: BenchDatabase) -> Iterator[Append]:
        command = [sys.executable, "-c", "import sys; sys.exit('the store is\\nfull')"]
        yield lambda _clients, _seconds: driven("failing", command, TASK)

    @contextmanager
    def working(_: Path, _server: BenchDatabase) -> Iterator[Append]:
        yield lambda _clients, _seconds: good

    here = package(folder)
    absent = Package("absent", "an index", here.files, here.install)
    here.ready(fetch=True)
    peers = [
        Peer("failing", "1.0", "differs", here, failing),
        Peer("absent", "2.0", "differs", absent, working),
        Peer("good", "3.0", "differs", here, working),
    ]
    with open_peers(NO_SERVER, peers, fetch=False) as opened:
        figures = [[peer.append(clients, 1) for peer in opened] for clients in (1, 8)]
        outcomes = [peer.outcome() for peer in opened]
    assert figures == [[None, None, good]] * 2
    assert outcomes[0].skipped.endswith("ended with 1: the store is full")
    assert outcomes[1].skipped.startswith("not installed")
    assert outcomes[2].skipped == ""
    output = capsys.readouterr().err
    assert output.count("skipped: ") == 2
    assert f"failing 1.0: {outcomes[0].skipped}" in output


def test_the_tables_have_ratios_and_say_why_a_peer_is_absent() -> None:
    peer = Figure("message-db", 8, 50.0, 2.0, 3.0)
    row = BesidePeers(
        8, Figure("in process", 8, 400.0), Figure("over HTTP", 8, 100.0), Figure("stock", 8, 200.0), [peer]
    )
    outcomes = [
        PeerOutcome("message-db", "1.3.1", "a lock a category"),
        PeerOutcome("Emmett", "0.42.0", "a library", "[/node] is not on PATH"),
    ]
    text = io.StringIO()
    shown_peers(PeerReport([row], outcomes), Console(file=text, width=160))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.getvalue().splitlines()]
    assert ["8", "message-db", "50", "2.00", "3.00", "8.00 × in process, 2.00 × over HTTP"] in rows
    assert ["8", "stock", "200", "", "", "2.00 × in process, 0.50 × over HTTP"] in rows
    assert ["", "Emmett", "skipped", "", "", "see below"] in rows
    assert ["Emmett", "0.42.0", "skipped: [/node] is not on PATH"] in rows
    assert ["message-db", "1.3.1", "a lock a category"] in rows


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["--only", "board", "--peers"], "measures no peers"), (["--only", "peers", "--no-peers"], "measures nothing")],
)
def test_peers_that_would_not_be_measured_are_refused(words: list[str], sentence: str) -> None:
    app = typer.Typer()
    app.command()(main)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2
    assert sentence in " ".join(ended.output.replace("│", "").split())  # as the panel breaks lines


def test_each_client_of_message_db_fills_streams_in_their_versions(empty_database_url: str) -> None:
    """Only where `scripts/bench --peers` has fetched it."""
    try:
        folder = NPM.ready(fetch=False)
    except PeerSkippedError as skipped:
        pytest.skip(f"message-db {npm_version(message_db.PACKAGE)}: {skipped}")
    message_db.install(folder, empty_database_url)
    options: dict[str, Any] = {"variables": {"n": -1}, "environment": {"PGOPTIONS": message_db.SEARCH_PATH}}
    figure = run_script(message_db.script(), empty_database_url, 2, 1, subject="message-db", **options)
    with psycopg.connect(empty_database_url, options=message_db.SEARCH_PATH) as connection:
        streams = connection.execute(
            "SELECT array_agg(position ORDER BY position) FROM messages GROUP BY stream_name"
        ).fetchall()
        assert connection.execute("SELECT DISTINCT data FROM messages").fetchall() == [(EVENT,)]
    assert sum(len(positions) for (positions,) in streams) >= figure.per_second > 0
    assert all(positions == list(range(len(positions))) for (positions,) in streams)
    assert max(len(positions) for (positions,) in streams) <= STREAM_EVENTS
    failing = message_db.script().replace("- 1);", "+ 7);")  # a version that the stream has not
    with pytest.raises(subprocess.CalledProcessError) as failure:
        run_script(failing, empty_database_url, 1, 1, subject="message-db", **options)
    assert "Wrong expected version" in failure.value.stderr
