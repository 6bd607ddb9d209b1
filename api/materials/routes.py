"""POST /v1/materials, GET /v1/materials/{digest} and a project's own: files, and who attached them to what."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import structlog
from litestar import Controller, HttpMethod, Response, get, post, route
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from litestar.types import ASGIApp, Receive
from msgspec import Struct
from msgspec.structs import asdict, replace

from api.guard.judging import ProjectAccess
from api.materials.download import Download
from api.route_access import ACCESS
from api.web.as_of import Instants
from api.web.command_request import CommandRequest
from api.web.http_request import HttpRequest
from api.web.identity import Headers, headers_of
from api.web.parameters import After, catch_up, code
from api.web.problems import UPLOAD, Problem
from domain.access.principal import Caller
from domain.core.ledger import Actor, Refused
from domain.messages import Entry
from domain.project.materials.attachment import require_file_name
from domain.project.rules import require_papers_from
from domain.project.state.materials import NAME_CHARACTERS_MAX, is_digest
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore, StoredMaterial
from infrastructure.projector.positions import Views
from projections.access.files import is_readable
from projections.materials.fold import AttachedFile, files_of

MATERIALS = "read:materials"

IDLE_SECONDS_MAX = 60.0  # between two pieces of an upload

DIGESTS = re.compile(rb"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*")  # RFC 9530, section 2

log = structlog.get_logger()

SavedAs = Annotated[
    str, QueryParameter(max_length=NAME_CHARACTERS_MAX, description="The name to save it under: a plain file name.")
]


class Uploaded(Struct, frozen=True):
    """One stored file, as `attach_material` takes it. *size* is in bytes; *known*: it was stored before."""

    digest: str
    size: int
    media_type: str
    known: bool


class ProjectMaterials(Struct, frozen=True):
    """A project's files at *as_of*, as known at *known_at*, with every item that has each."""

    as_of: datetime
    known_at: datetime
    version: int
    materials: list[AttachedFile]


class DownloadRequest(Struct, frozen=True):
    """How a file is asked for: the *method*, and headers such as Range and If-None-Match."""

    method: str
    headers: Headers


def download_request(request: HttpRequest) -> DownloadRequest:
    """How a file is asked for."""
    return DownloadRequest(request.method, headers_of(request.scope))


async def download(
    download_request: NamedDependency[DownloadRequest],
    materials: NamedDependency[MaterialStore],
    approvals: NamedDependency[Approvals],
    caller: NamedDependency[Caller],
    views: NamedDependency[Views],
    digest: FromPath[str],
    name: SavedAs = "",
    after: After = 0,
) -> Download:
    """The response with the file of the digest in the path. Raises Problem material-unknown, invalid-parameter.

    A file is for those who may read the materials of an item that it is, or once was, attached to. A view has these:
    name the position of an attachment just made in `after`.
    """
    if after:
        await catch_up(views, approvals, after)
    readable = is_digest(digest) and await is_readable(approvals.store, caller, digest)
    size = await materials.size_of(digest) if readable else None
    if size is None:
        raise Problem(
            "material-unknown", f"no file is stored under {digest[:64]}", remedy="POST /v1/materials stores one"
        )
    if name:
        try:
            require_file_name(name)
        except Refused as unsound:
            raise Problem("invalid-parameter", unsound.sentence, remedy=unsound.remedy, parameter="name") from unsound
    kind = await materials.kind(StoredMaterial(digest, size, ""))
    stored = StoredMaterial(digest, size, kind)
    return Download(materials, stored, name, download_request.headers, download_request.method)


class MaterialRoutes(Controller):
    """Files: uploaded once, identified by their content, attached to as many items as need them."""

    opt = {ACCESS: "read:materials"}  # noqa: RUF012  litestar's own spelling
    tags = ("materials",)
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "download_request": Provide(download_request, sync_to_thread=False),
        "download": Provide(download),
    }

    @post("/materials", operation_id=UPLOAD, status_code=200, summary="Store one file", opt={ACCESS: "attach_material"})
    async def upload_material(
        self,
        command_request: NamedDependency[CommandRequest],
        materials: NamedDependency[MaterialStore],
        actor: NamedDependency[Actor],
    ) -> Response[Uploaded]:
        """The body is the file itself, its Content-Type what it is. 201 where it is new, 200 where it was known.

        Content-Digest (RFC 9530, sha-256) is held against what came. Storing attaches nothing: attach_material does.
        """
        headers = command_request.headers
        require_papers_from(actor, "upload a material")
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced[:20]) > materials.bytes_max:
            raise materials.too_large()
        media_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        body = pieces(command_request.receive)
        stored = await materials.receive(body, media_type[:200], expected=digest_in(headers))
        log.info(
            "material_uploaded",
            **asdict(stored),
            actor=actor.id,
            department=actor.department,
            role=actor.role.value,
        )
        return Response(
            Uploaded(stored.digest, stored.size, stored.media_type, stored.known),
            status_code=200 if stored.known else 201,
            headers={"Location": f"/v1/materials/{stored.digest}", "ETag": f'"{stored.digest}"'},
        )

    @get("/materials/{digest:str}", operation_id="get_material", summary="A stored file")
    async def get_material(self, download: NamedDependency[Download]) -> ASGIApp:
        """Its bytes, or those of one Range, to be saved and never shown in place."""
        return download

    @route(
        "/materials/{digest:str}",
        http_method=HttpMethod.HEAD,  # litestar's own `head` lets no ASGI application answer
        operation_id="head_material",
        status_code=200,
        summary="Whether a file is stored",
    )
    async def head_material(self, download: NamedDependency[Download]) -> ASGIApp:
        """The headers of GET: size, type, ETag."""
        return download

    @get("/projects/{project_id:uuid}/materials", operation_id="list_materials", summary="A project's files")
    async def list_materials(
        self,
        entries: NamedDependency[list[Entry]],
        instants: NamedDependency[Instants],
        project_access: NamedDependency[ProjectAccess],
        item: Annotated[str, code("Of this item alone.")] = "",
    ) -> ProjectMaterials:
        """Each with its items: the name, since when, the actor and the entry. Never behind the ledger."""
        files = readable_files(project_access, files_of(entries, instants.at, instants.known, item))
        return ProjectMaterials(instants.at, instants.known, entries[-1].version, files)


def readable_files(access: ProjectAccess, files: Sequence[AttachedFile]) -> list[AttachedFile]:
    """*files* as far as they are attached to items whose materials the caller may read."""
    own = [
        replace(
            file,
            attachments=[attachment for attachment in file.attachments if access.on_item(MATERIALS, attachment.item)],
        )
        for file in files
    ]
    return [file for file in own if file.attachments]


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Problem material-broken-off where it stops before it is whole."""
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS_MAX):
                event: Any = await receive()
        except TimeoutError as late:
            raise _broken_off(f"nothing came for {IDLE_SECONDS_MAX:.0f} seconds") from late
        if event["type"] == "http.disconnect":
            raise _broken_off("the connection closed before the file was whole")
        yield event.get("body", b"")
        if not event.get("more_body"):
            return


def digest_in(headers: Headers) -> str:
    """The SHA-256 in Content-Digest, in hexadecimal; empty without that header.

    Raises Problem invalid-header where it can't be read, or can't be held against what comes.
    """
    header = headers.get(b"content-digest")
    if header is None:
        return ""
    members = [DIGESTS.fullmatch(member) for member in header.split(b",")]
    digests = {member[1]: member[2] for member in members if member}
    try:
        digest = b64decode(digests.get(b"sha-256", b""), validate=True).hex()
    except NotBase64:
        digest = ""
    if None in members or not is_digest(digest):
        raise Problem(
            "invalid-header",
            "the header Content-Digest holds no SHA-256",
            remedy="write sha-256=:BASE64: as RFC 9530 has it, or leave it out",
            header="Content-Digest",
        )
    return digest


def _broken_off(sentence: str) -> Problem:
    return Problem("material-broken-off", sentence, remedy="send the whole file again")
