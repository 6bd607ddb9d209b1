"""The whole application behind its identity middleware, on a real port, with people and keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import uuid4

from argon2 import PasswordHasher
from msgspec import Struct

from api.app import PAGES, create_app
from api.identity.middleware import IdentityMiddleware
from domain.access.principal import Grant, Key
from domain.core.ledger import Role
from infrastructure.identity.directory import FixedDirectory
from infrastructure.identity.passwords import Passwords
from infrastructure.identity.service import Identity, options_of
from infrastructure.identity.tokens import new_key
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Gateway, Settings
from tests.api.served import listening_socket, serving

T = TypeVar("T")

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
START_SECONDS_MAX = PATIENCE = 60  # the machine may be busy
MANAGER, OFFICER, LEADER = (
    Grant(uuid4(), Role.PROJECT_MANAGER, EARLY, over="zone-office"),
    Grant(uuid4(), Role.OFFICER, EARLY, over="land"),
    Grant(uuid4(), Role.LEADER, EARLY),
)
SYSTEM = Grant(uuid4(), Role.INTEGRATOR, EARLY, over="land")
API_KEY = new_key()
NAMES = {"wang.min": "王敏", "li.qiang": "李强", "land-system": "国土系统", "closed": "离职人员"}
GRANTS = {"wang.min": [MANAGER], "li.qiang": [OFFICER, LEADER], "land-system": [SYSTEM]}
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # as slow as in earnest: test_passwords


def directory() -> FixedDirectory:
    """The people and programs of these tests."""
    key = Key(API_KEY.id, "land-system", SYSTEM.id, (API_KEY.digest,), ("commands:*", "read:*"))
    return FixedDirectory(NAMES, GRANTS, {API_KEY.id: key})


class Site(Struct):
    """A served application, and its identity store, to be used in the loop it is open in."""

    address: str
    identity: Identity
    directory: FixedDirectory
    loop: asyncio.AbstractEventLoop

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do *work* in the server's event loop."""

        async def done() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(START_SECONDS_MAX)


@contextmanager
def signed_site(database_url: str, port: int = 0, **chosen: Any) -> Iterator[Site]:
    """Serve the application with sign-in, in a thread. *chosen* are settings; `{}` in them is the site's port."""
    folder, listening = TemporaryDirectory(), listening_socket(port)
    port = listening.getsockname()[1]
    values: dict[str, Any] = {"data": Path(folder.name), "gateway": Gateway.CLOSED}
    values |= {name: value.format(port) if isinstance(value, str) else value for name, value in chosen.items()}
    settings = Settings(**values)
    sites = list[Site]()

    @asynccontextmanager
    async def application() -> AsyncIterator[Any]:
        people = directory()
        async with (
            Approvals(database_url) as approvals,
            Identity(approvals.store, database_url, options_of(settings), people) as identity,
        ):
            identity.passwords = Passwords(identity.primary, QUICK)
            await identity.passwords.set("wang", "wang.min", PASSWORD, identity.clock())
            await identity.passwords.set("li", "li.qiang", PASSWORD, identity.clock())
            app = create_app(approvals, Views(approvals.store), settings, pages=PAGES)
            sites.append(Site(f"http://127.0.0.1:{port}", identity, people, asyncio.get_running_loop()))
            wrapped: Any = IdentityMiddleware(app, identity, settings)
            yield wrapped

    with folder, listening, serving(application, listening):
        yield sites[0]
