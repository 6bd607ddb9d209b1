"""Webhooks while receiver and server are killed: nothing is lost, order is kept, repeats have the same id.

Their signatures are checked by the packages of Standard Webhooks for Python and for Node.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct, json, structs
from standardwebhooks import Webhook, WebhookVerificationError

from infrastructure.feed.reader import Feed
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.privacy.current import keystore
from infrastructure.webhooks.deliveries import DeliveryState
from infrastructure.webhooks.signing import secret, shown, signed_headers
from scripts.client import ClientError, CountersignClient
from tests.api.client import REGISTER
from tests.conftest import reachable_folder
from tests.infrastructure.webhooks.receiver import OK, REFUSED, SUBSCRIBER, Received, Zone, zone
from tests.infrastructure.webhooks.test_sender import in_order, pass_until
from tests.proofs.contract import DRIVERS, npm_tools
from tests.proofs.operating.installation import Installation
from tests.proofs.proof import Budget, Proof, RefutedError, Rounds, SkippedError

ROUNDS = 20
PROJECTS = 5
COMMANDS = 12  # a round, while things are killed
ATTEMPTS = 60  # of one command: a server that was killed is back in seconds
START_SECONDS_MAX = 120
DELIVERY_SECONDS_MAX = 300
ABSENCES, DAYS_AWAY, DAY = 5, 7, timedelta(hours=24)
STANDARD_WEBHOOKS = "standardwebhooks@1.1"  # of npm
TOLERANCE = timedelta(minutes=5)  # of both packages, between signing and verifying
ROTATING = timedelta(minutes=2)
NODE_SECONDS_MAX = 60
VERIFIED, NO_MATCH, TOO_OLD = "verified", "No matching signature found", "Message timestamp too old"


@contextmanager
def installed() -> Iterator[Installation]:
    """An installation that is thrown away afterwards."""
    with reachable_folder() as folder:
        installation = Installation(folder)
        try:
            installation.start_server()
            installation.start_receiver()
            yield installation
        finally:
            installation.end()


def key_of(installation: Installation, program: str, role: str, over: str, *scopes: str) -> str:
    """The key of a new program."""
    installation.run("users", "add", program, program, "--program", "--role", role, "--over", over)
    words = [word for scope in scopes for word in ("--scope", scope)]
    return installation.run("keys", "issue", program, *words, "--bare")


def kills(budget: Budget) -> str:
    """Kill receiver and server in every round, while commands are sent."""
    chance = random.Random(budget.seed)
    rounds = budget.rounds(ROUNDS)
    with installed() as ours:
        manager = key_of(ours, "wang", "project_manager", "office", "commands:*")
        follower = key_of(ours, "erp", "leader", "", "feed", "webhooks")
        with CountersignClient(ours.address, follower, attempts=ATTEMPTS) as subscriber:
            made = subscriber.post("/v1/subscriptions", {"url": ours.hook, "after": 0})
        projects = [uuid4() for _ in range(PROJECTS)]
        with CountersignClient(ours.address, manager, attempts=ATTEMPTS) as client:
            for project in projects:
                client.command(project, REGISTER)
        last = max(kill_once(ours, manager, projects, chance) for _ in rounds)
        subscription = made["subscription"]["id"]
        events = feed_of(ours, follower, last)
        noted = wait_for_all(ours, follower, subscription, {f"BDA:{event['id']}" for event in events})
    return judged(events, noted, rounds.done)


def kill_once(ours: Installation, key: str, projects: Sequence[UUID], chance: random.Random) -> int:
    """One round: commands, and both processes killed at random moments and started again; the last position."""
    failures: list[ClientError] = []
    positions: list[int] = []

    def work() -> None:
        try:
            with CountersignClient(ours.address, key, attempts=ATTEMPTS) as client:
                for number in range(COMMANDS):
                    plan = {"command": "plan_item", "item": {"item": f"i{uuid4().hex[:8]}", "department": "land"}}
                    positions.append(client.command(projects[number % len(projects)], plan).position)
        except ClientError as failure:
            failures.append(failure)

    worker = threading.Thread(target=work)
    worker.start()
    for name in chance.sample(["receiver", "server"], 2):
        sleep(chance.uniform(0, 1.5))
        ours.kill(name)
        sleep(chance.uniform(0, 0.5))
        ours.start_server() if name == "server" else ours.start_receiver()
    worker.join()
    if failures:
        raise RefutedError(f"a command was not carried out: {failures[0]}")
    return max(positions)


def feed_of(ours: Installation, key: str, last: int) -> list[dict[str, Any]]:
    """Every event of the feed, once that has come to position *last*."""
    events: list[dict[str, Any]] = []
    with CountersignClient(ours.address, key, attempts=ATTEMPTS) as client:
        for cursor, page in client.events(0, wait=2):
            events += page
            if int(cursor) >= last:
                break
    return events


def wait_for_all(ours: Installation, key: str, subscription: str, ids: set[str]) -> list[tuple[str, dict[str, Any]]]:
    """What the receiver has noted, once it has all *ids*; a ping lets a receiver that was away be tried at once."""
    end = monotonic() + DELIVERY_SECONDS_MAX
    noted: list[tuple[str, dict[str, Any]]] = []
    with CountersignClient(ours.address, key, attempts=ATTEMPTS) as client:
        while monotonic() < end:
            client.post(f"/v1/subscriptions/{subscription}/ping")
            lines = [json.decode(line) for line in ours.noted.read_bytes().splitlines()]
            noted = [(message, event) for message, event in lines if ":ping:" not in message]
            if ids <= {message for message, _ in noted}:
                return noted
            sleep(1)
    lost = sorted(ids - {message for message, _ in noted})
    raise RefutedError(f"{len(lost)} of {len(ids)} events never came, such as {lost[:5]}")


def judged(events: Sequence[dict[str, Any]], noted: Sequence[tuple[str, dict[str, Any]]], rounds: int) -> str:
    """What came, against the feed. Raises RefutedError."""
    known = {f"BDA:{event['id']}": event for event in events}
    orders: dict[str, list[int]] = {}
    for message, event in noted:
        if message in known and known[message] != event:
            raise RefutedError(f"{message} came with another content")
        orders.setdefault(event["source"], []).append(event["version"])
    for source, versions in orders.items():
        wrong = next(((first, second) for first, second in pairwise(versions) if second < first), None)
        if wrong:
            raise RefutedError(f"of {source}, version {wrong[1]} came after {wrong[0]}")
    expected = PROJECTS + rounds * COMMANDS
    if len([event for event in events if event["source"].startswith("/projects/")]) != expected:
        raise RefutedError(f"{expected} commands were answered, and the feed has {len(events)} events")
    repeats = len(noted) - len({message for message, _ in noted})
    return f"{rounds} rounds, {len(events)} events, 0 lost, {repeats} came again, each project in order"


def absences(budget: Budget) -> str:
    """Let the receiver be away for seven simulated days, with a bad event and a new secret each time."""
    chance, rounds = random.Random(budget.seed), budget.rounds(ABSENCES)
    with reachable_folder() as folder:
        url = EmbeddedPostgres(folder / "server", throw_away=True).start()
        migrate(url)
        return asyncio.run(weeks(url, chance, rounds))


async def weeks(url: str, chance: random.Random, rounds: Rounds) -> str:
    """One absence after the other, on one ledger. Raises RefutedError."""
    async with zone(url) as ours:
        week = Week(ours, chance)
        for _ in rounds:
            await week.passed()
        head = await Feed(ours.approvals.store).head()
        ids = {request.id for request in week.taken}
        if len(ids) != head:
            raise RefutedError(f"{head} events were recorded, and {len(ids)} were taken")
        orders = [(request.event["source"], request.event["version"]) for request in week.taken]
        if not in_order([source for source in orders if source not in week.bad]):
            raise RefutedError("events of a project came out of order")
        return (
            f"{rounds.done} of {ABSENCES} weeks away, {head} events, 0 lost, {len(week.bad)} parked and sent again,"
            f" {week.secrets - 1} secrets replaced meanwhile"
        )


class Week:
    """Seven days without the receiver, and the day of its return."""

    def __init__(self, ours: Zone, chance: random.Random) -> None:
        self._ours, self._chance = ours, chance
        self.taken: list[Received] = []
        self.bad: set[tuple[str, int]] = set()
        self.secrets = 1

    async def passed(self) -> None:
        """Record acts every day while nobody listens; then all have to come. Raises RefutedError."""
        ours, projects = self._ours, await self._ours.register(PROJECTS)
        bad = (f"/projects/{projects[0]}", self._chance.randint(1, 3))
        await ours.notes(projects[0], 2)
        ours.receiver.stop()
        rotated_on = self._chance.randrange(DAYS_AWAY)
        for day in range(DAYS_AWAY):
            for project in projects:
                await ours.notes(project, self._chance.randint(0, 2))
            if day == rotated_on:
                await self._rotate()
            ours.project()
            await ours.settle()
            await pass_until(ours, DAY)
        ours.receiver.answer = lambda request: self._answer(request, bad)
        ours.receiver.start()
        await pass_until(ours, DAY)
        parked = await ours.deliveries.page(ours.subscription.id, DeliveryState.PARKED, 0, 10)
        if len(parked) != 1:
            raise RefutedError(f"{len(parked)} events are parked, and one is bad")
        self.bad.add(bad)
        ours.receiver.answer = lambda request: self._answer(request, None)
        await ours.deliveries.retry(ours.subscription.id, parked[0].position, ours.clock.now)
        await ours.settle()

    async def _rotate(self) -> None:
        await self._ours.subscriptions.rotate(self._ours.subscription.id, SUBSCRIBER, self._ours.clock.now + DAY)
        self.secrets += 1

    def _answer(self, request: Received, bad: tuple[str, int] | None) -> int:
        """Take what is signed by the newest secret, but not the bad event."""
        key = Webhook(shown(secret(keystore(), self._ours.subscription.id, self.secrets)))
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signed = key.sign(request.id, at, request.body.decode())
        if signed not in request.headers["webhook-signature"].split():
            return REFUSED
        if ":ping:" in request.id:  # by which a receiver that was away is tried
            return OK
        if (request.event["source"], request.event["version"]) == bad:
            return REFUSED
        self.taken.append(request)
        return OK


class Verification(Struct, frozen=True):
    """A message as a receiver verifies it with *secret*, and the verdict that packages have to give."""

    case: str
    secret: str
    headers: dict[str, str]
    body: str
    verdict: str


def signatures(_budget: Budget) -> str:
    """Two packages of other makers accept what the sender sent, and refuse what was altered or is old."""
    node = shutil.which("node")
    if node is None:
        raise SkippedError("node is not on PATH: on Debian, apt-get install nodejs npm")
    with TemporaryDirectory() as name, reachable_folder() as data:
        folder = Path(name)
        npm_tools(folder, [STANDARD_WEBHOOKS])
        program = Path(shutil.copy(DRIVERS / "verify_webhooks.cjs", folder))
        url = EmbeddedPostgres(data / "server", throw_away=True).start()
        migrate(url)
        cases = asyncio.run(sent_messages(url))
        command = [node, str(program)]
        done = subprocess.run(
            command, input=json.encode(cases), capture_output=True, timeout=NODE_SECONDS_MAX, check=False
        )
    if done.returncode:
        raise RefutedError(f"the npm package broke: {done.stderr.decode()[-3000:]}")
    for case, by_npm in zip(cases, json.decode(done.stdout, type=list[str]), strict=True):
        verdicts = {"npm": by_npm, "Python": python_verdict(case)}
        for language, verdict in verdicts.items():
            # The packages word what they refuse each in its own way: the npm one's reason is compared as well.
            if (verdict == VERIFIED) != (case.verdict == VERIFIED) or (language == "npm" and verdict != case.verdict):
                raise RefutedError(f"{case.case}: the package for {language} answers {verdict!r}, not {case.verdict!r}")
    accepted = sum(case.verdict == VERIFIED for case in cases)
    return f"the packages for Node and Python accept {accepted} messages and refuse {len(cases) - accepted}"


def python_verdict(case: Verification) -> str:
    """What the Python package says of a message."""
    try:
        Webhook(case.secret).verify(case.body, case.headers)
    except WebhookVerificationError as failure:
        return str(failure)
    return VERIFIED


async def sent_messages(url: str) -> list[Verification]:
    """Messages that the sender sent: before, while and after its secret was rotated, altered ones, and an old one."""
    async with zone(url) as ours:
        before, after = (shown(secret(keystore(), ours.subscription.id, generation)) for generation in (1, 2))
        genuine = await next_message(ours)
        await ours.subscriptions.rotate(ours.subscription.id, SUBSCRIBER, ours.clock.now + ROTATING)
        rotating = await next_message(ours)
        ours.clock.now += ROTATING
        rotated = await next_message(ours)
    altered = genuine.body.decode().replace('"version":1', '"version":2')
    if altered == genuine.body.decode():
        raise RefutedError("the body has no version to alter")
    at = datetime.fromtimestamp(int(genuine.headers["webhook-timestamp"]), UTC) - TOLERANCE - ROTATING
    old = signed_headers([secret(keystore(), ours.subscription.id, 1)], genuine.id, at, genuine.body)
    renewed = {**old, "webhook-timestamp": genuine.headers["webhook-timestamp"]}
    return [
        verification("genuine", before, genuine, VERIFIED),
        verification("another secret", after, genuine, NO_MATCH),
        verification("old secret while rotating", before, rotating, VERIFIED),
        verification("new secret while rotating", after, rotating, VERIFIED),
        verification("old secret after rotating", before, rotated, NO_MATCH),
        verification("new secret after rotating", after, rotated, VERIFIED),
        structs.replace(verification("altered body", before, genuine, NO_MATCH), body=altered),
        structs.replace(verification("old", before, genuine, TOO_OLD), headers=old),
        structs.replace(verification("old with another time stamp", before, genuine, NO_MATCH), headers=renewed),
    ]


async def next_message(ours: Zone) -> Received:
    """The message of the next event, as the receiver got it. Raises RefutedError."""
    count = len(ours.receiver.received)
    await ours.register()
    ours.project()
    await ours.settle()
    if len(ours.receiver.received) != count + 1:
        raise RefutedError(f"of one event, {len(ours.receiver.received) - count} messages came")
    return ours.receiver.received[-1]


def verification(case: str, key: str, message: Received, verdict: str) -> Verification:
    """A message as it came, verified with *key*."""
    return Verification(case, key, message.headers, message.body.decode(), verdict)


PROOFS = (
    Proof("webhooks", "no event is lost or out of order while receiver and server are killed", kills, share=3),
    Proof("webhooks-away", "a receiver that was away for seven days gets everything, whatever happened", absences),
    Proof("webhook-signatures", "packages for Node and Python verify signatures, and refuse forged ones", signatures),
)
