"""The OpenAPI document: litestar's, completed with the commands, the headers and the problems that only we know."""

from __future__ import annotations

from collections.abc import Container
from importlib.metadata import version
from typing import Any

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec.license import License
from litestar.openapi.spec.tag import Tag
from msgspec import json

from api.commands.targets import CHECKS, TARGETS
from api.guard.routes import action_of, handlers_of, is_public
from api.openapi.examples import with_examples
from api.openapi.law_schemas import BODIES, law_schemas, request_body
from api.openapi.path_params import described
from api.openapi.refinement import refined
from api.openapi.schemas import BODY_EXAMPLES, PLAIN_BODIES, REF, command_example, problem_example, schemas
from api.openapi.security import PUBLIC_ACCESS, SCHEMES, SIGNED_IN
from api.web.identity import KEY_CHARACTERS_MAX
from api.web.problems import CHECK_COMMAND, KINDS, MEDIA_TYPE, POST_BATCH, POST_COMMAND, UPLOAD
from domain.messages import COMMANDS
from infrastructure.materials.media import MEDIA_TYPES

Document = dict[str, Any]

PATH = "/schema"
ANY_PROBLEMS = ("400", "414", "415", "421", "501", "503")  # of any request, whatever its address
OPEN_PROBLEMS = (*ANY_PROBLEMS, "404")
BODY_PROBLEMS = ("403", "413", "415", "422")
READ_PROBLEMS = (*ANY_PROBLEMS, "401", "403", "404")
BY_CODE = {"get_person", "get_person_history", "list_person_projects"}  # a code may be wrong, or of several persons
MAY_REFUSE = {*TARGETS, *CHECKS, *BY_CODE, "preview_move", "subscribe", "replay_events"}
COMMAND_PROBLEMS = (*READ_PROBLEMS, "409", "412", "413", "422")

DESCRIPTION = (
    "Event-sourced approvals: commands in, facts on record, statutory clocks computed from them. Programs send a key, "
    "people a session; behind a gateway, headers say who acts. Every answer that is no success is a problem (RFC 9457) "
    "with a stable code; GET /problems lists them."
)
TAGS = {
    "commands": "What callers ask the system to record.",
    "projects": "One project, from its own ledger.",
    "views": "Tables across projects. They follow the ledger in milliseconds; `after` waits for one's own write.",
    "materials": "Files: stored once under the SHA-256 of their content, attached to items by commands.",
    "clocks": "Statutory clocks at any instant, as known at any other: from the view where it may, else the ledger.",
    "waiting": "Who has to act on what since when, and when a project may be over. An expected finish is an estimate.",
    "supervision": "Warnings, cards, orders and decisions of a period; every figure with the list that it counts.",
    "law": "Rule packs and calendars, and clocks counted by them without storing anything.",
    "calendars": "Notices that move the calendar, and so the deadlines: imported, approved, applied.",
    "legal persons": "Who invests: codes that check, names and particulars over time, merges, projects and cases.",
    "catalogues": "Service items: a draft, editions in force from a day, what can be applied for online.",
    "flows": "Approval flows: editions as graphs of steps; projects keep the one they began with.",
    "information": "What has to be known of a project, how complete it is, and search in Chinese and English.",
    "access": "Who may do what, and why: people and programs, their grants and keys, on any day as known at any other.",
    "complaints and evaluations": "What enterprises complain of, how they judge a service, and what came of it.",
    "proofs": "The transparency log: checkpoints, tiles, and a proof for each entry.",
    "identity": "Who the caller is.",
    "feed": "What happened, in order, for programs that follow: from any position on, and as it happens.",
    "webhooks": "The feed, sent to an address of the subscriber's own: signed, in order, again until it is taken.",
    "problems": "What a code means.",
    "operation": "For operators of the server.",
}


def _header(name: str, description: str, *, required: bool = False, **schema: Any) -> Document:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
    }


UPLOAD_EXAMPLE = "图纸说明: 一式三份\n"
IF_MATCH = _header(
    "If-Match",
    'Only on this version of the project, as in "12"; or the ETag of GET /v1/projects/{id}.',
    pattern='^"[0-9]{1,9}(-[0-9a-f]{16})?(-gzip)?"$',
)
CORRELATION = _header(
    "X-Correlation-ID",
    "The same UUID for all commands that belong to one undertaking of the sender; kept with their facts.",
    format="uuid",
)
NDJSON = "application/x-ndjson"
BATCH_EXAMPLE = (
    '{"project": "0193f0a2-7c00-7000-8000-00000000f003", "key": "5f0c1a52-8a44-4a3e-9d57-0c6f3d6f1b12",'
    ' "if_match": 3, "command": {"command": "submit_item", "item": "land-use"}}\n'
)
BATCH_ANSWER = (
    '{"line": 1, "status": 200, "receipt": {"project": "0193f0a2-7c00-7000-8000-00000000f003", "position": 12,'
    ' "version": 4, "facts": ["item_submitted"]}}\n'
)
CONDITIONS = [
    _header(
        "Idempotency-Key",
        f"Names the command once and for all: a UUID, or 1 to {KEY_CHARACTERS_MAX} visible ASCII characters.",
        required=True,
        minLength=1,
        maxLength=KEY_CHARACTERS_MAX,
        pattern="^[!-~]+$",
    ),
    IF_MATCH,
    CORRELATION,
]
RECEIPT_HEADERS = {
    "ETag": {"description": "The project's version now, for If-Match.", "schema": {"type": "string"}},
    "Idempotent-Replay": {
        "description": "`true` where this is the first answer repeated.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


class Json(JsonRenderPlugin):
    """The completed document as JSON, made once."""

    _rendered = b""

    def render(self, request: Any, openapi_schema: Document) -> bytes:
        self._rendered = self._rendered or json.encode(complete(openapi_schema, public_operations(request.app)))
        return self._rendered


def config() -> OpenAPIConfig:
    """Where the document is: /schema/openapi.json, and no page that would load scripts from elsewhere."""
    plugins: list[OpenAPIRenderPlugin] = [Json()]
    return OpenAPIConfig(
        title="Countersign",
        version=version("countersign"),
        description=DESCRIPTION,
        license=License(name="Apache License 2.0", identifier="Apache-2.0"),
        path=PATH,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        render_plugins=plugins,
        use_handler_docstrings=True,
    )


def public_operations(app: Litestar) -> frozenset[str]:
    """The ids of the operations that need no sign-in."""
    return frozenset(str(handler.operation_id) for _, handler in handlers_of(app) if is_public(action_of(handler)))


def complete(document: Document, public: Container[str]) -> Document:
    """*document*, litestar's, with every command, fact, header and problem. The argument is left as it is.

    *public*: the ids of the operations that need no identity.
    """
    components = document.get("components", {})
    statuses = sorted({str(kind.status) for kind in KINDS.values()})
    completed = {
        **document,
        "paths": {
            path: {method: _operation(path, operation, public) for method, operation in item.items()}
            for path, item in document["paths"].items()
        },
        "components": {
            **components,
            "schemas": {**components.get("schemas", {}), **law_schemas(REF), **schemas()},
            "responses": {status: _answer(status) for status in statuses},
            "securitySchemes": dict(SCHEMES),
        },
    }
    return with_examples(refined(completed))


def _operation(path: str, operation: Document, public: Container[str]) -> Document:
    """One operation with the headers it reads, what may be answered, and who may ask."""
    is_open = operation.get("operationId", "") in public
    name = operation.get("operationId")
    is_command = name == POST_COMMAND
    is_judged = name in (POST_COMMAND, CHECK_COMMAND)
    problems: tuple[str, ...] = COMMAND_PROBLEMS if is_judged else OPEN_PROBLEMS if is_open else READ_PROBLEMS
    if name in BODIES or name in PLAIN_BODIES:
        problems += BODY_PROBLEMS
    if name in MAY_REFUSE:
        problems += ("409",)
    if name in BY_CODE:
        problems += ("422",)
    answers = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    completed = {
        **operation,
        "parameters": described(path, operation.get("parameters", [])),
        "security": list(PUBLIC_ACCESS if is_open else SIGNED_IN),
        "responses": {**answers, **{status: {"$ref": f"#/components/responses/{status}"} for status in problems}},
    }
    if name in BODIES:
        completed["requestBody"] = request_body(name, REF)
    if name in PLAIN_BODIES:
        completed["requestBody"] = _plain_body(str(name))
    if name in TARGETS:
        completed["parameters"].append(CONDITIONS[0])
    if name == UPLOAD:
        return _upload_operation(completed)
    if name == CHECK_COMMAND:
        parameters = [*completed["parameters"], IF_MATCH]
        return {**completed, "parameters": parameters, "requestBody": _command_body()}
    if name == POST_BATCH:
        return _batch_operation(completed)
    return _command_operation(completed) if is_command else completed


def _upload_operation(operation: Document) -> Document:
    """The body is the file itself, of any type that is taken."""
    problems = {status: {"$ref": f"#/components/responses/{status}"} for status in (*BODY_PROBLEMS, "409")}
    digest = _header("Content-Digest", "`sha-256=:BASE64:` (RFC 9530): what the body has to hash to.")
    file = {"schema": {"type": "string", "format": "binary"}}
    known = operation["responses"]["200"]
    return {
        **operation,
        "parameters": [*operation["parameters"], digest],
        "requestBody": {
            "required": True,
            "content": dict.fromkeys(MEDIA_TYPES, file) | {"text/plain": {**file, "example": UPLOAD_EXAMPLE}},
        },
        "responses": {**operation["responses"], "201": {**known, "description": "Stored, and new."}, **problems},
    }


def _batch_operation(operation: Document) -> Document:
    """Lines in, lines out. The problem of a line is in its answer."""
    problems = {status: {"$ref": f"#/components/responses/{status}"} for status in BODY_PROBLEMS}
    text = {"type": "string"}
    answer = {NDJSON: {"schema": text, "example": BATCH_ANSWER}}
    return {
        **operation,
        "parameters": [*operation["parameters"], CORRELATION],
        "requestBody": {"required": True, "content": {NDJSON: {"schema": text, "example": BATCH_EXAMPLE}}},
        "responses": {
            **operation["responses"],
            **problems,
            "200": {"description": "A line for each line.", "content": answer},
        },
    }


def _plain_body(operation: str) -> Document:
    """The body of one of PLAIN_BODIES, with an example."""
    schema = {"$ref": f"{REF}{PLAIN_BODIES[operation].__name__}"}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": BODY_EXAMPLES[operation]}}}


def _command_body() -> Document:
    """The body of a command to a project, with an example of each."""
    examples = {
        tag: {"summary": (command.__doc__ or tag).partition(". ")[0], "value": command_example(tag)}
        for tag, command in COMMANDS.items()
    }
    body = {"schema": {"$ref": f"{REF}AnyCommand"}, "examples": examples}
    return {"required": True, "content": {"application/json": body}}


def _command_operation(operation: Document) -> Document:
    carried_out = {
        "description": "Carried out: its facts are on disk, up to this position.",
        "headers": RECEIPT_HEADERS,
        "content": {"application/json": {"schema": {"$ref": f"{REF}Receipt"}}},
    }
    return {
        **operation,
        "parameters": [*operation["parameters"], *CONDITIONS],
        "requestBody": _command_body(),
        "responses": {**operation["responses"], "200": carried_out},
    }


def _answer(status: str) -> Document:
    """The problems of one status: which codes they carry, what each means, and how the first of them looks."""
    kinds = [kind for kind in KINDS.values() if str(kind.status) == status]
    meanings = [f"`{kind.code}`: {kind.title}" for kind in kinds]
    return {
        "description": "; ".join(meanings),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REF}Problem"}, "example": problem_example(kinds[0])}},
    }
