"""What goes wrong between a program and a server, and which of it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RETRY_SECONDS_MAX = 30.0  # longer than that a program should know of it
# Nothing was done, or the same key makes it a repeat: it is safe to send the request again.
PASSING = frozenset({429, 502, 503, 504})


class ClientError(Exception):
    """No answer that can be used: the connection was lost to the end, or something else answers at the address."""


class ProblemError(ClientError):
    """The server's answer is a problem (RFC 9457). *code* is stable; *members* has everything that it says."""

    def __init__(self, status: int, members: Mapping[str, Any], retry_after: float | None = None) -> None:
        super().__init__(f"{members.get('code', status)}: {members.get('detail', 'no detail')}")
        self.status, self.members, self.retry_after = status, dict(members), retry_after

    @property
    def code(self) -> str:
        """The problem's code; empty where something else than Countersign answered."""
        return str(self.members.get("code", ""))

    @property
    def remedy(self) -> str:
        """What would make it pass."""
        return str(self.members.get("remedy", ""))


class SignatureError(ClientError):
    """A webhook that is not signed with the secret, or too long ago: it is not to be believed."""
