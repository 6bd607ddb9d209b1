"""What is promised about the feed of events: section 4 of the contract."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import closing
from urllib.parse import urlencode

from .kit import NDJSON, BrokenPromiseError, Kit, NotCheckedError, require, require_problem

SSE, EVENTS = "text/event-stream", "application/cloudevents-batch+json"
EVENT_FIELDS = {"id", "source", "type", "time", "specversion", "occurredat", "version", "actor", "hash", "data"}


def next_message(response: http.client.HTTPResponse) -> dict[str, str]:
    """The next message with data."""
    message: dict[str, str] = {}
    for line in iter(lambda: response.readline().decode(), ""):
        name, _, value = line.rstrip("\n").partition(": ")
        if not name and "data" in message:
            return message
        message = {**message, name: value} if name else {}
    raise BrokenPromiseError("the stream ended")


class FeedPromises(Kit):
    def events_are_cloud_events_in_the_order_of_the_ledger(self, project: str, position: int) -> None:
        last = [self.command(project, self.plan()).json()["position"] for _ in range(3)][-1]
        events = self.events(position - 1, last, project=project)
        require(len(events) == 4, f"each entry is an event: of 4, {len(events)} came")
        require([event["version"] for event in events] == [1, 2, 3, 4], "events come in order")
        require(events[0].keys() >= EVENT_FIELDS, f"an event has {sorted(EVENT_FIELDS - events[0].keys())}")
        require(
            events[0]["id"] == f"{self.epoch}{position}",
            "`id` is the position, behind the epoch if it is not the first",
        )
        require(events[0]["type"] == "org.countersign.project_registered.v1", "`type` names the fact")
        require(events[0]["source"] == f"/projects/{project}", "`source` is the project's path")
        hashes = [entry["hash"] for entry in self.history(project)]
        require(hashes == [event["hash"] for event in events], "`hash` is the entry's")

    def the_feed_is_filtered(self, project: str, position: int) -> None:
        last = self.command(project, self.plan()).json()["position"]
        events = self.events(position - 1, last, type="item_planned", project=project)
        require([event["version"] for event in events] == [2], "`type` and `project` filter")
        require_problem(self.get("/v1/events", {"type": "no_such_fact"}), 400, "invalid-parameter")
        for department, count in (("land", 1), ("no-department", 0)):
            events = self.events(position, last, project=project, department=department)
            require(len(events) == count, f"`department` filters: {len(events)} of {department} came")

    def the_feed_has_its_forms(self, project: str, position: int) -> None:
        self.events(position - 1, position)
        query = "/v1/events?" + urlencode({"project": project, **self.behind(position - 1)})
        lines = self.send("GET", query, Accept=NDJSON).lines()
        require(lines[0]["source"] == f"/projects/{project}" and "next" in lines[-1], "lines end with `next`")
        batch = self.send("GET", query, Accept=EVENTS)
        require(batch.headers["content-type"].startswith(EVENTS), f"a batch is {EVENTS}")
        require(isinstance(batch.json(), list), "a batch is an array")
        require('rel="next"' in batch.headers.get("link", ""), "a batch has its next")
        event_id = f"{self.epoch}{position}"
        resumed = self.get("/v1/events", {"project": project}, Last_Event_ID=event_id).json()
        require(resumed["events"] == [], "Last-Event-ID says where to go on")
        for name in ("lastEventId", "cursor"):
            resumed = self.get("/v1/events", {"project": project, name: event_id}).json()
            require(resumed["events"] == [], f"{name} says where to go on")
        require_problem(self.get("/v1/events", {"cursor": "ZZZ.99:1"}), 400, "invalid-parameter")

    def the_stream_goes_on(self, project: str, position: int) -> None:
        with closing(self.connect()) as connection:
            headers = {"Authorization": f"Bearer {self.key}", "Accept": SSE}
            headers["Last-Event-ID"] = f"{self.epoch}{position - 1}"
            connection.request("GET", f"/v1/events?project={project}", headers=headers)
            response = connection.getresponse()
            require(response.getheader("Content-Type", "").startswith(SSE), f"a stream is {SSE}")
            require(next_message(response).get("id") == f"{self.epoch}{position}", "the message's id is the event's")
            last = self.command(project, self.plan()).json()["position"]
            message = next_message(response)
            require(message.get("id") == f"{self.epoch}{last}", "what happens next comes next")
            require(message.get("event") == "org.countersign.item_planned.v1", "the message names the type")

    def a_waiting_reader_is_answered_when_something_happens(self, project: str, position: int) -> None:
        threading.Timer(0.5, lambda: self.command(project, self.plan())).start()
        began = time.monotonic()
        page = self.get("/v1/events", {**self.behind(position), "project": project, "wait": 25}).json()
        require([event["version"] for event in page["events"]] == [2], "the event is in the answer")
        require(time.monotonic() - began < 20, "the answer comes when it happens")

    def lost_positions_are_gone_and_say_from_where_to_go_on(self, project: str, position: int) -> None:
        if not self.epoch:
            raise NotCheckedError("the ledger was never restored to an earlier moment: no position of it was lost")
        for params, headers in (
            ({"cursor": position}, {}),
            ({"lastEventId": position}, {}),
            ({}, {"Last_Event_ID": position}),
        ):
            gone = require_problem(self.get("/v1/events", params, **headers), 410, "position-lost")
            require(gone["kept_to"] < position, f"410 says from where on positions were lost: {gone['kept_to']}")
        page = self.get("/v1/events", {"after": gone["kept_to"], "project": project, "wait": 25})
        require(page.status == 200, f"from `kept_to` one goes on, and {page.status} came")
