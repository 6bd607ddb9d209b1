"""The ways to sign in: password, provider, demo person, the first administrator's code. Each is limited and logged."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from infrastructure.identity.claims import TokenRefusedError
from infrastructure.identity.passwords import PasswordUnfitError, require_fit
from infrastructure.identity.rates import RateWait
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import Identity, SignedIn
from infrastructure.identity.sessions import SignIn
from infrastructure.identity.tokens import new_token


class SignInRefusedError(Exception):
    """A sign-in that did not succeed. *code* names the sentence on the page; *wait* is how long to wait."""

    def __init__(self, code: str, wait: RateWait | None = None, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.wait, self.detail = code, wait, detail


class Where(Struct, frozen=True):
    """Where a person signs in from."""

    address: str
    browser: str


class NewAdministrator(Struct, frozen=True):
    """The form of the first administrator."""

    code: str
    login: str
    name: str
    password: str


async def by_password(identity: Identity, login: str, password: str, where: Where) -> tuple[str, SignedIn]:
    """Sign in by a password account. Raises SignInRefusedError."""
    await _require_rate(identity, login, where)
    verified = await identity.passwords.verify(login, password)
    if verified is None:
        await identity.rates.failed(login, where.address, identity.clock())
        raise await _refused(identity, "password-wrong", "password", where, login)
    await identity.rates.succeeded(login, where.address, identity.clock())
    return await _begin(
        identity, SignIn(principal=verified.principal, method="password", address=where.address, browser=where.browser)
    )


async def to_provider(identity: Identity, return_to: str, where: Where) -> tuple[str, str]:
    """Begin to sign in at the provider: the address to go to, and a value for the browser's cookie.

    Raises SignInRefusedError and ProviderUnreachableError.
    """
    if identity.provider is None:
        raise SignInRefusedError("no-provider")
    await _require_rate(identity, "", where)
    address, pending = await identity.provider.begin()
    browser = new_token()
    await identity.pending.store(pending, browser, return_to, identity.clock())
    return address, browser


async def by_provider(
    identity: Identity, answer: Mapping[str, str], browser: str, where: Where
) -> tuple[str, SignedIn, str]:
    """Sign in by the provider's answer; also where the person wanted to go. Raises SignInRefusedError."""
    begun = await identity.pending.take(answer.get("state", ""), browser, identity.clock()) if browser else None
    if identity.provider is None or begun is None:
        raise await _refused(identity, "sign-in-unknown", "oidc", where)
    pending, return_to = begun
    try:
        person = await identity.provider.finish(answer, pending)
    except TokenRefusedError as refused:
        raise await _refused(identity, "provider-refused", "oidc", where, detail=str(refused)) from refused
    principal = await identity.accounts.principal_of(person.issuer, person.subject)
    if principal is None:
        detail = f"{person.subject} at {person.issuer}"
        raise await _refused(identity, "not-linked", "oidc", where, detail=detail)
    await identity.rates.succeeded("", where.address, identity.clock())
    sign_in = SignIn(
        principal=principal,
        method="oidc",
        issuer=person.issuer,
        subject=person.subject,
        provider_session=person.provider_session,
        address=where.address,
        browser=where.browser,
    )
    return *await _begin(identity, sign_in), return_to


async def as_demo_person(identity: Identity, principal: str, where: Where) -> tuple[str, SignedIn]:
    """Sign in as a person of the demonstration; the caller has seen that it is on this machine."""
    if all(person.principal != principal for person in await identity.accounts.demo_people()):
        raise await _refused(identity, "no-demo", "demo", where, principal)
    return await _begin(
        identity, SignIn(principal=principal, method="demo", address=where.address, browser=where.browser)
    )


async def as_first_administrator(identity: Identity, new: NewAdministrator, where: Where) -> tuple[str, SignedIn]:
    """Sign in by the one-time code printed at start: it registers the administrator, a fact, and sets a password.

    The password comes last: an administrator without one is none yet, and gets a new code at the next start.
    """
    await _require_rate(identity, "", where)
    now, login = identity.clock(), new.login.strip()
    try:
        require_fit(login, new.password)
    except PasswordUnfitError as unfit:
        raise SignInRefusedError("password-unfit", detail=str(unfit)) from unfit
    if not login or not new.name.strip():
        raise SignInRefusedError("name-missing")
    if not await identity.accounts.code_is_valid(new.code, now) or await identity.has_administrator():
        raise await _refused(identity, "code-wrong", "code", where, login)
    if await identity.directory.name_of(login) is not None:
        raise await _refused(identity, "name-taken", "code", where, login)
    if not await identity.accounts.use_code(new.code, now):
        raise await _refused(identity, "code-wrong", "code", where, login)
    if not await identity.directory.appoint(login, new.name.strip(), now):  # one that was closed has the name
        raise await _refused(identity, "name-taken", "code", where, login)
    await identity.passwords.set(login, login, new.password, now)
    await identity.rates.succeeded(login, where.address, now)
    await identity.log.add(SecurityEvent.ADMINISTRATOR_APPOINTED, now, principal=login, address=where.address)
    await identity.changed()
    return await _begin(identity, SignIn(principal=login, method="code", address=where.address, browser=where.browser))


async def _begin(identity: Identity, sign_in: SignIn) -> tuple[str, SignedIn]:
    """A session; refused where the principal is not registered, or was closed."""
    if await identity.directory.name_of(sign_in.principal) is None:
        where = Where(sign_in.address, sign_in.browser)
        raise await _refused(identity, "principal-closed", sign_in.method, where, sign_in.principal)
    return await identity.begin(sign_in)


async def _require_rate(identity: Identity, account: str, where: Where) -> None:
    wait = await identity.rates.before_sign_in(account, where.address, identity.clock())
    if wait is not None:
        await identity.log.add(
            SecurityEvent.SIGN_IN_LIMITED, identity.clock(), principal=account, address=where.address
        )
        raise SignInRefusedError("too-many", wait)


async def _refused(
    identity: Identity, code: str, method: str, where: Where, principal: str = "", detail: str = ""
) -> SignInRefusedError:
    """A refusal, recorded."""
    await identity.log.add(
        SecurityEvent.SIGN_IN_REFUSED,
        identity.clock(),
        principal=principal,
        address=where.address,
        method=method,
        detail=f"{code} {detail}".strip(),
    )
    return SignInRefusedError(code, detail=detail)
