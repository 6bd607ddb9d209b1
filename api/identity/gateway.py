"""Gateway mode: whether the headers X-Actor, X-Department and X-Role of a request are believed."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from api.identity.origin import UNIX_SOCKET
from api.web.identity import actor_of
from api.web.problems import Problem
from domain.core.ledger import Actor
from infrastructure.settings import Gateway, SettingRefusedError, Settings

ASSERTIONS = (b"x-actor", b"x-department", b"x-role")
SECRET = b"x-gateway-secret"
REMEDY = "the gateway sends X-Actor, X-Department and X-Role, each once, and proves itself as COUNTERSIGN_GATEWAY says"


class GatewayMode:
    """The mode of one installation. Raises SettingRefusedError where it lacks what its mode needs."""

    def __init__(self, settings: Settings) -> None:
        self.mode = settings.gateway
        self._secret = settings.gateway_secret.encode()
        if self.mode is Gateway.SECRET and not self._secret:
            raise SettingRefusedError(
                "COUNTERSIGN_GATEWAY is secret, and COUNTERSIGN_GATEWAY_SECRET is empty: set both."
            )
        if self.mode is Gateway.UNIX and not settings.socket:
            raise SettingRefusedError("COUNTERSIGN_GATEWAY is unix, and COUNTERSIGN_SOCKET is empty: set both.")

    @property
    def is_open(self) -> bool:
        """Whether any client is believed."""
        return self.mode is Gateway.OPEN

    def actor(self, address: str, headers: dict[bytes, bytes], pairs: Any) -> Actor | None:
        """Whom the gateway asserts; None where no gateway is believed, or it asserts no one. Raises Problem."""
        if self.mode is Gateway.CLOSED or not any(name in headers for name in ASSERTIONS):
            return None
        if not self._proves_itself(address, headers):
            raise refused("the request asserts who sends it, and does not come from the gateway")
        for name in ASSERTIONS:
            if sum(header == name for header, _ in pairs) != 1 or not headers[name].strip():
                raise refused(f"the gateway has to send {name.decode()} exactly once, and not empty")
        return actor_of(headers)

    def _proves_itself(self, address: str, headers: dict[bytes, bytes]) -> bool:
        if self.mode is Gateway.UNIX:
            return address == UNIX_SOCKET
        return compare_digest(headers.get(SECRET, b""), self._secret)


def refused(sentence: str) -> Problem:
    """The problem of a gateway's assertion that is not believed."""
    return Problem(
        "gateway-refused", sentence, remedy=REMEDY, headers={"WWW-Authenticate": 'Bearer realm="countersign"'}
    )
