"""The OpenAPI document before judges of other makers: two linters, and generators whose clients are compiled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from msgspec import json

from api.app import create_app
from api.openapi.document import complete, public_operations
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from tests.proofs.log import INSTALL_SECONDS_MAX, PYTHONS, environment_with, judged
from tests.proofs.operating.installation import Installation, served_zone
from tests.proofs.proof import ROOT, Budget, Proof, RefutedError, SkippedError

HEY_API = "@hey-api/openapi-ts@0.90"  # the last that runs on Node 20
NPM_PACKAGES = ("@redocly/cli@2", "@stoplight/spectral-cli@6", "typescript@5", HEY_API)
GENERATORS = ("openapi-python-client==0.29.1", "openapi-generator-cli==7.26.0")
DRIVERS = ROOT / "tests/proofs/clients"
PYTHON_CLIENT_CONFIG = ROOT / "tests/proofs/openapi-python-client.yaml"
STRICT: dict[str, Any] = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "lib": ["es2022", "dom", "dom.iterable"],
        "skipLibCheck": True,
    },
    "include": ["typescript/**/*.ts", "hey-api/**/*.ts"],
}
DRIVING = {
    "compilerOptions": {**STRICT["compilerOptions"], "noEmit": False, "outDir": "driver", "rootDir": "."},
    "include": ["by_fetch.ts"],
}
USCC = "91420100MA0HX2026E"
PROGRAMS = {
    "manager": ("project_manager", "office"),
    "applicant": ("applicant", USCC),
    "land": ("officer", "land"),
    "fire": ("officer", "fire"),
}
PAPER = "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
SCENARIO = {"item": "land-use", "uscc": USCC, "paper": PAPER}
# Registered, applied for, a paper attached, accepted, asked, countersigned, decided, delivered: eight entries.
DELIVERED = {"stage": "delivered", "version": 8, "papers": [True], "refused": "wrong-stage"}
# How each generator begins a method for an operation.
PYTHON_CLIENT = re.compile(r"^def sync_detailed\(", re.MULTILINE)
PYTHON = re.compile(r"^    def \w+_with_http_info\(", re.MULTILINE)
TYPESCRIPT = re.compile(r"^    async \w+Raw\(", re.MULTILINE)
HEY_API_METHOD = re.compile(r"^export const \w+ = <ThrowOnError", re.MULTILINE)
NO_DATABASE = "postgresql://nowhere/none"  # the document is made of code alone


def document_file(folder: Path) -> tuple[Path, int]:
    """The document in a file, and how many operations it has."""
    approvals = Approvals(NO_DATABASE)
    app = create_app(approvals, Views(approvals.store), Settings(data=folder))
    document = complete(app.openapi_schema.to_schema(), public_operations(app))
    file = folder / "openapi.json"
    file.write_bytes(json.encode(document))
    return file, sum(len(item) for item in document["paths"].values())


def npm_tools(folder: Path, packages: Sequence[str]) -> Path:
    """Programs of the npm registry. Raises SkippedError."""
    npm = shutil.which("npm")
    if npm is None:
        raise SkippedError("npm is not on PATH: on Debian, apt-get install npm")
    command = [npm, "install", "--silent", "--prefix", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False)
    if done.returncode:
        raise SkippedError(f"{' '.join(packages)} can't be installed: {done.stderr.strip()[-300:]}")
    return folder / "node_modules/.bin"


def linters(_budget: Budget) -> str:
    """Redocly and Spectral find no error in the document."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        file, count = document_file(folder)
        tools = npm_tools(folder, NPM_PACKAGES[:2])
        judged([str(tools / "redocly"), "lint", "--extends", "recommended", str(file)])
        rules = folder / "spectral.yaml"
        rules.write_text('extends: ["spectral:oas"]\n')
        judged([str(tools / "spectral"), "lint", "--fail-severity", "error", "-r", str(rules), str(file)])
    return f"redocly and spectral find no error in {count} operations"


def generators(_budget: Budget) -> str:
    """Four generated clients have every operation and compile; three drive a project from registration to delivery."""
    if shutil.which("java") is None:
        raise SkippedError("java is not on PATH: on Debian, apt-get install default-jre-headless")
    with TemporaryDirectory() as name:
        folder = Path(name)
        file, count = document_file(folder)
        tools = environment_with(GENERATORS, folder, ("python3", *PYTHONS))
        npm = npm_tools(folder, NPM_PACKAGES[2:])
        config = ["--config", str(PYTHON_CLIENT_CONFIG), "--meta", "none", "--output-path", str(folder / "client")]
        judged([str(tools / "openapi-python-client"), "generate", "--path", str(file), *config])
        require_operations(folder / "client", "*.py", PYTHON_CLIENT, count)
        for language, pattern, suffix in (("python", PYTHON, "*.py"), ("typescript-fetch", TYPESCRIPT, "*.ts")):
            made = folder / language.partition("-")[0]
            judged([str(tools / "openapi-generator-cli"), "generate", "-i", str(file), "-g", language, "-o", str(made)])
            require_operations(made, suffix, pattern, count)
        plugins = ["@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch"]
        judged([str(npm / "openapi-ts"), "-i", str(file), "-o", str(folder / "hey-api"), "-p", *plugins])
        require_operations(folder / "hey-api", "*.ts", HEY_API_METHOD, count)
        judged([str(tools / "python"), "-m", "compileall", "-q", str(folder / "client"), str(folder / "python")])
        (folder / "tsconfig.json").write_bytes(json.encode(STRICT))
        judged([str(npm / "tsc"), "-p", str(folder / "tsconfig.json")])
        driven(folder, tools, npm)
    return (
        f"{count} operations in clients by openapi-python-client, openapi-generator (python, typescript-fetch) and"
        " openapi-ts; each but the last drove a project from registration to delivery"
    )


def driven(folder: Path, tools: Path, npm: Path) -> None:
    """Let each client drive a project on a served zone. Raises RefutedError."""
    judged([str(tools / "pip"), "install", "--quiet", "-r", str(folder / "python" / "requirements.txt")])
    shutil.copy(DRIVERS / "by_fetch.ts", folder)
    (folder / "tsconfig.drive.json").write_bytes(json.encode(DRIVING))
    judged([str(npm / "tsc"), "-p", str(folder / "tsconfig.drive.json")])
    node = shutil.which("node") or "node"
    programs = {
        "openapi-python-client": ([str(tools / "python"), str(DRIVERS / "by_python_client.py")], folder),
        "openapi-generator": ([str(tools / "python"), str(DRIVERS / "by_generator.py")], folder / "python"),
        "typescript-fetch": ([node, str(folder / "driver" / "by_fetch.js")], folder),
    }
    with served_zone() as zone:
        keys = {name: key_of(zone, name, *held) for name, held in PROGRAMS.items()}
        for generator, (command, path) in programs.items():
            scenario = {"address": zone.address, "project": str(uuid4()), "keys": keys, **SCENARIO}
            words = [*command, json.encode(scenario).decode()]
            environment = {**os.environ, "PYTHONPATH": str(path)}
            done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
            if done.returncode or json.decode(done.stdout) != DELIVERED:
                raise RefutedError(f"the client of {generator} ended with: {done.stdout}{done.stderr[-3000:]}")


def key_of(zone: Installation, name: str, role: str, over: str) -> str:
    """The key of a new program *name* that holds *role* over a department or an enterprise."""
    zone.run("users", "add", name, name.title(), "--program", "--role", role, "--over", over)
    return zone.run("keys", "issue", name, "--scope", "commands:*", "--scope", "read:*", "--bare")


def require_operations(folder: Path, suffix: str, pattern: re.Pattern[str], count: int) -> None:
    """Raise RefutedError where a generated client lacks an operation."""
    texts = (file.read_text("utf-8") for file in sorted(folder.rglob(suffix)))
    generated = sum(len(pattern.findall(text)) for text in texts)
    if generated != count:
        raise RefutedError(f"the client in {folder.name} has {generated} operations of {count}")


PROOFS = (
    Proof("openapi-lint", "redocly and spectral find no error in the OpenAPI document", linters),
    Proof("openapi-clients", "generated clients have every operation, compile, and drive a project", generators),
)
