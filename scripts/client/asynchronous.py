"""The asynchronous client. Its synchronous twin is `synchronous.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self
from uuid import UUID

import httpx2

from scripts.client.protocol import (
    ATTEMPTS,
    TIMEOUT_SECONDS,
    WAIT_SECONDS,
    BatchCommand,
    ClientState,
    CommandReceipt,
    batch_options,
    body_of,
    checked,
    command_headers,
    credentials,
    decoded,
    json_options,
    unreachable,
)


class AsyncCountersignClient(ClientState):
    """A program's connection to a server at *address*, with its *key*.

    Requests are sent again, with the same idempotency key, while the server is busy or away. *position* is that of the
    last command; reads wait until the views have it. Raises ProblemError, ClientError.
    """

    def __init__(
        self, address: str, key: str, *, attempts: int = ATTEMPTS, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        super().__init__(attempts)
        self._http = httpx2.AsyncClient(
            base_url=address, headers=credentials(key), timeout=TIMEOUT_SECONDS + WAIT_SECONDS, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def command(
        self, project: UUID | str, command: Any, *, key: str | UUID | None = None, if_match: int | str | None = None
    ) -> CommandReceipt:
        """Carry out one command, once, however often it has to be sent."""
        return await self.post_command(f"/v1/projects/{project}/commands", command, key=key, if_match=if_match)

    async def post_command(
        self, path: str, command: Any, *, key: str | UUID | None = None, if_match: int | str | None = None
    ) -> CommandReceipt:
        """The same for what is no project, at the address *path*."""
        headers = command_headers(key, if_match)
        return self._receipt(await self.request("POST", path, content=body_of(command), headers=headers))

    async def check(self, project: UUID | str, command: Any) -> Any:
        """What a command would do; nothing is stored."""
        return await self.post(f"/v1/projects/{project}/commands/check", command)

    async def batch(self, lines: Sequence[BatchCommand], mode: str = "each") -> list[Any]:
        """Carry out many commands: an answer for each, in order."""
        options = batch_options(lines, mode)
        return self._answers(await self.request("POST", "/v1/commands/batch", **options))

    async def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Post *body* as JSON."""
        return decoded(await self.request("POST", path, **json_options(body, headers)))

    async def get(self, path: str, **params: Any) -> Any:
        """Read an address: its views have this client's last command."""
        return decoded(await self.request("GET", path, params=self._params(path, params)))

    async def pages(self, path: str, **params: Any) -> AsyncIterator[Any]:
        """Every page of a list, by its cursors; all of them are of one moment."""
        page = await self.get(path, **params)
        yield page
        while page.get("next"):
            page = await self.get(path, **{**params, "cursor": page["next"]})
            yield page

    async def events(
        self, after: int | str, *, wait: int = WAIT_SECONDS, **params: Any
    ) -> AsyncIterator[tuple[str, list[Any]]]:
        """Events after a position without end, as pairs: where to go on, and the events up to there, perhaps none.

        Store where to go on once the events are dealt with: each event comes at least once. Where a restore of the
        ledger took it away, ProblemError position-lost says from where on to read again.
        """
        cursor = str(after)
        while True:
            page = await self.get("/v1/events", cursor=cursor, wait=wait, **params)
            cursor = page["cursor"]
            yield cursor, page["events"]

    async def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request until it is answered. Raises ProblemError, ClientError."""
        try:
            return await insist(self._http, self._retries(), method, path, **options)
        except httpx2.TransportError as lost:
            raise unreachable(self._http.base_url, lost) from lost


async def insist(http: httpx2.AsyncClient, retries: Any, method: str, path: str, **options: Any) -> httpx2.Response:
    """Send a request until it is answered, as often as *retries* say. Raises ProblemError, httpx2.TransportError."""
    async for attempt in retries:
        with attempt:
            return checked(await http.request(method, path, **options))
    raise AssertionError("unreachable: the last attempt returns or raises")
