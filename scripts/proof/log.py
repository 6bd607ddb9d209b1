"""The command line's verbs of the transparency log: its keys, checkpoints, proofs, audit bundles, and a witness."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Annotated
from uuid import UUID

import psycopg
import typer
import uvicorn
from msgspec import Struct, structs

from api.proof.witness import witness_app
from api.web.http_limits import SERVER_OPTIONS
from infrastructure.ledger.clock_check import utc_now
from infrastructure.postgres.lease import Lease
from infrastructure.proof.bundle import ExportedBundle, export_bundle, pack_bundle, signing_keys
from infrastructure.proof.keys import OF_A_WITNESS, SigningKeys, create_keys, published_keys, restore_keys
from infrastructure.proof.note import NoteError, NoteVerifier
from infrastructure.proof.publisher import LEADER_KEY, WORK, ProofFolder, Publisher
from infrastructure.proof.witness import LOGS, Witness
from infrastructure.settings import Settings
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.ledger import projects_of
from scripts.server import database
from scripts.server.processes import orderly
from scripts.server.publishing import follow_restores, log_name

ZONE, ZIP = "zone", ".zip"
log_key = typer.Typer(no_args_is_help=True, help="Signing keys of the transparency log: create, rotate, back up.")


class LogKeys(Struct, frozen=True):
    """The public keys: those that sign now, the newest first, and those that no longer do."""

    folder: str
    signing: list[str]
    retired: list[str]

    @classmethod
    def of(cls, folder: Path, keys: SigningKeys) -> LogKeys:
        """The public halves of *keys*."""
        signing = [signer.verifier for signer in keys.signers]
        return cls(
            str(folder),
            [key.text for key in signing],
            [key.text for key in keys.published if key not in signing],
        )


class PublishedCheckpoint(Struct, frozen=True):
    """The checkpoint as it is handed out, its *size*, and what keeps it from going on."""

    size: int
    note: str
    trouble: str


def proof_folder(chosen: Settings | None = None) -> ProofFolder:
    """The folder of the settings."""
    return ProofFolder((chosen or settings()).proof_folder)


def show(keys: SigningKeys, title: str, as_json: bool) -> None:
    """Print public keys."""
    answer = LogKeys.of(proof_folder().path, keys)
    print_result(answer, as_json, lambda: pairs(title, answer))


@log_key.command("create")
def create(
    name: Annotated[str, typer.Option(help="the log's name, such as approvals.example.org/zone; never changes")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a signing key, also in place of a lost one. Notify the witnesses, and everyone who pinned the old key."""
    chosen = settings()
    before = published_keys(chosen.proof_folder)
    name = name or (before[0].name if before else log_name(chosen))
    show(create_keys(chosen.proof_folder, name), "created", as_json)


@log_key.command("show")
def show_keys(as_json: AsJson = False) -> None:
    """Print the public keys."""
    show(SigningKeys.read(proof_folder().path), "keys of the log", as_json)


@log_key.command("rotate")
def rotate(as_json: AsJson = False) -> None:
    """Make new keys. The old ones sign along until `retire`: give witnesses and auditors the new public keys first."""
    path = proof_folder().path
    show(SigningKeys.read(path).add_new(path), "rotated", as_json)


@log_key.command("retire")
def retire(as_json: AsJson = False) -> None:
    """Delete all private keys but the newest. What they signed stays verifiable."""
    path = proof_folder().path
    show(SigningKeys.read(path).retire(path), "retired", as_json)


@log_key.command("new-log")
def new_log(
    name: Annotated[str, typer.Option(help="another name than the log has, such as approvals.example.org/zone/2")],
    as_json: AsJson = False,
) -> None:
    """Begin another log, after a restore to an earlier moment. The old one stays as it is, and signs nothing more."""
    show(proof_folder().start_new_log(name), "begun", as_json)


@log_key.command("backup")
def back_up(
    file: Annotated[Path, typer.Argument(help="a new file on another medium than the backups of the data")],
) -> None:
    """Write the private keys to a file that only its owner can read."""
    chosen = settings()
    SigningKeys.read(chosen.proof_folder).back_up(file, chosen.data)
    screen.print(f"Keys are in {file}. Store it away from every backup of the data.", highlight=False)


@log_key.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="a file that `log-key backup` wrote")], as_json: AsJson = False
) -> None:
    """Put the keys of a backup in place."""
    show(restore_keys(proof_folder().path, file), "restored", as_json)


def checkpoint(as_json: AsJson = False) -> None:
    """Sign what is new, unless a server does, and print the published checkpoint. Exit 2 where there is none."""
    chosen = settings()
    url, folder = database.ready(chosen), proof_folder(chosen)
    if not folder.has_keys and not chosen.database_url:
        create_keys(folder.path, log_name(chosen))
    follow_restores(url, folder)
    keys = SigningKeys.read(folder.path)
    lease = Lease(url, WORK, LEADER_KEY)
    with psycopg.connect(lease.url, autocommit=True) as connection:
        if lease.take(connection):  # no server publishes now
            with lease.renewed():
                publisher = Publisher(url, folder, utc_now, chosen.tsa)
                publisher.open(keys)
                publisher.step(connection)
    reader, status = folder.read_log(), folder.status()
    answer = PublishedCheckpoint(reader.checkpoint.size, str(reader.note), status.trouble if status else "")
    print_result(answer, as_json, lambda: typer.echo(answer.note, nl=False))


def proof(
    position: Annotated[int, typer.Argument(min=1, help="the entry's position in the ledger")],
) -> None:
    """Print the proof that an entry is in the ledger, as C2SP tlog-proof: verified offline, by any tool."""
    typer.echo(proof_folder().read_log().proof(position), nl=False)


def export_audit(
    project: Annotated[str, typer.Argument(help="a project's id or code; `zone` for the whole ledger")],
    folder: Annotated[Path, typer.Argument(help="the new folder to write; a name in .zip makes one file of it")],
    as_json: AsJson = False,
) -> None:
    """Write an audit bundle: entries, proofs, checkpoint, rules, and a verifier that needs nothing but Python."""
    try:
        bundle = packed_bundle(project, folder) if folder.suffix == ZIP else written_bundle(project, folder)
    except OSError as failure:
        fail(f"Can't write {failure.filename or folder}: {failure.strerror or failure}.")
    print_result(bundle, as_json, lambda: pairs("exported", bundle))
    screen.print("Verify it anywhere: at /verify, or by verify.py in it, with keys got from their owners.")


def packed_bundle(project: str, file: Path) -> ExportedBundle:
    """The same as one zip *file*."""
    with TemporaryDirectory(dir=file.parent) as beside:
        bundle = written_bundle(project, Path(beside) / file.stem)
        pack_bundle(Path(bundle.folder), file)
    return structs.replace(bundle, folder=str(file))


def written_bundle(project: str, folder: Path) -> ExportedBundle:
    """The bundle of *project*, or of the zone, as a folder."""
    chosen = settings()
    url, proofs = database.ready(chosen), proof_folder(chosen)
    reader = proofs.read_log()
    signed = signing_keys(proofs, reader)
    with bar(screen, "exporting") as advance:
        stream, now = project_of(url, project), datetime.now(UTC)
        return export_bundle(url, reader, signed, folder, stream, now, advance, proofs.restores())


def project_of(url: str, text: str) -> UUID | None:
    """The project with this id or code; None for the zone."""
    if text == ZONE:
        return None
    with contextlib.suppress(ValueError):
        return UUID(text)
    projects = projects_of(url, text)
    if len(projects) != 1:
        fail(f"{len(projects)} projects have the code {text}: name one by its id.")
    return projects[0]


def witness(
    folder: Annotated[
        Path, typer.Argument(help="the witness's own folder: its key, the logs it knows, what it signed")
    ],
    name: Annotated[str, typer.Option(help="the name to sign under, such as supervision.example.org")] = "",
    log: Annotated[
        list[str] | None, typer.Option(help="public key of a log to cosign, as /v1/log-keys has it; stays known")
    ] = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="port to listen on")] = 8010,
) -> None:
    """Run a witness until Ctrl-C: it cosigns a log's checkpoints, each only if the log grew from the last one.

    To be run by another office than the log, on a machine of its own.
    """
    keys = keys_in(folder, name, OF_A_WITNESS, "The witness has no key yet: give it a name with --name.")
    logs = known_logs(folder, log or [])
    if not logs:
        fail("The witness knows no log yet: give the public key of one with --log.")
    app = witness_app(Witness(folder, keys.signers[0], logs), lambda: int(time()))
    try:
        listening = socket.create_server((host, port))
    except OSError as failure:
        fail(f"The witness can't listen on {host}, port {port}: {failure.strerror or failure}.")
    key, address = keys.signers[0].verifier.text, listening.getsockname()
    screen.print(
        f"Witness {keys.name} at http://{address[0]}:{address[1]}, key:\n{key}", highlight=False, soft_wrap=True
    )
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **SERVER_OPTIONS))
    with listening, contextlib.suppress(KeyboardInterrupt), orderly():
        server.run([listening])


def keys_in(folder: Path, name: str, algorithms: Sequence[bytes], missing: str) -> SigningKeys:
    """The keys in *folder*, created the first time under *name*; fails with the sentence *missing* without a name."""
    if not published_keys(folder):
        if not name:
            fail(missing)
        create_keys(folder, name, algorithms)
    return SigningKeys.read(folder)


def parsed_keys(lines: Sequence[str]) -> list[NoteVerifier]:
    """The public keys of logs, each once; fails where one can't be read."""
    try:
        return list(dict.fromkeys(NoteVerifier.parse(line) for line in lines if line.strip()))
    except NoteError as error:
        fail(f"The public key of a log can't be read: {error}.")


def known_logs(folder: Path, added: list[str]) -> list[NoteVerifier]:
    """The logs that the witness cosigns, with those *added* now, which it knows from then on."""
    file = folder / LOGS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    keys = parsed_keys([*lines, *added])
    if added:
        file.write_text("".join(f"{key.text}\n" for key in keys), encoding="utf-8")
    return keys
