"""What all pages load: the style sheet, in one answer whose address changes with its content, and the icon."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from litestar import Response, Router, get
from litestar.enums import MediaType
from litestar.params import FromPath

from api.html.compression import COMPRESSED
from api.route_access import ACCESS, PUBLIC
from api.web.problems import Problem

FOLDER = files("api") / "static"
HASH_CHARACTERS = 12
YEAR_SECONDS = 365 * 24 * 3600  # as long as a browser may keep what never changes under its address
HOUR_SECONDS = 3600  # as long as it may keep the sheet under its plain address
PLAIN, ICON = "app.css", "icon.svg"
SVG = "image/svg+xml"


@cache
def style_sheet() -> bytes:
    """The style sheet: the parts in the order of their names."""
    parts = sorted((part for part in FOLDER.iterdir() if part.name.endswith(".css")), key=lambda part: part.name)
    return b"\n".join(part.read_bytes() for part in parts)


@cache
def style_name() -> str:
    """The name of the style sheet as it is now, such as app.1f0c….css."""
    return f"app.{sha256(style_sheet()).hexdigest()[:HASH_CHARACTERS]}.css"


def style_address() -> str:
    """Where pages load the style sheet from."""
    return f"/static/{style_name()}"


@get("/{name:str}", include_in_schema=False, sync_to_thread=False, opt={ACCESS: PUBLIC})
def asset(name: FromPath[str]) -> Response[bytes]:
    """The icon, or the style sheet by its present name or its plain one. Raises Problem not-found for any other."""
    if name not in (PLAIN, ICON, style_name()):
        raise Problem("not-found", f"nothing is at /static/{name}", remedy="load the page again")
    seconds = YEAR_SECONDS if name == style_name() else HOUR_SECONDS
    immutable = ", immutable" if name == style_name() else ""
    headers = {"Cache-Control": f"public, max-age={seconds}{immutable}", "X-Content-Type-Options": "nosniff"}
    if name == ICON:
        return Response((FOLDER / ICON).read_bytes(), media_type=SVG, headers=headers)
    return Response(style_sheet(), media_type=MediaType.CSS, headers=headers)


asset_routes = Router(path="/static", route_handlers=[asset], middleware=[COMPRESSED], include_in_schema=False)
