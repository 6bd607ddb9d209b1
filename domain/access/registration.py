"""登记 principals: a person or a program enters the directory under a permanent id, and is closed when it leaves."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from domain.access.principal import PrincipalKind
from domain.access.state import KEEPERS, AnyPrincipal, Principal, PrincipalId, require_address, require_keeper
from domain.core.characters import is_hidden
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused
from domain.core.personal import CONTACT, personal
from domain.core.rules import require_role
from domain.core.types import LINE_CHARACTERS_MAX, Line, Text

PrincipalName = Annotated[str, Meta(min_length=1, max_length=LINE_CHARACTERS_MAX)]
NOT_IN_IDS = "/?#%\\"  # they mean something in addresses


class RegisterPrincipal(Command, frozen=True, tag="register_principal"):
    """Enter a person or a program. The id is permanent: the ledger has it as the actor's."""

    principal: PrincipalId
    name: PrincipalName
    kind: PrincipalKind = PrincipalKind.PERSON
    contact: Annotated[Line, personal(CONTACT)] = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "register a principal", *KEEPERS)
        _require_plain_id(self.principal)
        require_address(self.principal, state)
        if state.principal:
            raise Refused(
                "principal-registered",
                f"{self.principal} is already registered",
                remedy="choose another id; those of closed principals are not used again",
            )
        if self.kind is PrincipalKind.SYSTEM:
            raise Refused(
                "role-not-granted",
                "the system itself is not registered: it acts without signing in",
                remedy="register a person or a program",
            )
        return (PrincipalRegistered(principal=self.principal, name=self.name, kind=self.kind, contact=self.contact),)


def _require_plain_id(principal: str) -> None:
    """Refuse an id that could not be typed, or be part of an address, as it is permanent."""
    unfit = next((sign for sign in principal if _is_unfit(sign)), None)
    if unfit is not None:
        raise Refused(
            "principal-id-unfit",
            f"an id can't have {unicodedata.name(unfit, 'a control character').lower()} in it",
            remedy=f"choose an id without blanks and {' '.join(NOT_IN_IDS)}, such as li.qiang",
        )


def _is_unfit(sign: str) -> bool:
    """Whether *sign* can't be in an id: a blank, one that shows nothing, or one with a meaning in addresses."""
    return sign.isspace() or sign in NOT_IN_IDS or is_hidden(sign) or not sign.isprintable()


class PrincipalRegistered(Fact, frozen=True, tag="principal_registered"):
    """用户登记: a person or a program is known; nothing is granted to it yet."""

    principal: str
    name: str
    kind: PrincipalKind
    contact: Annotated[str, personal(CONTACT)] = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.principal, state.name, state.kind = self.principal, self.name, self.kind


class ClosePrincipal(Command, frozen=True, tag="close_principal"):
    """Take a person or program out of the directory: its grants and keys end, its past acts stay."""

    principal: PrincipalId
    reasons: Text = ""

    def decide(self, state: Principal, context: Context) -> tuple[Fact, ...]:
        require_keeper(self.principal, state, context, "close a principal")
        return (PrincipalClosed(ends_at=context.at, reasons=self.reasons),)


class PrincipalClosed(Fact, frozen=True, tag="principal_closed"):
    """用户注销: every grant and key ended at *ends_at*."""

    ends_at: datetime
    reasons: str = ""

    def apply(self, state: AnyPrincipal) -> None:
        state.closed_at = self.ends_at
        for grant in list(state.grants):
            state.end_grant(grant, self.ends_at)
        state.proposals.clear()
        for key in list(state.keys):
            state.end_key(key, self.ends_at)
