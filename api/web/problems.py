"""Problems: every way a request can fail, with its stable code, as RFC 9457 asks for (application/problem+json)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Struct

from api.route_access import ACCESS
from domain.core.refusals import REFUSAL_CODES

MEDIA_TYPE = "application/problem+json"

PATH = "/problems"  # a problem's type is this path and its code

UPLOAD = "upload_material"  # the operation that takes files

POST_COMMAND = "post_command"  # the operation that commands are posted to

POST_BATCH = "post_batch"  # the operation that takes many

CHECK_COMMAND = "check_command"  # the operation that tries one

REALM = 'Bearer realm="countersign"'

TO_SIGN_IN = "people sign in at /sign-in; programs send Authorization: Bearer with their key"

INSTANCE_CHARACTERS_MAX = 200  # of the path of the request, an answer repeats no more than this

REFUSED = 409  # a rule of the law or of the system is broken: the request was understood, and nothing was stored

REFUSED_OTHERWISE = {
    "key-reused": 422,
    "no-zone": 422,
    **dict.fromkeys(("material-not-yours", "not-yours-to-correct", "second-person"), 403),
    **dict.fromkeys(("wrong-department", "wrong-role", "wrong-enterprise"), 403),
    **dict.fromkeys(("grants-to-himself", "second-administrator"), 403),
    "organisation-code-invalid": 422,
    "uscc-invalid": 422,
    "version-moved": 412,
}

HTTP_CODES: dict[str, tuple[int, str]] = {
    "malformed-json": (400, "the body is not JSON"),
    "unknown-command": (400, "the body is not one of the commands"),
    "invalid-header": (400, "a header has an invalid value"),
    "invalid-cursor": (400, "the cursor does not belong to this list"),
    "invalid-parameter": (400, "a query parameter has an invalid value"),
    "key-missing": (400, "a command needs an Idempotency-Key"),
    "bad-request": (400, "the request can't be read"),
    "path-not-canonical": (400, "the path is not in its canonical spelling"),
    "actor-missing": (401, "the request does not say who is acting"),
    "material-broken-off": (400, "the upload ended before the file was complete"),
    "role-missing": (401, "the request does not say in which role the actor acts"),
    "access-denied": (403, "the table of access does not allow this; the answer says who may"),
    "credential-invalid": (401, "the key, token or password is not accepted"),
    "gateway-refused": (401, "the identity headers do not come from the gateway"),
    "signin-required": (401, "the request needs sign-in, or a key"),
    "role-not-chosen": (403, "the session acts in no role yet"),
    "cross-site": (403, "a browser sent this for a page of another site"),
    "role-reserved": (403, "this role can't be used over HTTP"),
    "not-found": (404, "there is nothing at this address"),
    "project-unknown": (404, "no project was ever registered under this id"),
    "principal-unknown": (404, "no person or program with this id is known to the caller"),
    "session-unknown": (404, "no session of yours has this id"),
    "person-unknown": (404, "no legal person was ever registered under this code"),
    "no-checkpoint": (404, "no checkpoint of the ledger was published yet"),
    "position-not-logged": (404, "the log of the ledger has no entry at this position yet"),
    "entry-unknown": (404, "the project has no entry with this version"),
    "tile-unknown": (404, "the log of the ledger has no such tile"),
    "material-unknown": (404, "no file is stored under this digest"),
    "subscription-unknown": (404, "no subscription of yours has this id"),
    "delivery-unknown": (404, "no delivery of this event has ended"),
    "method-not-allowed": (405, "this address does not support this method"),
    "request-timeout": (408, "the rest of the request did not arrive in time"),
    "batch-undone": (409, "another line of the batch was refused, so none of it was carried out"),
    "too-many-drafts": (409, "the maximum number of drafts of applications is reached"),
    "subscriptions-too-many": (409, "the maximum number of subscriptions is reached"),
    "replays-too-many": (409, "the maximum number of waiting replays is reached"),
    "project-code-taken": (409, "another project is registered under this code"),
    "person-ambiguous": (409, "the code leads to several legal persons"),
    "position-lost": (410, "the ledger was restored to an earlier moment, and what was at this position is lost"),
    "body-too-large": (413, "the body is larger than a command can be"),
    "material-too-large": (413, "the file is larger than this installation accepts"),
    "address-too-long": (414, "the path is too long"),
    "wrong-content-encoding": (415, "this content encoding is not supported"),
    "material-type-unknown": (415, "files of this type are not accepted"),
    "material-type-mismatch": (415, "the content of the file is not of the declared type"),
    "material-executable": (415, "the file is executable, or contains something that is"),
    "material-archive-unsound": (415, "the archive is inconsistent, or a name in it leads out of it"),
    "range-not-satisfiable": (416, "the file has no such bytes"),
    "wrong-content-type": (415, "this content type is not supported here"),
    "host-unknown": (421, "this server can't be reached under the name in Host"),
    "batch-of-several-projects": (422, "an atomic batch has to be about one project"),
    "webhook-address-refused": (422, "webhooks are not sent to this address"),
    "invalid-field": (422, "a field of the body has an invalid value"),
    "material-infected": (422, "malware was found in the file"),
    "material-empty": (422, "the file is empty"),
    "material-digest-mismatch": (422, "the uploaded file does not match the announced digest"),
    "material-not-stored": (422, "a file is attached that was never uploaded"),
    "material-differs": (422, "the stored file has another size than the command says"),
    "too-many-requests": (429, "too many requests in a short time"),
    "too-many-uploads": (429, "the daily number of uploads is reached"),
    "head-too-large": (431, "the request line and headers are too large"),
    "unexpected": (500, "internal error; quote the request's id"),
    "method-unknown": (501, "this server does not know the method"),
    "transfer-encoding-unknown": (501, "this transfer encoding is not supported"),
    "no-pdf": (501, "this installation can't make PDF files"),
    "busy": (503, "too many commands are waiting for the disk; nothing of this request was stored"),
    "outcome-unknown": (503, "no answer came in time; send the command again to learn whether it was stored"),
    "clock-wrong": (503, "the clock of this server or of its database is wrong; nothing of this request was stored"),
    "database-away": (503, "the database can't be reached"),
    "database-full": (503, "the disk of the database is full"),
    "database-read-only": (503, "the database accepts no changes now"),
    "provider-away": (503, "the sign-in provider does not answer"),
    "keys-away": (503, "the keys of personal data can't be read or written"),
    "scanner-away": (503, "files can't be checked for malware, so that none is stored"),
    "storage-away": (503, "the folder or bucket of the files can't be read or written"),
    "platform-codes-unreadable": (503, "the codes of the receiving platform can't be read"),
    "log-damaged": (503, "the transparency log of the ledger can't be read"),
    "behind": (503, "the view has not reached the requested position"),
    "not-ready": (503, "this process is not ready to serve"),
}

NAMELESS = {400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


class ProblemKind(Struct, frozen=True):
    """One kind of problem: its code, the status it is answered with, what it means, and where that is documented."""

    code: str
    status: int
    title: str
    type: str


def _kind(code: str, status: int, title: str) -> ProblemKind:
    return ProblemKind(code, status, title, f"{PATH}/{code}")


KINDS: dict[str, ProblemKind] = {
    **{code: _kind(code, status, title) for code, (status, title) in HTTP_CODES.items()},
    **{code: _kind(code, REFUSED_OTHERWISE.get(code, REFUSED), title) for code, title in REFUSAL_CODES.items()},
}


class Problem(Exception):  # noqa: N818 an answer, not an error
    """A request that can't be carried out. *members* are further members of the answer, such as `path`."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        remedy: str = "",
        article: str = "",
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind_of(code)
        self.detail, self.remedy, self.article = detail, remedy, article
        self.headers, self.members = dict(headers or {}), members

    def document(self, instance: str, request_id: str) -> dict[str, Any]:
        """The problem as it is sent: the standard members, and ours. *instance* is the path that was asked for."""
        kind = self.kind
        return {
            **self.members,
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "instance": instance[:INSTANCE_CHARACTERS_MAX],
            "code": kind.code,
            "article": self.article,
            "remedy": self.remedy,
            "request_id": request_id,
        }


def kind_of(code: str) -> ProblemKind:
    """The kind of *code*; a refusal that no table lists yet is still a refusal."""
    return KINDS.get(code) or _kind(code, REFUSED, "a rule forbids it")


class Problems(Struct, frozen=True):
    """All kinds of problem, by code in alphabetical order."""

    problems: list[ProblemKind]


class ProblemCatalogue(Controller):
    """What the `type` of a problem leads to."""

    opt = {ACCESS: "read:problems"}  # noqa: RUF012  litestar's own spelling
    path = PATH
    tags = ("problems",)

    @get("/", operation_id="list_problems", summary="Every code a problem can have", sync_to_thread=False)
    def list_problems(self) -> Problems:
        """The codes are stable; the sentences of single answers are for people."""
        return Problems([KINDS[code] for code in sorted(KINDS)])

    @get("/{code:str}", operation_id="get_problem", summary="What one code means", sync_to_thread=False)
    def get_problem(self, code: FromPath[str]) -> ProblemKind:
        """One kind of problem."""
        kind = KINDS.get(code)
        if kind is None:
            raise Problem("not-found", f"there is no problem with the code {code[:64]}", remedy="GET /problems")
        return kind


def unauthorized(code: str, sentence: str, *, error: str = "", remedy: str = TO_SIGN_IN) -> Problem:
    """The problem of a request without credentials that are accepted (RFC 6750, 3)."""
    challenge = f'{REALM}, error="{error}"' if error else REALM
    return Problem(code, sentence, remedy=remedy, headers={"WWW-Authenticate": challenge})
