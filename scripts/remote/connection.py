"""The connection to a sandbox: requests by people who sign in and by programs with keys."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import httpx2

from api.identity.cookies import SESSION
from domain.core.ledger import Actor
from infrastructure.errors import OperatorError
from scripts.client.asynchronous import insist
from scripts.client.errors import ProblemError
from scripts.client.protocol import ATTEMPTS, credentials, retries

ANSWER_SECONDS_MAX = 600.0  # the clock is moved over months at a time, with all that falls due on the way
SIGN_IN = "/sign-in/demo"
SESSION_ENDED = 401
FROM_HERE = {"Sec-Fetch-Site": "none"}  # as a browser says of an address that its user typed


class SandboxRefusedError(OperatorError):
    """A zone can't be simulated at this address. The sentence says why, and what to do."""


class SandboxConnection:
    """Requests to the sandbox at *address*. Each names its sender: one of the people offered at sign-in, or a program.

    People sign in when they first send something, and again when their session has ended, as it does when the clock is
    moved on. *sign_ins* counts that.
    """

    def __init__(self, address: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._address = address
        self._http = httpx2.AsyncClient(
            base_url=address,
            timeout=ANSWER_SECONDS_MAX,
            transport=transport,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # else each would send another's session
        )
        self._sessions: dict[str, str] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self.sign_ins = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def use_key(self, by: Actor, key: str) -> None:
        """Send what *by* sends, over one department or enterprise, with the *key* of a program."""
        self._keys[by.id, by.department] = key

    async def request(self, by: Actor, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request as *by*. Raises ProblemError, SandboxRefusedError."""
        headers = options.pop("headers", {})
        if key := self._keys.get((by.id, by.department)):
            return await self._insist(method, path, headers={**headers, **credentials(key)}, **options)
        if by.id not in self._sessions:
            await self._sign_in(by.id)
        try:
            return await self._insist(method, path, headers={**headers, **self._session(by.id)}, **options)
        except ProblemError as refused:
            if refused.status != SESSION_ENDED:
                raise
            await self._sign_in(by.id)
            return await self._insist(method, path, headers={**headers, **self._session(by.id)}, **options)

    def _session(self, person: str) -> Mapping[str, str]:
        return {"Cookie": self._sessions[person], **FROM_HERE}

    async def _sign_in(self, person: str) -> None:
        """Begin a session of *person*. Raises SandboxRefusedError where the sign-in page does not offer that person."""
        try:
            answer = await self._http.post(SIGN_IN, data={"person": person}, headers=FROM_HERE)
        except httpx2.TransportError as lost:
            raise self._unreachable(lost) from lost
        session = next((f"{name}={value}" for name, value in answer.cookies.items() if name.endswith(SESSION)), "")
        if not session:
            raise SandboxRefusedError(
                f"{self._address} lets no one sign in as {person} (status {answer.status_code}). Start the sandbox on"
                " this machine by `countersign sandbox --people`."
            )
        self._sessions[person] = session
        self.sign_ins += 1

    async def _insist(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request until it is answered. Raises ProblemError, SandboxRefusedError."""
        try:
            return await insist(self._http, retries(ATTEMPTS), method, path, **options)
        except httpx2.TransportError as lost:
            raise self._unreachable(lost) from lost

    def _unreachable(self, lost: httpx2.TransportError) -> SandboxRefusedError:
        reason = lost or type(lost).__name__
        return SandboxRefusedError(f"{self._address} can't be reached: {reason}. Is the sandbox running there?")
