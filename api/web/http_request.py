"""A request as handlers take it: its type, and which of the media types that it may get the client reads best.

What `Accept` says is weighed as in RFC 9110, 12.5.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import State

HttpRequest: TypeAlias = Request[Any, Any, State]

PAGE = "text/html"
PROBLEM = ("application/json", "application/problem+json")
QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", re.ASCII)
ANY = "*/*"
NONE = (0, 0.0)


def best_media_type(accept: Sequence[str], offered: Sequence[str]) -> str:
    """The best by the header *accept*, in the lines that came; where it takes none of them, or says nothing, the first.

    Of types that it takes equally gladly, the one that it names more exactly, then the one that is offered first.
    """
    ranges = _ranges(",".join(accept))
    fits = [max((_fit(media_type, name, quality) for name, quality in ranges), default=NONE) for media_type in offered]
    weights = [(quality, exactness) for exactness, quality in fits]
    best = max(weights)
    return offered[weights.index(best) if best[0] else 0]


def wants_json(accept: Sequence[str]) -> bool:
    """Whether a client that may get a page reads a problem in JSON better."""
    return best_media_type(accept, (PAGE, *PROBLEM)) != PAGE


def wants_page(accept: Sequence[str]) -> bool:
    """Whether a client that may get a problem in JSON reads a page better: browsers name it."""
    return best_media_type(accept, (*PROBLEM, PAGE)) == PAGE


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges in a header with their qualities; one without a quality that can be read has the highest."""
    ranges = []
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        ranges.append((name, float(quality) if QUALITY.fullmatch(quality) else 1.0))
    return ranges


def _fit(media_type: str, name: str, quality: float) -> tuple[int, float]:
    """How exactly the range *name* means *media_type*, from 0, not at all, to 3, and its *quality*."""
    kind = media_type.partition("/")[0]
    exactness = {media_type: 3, f"{kind}/*": 2, ANY: 1}.get(name, 0)
    return (exactness, quality) if exactness else NONE
