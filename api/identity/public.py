"""What is answered without sign-in: health, problems, law, published names and lists, and sign-in itself."""

from __future__ import annotations

from collections.abc import Callable

IsPublic = Callable[[str, str], bool]

READ = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_METHOD = ("/sign-in",)
EVALUATED = ("/law/evaluate", "/law/explain")  # the law counts what is sent along, and stores nothing
READ_ONLY = (
    *("/healthz", "/readyz", "/problems", "/schema", "/static", "/law", "/names", "/catalogues", "/flows"),
    *("/registers", "/favicon.ico", "/checkpoint", "/log-keys", "/proofs", "/tile"),
)
OF_CASES = ("/projects", "/preview")  # below flows and calendars: what tells of projects
VERSION = "/v1"


def is_public(method: str, path: str) -> bool:
    """Whether *method* on *path* needs no sign-in."""
    bare = path.removeprefix(VERSION) if path.startswith(f"{VERSION}/") else path
    if _below(path, ANY_METHOD) or (method == "POST" and bare in EVALUATED):
        return True
    if method not in READ or bare.endswith(OF_CASES):
        return False
    return _below(bare, READ_ONLY)


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)
