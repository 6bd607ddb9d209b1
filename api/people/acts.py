"""Acts about a principal as forms: their fields, the command they make, what it would add, and why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from litestar.di import NamedDependency
from msgspec import Struct, json

from api.access.commands import principal_case
from api.commands.aggregate_acts import ActResult, AggregateActs, AggregateTarget
from api.commands.aggregates import command_in
from api.commands.targets import TO_PRINCIPALS
from api.guard.judging import PRINCIPAL_UNKNOWN
from api.web.form_fields import FormFields
from api.web.problems import Problem
from api.web.zones import zone_of
from domain.access.decision import AccessCase
from domain.access.messages import PrincipalCommand
from domain.access.state import SEPARATE_DUTIES, stream_of
from domain.core.ledger import Role
from domain.law.calendar.moment import midnight, next_day
from infrastructure.identity.tokens import NewKey, new_key
from infrastructure.ledger.approvals import DEFAULT_LAW

FIRST_DAY, LAST_DAY = frozenset({"valid_from"}), frozenset({"valid_until", "expires_at"})
MEASURED_KEY = NewKey("0" * 12, "", b"\0" * 32)  # in place of the secret in a preview


class PersonAct(Struct, frozen=True):
    """One act: the *command*, the *fields* of its form, in their order, and those that must be filled in.

    *proposed* is the command instead where the role needs a second administrator.
    """

    command: str
    fields: tuple[str, ...]
    required: frozenset[str] = frozenset()
    proposed: str = ""

    def command_for(self, fields: FormFields) -> str:
        """The name of the command that the form makes."""
        is_separate = fields.text("role") in {role.value for role in SEPARATE_DUTIES}
        return self.proposed if self.proposed and is_separate else self.command


PERIOD = ("valid_from", "valid_until")
ACTS: Mapping[str, PersonAct] = {
    "register": PersonAct("register_principal", ("name", "kind", "contact"), frozenset({"name"})),
    "grant": PersonAct(
        "give_grant", ("role", "over", *PERIOD, "reasons"), frozenset({"role"}), proposed="propose_grant"
    ),
    "confirm": PersonAct("confirm_grant", ("grant",)),
    "withdraw": PersonAct("withdraw_grant", ("grant", "reasons")),
    "leave": PersonAct("record_leave", (*PERIOD, "deputy", "reasons"), frozenset({"valid_until"})),
    "deputy": PersonAct("name_deputy", ("deputy", *PERIOD, "reasons"), frozenset({"deputy", "valid_until"})),
    "dismiss": PersonAct("dismiss_deputy", ("deputy", "reasons"), frozenset({"deputy"})),
    "issue": PersonAct("issue_key", ("grant", "scopes", "expires_at"), frozenset({"grant", "scopes"})),
    "revoke": PersonAct("revoke_key", ("key_id", "reasons")),
    "close": PersonAct("close_principal", ("reasons",)),
}
ROLES = tuple(role for role in Role if role is not Role.SYSTEM)


class PersonActs:
    """The acts of one reader about people and programs, with days of *zone*."""

    def __init__(self, acts: AggregateActs, zone: str) -> None:
        self._acts, self._zone = acts, zone

    def offered(self, principal: str) -> set[str]:
        """The acts that the table of access lets the reader do about *principal*."""
        case = AccessCase(principal=principal)
        return {name for name, act in ACTS.items() if self._acts.judged(act.command, case).allowed}

    async def review(self, principal: str, act: PersonAct, fields: FormFields) -> ActResult:
        """What the act would add to the ledger; nothing is stored."""
        return await self._acts.review(
            _target(principal), lambda: [self._command(principal, act, fields, MEASURED_KEY)]
        )

    async def carry_out(self, principal: str, act: PersonAct, fields: FormFields) -> tuple[ActResult, str]:
        """Carry the act out, once under the key of its form; and the secret of a key, to be shown once."""
        secret = new_key() if act.command == "issue_key" else MEASURED_KEY
        result = await self._acts.carry_out(
            _target(principal), lambda: [self._command(principal, act, fields, secret)], fields.key()
        )
        return result, secret.text

    def _command(self, principal: str, act: PersonAct, fields: FormFields, key: NewKey) -> PrincipalCommand:
        """The command that the form makes. Raises Problem with the path of the field at fault."""
        members: dict[str, Any] = {"command": act.command_for(fields), "principal": principal}
        for name in act.fields:
            if text := fields.text(name).strip():
                members["key" if name == "key_id" else name] = self._value(name, text)
        if act.command == "issue_key":
            members |= {"key": key.id, "digest": key.digest.hex()}
        command: PrincipalCommand = command_in(json.encode(members), TO_PRINCIPALS)
        return command

    def _value(self, name: str, text: str) -> str | list[str] | datetime:
        """The value of a field. A last day is in the period: it ends with the day."""
        if name == "scopes":
            return text.split()
        if name in FIRST_DAY | LAST_DAY:
            day = _day(name, text)
            return midnight(next_day(day) if name in LAST_DAY else day, self._zone)
        return text


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(
            "invalid-field", f"{name}: {text} is no day", remedy="write a day, such as 2026-03-02", path=f"$.{name}"
        ) from None


def person_acts(aggregate_acts: NamedDependency[AggregateActs]) -> PersonActs:
    """The acts of the reader."""
    return PersonActs(aggregate_acts, zone_of(DEFAULT_LAW).key)


def _target(principal: str) -> AggregateTarget:
    return AggregateTarget(stream_of(principal), principal_case, PRINCIPAL_UNKNOWN)
