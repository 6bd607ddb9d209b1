"""The quota of uploads: how many files one person or program may store in a day, so none fills the storage."""

from __future__ import annotations

from datetime import datetime

from litestar.di import NamedDependency
from litestar.types import Scope as RequestScope
from msgspec import Struct

from api.web.dependencies import services_of
from api.web.problems import Problem
from domain.access.principal import Caller
from infrastructure.identity.rates import RatePolicy
from infrastructure.ledger.reader import Store
from infrastructure.window.quotas import DAY_SECONDS, seconds_to_wait

TOO_MANY = "too-many-uploads"


class UploadQuota(Struct, frozen=True):
    """What *principal* may still upload by *policy*; None: there is no limit."""

    store: Store
    principal: str
    policy: RatePolicy | None
    now: datetime

    async def take(self) -> int:
        """Count one file; the seconds to wait where the quota is used up, else 0."""
        return await seconds_to_wait(self.store, self.policy, self.principal, self.now) if self.policy else 0

    async def require(self) -> None:
        """Count one file. Raises Problem too-many-uploads where the quota is used up."""
        if (seconds := await self.take()) and self.policy:
            raise Problem(
                TOO_MANY,
                f"{self.principal} has uploaded {self.policy.burst} files in a day, and no more may be stored now",
                remedy=f"wait {seconds} s for the next file, or have COUNTERSIGN_UPLOADS_A_DAY raised",
                headers={
                    "Retry-After": str(seconds),
                    "RateLimit-Policy": f'"uploads";q={self.policy.burst};w={DAY_SECONDS}',
                    "RateLimit": f'"uploads";r=0;t={seconds}',
                },
            )


def upload_quota(scope: RequestScope, caller: NamedDependency[Caller], now: NamedDependency[datetime]) -> UploadQuota:
    """The quota of the sender of a request, by the settings of the installation."""
    services = services_of(scope)
    uploads = services.settings.uploads_a_day
    policy = RatePolicy("uploads", uploads, DAY_SECONDS) if uploads else None
    return UploadQuota(services.approvals.store, caller.id, policy, now)
