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
from litestar.types import ASGIApp, Receive
from msgspec import Struct
from msgspec.structs import asdict, replace

from api.guard.judging import ProjectAccess
from api.materials.download import Download
from api.materials.requested_file import download, download_request
from api.materials.upload_quota import UploadQuota, upload_quota
from api.route_access import ACCESS
from api.web.as_of import Instants
from api.web.command_request import CommandRequest
from api.web.identity import Headers
from api.web.parameters import code
from api.web.problems import UPLOAD, Problem
from domain.core.ledger import Actor
from domain.messages import Entry
from domain.project.rules import require_papers_from
from domain.project.state.materials import is_digest
from infrastructure.materials.store import MaterialStore
from projections.materials.fold import AttachedFile, files_of

MATERIALS = "read:materials"

IDLE_SECONDS_MAX = 60.0  # between two pieces of an upload

DIGESTS = re.compile(rb"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*")  # RFC 9530, section 2

log = structlog.get_logger()


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


class MaterialRoutes(Controller):
    """Files: uploaded once, identified by their content, attached to as many items as need them."""

    opt = {ACCESS: "read:materials"}  # noqa: RUF012  litestar's own spelling
    tags = ("materials",)
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "download_request": Provide(download_request, sync_to_thread=False),
        "download": Provide(download),
        "upload_quota": Provide(upload_quota, sync_to_thread=False),
    }

    @post("/materials", operation_id=UPLOAD, status_code=200, summary="Store one file", opt={ACCESS: "attach_material"})
    async def upload_material(
        self,
        command_request: NamedDependency[CommandRequest],
        materials: NamedDependency[MaterialStore],
        actor: NamedDependency[Actor],
        upload_quota: NamedDependency[UploadQuota],
    ) -> Response[Uploaded]:
        """The body is the file itself, its Content-Type what it is. 201 where it is new, 200 where it was known.

        Content-Digest (RFC 9530, sha-256) is held against what came. Storing attaches nothing: attach_material does.
        How many files a person or program may upload in a day is a setting; beyond, 429 too-many-uploads.
        """
        headers = command_request.headers
        require_papers_from(actor, "upload a material")
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced[:20]) > materials.bytes_max:
            raise materials.too_large()
        await upload_quota.require()
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
