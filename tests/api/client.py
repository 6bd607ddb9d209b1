"""How tests call the application: as a given actor, with a key, and with problems checked for their form."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
from msgspec import structs, to_builtins

from api.web.problems import KINDS, MEDIA_TYPE
from domain.core.ledger import Actor, Command
from domain.examples.materials import MEDIA_TYPE as REPORT_TYPE
from domain.examples.materials import REPORT
from domain.examples.story import STORY
from domain.messages import AnyCommand
from domain.project.application.registration import RegisterProject
from tests.examples import APPLICANT, LEADER, MANAGER, USCC

NO_TLS = httpx.create_ssl_context()  # for clients of a test's own server: to make one for each takes 8 ms
BEHIND, BEHIND_TRIES_MAX = 503, 30  # each try waits for two seconds
STANDARD = {"type", "title", "status", "detail", "instance", "code", "article", "remedy", "request_id"}
LAND_ITEM = {"item": "land", "department": "land", "promise_days": 10}
REGISTER = {
    "command": "register_project",
    "name": "Fab 2",
    "enterprise": {"name": "Hengxin", "uscc": USCC},
    "manager": "wang",
    "items": [LAND_ITEM, {"item": "site-plan", "department": "planning", "requires": ["land"]}],
}


def identity(by: Actor) -> dict[str, str]:
    """The headers a gateway asserts for *by*."""
    return {"X-Actor": quote(by.id), "X-Department": quote(by.department), "X-Role": by.role.value}


class Door:
    """A client of the application."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, by: Actor | None = LEADER, **params: Any) -> httpx.Response:
        """Get *path*. Where the views are still behind *after*, ask again: the machine may be busy."""
        for _ in range(BEHIND_TRIES_MAX if "after" in params else 1):
            response = await self.client.get(path, params=params or None, headers=identity(by) if by else {})
            if response.status_code != BEHIND:
                break
        return response

    async def post(
        self,
        project: UUID,
        body: AnyCommand | dict[str, Any] | bytes,
        by: Actor | None = MANAGER,
        key: UUID | str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Post *body*, as it is if it is bytes; a header `if_match="..."` is sent as If-Match."""
        asserted = {"Content-Type": "application/json", "Idempotency-Key": str(key or uuid4())}
        asserted |= identity(by) if by else {}
        asserted |= {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/v1/projects/{project}/commands"
        if isinstance(body, bytes):
            return await self.client.post(path, content=body, headers=asserted)
        return await self.client.post(path, json=to_builtins(body), headers=asserted)

    async def say(
        self, path: str, body: Command | dict[str, Any], by: Actor | None, key: UUID | None = None
    ) -> httpx.Response:
        """Post *body* to what is no project, a catalogue say, whose address is *path*."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(key or uuid4())}
        headers |= identity(by) if by else {}
        return await self.client.post(f"{path}/commands", json=to_builtins(body), headers=headers)

    async def upload(
        self, content: bytes, media_type: str, by: Actor | None = MANAGER, **headers: str
    ) -> httpx.Response:
        """Post *content* as a file; a header `content_digest="..."` is sent as Content-Digest."""
        asserted = {"Content-Type": media_type} | (identity(by) if by else {})
        asserted |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post("/v1/materials", content=content, headers=asserted)

    async def store_report(self) -> None:
        """Store the file that the example story attaches."""
        assert (await self.upload(REPORT, REPORT_TYPE, APPLICANT)).status_code in (200, 201)

    async def send_story(self, project: UUID) -> dict[str, Any]:
        """Send *project* the commands of the example story, with the file that it attaches; the last receipt."""
        await self.store_report()
        for step in STORY:
            command = step.dated
            if isinstance(command, RegisterProject):  # a code belongs to one project, and the story to several
                command = structs.replace(command, code=f"{command.code}-{project.hex[-6:]}")
            receipt = await self.done(project, command, step.by)
        return receipt

    async def done(self, project: UUID, body: AnyCommand | dict[str, Any], by: Actor = MANAGER) -> dict[str, Any]:
        """Post a command that passes, and return its receipt."""
        response = await self.post(project, body, by)
        assert response.status_code == 200, response.text
        receipt: dict[str, Any] = response.json()
        return receipt


def unmarked(page: str) -> str:
    """*page* without the marks around Chinese on pages in English."""
    return re.sub(r'<span lang="zh-CN">([^<]*)</span>', r"\1", page)


def problem(response: httpx.Response, code: str) -> dict[str, Any]:
    """The problem in *response*, which has to have *code* and everything a problem needs."""
    assert response.headers["content-type"] == MEDIA_TYPE, response.text
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    kind = KINDS[code]
    assert (response.status_code, body["status"]) == (kind.status, kind.status)
    assert (body["type"], body["title"]) == (kind.type, kind.title)
    assert body.keys() >= STANDARD
    assert response.headers["x-request-id"] == body["request_id"]
    assert body["detail"]
    assert body["remedy"]
    return body
