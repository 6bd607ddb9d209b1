"""Sends one webhook: no redirects, ten seconds, to the address that was checked, and little of the answer is read."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Self

import httpx2
from msgspec import Struct

from infrastructure.webhooks.addresses import AddressRefusedError, Resolver, Target, UnresolvedError, checked, resolve

SEND_SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 2_000  # read of a refusal, for people who look for the cause
ANSWER_SECONDS_MAX = 2.0  # in which that is read: the status has come, and counts
ERROR_CHARACTERS_MAX = 300
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
USER_AGENT = "countersign-webhooks/1"
# The receiver, or a proxy before it, says that it is away; all else may be the event's fault.
AWAY = frozenset({410, 429, 502, 503, 504})


class SendResult(Struct, frozen=True):
    """What came of one sending. *is_away*: the receiver was not reached, whatever was sent."""

    status: int | None = None
    error: str = ""
    is_away: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more, as Standard Webhooks has it."""
        return self.status == HTTPStatus.GONE

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class WebhookTransport:
    """Sends webhooks: an asynchronous context. *allows_private*: also within networks, and there without TLS."""

    def __init__(
        self,
        *,
        allows_private: bool = False,
        resolver: Resolver = resolve,
        verify: ssl.SSLContext | bool = True,
        seconds_max: float = SEND_SECONDS_MAX,
    ) -> None:
        self.allows_private, self._resolver, self._seconds_max = allows_private, resolver, seconds_max
        self._client = httpx2.AsyncClient(
            verify=verify, trust_env=False, follow_redirects=False, timeout=httpx2.Timeout(seconds_max)
        )

    async def check(self, url: str) -> Target:
        """The target that *url* is. Raises AddressRefusedError, UnresolvedError."""
        return await checked(url, allows_private=self.allows_private, resolver=self._resolver)

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Post *body* to *url*; any answer but 2xx is a failure, a redirect too."""
        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._post(await self.check(url), headers, body)
        except AddressRefusedError as refused:
            return SendResult(error=f"{refused}: {refused.remedy}", is_away=True)
        except (UnresolvedError, httpx2.ConnectError, httpx2.ConnectTimeout) as away:
            return SendResult(error=_sentence("the receiver can't be reached", away), is_away=True)
        except (TimeoutError, httpx2.TimeoutException):
            return SendResult(error=f"the receiver did not answer within {self._seconds_max:g} s")
        except httpx2.HTTPError as failure:
            return SendResult(error=_sentence("the connection broke off", failure))

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> SendResult:
        named = {"Host": target.host_header, "Content-Type": MEDIA_TYPE, "User-Agent": USER_AGENT, **headers}
        extensions = {"sni_hostname": target.host} if target.is_secure else {}
        request = self._client.build_request(
            "POST", target.connect_url, headers=named, content=body, extensions=extensions
        )
        request.extensions["timeout"] = httpx2.Timeout(self._seconds_max).as_dict()
        answer = await self._client.send(request, stream=True)
        try:
            text = "" if answer.is_success else await _beginning(answer)
        finally:
            await answer.aclose()
        status = answer.status_code
        error = "" if answer.is_success else f"answered {status}{': ' if text else ''}{text}"[:ERROR_CHARACTERS_MAX]
        return SendResult(status, error, is_away=status in AWAY)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


async def _beginning(answer: httpx2.Response) -> str:
    """The first bytes of an answer as a line of printable text, as far as they come."""
    read = b""
    with suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            async for part in answer.aiter_raw():
                read += part
                if len(read) >= ANSWER_BYTES_MAX:
                    break
    text = read[:ANSWER_BYTES_MAX].decode("utf-8", "replace")
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _sentence(what: str, failure: Exception) -> str:
    return f"{what}: {str(failure) or type(failure).__name__}"[:ERROR_CHARACTERS_MAX]
