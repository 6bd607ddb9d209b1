"""The frame of an HTML answer: its language, its error page, who reads it."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import MediaType, Response
from litestar.params import QueryParameter

from api.html.page import HEADERS, PageContext
from api.web.dependencies import AnyRequest
from api.web.error_handlers import answer, problem_of
from api.web.identity import actor_of, headers_of
from api.web.request_id import request_id
from domain.core.ledger import Actor
from domain.core.types import Stage
from projections.feedback.redaction import NOBODY

Lang = Annotated[str, QueryParameter(pattern="^(zh|en|)$", description="zh or en; else what the browser asks for.")]

AtStage = Annotated[str, QueryParameter(pattern=f"^({'|'.join(Stage)}|)$", description="Has an item at this stage.")]


def apologize(request: AnyRequest, error: Exception) -> Response[Any]:
    """The page for what went wrong, with the status and headers that the problem has everywhere.

    Who asks for JSON, and not for a page, is answered with the problem itself.
    """
    told = answer(request, error)
    if wants_json(request):
        return told
    problem = problem_of(error, request.scope)
    unknown = problem.kind.code == "project-unknown"
    paper = PageContext(request)
    code, sentence = problem.kind.code, paper.words["label"]("unknown_project_hint")
    said = sentence if unknown else paper.words["trouble"](code)
    body = paper.print(
        "problem.html",
        heading="unknown_project" if unknown else "problem",
        sentence=problem.detail if said == code else said,
        detail="" if unknown or said == code else problem.detail,
        request_id=request_id(request.scope),
    )
    headers = {**told.headers, **HEADERS}
    return Response(body, status_code=told.status_code, media_type=MediaType.HTML, headers=headers)


def wants_json(request: AnyRequest) -> bool:
    """Whether the client reads JSON, and would not know what to do with a page."""
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted


def reader_of(request: AnyRequest) -> Actor:
    """Who reads: as the gateway asserts, else somebody unknown, who is shown what every applicant is."""
    headers = headers_of(request.scope)
    return actor_of(headers) if b"x-actor" in headers else NOBODY


def page(body: str) -> Response[str]:
    """*body* as browsers are to take it: loading nothing from elsewhere, and kept by nobody."""
    return Response(body, media_type=MediaType.HTML, headers={**HEADERS, "Cache-Control": "no-store"})
