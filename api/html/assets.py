"""What pages load: the style sheet, modules of script, those of the verifier, and the icon, under hashed addresses."""

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
SVG, SCRIPT = "image/svg+xml", "text/javascript"
VERIFIER = "verify"  # the folder of the verifier's modules


@cache
def style_sheet() -> bytes:
    """The style sheet: the parts in the order of their names."""
    parts = sorted((part for part in FOLDER.iterdir() if part.name.endswith(".css")), key=lambda part: part.name)
    return b"\n".join(part.read_bytes() for part in parts)


@cache
def style_name() -> str:
    """The name of the style sheet as it is now, such as app.1f0c….css."""
    return _named(PLAIN, style_sheet())


def style_address() -> str:
    """Where pages load the style sheet from."""
    return f"/static/{style_name()}"


@cache
def modules() -> dict[str, bytes]:
    """The modules of script by their names as they are now, such as keys.1f0c….js: a page without them works too."""
    names = [part.name for part in FOLDER.iterdir() if part.name.endswith(".js")]
    return {_named(name, _module(name)): _module(name) for name in names}


@cache
def _module(name: str) -> bytes:
    """The module as browsers load it: without indentation, and lines that are comments. None has texts over lines."""
    lines = [line.strip() for line in (FOLDER / name).read_bytes().splitlines()]
    return b"".join(line + b"\n" for line in lines if line and not line.startswith(b"//"))


@cache
def module_address(name: str) -> str:
    """Where pages load the module *name* from, which is one of the folder's."""
    return f"/static/{_named(name, _module(name))}"


def _named(name: str, content: bytes) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{sha256(content).hexdigest()[:HASH_CHARACTERS]}.{kind}"


@get("/{name:str}", include_in_schema=False, sync_to_thread=False, opt={ACCESS: PUBLIC})
def asset(name: FromPath[str]) -> Response[bytes]:
    """The icon, a module, or the style sheet by its present or plain name. Raises Problem not-found for any other."""
    if name not in (PLAIN, ICON, style_name(), *modules()):
        raise Problem("not-found", f"nothing is at /static/{name}", remedy="load the page again")
    is_lasting = name not in (PLAIN, ICON)
    seconds, immutable = (YEAR_SECONDS, ", immutable") if is_lasting else (HOUR_SECONDS, "")
    headers = {"Cache-Control": f"public, max-age={seconds}{immutable}", "X-Content-Type-Options": "nosniff"}
    if name == ICON:
        return Response((FOLDER / ICON).read_bytes(), media_type=SVG, headers=headers)
    if name in modules():
        return Response(modules()[name], media_type=SCRIPT, headers=headers)
    return Response(style_sheet(), media_type=MediaType.CSS, headers=headers)


@cache
def scripts() -> dict[str, bytes]:
    """The modules of the verifier by their names; they import each other by relative addresses."""
    return {file.name: file.read_bytes() for file in (FOLDER / VERIFIER).iterdir() if file.name.endswith(".js")}


@cache
def script_folder() -> str:
    """The name of the modules' folder as they are now, such as verify.1f0c…."""
    content = b"".join(name.encode() + data for name, data in sorted(scripts().items()))
    return f"{VERIFIER}.{sha256(content).hexdigest()[:HASH_CHARACTERS]}"


def script_address(name: str) -> str:
    """Where the page of the verifier loads one of its modules from."""
    return f"/static/{script_folder()}/{name}"


@get("/{folder:str}/{name:str}", include_in_schema=False, sync_to_thread=False, opt={ACCESS: PUBLIC})
def script(folder: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A module of the verifier, by the present name of their folder. Raises Problem not-found for any other."""
    if folder != script_folder() or name not in scripts():
        raise Problem("not-found", f"nothing is at /static/{folder}/{name}", remedy="load the page again")
    headers = {"Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(scripts()[name], media_type=SCRIPT, headers=headers)


asset_routes = Router(path="/static", route_handlers=[asset, script], middleware=[COMPRESSED], include_in_schema=False)
