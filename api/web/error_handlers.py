"""Error handlers: every exception raised while serving a request becomes a problem response here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap, Scope
from msgspec import json

from api.moved import new_address
from api.web.http_request import HttpRequest
from api.web.problems import HTTP_CODES, MEDIA_TYPE, NAMELESS, Problem
from api.web.query_params import in_words
from api.web.request_checks import ECHO_CHARACTERS_MAX
from api.web.request_id import request_id
from domain.core.characters import visible
from domain.core.ledger import Refused
from infrastructure.case_record.codes import PlatformCodesError
from infrastructure.ledger.clock_check import ClockWrongError
from infrastructure.ledger.committer import BusyError
from infrastructure.materials.malware import ScannerAwayError
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import StorageAwayError
from infrastructure.privacy.keystore import KeystoreError
from infrastructure.projector.positions import ViewBehindError
from projections.history.moment import HistoryBehindError, TooMuchToReadError
from projections.snapshots import CursorOutdatedError

QUERY_NAMES = {
    "in_state": "state",
    "number": "edition",
}  # handlers' arguments that could not be called what the address calls them
ADVICE = {  # of what litestar refuses before it knows the operation
    "bad-request": "see /schema/openapi.json for what is expected",
    "not-found": "check the address: /schema/openapi.json lists them all; ids are UUIDs",
    "method-not-allowed": "the header Allow lists the methods that this address answers",
    "body-too-large": "send less at once",
}
RETRY_AFTER = {"Retry-After": "1"}  # seconds; what is waiting for the disk is written in less
PATH_CHARACTERS_MAX = 200  # of what was asked for, in the log
UNMADE = {"UndefinedTable", "UndefinedColumn"}  # a view that a new version has not rebuilt yet
UNWRITABLE = {
    "DiskFull": "database-full",
    "ReadOnlySqlTransaction": "database-read-only",
    "PrimaryAwayError": "database-read-only",
}  # and the code of its problem
OUTAGES = {"OperationalError", "InterfaceError"}  # psycopg's, and those of its pool
LOGGED_WITH_CAUSE = {
    "clock-wrong",
    "database-away",
    "keys-away",
    "outcome-unknown",
    "platform-codes-unreadable",
    "scanner-away",
    "storage-away",
    *UNWRITABLE.values(),
}

AWAY: dict[type[Exception], tuple[str, str]] = {  # what we work with beside the database: code and sentence
    KeystoreError: ("keys-away", "the keys of personal data can't be read or written now"),
    ScannerAwayError: ("scanner-away", "files can't be checked for malware now, and none is stored unchecked"),
    PlatformCodesError: ("platform-codes-unreadable", "the codes of the receiving platform can't be read now"),
    StorageAwayError: ("storage-away", "files can't be read or written now"),
}

log = structlog.get_logger()
_encode = json.Encoder(enc_hook=str, decimal_format="string").encode


def refused(error: Refused | UnfitMediaError) -> Problem:
    """A rule forbids it, or a file is not taken: the refusal's own code, sentence, article, remedy and details."""
    if isinstance(error, UnfitMediaError):
        return Problem(error.code, error.sentence, remedy=error.remedy)
    return Problem(error.code, error.sentence, article=error.article, remedy=error.remedy, **details(error))


def details(error: Refused) -> dict[str, Any]:
    """A refusal's details, under names that take no other member's place."""
    taken = {"code", "detail", "article", "remedy", "headers"}
    return {f"{name}_" if name in taken else name: value for name, value in error.details.items()}


def unreadable(error: HTTPException, scope: Scope) -> Problem:
    """The fault litestar reports in the request of *scope* before a handler runs."""
    wrong = error.extra if isinstance(error.extra, list) else []
    if wrong and isinstance(wrong[0], dict) and "key" in wrong[0]:
        words = [in_words(scope, str(fault["key"]), str(fault.get("message", ""))) for fault in wrong]
        wrong = [
            fault | {"key": QUERY_NAMES.get(fault["key"], fault["key"]), "message": _short(sentence)}
            for fault, (sentence, _) in zip(wrong, words, strict=True)
        ]
        sentence, advice = str(wrong[0]["message"]), words[0][1]
        name = str(wrong[0]["key"])
        return Problem("invalid-parameter", f"{name}: {sentence}", remedy=advice, parameter=name, errors=wrong)
    code = NAMELESS.get(error.status_code, "bad-request")
    advice = ADVICE[code]
    if code == "not-found" and (address := new_address(scope["path"])):
        advice = f"the address is now {address[:ECHO_CHARACTERS_MAX]}"
    return Problem(code, _sentence(code, error, scope), remedy=advice, headers=dict(error.headers or {}))


def _sentence(code: str, error: HTTPException, scope: Scope) -> str:
    """What litestar says of *error*; in its place where it says no more than the status does."""
    path = visible(scope["path"])[:ECHO_CHARACTERS_MAX]
    match code:
        case "not-found" if error.detail == HTTPStatus.NOT_FOUND.phrase:
            return f"nothing is at {path}"
        case "method-not-allowed":
            return f"{path} does not answer {scope.get('method', 'this')}"
    return error.detail


def _short(message: object) -> str:
    """What litestar says, which may repeat what was sent, to the length that an answer may repeat."""
    return str(message or "")[:ECHO_CHARACTERS_MAX]


def to_problem(error: Exception, scope: Scope) -> Problem:
    """The problem that *error*, raised while serving the request of *scope*, is answered with."""
    match error:
        case Problem():
            return error
        case Refused() | UnfitMediaError():
            return refused(error)
        case BusyError():
            return Problem(
                "busy", "too many commands are waiting", remedy="send it again in a moment", headers=RETRY_AFTER
            )
        case ViewBehindError() | HistoryBehindError() | TooMuchToReadError() | CursorOutdatedError():
            return unreadable_now(error)
        case HTTPException() if error.status_code < 500:  # noqa: PLR2004 the client's fault, by definition
            return unreadable(error, scope)
        case _:
            return unstored(error, scope) or outage(error)


def unreadable_now(error: Exception) -> Problem:
    """The problem where views don't hold what is requested: an old list, or, for a moment, the newest rows."""
    if isinstance(error, CursorOutdatedError):
        begin_again = "leave the cursor out, to begin with the first page"
        return Problem("invalid-cursor", f"cursor: {error}", remedy=begin_again, parameter="cursor")
    # Of TooMuchToReadError that of now: a question about the past says so itself.
    return Problem("behind", str(error), remedy="ask again in a moment", headers=RETRY_AFTER)


def unstored(error: Exception, scope: Scope) -> Problem | None:
    """The problem where a command was refused for the clock, or its outcome is unknown after a rollback; else None."""
    if isinstance(error, ClockWrongError):
        return Problem(
            "clock-wrong",
            f"{error}; no command is taken, as it would be dated wrongly",
            remedy="have an administrator set the clocks right (NTP), and send the command again with the same key",
            headers=RETRY_AFTER,
        )
    if "LedgerWentBackError" not in names_of(error) or scope.get("method") != "POST":
        return None
    return Problem(
        "outcome-unknown",
        "the database went back to an earlier moment, as in a failover; this may be stored or not",
        remedy="send the very same command again, with the same Idempotency-Key",
        headers=RETRY_AFTER,
    )


def outage(error: Exception) -> Problem:
    """The problem of an error on our side; an unexpected one reveals nothing of what is inside."""
    if away := next((problem for kind, problem in AWAY.items() if isinstance(error, kind)), None):
        return Problem(
            *away, remedy="ask again in a moment; if this lasts, tell the administrator", headers=RETRY_AFTER
        )
    if unwritable := UNWRITABLE.keys() & names_of(error):
        return Problem(
            code := UNWRITABLE[unwritable.pop()],
            f"{HTTP_CODES[code][1]}; nothing of this request was stored",
            remedy="have an administrator see to it, and send the request again: it may have the same Idempotency-Key",
            headers=RETRY_AFTER,
        )
    if is_outage(error):
        return Problem(
            "database-away",
            "the database can't be reached",
            remedy="ask again in a moment; a command with the same Idempotency-Key, as it may have been stored",
            headers=RETRY_AFTER,
        )
    if not UNMADE.isdisjoint(names_of(error)):
        return Problem("behind", "the views are still being made", remedy="ask again in a moment", headers=RETRY_AFTER)
    return Problem("unexpected", "an internal error occurred", remedy="report the request_id")


def is_outage(error: Exception) -> bool:
    """Whether *error* says that the database can't be reached, or does not answer in time."""
    return isinstance(error, TimeoutError) or not OUTAGES.isdisjoint(names_of(error))


def names_of(error: Exception) -> set[str]:
    """The names of an error's kinds: psycopg's are known here by name alone, as HTTP does not import it."""
    return {kind.__name__ for kind in type(error).__mro__}


def problem_response(request: HttpRequest, error: Exception) -> Response[bytes]:
    """The response to a request that failed with *error*; our own faults are logged, once."""
    problem, body = described(request.scope, error)
    return Response(
        body,
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers={**problem.headers, "Cache-Control": "no-store"},
    )


def described(scope: Scope, error: Exception) -> tuple[Problem, bytes]:
    """The problem that a request failed with, logged, and the body of its response."""
    problem = to_problem(error, scope)
    known, path = request_id(scope), visible(scope["path"][:PATH_CHARACTERS_MAX])  # a log may be read on a terminal
    code, status = problem.kind.code, problem.kind.status
    if code == "unexpected":
        log.error("request_failed", code=code, path=path, request_id=known, exc_info=error)
    elif code in LOGGED_WITH_CAUSE:
        log.warning("request_interrupted", code=code, path=path, request_id=known, error=str(error).strip())
    else:
        log.info("request_refused", code=code, status=status, path=path, request_id=known)
    return problem, _encode(problem.document(scope["path"], known))


HANDLERS: ExceptionHandlersMap = {Exception: problem_response, HTTPException: problem_response}
