"""What is promised about webhooks, and the receiver that they are sent to: section 4 of the contract."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from .kit import Kit, NotCheckedError, require, require_problem

WEBHOOK_SECONDS_MAX = 60
PING = "org.countersign.ping.v1"
INSECURE = ("ftp://example.org/", "https://user:secret@example.org/", "https:///nowhere")
PRIVATE = ("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/")
ATTEMPTS_MIN = 100  # one each six hours in 29 days, and some sooner
HELD, GIVEN_UP = timedelta(hours=24 * 29), timedelta(hours=24 * 31)  # of a receiver that takes nothing at all
PARKED_AFTER = timedelta(hours=4)  # six attempts: 5 s, 1 min, 5 min, 30 min and 2 h lie between them

Message = tuple[dict[str, str], bytes]
Refuses = Callable[[list[Message]], bool]


def require_signed(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """The signature is one by Standard Webhooks."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256)
    signatures = headers["webhook-signature"].split()
    require(f"v1,{base64.b64encode(digest).decode()}" in signatures, "a message is signed with each secret")


def events_in(received: list[Message]) -> list[dict[str, Any]]:
    """The events among what came, without pings."""
    return [event for event in (json.loads(body) for _, body in received) if event["type"] != PING]


def wait_for(received: list[Message], count: int) -> None:
    """Wait until so many events came."""
    end = time.monotonic() + WEBHOOK_SECONDS_MAX
    while (came := len(events_in(received))) < count and time.monotonic() < end:
        time.sleep(0.05)
    require(came >= count, f"{came} of {count} events came")


@contextmanager
def receiving(address: str, refuses: Refuses) -> Iterator[tuple[str, list[Message]]]:
    """A receiver that *refuses* the last of the messages that came: its address, and what came."""
    received: list[Message] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if refuses(received) else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer((address, 0), Handler) as server, ExitStack() as ending:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        ending.callback(server.shutdown)
        yield f"http://{address}:{server.server_port}/", received


@contextmanager
def subscribed(kit: Kit, project: str, refuses: Refuses) -> Iterator[tuple[str, str, list[Message]]]:
    """A subscription to a project: its path, its secret, and what the receiver got."""
    if not kit.receiver:
        raise NotCheckedError("give --receiver, an address of this machine that the server may post to")
    with receiving(kit.receiver, refuses) as (url, received):
        made = kit.send("POST", "/v1/subscriptions", {"url": url, "filter": {"project": project}}).json()
        path = f"/v1/subscriptions/{made['subscription']['id']}"
        yield path, made["secret"], received
        kit.send("DELETE", path)


def first_message(received: list[Message]) -> bool:
    return len(received) == 1


def no_message(_: list[Message]) -> bool:
    return False


def every_message(_: list[Message]) -> bool:
    return True


class WebhookPromises(Kit):
    def webhooks_go_to_no_address_that_is_insecure_or_private(self) -> None:
        for url in INSECURE + (() if self.receiver else PRIVATE):  # one may be given because the server allows these
            answer = self.send("POST", "/v1/subscriptions", {"url": url})
            require_problem(answer, 422, "webhook-address-refused")
        require_problem(self.get(f"/v1/subscriptions/{uuid.uuid4()}"), 404, "subscription-unknown")

    def webhooks_are_signed_in_order_and_sent_again(self, project: str, _: int) -> None:
        with subscribed(self, project, first_message) as (_path, secret, received):
            for _ in range(2):
                self.command(project, self.plan())
            wait_for(received, 3)
        versions = [json.loads(body)["version"] for _, body in received]
        require(versions == [2, 2, 3], f"a refused event comes again, and in order: {versions}")
        require(received[0][0]["webhook-id"] == received[1][0]["webhook-id"], "a repeat has the same id")
        for message in received:
            require_signed(secret, *message)

    def webhooks_are_pinged_replayed_and_listed_and_secrets_rotated(self, project: str, position: int) -> None:
        with subscribed(self, project, no_message) as (path, secret, received):
            new = self.send("POST", f"{path}/secret?old_hours=1").json()["secret"]
            require(self.send("POST", f"{path}/ping").json()["delivered"], "a ping is delivered before the answer")
            require(json.loads(received[0][1])["type"] == PING, "a ping has a type of its own")
            require_signed(secret, *received[0])
            require_signed(new, *received[0])
            self.events(position - 1, position)
            self.send("POST", f"{path}/replay", {"from": position, "to": position})
            wait_for(received, 1)
            require(received[1][0]["webhook-id"].endswith(f":{position}"), "what is replayed has the id of its entry")
            page = self.get(f"{path}/deliveries").json()
            require([each["position"] for each in page["deliveries"]] == [position], f"deliveries are listed: {page}")
            require("oldest_seconds" in self.get("/readyz").json()["webhooks"], "/readyz has the oldest undelivered")

    def a_refused_delivery_is_parked_listed_and_replayed(self, project: str, _: int) -> None:
        parks = True

        def second_version(received: list[Message]) -> bool:
            return parks and json.loads(received[-1][1]).get("version") == 2

        now = self.now()
        with subscribed(self, project, second_version) as (path, _secret, received):
            positions = [self.command(project, self.plan()).json()["position"] for _ in range(2)]
            wait_for(received, 1)
            require(self.advance_to(now + PARKED_AFTER).status == 200, "the clock is advanced")
            wait_for(received, 7)
            versions = [event["version"] for event in events_in(received)]
            require(
                versions == [2] * 6 + [3], f"after six refusals an event is parked, and the next one comes: {versions}"
            )
            (parked,) = self.get(f"{path}/deliveries", {"state": "parked"}).json()["deliveries"]
            shown = parked["position"], parked["attempts"], parked["status"]
            require(shown == (positions[0], 6, 500), f"what is parked is listed with the last answer: {shown}")
            require(self.get("/readyz").json()["webhooks"]["parked"] >= 1, "/readyz counts what is parked")
            parks = False
            self.send("POST", f"{path}/deliveries/{positions[0]}/retry")
            wait_for(received, 8)
            require(events_in(received)[-1]["version"] == 2, "what is parked is sent again when that is wanted")
            self.send("POST", f"{path}/replay", {"from": positions[0], "to": positions[1]})
            wait_for(received, 10)
            ids = {message["webhook-id"] for message, body in received if json.loads(body).get("version") == 2}
            require(len(ids) == 1, f"an event has one id however often it comes: {ids}")
            left = self.get(f"{path}/deliveries", {"state": "parked"}).json()["deliveries"]
            require(left == [], f"what was accepted is parked no more: {left}")

    def a_receiver_that_refuses_everything_has_thirty_days(self, project: str, _: int) -> None:
        now = self.now()
        with subscribed(self, project, every_message) as (path, _secret, received):
            for _ in range(2):
                self.command(project, self.plan())
            wait_for(received, 1)
            require(self.advance_to(now + HELD).status == 200, "the clock is advanced")
            parked = self.get(f"{path}/deliveries", {"state": "parked"}).json()["deliveries"]
            require(parked == [], f"nothing is parked while everything is refused: {parked}")
            require(len(events_in(received)) > ATTEMPTS_MIN, f"it is sent again for all that time: {len(received)}")
            versions = {event["version"] for event in events_in(received)}
            require(versions == {2}, f"what comes after a refused event of a project waits: {versions}")
            require(self.advance_to(now + GIVEN_UP).status == 200, "the clock is advanced")
            parked = self.get(f"{path}/deliveries", {"state": "parked"}).json()["deliveries"]
            require(len(parked) == 1, f"after thirty days of refusals an event is parked: {parked}")
