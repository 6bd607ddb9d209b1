"""What is answered without sign-in: health, problems, law, published names and lists, and sign-in itself."""

from __future__ import annotations

from collections.abc import Callable

IsPublic = Callable[[str, str], bool]

READ = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_METHOD = ("/sign-in", "/window")
BY_LINK = ("/messages/mail",)  # below it: links in mails, which prove by a code that they were received
SIGNED_IN = ("/window/apply",)  # below the window: for those who act for an enterprise
EVALUATED = ("/v1/law/evaluate", "/v1/law/explain")  # the law counts what is sent along, and stores nothing
READ_ONLY = (
    *("/healthz", "/readyz", "/metrics", "/problems", "/schema", "/static", "/favicon.ico", "/verify"),
    *("/v1/law", "/v1/names", "/v1/catalogues", "/v1/flows", "/v1/registers", "/v1/window"),
    *("/v1/checkpoint", "/v1/log-keys", "/v1/proofs", "/v1/tile"),
)
OF_CASES = ("/projects", "/preview")  # below flows and calendars: what tells of projects


def is_public(method: str, path: str) -> bool:
    """Whether *method* on *path* needs no sign-in."""
    if _below(path, SIGNED_IN):
        return False
    if path.startswith(tuple(f"{prefix}/" for prefix in BY_LINK)):
        return True
    if _below(path, ANY_METHOD) or (method == "POST" and path in EVALUATED):
        return True
    if method not in READ or path.endswith(OF_CASES):
        return False
    return _below(path, READ_ONLY)


def _below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)
