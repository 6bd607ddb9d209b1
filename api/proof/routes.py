"""GET /v1/checkpoint, /v1/log-keys, /v1/proofs/{position} and /v1/tile/...: what proves the ledger, to anyone.

Hashes and signatures alone, no content: all of it is public, in the formats of C2SP. The hash of an entry is for those
who may read it: GET /v1/projects/{id}/proofs/{version}.
"""

from __future__ import annotations

import re
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.proof.code import code_svg, printed_text
from api.route_access import ACCESS
from api.web.problems import Problem
from domain.messages import Entry
from infrastructure.ledger.approvals import Approvals
from infrastructure.proof.log import LogError, LogReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.proof.receipt import receipt_proof
from infrastructure.settings import Settings

TEXT = "text/plain"
SVG = "image/svg+xml"
OCTETS = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
NEVER = "no-store"
TILE = re.compile(r"(entries|[0-5]?[0-9])/(x[0-9]{3}/){0,4}[0-9]{3}(\.p/([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?")
NOT_YET = "wait a second: the log follows the ledger; GET /v1/checkpoint says how far it is"
NO_ENTRY = "record something first: a checkpoint follows within a second"
NO_LOG = "the server keeps a log once it has a signing key: `countersign log-key create` makes one"


class NoTileError(ValueError):
    """The path is none that a tile can have."""


def require_tile(path: str) -> str:
    """*path*, where it is one that a tile can have. Raises NoTileError."""
    if not TILE.fullmatch(path):
        raise NoTileError(path)
    return path


async def proven_entry(
    approvals: NamedDependency[Approvals], project_id: FromPath[UUID], entry_version: FromPath[int]
) -> Entry:
    """The entry with this version of the project. Raises Problem."""
    page = await approvals.history(project_id, entry_version - 1, 1) if entry_version > 0 else ()
    if not page or page[0].version != entry_version:
        raise Problem(
            "entry-unknown",
            f"project {project_id} has no entry with version {entry_version}",
            remedy="take the version from the receipt of the command, or from GET /v1/projects/{project_id}/history",
        )
    return page[0]


def not_logged(error: LogError, *, retry: bool = False) -> Problem:
    """The answer about an entry that the log can't prove; where the log will soon hold it, when to *retry*."""
    headers = {"Retry-After": "1"} if retry else None
    return Problem("position-not-logged", str(error), remedy=NOT_YET, headers=headers)


def proof_file(text: str, position: int) -> Response[str]:
    """A proof as a file to save."""
    name = f'attachment; filename="{position}.tlog-proof"'
    return Response(text, media_type=TEXT, headers={"Cache-Control": NEVER, "Content-Disposition": name})


def transparency_log(settings: NamedDependency[Settings]) -> LogReader:
    """The published log. Raises Problem."""
    folder = ProofFolder(settings.proof_folder)
    try:
        reader = folder.read_log()
    except LogError as error:
        raise Problem(
            "log-damaged", str(error), remedy="see the log of the server that publishes checkpoints"
        ) from error
    if reader.note is None:
        remedy = NO_ENTRY if folder.has_keys else NO_LOG
        raise Problem("no-checkpoint", "no checkpoint was published yet", remedy=remedy, headers={"Retry-After": "1"})
    return reader


class ReceiptRoutes(Controller):
    """Proofs for those who may read the entries: with the hash, so that they need nothing but the log's key."""

    opt = {ACCESS: "read:history"}  # noqa: RUF012  litestar's own spelling
    path = "/projects/{project_id:uuid}/proofs/{entry_version:int}"
    tags = ("proofs",)
    dependencies = {  # noqa: RUF012  litestar's own
        "transparency_log": Provide(transparency_log, sync_to_thread=True),
        "proven_entry": Provide(proven_entry),
    }

    @get(
        "/",
        operation_id="get_receipt_proof",
        summary="The proof that a command's fact is in the ledger",
        media_type=TEXT,
        sync_to_thread=True,
    )
    def get_receipt_proof(
        self, proven_entry: NamedDependency[Entry], transparency_log: NamedDependency[LogReader]
    ) -> Response[str]:
        """A file that is verified offline, at /verify or by any tool for C2SP tlog-proof.

        `entry_version` is the version in the receipt of the command. The line `extra` has the leaf: position and hash.
        """
        try:
            text = receipt_proof(transparency_log, proven_entry.position, bytes.fromhex(proven_entry.hash))
        except LogError as error:
            raise not_logged(error, retry=True) from error
        return proof_file(text, proven_entry.position)

    @get(
        "/code.svg",
        operation_id="get_receipt_code",
        summary="The same proof as a code for paper",
        media_type=SVG,
        sync_to_thread=True,
    )
    def get_receipt_code(
        self,
        proven_entry: NamedDependency[Entry],
        transparency_log: NamedDependency[LogReader],
        settings: NamedDependency[Settings],
    ) -> Response[str]:
        """A QR code of at most 1.2 kB: hash, position, size, path and the log's Ed25519 signature."""
        try:
            text = printed_text(transparency_log, settings, proven_entry)
        except LogError as error:
            raise not_logged(error, retry=True) from error
        return Response(
            code_svg(text, f"{proven_entry.position}.tlog-proof"), media_type=SVG, headers={"Cache-Control": NEVER}
        )


class ProofRoutes(Controller):
    """The log as it is published."""

    opt = {ACCESS: "read:checkpoints"}  # noqa: RUF012  litestar's own spelling
    path = "/"
    tags = ("proofs",)
    dependencies = {"transparency_log": Provide(transparency_log, sync_to_thread=True)}  # noqa: RUF012  litestar's own

    @get(
        "/checkpoint",
        operation_id="get_checkpoint",
        summary="The last checkpoint of the ledger's log",
        media_type=TEXT,
        sync_to_thread=False,
    )
    def get_checkpoint(self, transparency_log: NamedDependency[LogReader]) -> Response[str]:
        """Size and head of the Merkle tree, signed by the log and cosigned by its witnesses (C2SP tlog-checkpoint)."""
        return Response(str(transparency_log.note), media_type=TEXT, headers={"Cache-Control": NEVER})

    @get(
        "/log-keys",
        operation_id="get_log_keys",
        summary="Public keys of the log and of its witnesses",
        media_type=TEXT,
        sync_to_thread=True,
    )
    def get_log_keys(self, settings: NamedDependency[Settings]) -> Response[str]:
        """A key a line, `name+id+base64`, the current ones first. Pin them: ask the office itself, not its server."""
        folder = ProofFolder(settings.proof_folder)
        lines = [f"{key.text}\n" for key in folder.trusted_keys()]
        if not lines:
            raise Problem("no-checkpoint", "this server has no signing key", remedy=NO_LOG)
        return Response("".join(lines), media_type=TEXT, headers={"Cache-Control": NEVER})

    @get(
        "/proofs/{entry_position:int}",
        operation_id="get_proof",
        summary="The proof that an entry is in the ledger",
        media_type=TEXT,
        sync_to_thread=True,
    )
    def get_proof(self, entry_position: FromPath[int], transparency_log: NamedDependency[LogReader]) -> Response[str]:
        """A file that is verified offline (C2SP tlog-proof): the path from the entry at this position to a checkpoint.

        The entry's hash is not in it: it is in the receipt of the command, and in the project's history.
        """
        try:
            text = transparency_log.proof(entry_position)
        except LogError as error:
            raise not_logged(error) from error
        return proof_file(text, entry_position)

    @get(
        "/tile/{tile:path}",
        operation_id="get_tile",
        summary="A tile of the Merkle tree",
        media_type=OCTETS,
        sync_to_thread=True,
    )
    def get_tile(self, tile: FromPath[str], settings: NamedDependency[Settings]) -> Response[bytes]:
        """256 hashes, or as many as there are so far (C2SP tlog-tiles). A partial tile goes once the tile is full."""
        name = tile.lstrip("/")
        try:
            data = (ProofFolder(settings.proof_folder).log / "tile" / require_tile(name)).read_bytes()
        except (FileNotFoundError, NotADirectoryError, NoTileError) as missing:
            raise Problem(
                "tile-unknown",
                "the log has no such tile",
                remedy="ask for the full tile, or for a partial one as wide as the checkpoint's size says",
            ) from missing
        return Response(data, media_type=OCTETS, headers={"Cache-Control": FOR_EVER})
