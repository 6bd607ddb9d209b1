"""An installation as a user has it: a served zone with a database of its own, and verbs of the command line on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import httpx

from tests.conftest import reachable_folder
from tests.proofs.identity import free_ports
from tests.proofs.proof import ROOT, RefutedError

START_SECONDS_MAX = 120
REFUSED = 2  # the status of the command line
FILL_SECONDS_MAX = 900  # the demonstration takes half a minute on two quiet cores


class Installation:
    """A served zone and a receiver, each a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.hook_port = free_ports()
        self.address, self.hook = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.hook_port}/"
        self.noted = folder / "noted"
        self.environment = {
            **os.environ,
            "COUNTERSIGN_DATA": str(folder / "data"),
            "COUNTERSIGN_KEYS": str(folder / "keys"),
            "COUNTERSIGN_PROOF": str(folder / "proof"),
            "COUNTERSIGN_PORT": str(self.port),
            "COUNTERSIGN_WEBHOOKS_PRIVATE": "true",
            "COUNTERSIGN_LOG_LEVEL": "error",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start_server(self) -> None:
        """Serve, as a user does, and return once it answers."""
        self._start("server", [str(Path(sys.executable).with_name("countersign")), "serve"])
        self._wait_for(f"{self.address}/healthz")

    def start_demo(self) -> None:
        """Fill the demonstration and serve it, as a user does, and return once it answers."""
        self._start("server", [str(Path(sys.executable).with_name("countersign")), "demo"])
        self._wait_for(f"{self.address}/healthz", FILL_SECONDS_MAX)

    def start_receiver(self) -> None:
        """Receive, appending to the same file as before."""
        words = [sys.executable, "-m", "tests.proofs.hook_receiver", str(self.hook_port), str(self.noted)]
        self._start("receiver", words)
        self._wait_for(self.hook)

    def kill(self, name: str) -> None:
        """Kill -9, with all that the process started."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def run(self, *words: str, given: str = "") -> str:
        """What a command of the command line prints that reads *given*. Raises RefutedError."""
        return self._ended(0, words, given).stdout.strip()

    def fails(self, *words: str) -> str:
        """What a command says that is refused. Raises RefutedError."""
        return self._ended(REFUSED, words, "").stderr

    def _ended(self, status: int, words: Sequence[str], given: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("countersign")), *words]
        ended = subprocess.run(
            command, env=self.environment, cwd=ROOT, input=given, capture_output=True, text=True, check=False
        )
        if ended.returncode != status:
            raise RefutedError(f"{' '.join(words)} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
        return ended

    def end(self) -> None:
        """End what still runs, and the embedded database with it."""
        for name in list(self._processes):
            process = self._processes.pop(name)
            process.terminate()
            process.wait()

    def _start(self, name: str, words: Sequence[str]) -> None:
        self._processes[name] = subprocess.Popen(
            words, env=self.environment, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL
        )

    def _wait_for(self, address: str, seconds_max: float = START_SECONDS_MAX) -> None:
        end = monotonic() + seconds_max
        while monotonic() < end:
            with suppress(httpx.HTTPError):
                httpx.get(address)
                return
            sleep(0.1)
        raise RefutedError(f"{address} does not answer")


@contextmanager
def installed(**variables: str) -> Iterator[Installation]:
    """An installation with further *variables* of its environment, in which nothing runs; thrown away afterwards."""
    with reachable_folder() as folder:
        zone = Installation(folder)
        zone.environment |= variables
        try:
            yield zone
        finally:
            zone.end()


@contextmanager
def served_zone(**variables: str) -> Iterator[Installation]:
    """The same, already served."""
    with installed(**variables) as zone:
        zone.start_server()
        yield zone
