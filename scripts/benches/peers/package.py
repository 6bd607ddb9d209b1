"""Pinned packages of the peers, in a cache folder outside the repository; only `scripts/bench --peers` fetches them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, json

PINNED = Path(__file__).parent / "pinned"
NPM_FILES = (PINNED / "package.json", PINNED / "package-lock.json")
UMADB_FILE = PINNED / "umadb.txt"
INSTALL_SECONDS_MAX = 300
COMPLETE = "complete"  # this file is written last, so that a half-installed folder is not used
REASON_CHARACTERS = 300


class PeerSkippedError(Exception):
    """A peer can't be measured here: the message says what is missing, and how to get it."""


class Package(Struct, frozen=True):
    """Packages of one *index*, pinned with their digests by *files*; *install* fetches them into a folder."""

    name: str
    index: str
    files: tuple[Path, ...]
    install: Callable[[Path], None]

    @property
    def folder(self) -> Path:
        """The cache folder of these very versions, for this version of Python."""
        pinned = b"".join(file.read_bytes() for file in self.files)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return cache() / f"{self.name}-{sha256(pinned + python.encode()).hexdigest()[:12]}"

    def ready(self, *, fetch: bool) -> Path:
        """The folder with the installed packages. Raises PeerSkippedError if they are absent and can't be fetched."""
        folder = self.folder
        if (folder / COMPLETE).exists():
            return folder
        if not fetch:
            raise PeerSkippedError(
                f"not installed: `scripts/bench --peers` fetches it from {self.index} into {folder.parent}"
            )
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.install(folder)
        (folder / COMPLETE).touch()
        return folder


def cache() -> Path:
    """The folder in which fetched packages stay."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "countersign-bench"


def npm_version(package: str) -> str:
    """The pinned version of a *package* of the npm registry."""
    version: str = json.decode(NPM_FILES[0].read_bytes())["dependencies"][package]
    return version


def umadb_version() -> str:
    """The pinned version of UmaDB."""
    return UMADB_FILE.read_text(encoding="utf-8").split()[0].removeprefix("umadb==")


def program(name: str, debian: str) -> str:
    """The path of the program *name*. Raises PeerSkippedError, naming the *debian* packages that have it."""
    if path := shutil.which(name):
        return path
    raise PeerSkippedError(f"{name} is not on PATH: on Debian and Ubuntu, apt-get install {debian}")


def reason(failure: Exception) -> str:
    """Why a peer is skipped, in a line: for a program that failed, the end of what it wrote."""
    match failure:
        case subprocess.CalledProcessError(stderr=str(text)) if text.strip():
            sentence = f"{Path(failure.cmd[0]).name} ended with {failure.returncode}: {text}"
        case _:
            sentence = str(failure)
    sentence = " ".join(sentence.split())
    return sentence if len(sentence) <= REASON_CHARACTERS else f"{sentence[:REASON_CHARACTERS]} …"


def _from_npm(folder: Path) -> None:
    npm = program("npm", "npm")
    for file in NPM_FILES:
        shutil.copy(file, folder)
    # No package may run a script of its own: these are JavaScript and SQL alone.
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], folder)


def _from_python_index(folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder / "environment")], folder)
    pip = [str(python_of(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(UMADB_FILE)], folder)


def python_of(folder: Path) -> Path:
    """The interpreter of the environment that has UmaDB."""
    return folder / "environment" / "bin" / "python"


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)


NPM = Package("npm", "the npm registry", NPM_FILES, _from_npm)
UMADB = Package("umadb", "the Python package index", (UMADB_FILE,), _from_python_index)
