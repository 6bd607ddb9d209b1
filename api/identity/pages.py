"""The pages of sign-in: the ways to sign in, the account with its roles and sessions, signing out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.html.page import PageContext, see_other, with_query
from api.identity.browsers import browser_name
from api.identity.calendars import SECRET_ADDRESSES
from api.identity.cookies import PENDING, PENDING_SECONDS, SESSION, drop_cookie, set_cookie
from api.identity.dependencies import PROVIDERS, FormFields
from api.identity.forms import local_address
from api.identity.visit import Visit
from api.route_access import ACCESS, PUBLIC
from api.web.problems import Problem
from infrastructure.identity.accounts import DemoPerson
from infrastructure.identity.calendar_addresses import DEADLINES, MESSAGES
from infrastructure.identity.oidc import ProviderUnreachableError
from infrastructure.identity.security_log import SecurityEvent
from infrastructure.identity.service import SignedIn
from infrastructure.identity.sign_in import (
    NewAdministrator,
    SignInRefusedError,
    Where,
    as_demo_person,
    as_first_administrator,
    by_password,
    by_provider,
    to_provider,
)

SIGN_IN, ACCOUNT = "/sign-in", "/account"
REFUSED, TOO_MANY = 401, 429

To = Annotated[str, QueryParameter(description="The page to go to after sign-in.")]
Text = Annotated[str, QueryParameter(description="Sent by the sign-in provider.")]
Begun = Annotated[str, QueryParameter(name="state", description="What the sign-in was begun with.")]


class SignInPages(Controller):
    """Every change is a POST from a page of this server; answers that set a cookie are never stored."""

    dependencies = PROVIDERS
    opt = {ACCESS: PUBLIC}  # noqa: RUF012  litestar's own spelling

    @get(SIGN_IN)
    async def ways(
        self, visit: NamedDependency[Visit], plain_page: NamedDependency[PageContext], to: To = ""
    ) -> Response[str]:
        """The ways to sign in."""
        return await _sign_in_page(plain_page, visit, local_address(to or "/"))

    @post(f"{SIGN_IN}/password", status_code=200)
    async def password(
        self, visit: NamedDependency[Visit], form_fields: FormFields, plain_page: NamedDependency[PageContext]
    ) -> Response[str]:
        """Sign in by a password account."""
        try:
            token, begun = await by_password(
                visit.identity, form_fields.get("login", "").strip(), form_fields.get("password", ""), _where(visit)
            )
        except SignInRefusedError as refused:
            return await _sign_in_page(plain_page, visit, local_address(form_fields.get("to", "/")), refused)
        return await _entered(visit, token, begun, form_fields.get("to", "/"))

    @post(f"{SIGN_IN}/demo", status_code=200)
    async def demo(
        self, visit: NamedDependency[Visit], form_fields: FormFields, plain_page: NamedDependency[PageContext]
    ) -> Response[str]:
        """Sign in as a person of the demonstration, on this machine alone."""
        person = form_fields.get("person", "") if visit.is_local else ""
        try:
            token, begun = await as_demo_person(visit.identity, person, _where(visit))
        except SignInRefusedError as refused:
            return await _sign_in_page(plain_page, visit, "/", refused)
        return await _entered(visit, token, begun, form_fields.get("to", "/"))

    @post(f"{SIGN_IN}/administrator", status_code=200)
    async def administrator(
        self, visit: NamedDependency[Visit], form_fields: FormFields, plain_page: NamedDependency[PageContext]
    ) -> Response[str]:
        """Sign in as the first administrator, by the code printed at start."""
        new = NewAdministrator(*(form_fields.get(name, "") for name in NewAdministrator.__struct_fields__))
        try:
            token, begun = await as_first_administrator(visit.identity, new, _where(visit))
        except SignInRefusedError as refused:
            return await _sign_in_page(plain_page, visit, "/", refused)
        return await _entered(visit, token, begun, "/")

    @post(f"{SIGN_IN}/provider", status_code=200)
    async def provider(
        self, visit: NamedDependency[Visit], form_fields: FormFields, plain_page: NamedDependency[PageContext]
    ) -> Response[str]:
        """Go to the OpenID Connect provider."""
        to = local_address(form_fields.get("to", "/"))
        try:
            address, browser = await to_provider(visit.identity, to, _where(visit))
        except SignInRefusedError as refused:
            return await _sign_in_page(plain_page, visit, to, refused)
        except ProviderUnreachableError as away:
            return await _sign_in_page(plain_page, visit, to, SignInRefusedError("provider-away", detail=str(away)))
        cookie = set_cookie(PENDING, browser, is_secure=visit.is_secure, seconds=PENDING_SECONDS)
        return see_other(address, cookie)

    @get(f"{SIGN_IN}/callback")
    async def callback(
        self,
        visit: NamedDependency[Visit],
        plain_page: NamedDependency[PageContext],
        pending_token: NamedDependency[str],
        code: Text = "",
        begun_by: Begun = "",
        iss: Text = "",
        error: Text = "",
    ) -> Response[str]:
        """Come back from the provider."""
        answer = {"code": code, "state": begun_by, "iss": iss, "error": error}
        try:
            token, begun, to = await by_provider(visit.identity, answer, pending_token, _where(visit))
        except SignInRefusedError as refused:
            return await _sign_in_page(plain_page, visit, "/", refused)
        except ProviderUnreachableError as away:
            return await _sign_in_page(plain_page, visit, "/", SignInRefusedError("provider-away", detail=str(away)))
        return await _entered(visit, token, begun, to, drop_cookie(PENDING, is_secure=visit.is_secure))

    @post("/sign-out", status_code=200)
    async def sign_out(self, visit: NamedDependency[Visit]) -> Response[str]:
        """End this session."""
        if visit.signed_in is not None:
            session = await visit.identity.sessions.end(visit.token)
            await visit.identity.changed()
            await _log(visit, SecurityEvent.SIGNED_OUT, visit.signed_in, session)
        return see_other(SIGN_IN, drop_cookie(SESSION, is_secure=visit.is_secure))

    @get(ACCOUNT)
    async def account(self, visit: NamedDependency[Visit], plain_page: NamedDependency[PageContext]) -> Response[str]:
        """Who is signed in, in which role, and where else."""
        if visit.signed_in is None:
            return see_other(f"{SIGN_IN}?to={ACCOUNT}")
        return await _account_page(plain_page, visit, visit.signed_in)

    @post(f"{ACCOUNT}/role", status_code=200)
    async def choose_role(self, visit: NamedDependency[Visit], form_fields: FormFields) -> Response[str]:
        """Act by another grant from now on, under a new token."""
        signed_in = _signed_in(visit)
        chosen = next((held for held in signed_in.grants if str(held.id) == form_fields.get("grant")), None)
        if chosen is None:
            raise Problem("role-not-chosen", "you do not hold this role now", remedy="choose one of those at /account")
        token = await visit.identity.sessions.choose(visit.token, chosen.id)
        await visit.identity.changed()
        if token is None:
            return see_other(SIGN_IN)
        await _log(visit, SecurityEvent.ROLE_CHOSEN, signed_in, signed_in.session.id, chosen.role.value)
        return see_other("/", set_cookie(SESSION, token, is_secure=visit.is_secure))

    @post(f"{ACCOUNT}/sessions", status_code=200)
    async def end_sessions(self, visit: NamedDependency[Visit], form_fields: FormFields) -> Response[str]:
        """End one other session, or all others."""
        signed_in = _signed_in(visit)
        session = signed_in.session
        if form_fields.get("session") == "others":
            await visit.identity.sessions.end_all(session.principal, but=session.id)
        elif not await visit.identity.sessions.end_session(session.principal, _id_in(form_fields.get("session", ""))):
            raise Problem("session-unknown", "this session has ended already", remedy="see /account")
        await visit.identity.changed()
        await _log(visit, SecurityEvent.SESSION_ENDED, signed_in, session.id, form_fields.get("session", ""))
        return see_other(ACCOUNT)

    @post(f"{ACCOUNT}/calendars", status_code=200)
    async def calendars(
        self,
        visit: NamedDependency[Visit],
        form_fields: FormFields,
        plain_page: NamedDependency[PageContext],
        site_url: NamedDependency[str],
    ) -> Response[str]:
        """Make a secret address of one's deadlines or messages, shown once, or end one."""
        signed_in = _signed_in(visit)
        session, identity = signed_in.session, visit.identity
        if ending := form_fields.get("end", ""):
            if not await identity.calendars.end(session.principal, _id_in(ending)):
                raise Problem("not-found", "this calendar address has ended already", remedy="see /account")
            await _log(visit, SecurityEvent.CALENDAR_ADDRESS_ENDED, signed_in, session.id, ending)
            return see_other(ACCOUNT)
        if signed_in.caller is None or session.grant_id is None:
            raise Problem("role-not-chosen", "an address is made for a role", remedy="choose one at /account")
        kind = MESSAGES if form_fields.get("make") == MESSAGES else DEADLINES
        token = await identity.calendars.make(session.principal, session.grant_id, identity.clock(), kind)
        if token is not None:
            await _log(visit, SecurityEvent.CALENDAR_ADDRESS_MADE, signed_in, session.id)
        prefix, suffix = SECRET_ADDRESSES[kind]
        address = f"{site_url}{prefix}{token}{suffix}" if token else ""
        return await _account_page(plain_page, visit, signed_in, made=address, is_full=token is None)


async def _account_page(
    page: PageContext, visit: Visit, signed_in: SignedIn, *, made: str = "", is_full: bool = False
) -> Response[str]:
    """The account; *made* is a calendar address that was just made."""
    session, identity = signed_in.session, visit.identity
    return page.render(
        "account.html",
        signed_in=signed_in,
        sessions=await identity.sessions.of(session.principal, identity.clock()),
        here_now=session.id,
        browser_name=lambda header: browser_name(page, header),
        calendars=await identity.calendars.of(session.principal),
        made=made,
        is_full=is_full,
    )


async def _sign_in_page(
    page: PageContext, visit: Visit, to: str, refused: SignInRefusedError | None = None
) -> Response[str]:
    """The sign-in page, with why the last attempt did not succeed."""
    identity = visit.identity
    people: Sequence[DemoPerson] = await identity.accounts.demo_people() if visit.is_local else ()
    is_new = not people and not await identity.has_administrator()
    answer = page.render(
        "sign_in.html",
        to=to,
        people=people,
        provider=identity.provider.client.issuer if identity.provider else "",
        is_new=is_new,
        needs_tls=not (visit.is_secure or visit.is_local),
        refused=refused,
        switch=with_query(SIGN_IN, {"to": to if to != "/" else "", "lang": "en" if page.language == "zh" else "zh"}),
    )
    if refused is not None:
        answer.status_code = TOO_MANY if refused.wait else REFUSED
        if refused.wait:
            answer.headers["Retry-After"] = str(refused.wait.seconds)
    return answer


async def _entered(visit: Visit, token: str, begun: SignedIn, to: str, *cookies: Cookie) -> Response[str]:
    """Signed in: to the page the person wanted, or to the choice of a role. The browser's earlier session ends."""
    if visit.token:
        await visit.identity.sessions.end(visit.token)
        await visit.identity.changed()
    address = local_address(to) if begun.caller else ACCOUNT
    return see_other(address, set_cookie(SESSION, token, is_secure=visit.is_secure), *cookies)


def _where(visit: Visit) -> Where:
    return Where(visit.address, visit.browser)


def _signed_in(visit: Visit) -> SignedIn:
    if visit.signed_in is None:
        raise Problem("signin-required", "your session has ended", remedy="sign in at /sign-in")
    return visit.signed_in


def _id_in(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise Problem("session-unknown", "this is no session of yours", remedy="see /account") from wrong


async def _log(visit: Visit, event: SecurityEvent, signed_in: SignedIn, session: UUID | None, detail: str = "") -> None:
    await visit.identity.log.add(
        event,
        visit.identity.clock(),
        principal=signed_in.session.principal,
        address=visit.address,
        method=signed_in.session.method,
        session=session,
        detail=detail,
    )
