"""Acts about a principal as forms: their fields, the command they make, what it would add, and why it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from litestar.di import NamedDependency
from litestar.types import Scope
from msgspec import Struct, json

from api.access.commands import principal_case
from api.commands.aggregates import command_in
from api.commands.sender import answered_in_time
from api.commands.targets import TO_PRINCIPALS
from api.guard.judging import PRINCIPAL_UNKNOWN, aggregate_allowed
from api.web.error_handlers import to_problem
from api.web.form_fields import FormFields
from api.web.http_request import HttpRequest
from api.web.problems import Problem
from api.web.zones import zone_of
from domain.access.decision import AccessCase, may
from domain.access.messages import PrincipalCommand
from domain.access.principal import Caller
from domain.access.state import SEPARATE_DUTIES, stream_of
from domain.core.ledger import Role
from domain.law.calendar.moment import midnight, next_day
from infrastructure.identity.tokens import NewKey, new_key
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals
from infrastructure.ledger.sent_command import DIRECT, command_id_of

STATUS_OURS_MIN = 500  # from here on something is wrong with the installation, not with the command
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


class ActResult(Struct, frozen=True):
    """What an act would add, or has added; else the *problem* it is refused with. *secret*: of a key, shown once."""

    facts: tuple[Any, ...] = ()
    problem: Problem | None = None
    position: int = 0
    secret: str = ""


class PersonActs:
    """The acts of one reader, whose request has this *scope*, with days of *zone*."""

    def __init__(self, approvals: Approvals, caller: Caller, scope: Scope, zone: str) -> None:
        self._approvals, self._caller, self._scope, self._zone = approvals, caller, scope, zone

    def offered(self, principal: str) -> set[str]:
        """The acts that the table of access lets the reader do about *principal*."""
        case = AccessCase(principal=principal)
        return {name for name, act in ACTS.items() if may(self._caller, act.command, case).allowed}

    async def review(self, principal: str, act: PersonAct, fields: FormFields) -> ActResult:
        """What the act would add to the ledger; nothing is stored."""

        async def preview() -> ActResult:
            command = self._command(principal, act, fields, MEASURED_KEY)
            allowed = aggregate_allowed(self._caller, command, principal_case, PRINCIPAL_UNKNOWN)
            stream = stream_of(principal)
            seen = await self._approvals.preview(stream, command, self._caller.actor, allowed=allowed)
            return ActResult(tuple(entry.fact for entry in seen.added))

        return await self._or_problem(preview)

    async def carry_out(self, principal: str, act: PersonAct, fields: FormFields) -> ActResult:
        """Carry the act out, once under the key of its form."""

        async def send() -> ActResult:
            secret = new_key() if act.command == "issue_key" else MEASURED_KEY
            command = self._command(principal, act, fields, secret)
            by = self._caller.actor
            key = command_id_of(by.id, fields.key())
            allowed = aggregate_allowed(self._caller, command, principal_case, PRINCIPAL_UNKNOWN)
            async with answered_in_time():
                answer = await self._approvals.handle(stream_of(principal), command, by, key, DIRECT, allowed=allowed)
            return ActResult(position=answer.receipt.position, secret=secret.text)

        return await self._or_problem(send)

    async def _or_problem(self, work: Callable[[], Any]) -> ActResult:
        try:
            result: ActResult = await work()
        except Exception as error:
            problem = to_problem(error, self._scope)
            if problem.kind.status >= STATUS_OURS_MIN:
                raise
            return ActResult(problem=problem)
        return result

    def _command(self, principal: str, act: PersonAct, fields: FormFields, key: NewKey) -> PrincipalCommand:
        """The command that the form makes. Raises Problem with the path of the field at fault."""
        said: dict[str, Any] = {"command": act.command_for(fields), "principal": principal}
        for name in act.fields:
            if text := fields.text(name).strip():
                said["key" if name == "key_id" else name] = self._value(name, text)
        if act.command == "issue_key":
            said |= {"key": key.id, "digest": key.digest.hex()}
        command: PrincipalCommand = command_in(json.encode(said), TO_PRINCIPALS)
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


def person_acts(
    request: HttpRequest, approvals: NamedDependency[Approvals], caller: NamedDependency[Caller]
) -> PersonActs:
    """The acts of the reader."""
    return PersonActs(approvals, caller, request.scope, zone_of(DEFAULT_LAW).key)
