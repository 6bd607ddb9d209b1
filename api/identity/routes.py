"""GET /v1/me, and the provider's word that a person signed out there (back-channel logout)."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post

from api.identity.forms import fields_in
from api.identity.schemas import Me, me_of_visit
from api.identity.visit import VISIT, Visit, visit_of
from api.moved import VERSION
from api.route_access import ACCESS, PUBLIC
from api.web.http_request import HttpRequest
from api.web.identity import caller_of
from infrastructure.identity.claims import TokenRefusedError
from infrastructure.identity.oidc import ProviderUnreachableError
from infrastructure.identity.security_log import SecurityEvent

NO_STORE = {"Cache-Control": "no-store"}


class IdentityRoutes(Controller):
    """Identity for programs."""

    opt = {ACCESS: PUBLIC}  # noqa: RUF012  litestar's own spelling
    tags = ("identity",)

    @get(f"{VERSION}/me", operation_id="get_me", summary="Who sends this request, in which role", sync_to_thread=False)
    def me(self, request: HttpRequest) -> Me:
        """The caller as the server sees it, with all roles that a person could choose."""
        caller = caller_of(request.scope)
        visit: Visit | None = request.scope["state"].get(VISIT)
        return me_of_visit(visit, caller)

    @post("/sign-in/back-channel", include_in_schema=False, status_code=200)
    async def back_channel_logout(self, request: HttpRequest) -> Response[Any]:
        """End the sessions that a logout token of the provider names. The answer is that of the specification."""
        visit = visit_of(request.scope)
        fields = fields_in(await request.body(), request.headers.get("content-type", ""))
        try:
            ended = await end_at_provider(visit, fields.get("logout_token", ""))
        except TokenRefusedError as refused:
            await visit.identity.log.add(
                SecurityEvent.TOKEN_REFUSED, visit.identity.clock(), address=visit.address, detail=str(refused)
            )
            refusal = {"error": "invalid_request", "error_description": str(refused)}
            return Response(refusal, status_code=400, headers=NO_STORE)
        except ProviderUnreachableError as away:
            failure = {"error": "temporarily_unavailable", "error_description": str(away)}
            return Response(failure, status_code=503, headers=NO_STORE)
        return Response({"ended": ended}, headers=NO_STORE)


async def end_at_provider(visit: Visit, token: str) -> int:
    """End the sessions that the logout *token* names; how many. Raises TokenRefusedError, ProviderUnreachableError."""
    identity = visit.identity
    if identity.provider is None:
        raise TokenRefusedError("no provider is set up here")
    logout = await identity.provider.logout(token)
    if not await identity.pending.use(logout.id, logout.expires_at):
        raise TokenRefusedError("the logout token was used before (jti)")
    ended = await identity.sessions.end_at_provider(
        identity.provider.client.issuer, logout.subject, logout.provider_session
    )
    await identity.changed()
    for session, principal in ended:
        await identity.log.add(
            SecurityEvent.SESSION_ENDED,
            identity.clock(),
            principal=principal,
            address=visit.address,
            method="back-channel",
            session=session,
        )
    return len(ended)
