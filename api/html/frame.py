"""The frame of the HTML pages: their error page, and the router that all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from litestar import MediaType, Response, Router
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap
from msgspec import structs

from api.html.compression import COMPRESSED
from api.html.live import POSITION, begin_page
from api.html.page import HEADERS, PageContext, page_address, page_context, visitor_in
from api.web.dependencies import ReadDependency
from api.web.error_handlers import problem_response, to_problem
from api.web.http_request import HttpRequest, wants_json, wants_page
from api.web.identity import CALLER
from api.web.problems import Problem
from api.web.request_id import request_id
from domain.core.ledger import Role
from domain.core.types import Stage
from infrastructure.feed.reader import Feed
from infrastructure.ledger.approvals import Approvals
from infrastructure.messages.inbox import Inbox
from projections.legal_person.names import enterprise_named

AtStage = Annotated[str, QueryParameter(pattern=f"^({'|'.join(Stage)}|)$", description="Has an item at this stage.")]


DAYS = {"first": ("bureau", "first"), "last": ("bureau", "last"), "on": ("of_project", "on")}  # tables that name them
TOGETHER = {"first": ("first", "last"), "last": ("first", "last")}  # parameters that are wrong only with each other


def error_page(request: HttpRequest, error: Exception) -> Response[Any]:
    """The page for an error, with the status and headers of its problem; to clients that read JSON the problem."""
    response = problem_response(request, error)
    if wants_json(request.headers.getall("accept", [])):
        return response
    problem = to_problem(error, request.scope)
    unknown = problem.kind.code == "project-unknown"
    page = PageContext(structs.replace(page_address(request), live=None))
    named = str(problem.members.get("parameter", "")) if problem.kind.code == "invalid-parameter" else ""
    body = page.html(
        "problem.html",
        heading="unknown_project" if unknown else "problem",
        sentence=page.words["label"]("unknown_project_hint") if unknown else _wrong_in_words(page, problem, named),
        correct=_to_correct(page, request.query_params, named) if request.method == "GET" else {},
        without=page.here(**dict.fromkeys(TOGETHER.get(named, (named,)), "")) if named in request.query_params else "",
        detail="" if unknown else problem.detail,
        request_id=request_id(request.scope),
    )
    headers = {**response.headers, **HEADERS}
    return Response(body, status_code=response.status_code, media_type=MediaType.HTML, headers=headers)


def _to_correct(page: PageContext, params: Mapping[str, Any], named: str) -> dict[str, tuple[str, str]]:
    """By name what the days at fault with the parameter *named* are called, and what was *params*."""
    names = TOGETHER.get(named, (named,))
    if named not in DAYS or not any(name in params for name in names):
        return {}  # days that a page has under other names can't be corrected here
    days = {name: DAYS[name] for name in names}
    return {name: (page.words[table](key), str(params.get(name, ""))) for name, (table, key) in days.items()}


def _wrong_in_words(page: PageContext, problem: Problem, parameter: str) -> str:
    """What is wrong, in the language of *page*: with the *parameter* at fault, or with such a request."""
    for table, key in (("parameter_wrong", parameter), ("trouble", problem.kind.code)):
        if (sentence := page.words[table](key)) != key:
            return sentence
    return page.words["trouble"]("other")


def not_found_page(request: HttpRequest, error: Exception) -> Response[Any]:
    """The answer where nothing is at an address, or it is not opened so: to browsers, which ask for one, a page."""
    handler = error_page if wants_page(request.headers.getall("accept", [])) else problem_response
    return handler(request, error)


async def unread(request: HttpRequest, approvals: NamedDependency[Approvals], page_feed: NamedDependency[Feed]) -> int:
    """How many of the reader's messages are unread, for the header; 0 for those to whom nothing is sent."""
    state = request.scope.get("state", {})
    caller, visitor = state.get(CALLER), visitor_in(state)
    if caller is None or visitor is None or not visitor.hears:
        return 0
    return await Inbox(approvals.store, page_feed).unread(caller, state.get(POSITION, 0))


async def represented(request: HttpRequest, approvals: NamedDependency[Approvals]) -> str:
    """The name of the enterprise that the reader acts for, for the header; empty for everyone else."""
    caller = request.scope.get("state", {}).get(CALLER)
    if caller is None or caller.role is not Role.APPLICANT or not caller.over:
        return ""
    return await enterprise_named(approvals.store, caller.over)


ERROR_PAGES: ExceptionHandlersMap = {Exception: error_page, HTTPException: error_page}


def html_router(pages: Sequence[ControllerRouterHandler]) -> Router:
    """The router of *pages*: their context, their error page, and no entry in the OpenAPI document."""
    return Router(
        path="/",
        route_handlers=pages,
        exception_handlers=ERROR_PAGES,
        include_in_schema=False,
        middleware=[COMPRESSED],
        before_request=begin_page,
        dependencies={
            "page": ReadDependency(page_context),
            "unread": ReadDependency(unread),
            "represented": ReadDependency(represented),
            "page_address": Provide(page_address, sync_to_thread=False),
        },
    )
