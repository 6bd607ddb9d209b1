"""The file that a request asks for: by its digest, for those who may read an item that it is attached to."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.materials.download import Download
from api.web.http_request import HttpRequest
from api.web.identity import Headers, headers_of
from api.web.parameters import After, catch_up
from api.web.problems import Problem
from domain.access.principal import Caller
from domain.core.characters import without_blanks
from domain.core.ledger import Refused
from domain.project.materials.attachment import require_file_name
from domain.project.state.materials import NAME_CHARACTERS_MAX, is_digest
from infrastructure.ledger.approvals import Approvals
from infrastructure.materials.store import MaterialStore, StoredMaterial
from infrastructure.projector.positions import Views
from projections.access.files import is_readable

SavedAs = Annotated[
    str, QueryParameter(max_length=NAME_CHARACTERS_MAX, description="The name to save it under: a plain file name.")
]


class DownloadRequest(Struct, frozen=True):
    """A request for a file: its *method*, and headers such as Range and If-None-Match."""

    method: str
    headers: Headers


def download_request(request: HttpRequest) -> DownloadRequest:
    """The request for a file."""
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
    name = without_blanks(name)
    if name:
        try:
            require_file_name(name)
        except Refused as unsound:
            raise Problem("invalid-parameter", unsound.sentence, remedy=unsound.remedy, parameter="name") from unsound
    kind = await materials.kind(StoredMaterial(digest, size, ""))
    stored = StoredMaterial(digest, size, kind)
    return Download(materials, stored, name, download_request.headers, download_request.method)
