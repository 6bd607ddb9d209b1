"""The bureau's morning report: what it proves, and what it refuses to sign."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import httpx2
import pytest

from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.merkle import leaf, leaf_hash, tree_head, verify_consistency
from infrastructure.proof.morning import MORNING, MorningReportError, PublishedLog, morning_report
from infrastructure.proof.note import NoteSigner, SignedNote
from infrastructure.proof.tiles import TiledTree, TileFiles
from tests.infrastructure.proof.test_bundle import FORGER, LOG

NOW = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
YESTERDAY, TODAY = 300, 700


def hash_at(position: int, salt: str = "") -> bytes:
    """The hash of an entry."""
    return sha256(f"{salt}{position}".encode()).digest()


class Zone:
    """A zone's server over HTTP: its checkpoint, its tiles, and a feed with one card at each of *cards*."""

    def __init__(self, folder: TileFiles, size: int, cards: tuple[int, ...] = (), *, signer: NoteSigner = LOG) -> None:
        self.files, self.cards, self.signer = folder, cards, signer
        self.epoch = 0  # that a restore began, at the first position
        self.tree, self.fed = TiledTree(folder, 0), size
        self.tree.grow([leaf(position, hash_at(position)) for position in range(1, size + 1)])

    def checkpoint(self, size: int) -> LogCheckpoint:
        """The checkpoint of so many entries."""
        tree = TiledTree(self.files, self.tree.size)
        return LogCheckpoint(LOG.name, size, tree_head(size, tree.subtree))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """What the server says."""
        path = request.url.path
        if path == "/v1/checkpoint":
            text = self.checkpoint(self.tree.size).text
            return httpx2.Response(200, text=str(SignedNote(text, (self.signer.sign(text),))))
        if path == "/v1/events":
            params = request.url.params
            if self.epoch and "after" in params:  # a number alone may be a position that a restore took away
                return httpx2.Response(410, json={"code": "position-lost", "zone": "BDA", "epoch": self.epoch})
            named = params.get("cursor") or params["after"]
            assert (":" in named) == bool(self.epoch)
            after = int(named.rpartition(":")[2])
            events = [self.event(position) for position in self.cards if after < position <= self.fed]
            reached = max(after, self.fed)
            page = {"events": events, "more": False, "next": reached, "cursor": self.name(reached)}
            return httpx2.Response(200, json=page)
        try:
            return httpx2.Response(200, content=self.files.read(path.removeprefix("/v1/")))
        except FileNotFoundError:
            return httpx2.Response(404)

    def name(self, position: int) -> str:
        """The id of an event, or a cursor."""
        return f"BDA.{self.epoch}:{position}" if self.epoch else str(position)

    def event(self, position: int) -> dict[str, object]:
        """The event of a card."""
        proof = {"clock": "commitment", "due_on": "2026-11-27"}
        data = {"fact": "card_issued", "card": "c1", "item": "land-use", "proof": proof}
        return {
            "id": self.name(position),
            "source": "/projects/0193f0a2-7c00-7000-8000-000000000001",
            "subject": "land-use",
            "hash": hash_at(position).hex(),
            "data": data,
        }

    @property
    def log(self) -> PublishedLog:
        """The log as the bureau reads it."""
        client = httpx2.Client(transport=httpx2.MockTransport(self.answer), base_url="https://zone.example")
        return PublishedLog(client, LOG.verifier)


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> TileFiles:
    return TileFiles(tmp_path_factory.mktemp("tiles"))


def test_it_proves_that_nothing_was_rewritten_and_lists_what_passed(files: TileFiles) -> None:
    zone = Zone(files, TODAY, (250, 650))

    report = morning_report(zone.log, zone.checkpoint(YESTERDAY), NOW)

    assert (report.before.size, report.now.size) == (YESTERDAY, TODAY)
    verify_consistency(YESTERDAY, report.before.head, TODAY, report.now.head, report.consistency)
    assert [limit.position for limit in report.passed] == [650]  # the other one was in yesterday's
    line = "passed 650 card_issued 0193f0a2-7c00-7000-8000-000000000001 land-use commitment 2026-11-27"
    assert report.text.startswith(f"{MORNING}\nlog {LOG.name}\nsince {YESTERDAY}\n")
    assert line in report.text.splitlines()


def test_it_reads_on_in_an_epoch_that_a_restore_began(files: TileFiles) -> None:
    zone = Zone(files, TODAY, (250, 650))
    zone.epoch = 2
    report = morning_report(zone.log, zone.checkpoint(YESTERDAY), NOW)
    assert [limit.position for limit in report.passed] == [650]


def test_a_log_of_another_epoch_is_no_continuation(files: TileFiles) -> None:
    zone = Zone(files, TODAY)
    of_before = LogCheckpoint("countersign.example/zone/1", YESTERDAY, zone.checkpoint(YESTERDAY).head)
    with pytest.raises(MorningReportError, match="the ledger was restored"):
        morning_report(zone.log, of_before, NOW)


def test_the_first_one_begins_at_nothing(files: TileFiles) -> None:
    report = morning_report(Zone(files, 5, (2,)).log, None, NOW)
    assert (report.before.size, report.consistency, [limit.position for limit in report.passed]) == (0, (), [2])


def test_a_ledger_that_was_rewritten_or_put_back_gets_no_report(files: TileFiles) -> None:
    zone = Zone(files, TODAY)
    other = LogCheckpoint(LOG.name, YESTERDAY, leaf_hash(b"another past"))
    with pytest.raises(MorningReportError, match="rewritten since the last report"):
        morning_report(zone.log, other, NOW)
    later = LogCheckpoint(LOG.name, TODAY + 9, leaf_hash(b"later"))
    with pytest.raises(MorningReportError, match="positions 701 to 709 are lost"):
        morning_report(zone.log, later, NOW)


def test_a_card_that_is_not_in_the_log_gets_no_report(files: TileFiles) -> None:
    zone = Zone(files, TODAY, (650,))
    event = zone.event(650) | {"hash": hash_at(650, "forged").hex()}
    zone.event = lambda position: event  # type: ignore[method-assign]  # a feed that lies
    with pytest.raises(MorningReportError, match="does not lead to the head"):
        morning_report(zone.log, zone.checkpoint(YESTERDAY), NOW)
    zone.event = lambda position: event | {"data": None}  # type: ignore[method-assign]  # withheld from this key
    with pytest.raises(MorningReportError, match="role that sees the whole zone"):
        morning_report(zone.log, zone.checkpoint(YESTERDAY), NOW)


def test_a_feed_that_is_behind_the_log_gets_no_report(files: TileFiles) -> None:
    zone = Zone(files, TODAY, (650,))
    zone.fed = 640
    with pytest.raises(MorningReportError, match="feed is at 640, its log at 700"):
        morning_report(zone.log, zone.checkpoint(YESTERDAY), NOW)


def test_a_checkpoint_of_another_log_gets_no_report(files: TileFiles) -> None:
    with pytest.raises(MorningReportError, match="is not signed by"):
        morning_report(Zone(files, TODAY, signer=FORGER).log, None, NOW)
